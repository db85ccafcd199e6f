//! Everything that is unsafe: the calls into libc and the kernel.
//!
//! What leaves this module is safe to use: owned descriptors, and functions
//! that give an [`Errno`](errno::Errno) when the kernel refuses.
#![allow(unsafe_code)]

pub(crate) mod clock;
pub(crate) mod ends;
pub(crate) mod errno;
pub(crate) mod fd;
pub(crate) mod poll;
pub(crate) mod utsname;

// As in `backend`: eventfd where a backend stands on it.
#[cfg(all(feature = "channel", feature = "pipe"))]
pub(crate) mod boxes;
#[cfg(all(feature = "eventfd", any(target_os = "linux", target_os = "android")))]
mod eventfd;
#[cfg(feature = "channel")]
pub(crate) mod futex;
#[cfg(feature = "channel")]
pub(crate) mod mpsc;
#[cfg(all(
    any(feature = "eventfd", feature = "signal"),
    any(target_os = "linux", target_os = "android"),
))]
mod numbers;
#[cfg(feature = "pipe")]
mod pipe;
#[cfg(feature = "signal")]
pub(crate) mod sigaction;

#[cfg(feature = "signal")]
pub(crate) mod signalfd;
#[cfg(feature = "signal")]
pub(crate) mod signals;

#[cfg(feature = "timer")]
pub(crate) mod alarms;
#[cfg(feature = "timer")]
mod condvar;
#[cfg(feature = "timer")]
mod fork_mutex;
#[cfg(feature = "timer")]
mod thread;
#[cfg(feature = "timer")]
pub(crate) mod timerfd;

/// What a call returned: a number, or, if it is negative, a reason in errno.
#[inline(never)] // It is in every call, and a call of its own is shorter.
fn cvt(result: libc::c_long) -> Result<libc::c_int, errno::Errno> {
    if result < 0 {
        return Err(errno::last());
    }
    // Nothing that is called here gives a number that large, so what did is
    // another call.
    libc::c_int::try_from(result).map_err(|_| libc::ENOSYS)
}
