//! `signalfd4` and `signalfd`, by number, for the reasons that `eventfd` gives.

use super::errno::Errno;
use super::fd::{create_checked, Fd};
use crate::signals::SignalSet;
use crate::RawFd;

/// How a signalfd is made.
#[derive(Clone, Copy)]
pub(crate) enum How {
    /// `signalfd4`: born with its flags.
    WithFlags,
    /// `signalfd`: the descriptor has no flags yet.
    Flagless,
}

/// A new descriptor for these signals, close-on-exec and non-blocking. On the `first`
/// use in a process the answer is doubted, see [`create_checked`], and the descriptor is not
/// for any signal yet, so that what it does can be looked at.
pub(crate) fn create(first: bool, how: How, set: SignalSet) -> Result<Fd, Errno> {
    const NEW: RawFd = -1;
    let set = if first { SignalSet::EMPTY } else { set };
    let raw = create_checked(first, || call(how, NEW, set))?;
    // SAFETY: the kernel has just made this descriptor for us: now, or, by the same
    // call with the same arguments, when the answer was doubted.
    let fd = unsafe { Fd::from_raw(raw) };
    let is_bare = matches!(how, How::Flagless);
    if first || is_bare {
        fd.ensure_cloexec_nonblock(is_bare)?;
    }
    Ok(fd)
}

/// From here on `fd` is for these signals.
pub(crate) fn watch(fd: &Fd, how: How, set: SignalSet) -> Result<(), Errno> {
    match call(how, fd.as_raw(), set)? {
        raw if raw == fd.as_raw() => Ok(()),
        _ => Err(libc::ENOSYS),
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        mod linux;
        use linux::call;
        pub(crate) use linux::read;
        pub(super) use linux::kernel_mask;
    } else {
        /// No other system has it.
        fn call(_: How, _: RawFd, _: SignalSet) -> Result<RawFd, Errno> {
            Err(libc::ENOSYS)
        }

        pub(crate) fn read(_: &Fd) -> Result<crate::signals::Signal, Errno> {
            Err(libc::ENOSYS)
        }
    }
}
