//! `timerfd_create`, `timerfd_settime` and `timerfd_gettime`, by number.
//!
//! On x86 and ARM `timerfd_create` has the number of an older call of Linux 2.6.22 to
//! 2.6.24: `timerfd(ufd, clockid, flags, utmr)`. That call would take the clock for a
//! descriptor, and the content of the fourth register for an address. This crate therefore
//! passes a null there, and the older call answers EFAULT before it does anything else.

use libc::clockid_t;

use super::errno::Errno;
use super::fd::{Fd, Flags, Trust};

/// The time of a timer's first expiration, in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) enum Start {
    /// After this time from now.
    After(u64),
    /// At this time of the timer's clock.
    At(u64),
    /// At this time of a clock that can be set. Setting the clock cancels the timer.
    AtUnlessSet(u64),
    /// Never: the timer is disarmed.
    Never,
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        use core::mem::size_of;
        use core::ptr::null_mut;

        use libc::c_long;

        use super::clock::{self, Long, Timespec};
        use super::cvt;
        use super::numbers::timed;

        /// Creates a disarmed timer of this clock, close-on-exec and non-blocking.
        pub(crate) fn create(clock: clockid_t, trust: Trust, flags: Flags) -> Result<Fd, Errno> {
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
                libc::syscall(libc::SYS_timerfd_create, clock, bits, NULL, NULL)
            }))
        }

        /// Arms or disarms the timer. The period is in nanoseconds; with a period of zero
        /// the timer expires once. Discards earlier expirations (the kernel's
        /// `timerfd_setup` sets their count to zero).
        pub(crate) fn settime(fd: &Fd, start: Start, period: u64) -> Result<(), Errno> {
            const SECONDS: u64 = 1_000_000_000;
            const LONGEST: u64 = i32::MAX as u64 * SECONDS;
            let (flags, first) = match start {
                // Zero would disarm the timer, but here it means a time that has passed.
                Start::After(time) => (0, time.max(1)),
                Start::At(time) => (libc::TFD_TIMER_ABSTIME, time.max(1)),
                Start::AtUnlessSet(time) => {
                    (libc::TFD_TIMER_ABSTIME | libc::TFD_TIMER_CANCEL_ON_SET, time)
                }
                Start::Never => (0, 0),
            };
            let set = |number, times: *const c_long| {
                let old = null_mut::<[Timespec; 2]>();
                // SAFETY: the kernel reads interval and value, a live array of the form that
                // the call has, and a null says that the old times are not wanted.
                cvt(unsafe { libc::syscall(number, fd.as_raw(), flags, times, old) }).map(drop)
            };
            if size_of::<Long>() < size_of::<u64>() && first > LONGEST {
                // A time beyond 68 years needs a call of Linux 5.1. Where that is
                // unavailable, the clock has not got that far, so the longest time does as
                // well.
                let times: [[u64; 2]; 2] =
                    [period, first].map(|time| [time / SECONDS, time % SECONDS]);
                match set(timed::TIMERFD_SETTIME64, times.as_ptr().cast()) {
                    Err(_) if clock::now() < LONGEST as i64 => {}
                    result => return result,
                }
            }
            let times = [period, first].map(Timespec::from_ns);
            set(timed::TIMERFD_SETTIME, times.as_ptr().cast())
        }

        /// Returns the time until the timer expires next, or zero if it does not, and the
        /// period.
        pub(crate) fn gettime(fd: &Fd) -> Result<[u64; 2], Errno> {
            let mut times = [Timespec::default(); 2];
            // SAFETY: the kernel writes interval and value, a live array.
            cvt(unsafe {
                libc::syscall(timed::TIMERFD_GETTIME, fd.as_raw(), times.as_mut_ptr())
            })?;
            let [period, rest] = times.map(Timespec::to_ns);
            Ok([rest, period])
        }
    } else {
        pub(crate) fn create(_: clockid_t, _: Trust, _: Flags) -> Result<Fd, Errno> {
            Err(libc::ENOSYS)
        }

        pub(crate) fn settime(_: &Fd, _: Start, _: u64) -> Result<(), Errno> {
            Err(libc::ENOSYS)
        }

        pub(crate) fn gettime(_: &Fd) -> Result<[u64; 2], Errno> {
            Err(libc::ENOSYS)
        }
    }
}
