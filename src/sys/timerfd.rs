//! `timerfd_create` and `timerfd_settime`, by number.
//!
//! On x86 and ARM the number of `timerfd_create` was that of an older call, in
//! Linux 2.6.22 to 2.6.24: `timerfd(ufd, clockid, flags, utmr)`. It would take the
//! clock for a descriptor, and whatever is in the fourth register for an address.
//! So it is given a null there, and answers EFAULT before it does anything else.

use super::errno::Errno;
use super::fd::{Fd, Flags, Trust};

/// When a timer expires first, in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    /// From now.
    After(u64),
    /// Of the monotonic clock.
    At(u64),
    /// Not at all: the timer is disarmed.
    Never,
}

cfg_if::cfg_if! {
    if #[cfg(all(
        any(target_os = "linux", target_os = "android"),
        // Here the kernel's `long` is not the `long` of C, or the call is gone.
        not(any(
            all(target_arch = "x86_64", target_pointer_width = "32"),
            target_arch = "riscv32",
        )),
    ))] {
        use libc::c_long;

        use super::cvt;

        /// Creates a timer of the monotonic clock, disarmed, close-on-exec and
        /// non-blocking.
        pub(crate) fn create(trust: Trust, flags: Flags) -> Result<Fd, Errno> {
            const NULL: c_long = 0;
            // TFD_CLOEXEC and TFD_NONBLOCK are the architecture's O_ flags by
            // definition (include/linux/timerfd.h).
            let bits = match flags {
                Flags::Atomic => libc::O_CLOEXEC | libc::O_NONBLOCK,
                Flags::ByFcntl => 0,
            };
            // SAFETY: the call takes two integers. The older one would read from the
            // address in the fourth argument, and refuses null.
            Fd::create(trust, flags, || cvt(unsafe {
                libc::syscall(libc::SYS_timerfd_create, libc::CLOCK_MONOTONIC, bits, NULL, NULL)
            }))
        }

        /// Arms or disarms the timer. The period is in nanoseconds; zero lets it expire
        /// once. Discards what has expired (the kernel's `timerfd_setup` sets its count to
        /// zero).
        pub(crate) fn settime(fd: &Fd, start: Start, period: u64) -> Result<(), Errno> {
            let (flags, first) = match start {
                // Zero would disarm it, but means a time that has come.
                Start::After(time) => (0, time.max(1)),
                Start::At(time) => (libc::TFD_TIMER_ABSTIME, time.max(1)),
                Start::Never => (0, 0),
            };
            // The call's own struct: interval and value, two pairs of longs, whatever
            // libc's time_t is.
            let times = [period, first].map(|nanoseconds| {
                [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000]
                    .map(|part| c_long::try_from(part).unwrap_or(c_long::MAX))
            });
            let old = core::ptr::null_mut::<[[c_long; 2]; 2]>();
            // SAFETY: the kernel reads the four longs of a live array, and a null
            // says that the old times are not wanted.
            cvt(unsafe {
                libc::syscall(libc::SYS_timerfd_settime, fd.as_raw(), flags, times.as_ptr(), old)
            })
            .map(drop)
        }
    } else {
        pub(crate) fn create(_: Trust, _: Flags) -> Result<Fd, Errno> {
            Err(libc::ENOSYS)
        }

        pub(crate) fn settime(_: &Fd, _: Start, _: u64) -> Result<(), Errno> {
            Err(libc::ENOSYS)
        }
    }
}
