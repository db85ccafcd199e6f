//! The clocks that a timer can run on.

use core::time::Duration;

use crate::sys::clock;

/// The clock that a [`Timer`](crate::Timer) runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Clock {
    /// `CLOCK_MONOTONIC`: the time since a fixed point in the past, not counting the time
    /// that the system was suspended. Every mechanism supports it.
    #[default]
    Monotonic,
    /// `CLOCK_BOOTTIME`: like `Monotonic`, but counts the time that the system was
    /// suspended. A timer does not wake the system up: if it is due meanwhile, it expires
    /// when the system resumes. Only a timerfd of Linux 3.15 or later supports it.
    Boottime,
    /// `CLOCK_REALTIME`: the time since 1970, which can be set. Only a timerfd of Linux 3.0
    /// or later supports it.
    Realtime,
}

impl Clock {
    /// Returns the clock's time, for [`Timer::arm_at`](crate::Timer::arm_at).
    ///
    /// Makes one system call (`clock_gettime`). Async-signal-safe. Returns zero if the
    /// kernel does not support the clock, or a sandbox refuses the call.
    #[must_use]
    pub fn now(self) -> Duration {
        Duration::from_nanos(self.now_ns())
    }

    pub(crate) fn now_ns(self) -> u64 {
        clock::now_of(self.id()).try_into().unwrap_or(0)
    }

    pub(crate) const fn id(self) -> libc::clockid_t {
        match self {
            Clock::Monotonic => libc::CLOCK_MONOTONIC,
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Clock::Boottime => libc::CLOCK_BOOTTIME,
            // Other systems have no timerfd, so this value is not used.
            #[cfg(not(any(target_os = "linux", target_os = "android")))]
            Clock::Boottime => libc::CLOCK_MONOTONIC,
            Clock::Realtime => libc::CLOCK_REALTIME,
        }
    }
}
