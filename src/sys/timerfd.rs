//! `timerfd_create` and `timerfd_settime`, by number.
//!
//! On x86 and ARM the number of `timerfd_create` was that of an older call, in
//! Linux 2.6.22 to 2.6.24: `timerfd(ufd, clockid, flags, utmr)`. It would take the
//! clock for a descriptor, and whatever is in the fourth register for an address.
//! So it is given a null there, and answers EFAULT before it does anything else.

use super::errno::Errno;
use super::fd::Fd;

cfg_if::cfg_if! {
    if #[cfg(all(
        any(target_os = "linux", target_os = "android"),
        // Here the kernel's `long` is not the `long` of C, or the call is gone.
        not(any(
            all(target_arch = "x86_64", target_pointer_width = "32"),
            target_arch = "riscv32",
        )),
    ))] {
        use libc::{c_int, c_long};

        use super::cvt;
        use super::fd::create_checked;
        use crate::RawFd;

        /// Makes a timer of the monotonic clock, disarmed, close-on-exec and
        /// non-blocking; with `flags` it is born so. See [`create_checked`] for `first`.
        pub(crate) fn create(first: bool, flags: bool) -> Result<Fd, Errno> {
            // TFD_CLOEXEC and TFD_NONBLOCK are the architecture's O_ flags by
            // definition (include/linux/timerfd.h).
            let bits = if flags { libc::O_CLOEXEC | libc::O_NONBLOCK } else { 0 };
            let raw = create_checked(first, || call(bits))?;
            // SAFETY: the kernel has just made this descriptor for us: now, or, by
            // the same call with the same arguments, when the answer was doubted.
            let fd = unsafe { Fd::from_raw(raw) };
            if first || !flags {
                fd.ensure_cloexec_nonblock(!flags)?;
            }
            Ok(fd)
        }

        fn call(flags: c_int) -> Result<RawFd, Errno> {
            const NULL: c_long = 0;
            // SAFETY: the call takes two integers. The older one would read from the
            // address in the fourth argument, and refuses null.
            cvt(unsafe {
                libc::syscall(libc::SYS_timerfd_create, libc::CLOCK_MONOTONIC, flags, NULL, NULL)
            })
        }

        /// Arms the timer with nanoseconds: of the clock if `absolute`, else from now.
        /// Zero disarms it. Discards what has expired (the kernel's
        /// `timerfd_setup` sets its count to zero).
        pub(crate) fn set(fd: &Fd, absolute: bool, first: u64, period: u64) -> Result<(), Errno> {
            let flags = if absolute { libc::TFD_TIMER_ABSTIME } else { 0 };
            // The call's own struct: two pairs of longs, whatever libc's time_t is.
            let [interval, value] = [period, first].map(pair);
            let times: [[c_long; 2]; 2] = [interval, value];
            let old = core::ptr::null_mut::<[[c_long; 2]; 2]>();
            // SAFETY: the kernel reads the four longs of a live array, and a null
            // says that the old times are not wanted.
            cvt(unsafe {
                libc::syscall(libc::SYS_timerfd_settime, fd.as_raw(), flags, times.as_ptr(), old)
            })
            .map(drop)
        }

        /// Seconds, as many as a long holds, and nanoseconds.
        fn pair(nanoseconds: u64) -> [c_long; 2] {
            let [seconds, rest] = [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000];
            [seconds, rest].map(|part| c_long::try_from(part).unwrap_or(c_long::MAX))
        }
    } else {
        pub(crate) fn create(_: bool, _: bool) -> Result<Fd, Errno> {
            Err(libc::ENOSYS)
        }

        pub(crate) fn set(_: &Fd, _: bool, _: u64, _: u64) -> Result<(), Errno> {
            Err(libc::ENOSYS)
        }
    }
}
