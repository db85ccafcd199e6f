//! `signalfd4` and `signalfd`, by number, for the reasons that `eventfd` gives.

use super::errno::Errno;
use super::fd::{is_open, Fd};
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

/// A new descriptor for these signals. On the `first` use in a process the answer is
/// doubted, as in `eventfd`, and the descriptor is not for any signal yet, so that
/// what it does can be looked at.
pub(crate) fn create(first: bool, how: How, set: SignalSet) -> Result<Fd, Errno> {
    const NEW: RawFd = -1;
    if !first {
        let raw = call(how, NEW, set)?;
        // SAFETY: the kernel has just made this descriptor for us.
        return Ok(unsafe { Fd::from_raw(raw) });
    }
    let raw = call(how, NEW, SignalSet::EMPTY)?;
    match call(how, NEW, SignalSet::EMPTY) {
        Ok(second) if second == raw || !is_open(second) => return Err(libc::ENOSYS),
        // SAFETY: two calls gave two open descriptors, so both are new and nobody
        // else knows them; this one is closed here.
        Ok(second) => drop(unsafe { Fd::from_raw(second) }),
        // Refused, say because only one descriptor was left. What is not a
        // descriptor would have come again.
        Err(_) => {}
    }
    if !is_open(raw) {
        return Err(libc::ENOSYS);
    }
    // SAFETY: as above.
    Ok(unsafe { Fd::from_raw(raw) })
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
