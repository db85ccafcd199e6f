//! All unsafe code: the calls into libc and the kernel.
//!
//! Each interface of the kernel or of libc has one file, which imports nothing from above.
//! What this module exports is safe to use: owned descriptors, and functions that return an
//! [`Errno`](errno::Errno) when the kernel refuses.
#![allow(unsafe_code)]

#[cfg(feature = "std")]
pub(crate) mod adopt;
pub(crate) mod atomic;
#[cfg_attr(not(feature = "timer"), allow(dead_code))] // Signals wait for a lock, not a time.
pub(crate) mod clock;
mod dup;
pub(crate) mod errno;
pub(crate) mod fd;
pub(crate) mod libc_version;
pub(crate) mod poll;
pub(crate) mod utsname;

#[cfg(all(feature = "channel", feature = "pipe"))]
pub(crate) mod boxes;
#[cfg(all(feature = "eventfd", any(target_os = "linux", target_os = "android")))]
pub(crate) mod eventfd;
#[cfg(any(feature = "channel", feature = "signal", feature = "timer"))]
// As for `clock`. On systems other than Linux the timers sleep in another way.
#[cfg_attr(
    not(any(
        feature = "channel",
        all(feature = "timer", any(target_os = "linux", target_os = "android"))
    )),
    allow(dead_code)
)]
pub(crate) mod futex;
#[cfg(feature = "channel")]
pub(crate) mod mpsc;
mod numbers;
#[cfg(feature = "pipe")]
pub(crate) mod pipe;

#[cfg(any(feature = "signal", feature = "timer"))]
pub(crate) mod process;
#[cfg(feature = "signal")]
pub(crate) mod sigaction;
#[cfg(feature = "signal")]
pub(crate) mod siginfo;
#[cfg(feature = "signal")]
pub(crate) mod signalfd;
#[cfg(feature = "signal")]
pub(crate) mod sigset;

#[cfg(any(feature = "signal", feature = "timer"))]
#[cfg_attr(not(feature = "timer"), allow(dead_code))] // As above.
mod condvar;
#[cfg(any(feature = "signal", feature = "timer"))]
#[cfg_attr(not(feature = "timer"), allow(dead_code))] // As above.
pub(crate) mod fork_mutex;
#[cfg(feature = "timer")]
mod page;
#[cfg(feature = "timer")]
pub(crate) mod shared_heap;
#[cfg(feature = "timer")]
pub(crate) mod thread;
#[cfg(feature = "timer")]
pub(crate) mod timerfd;

/// Converts a call's result: a number, or, if it is negative, the errno.
#[inline(never)] // It is in every call, and a call of its own is shorter.
fn cvt(result: libc::c_long) -> Result<libc::c_int, errno::Errno> {
    if result < 0 {
        return Err(errno::last());
    }
    // No call of this crate returns a number that large, so another call has answered.
    libc::c_int::try_from(result).map_err(|_| libc::ENOSYS)
}
