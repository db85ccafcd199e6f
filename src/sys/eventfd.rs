//! `eventfd2` and `eventfd`, by number.
//!
//! Not through libc's wrapper: glibc has one since 2.7, and a binary that
//! imports it does not load on an older glibc; and the wrappers disagree about
//! what a kernel without `eventfd2` means (glibc: EINVAL, musl: ENOSYS, one
//! uClibc: success, without the flags).

use libc::{c_int, c_long};

use super::answer;
use super::errno::Errno;
use super::fd::{is_open, Fd};
use crate::{Mode, RawFd};

cfg_if::cfg_if! {
    // Architectures that came to Linux after 2.6.27 never had the flagless call.
    if #[cfg(any(
        target_arch = "x86",
        target_arch = "x86_64",
        target_arch = "arm",
        target_arch = "mips",
        target_arch = "mips32r6",
        target_arch = "mips64",
        target_arch = "mips64r6",
        target_arch = "powerpc",
        target_arch = "powerpc64",
        target_arch = "s390x",
        target_arch = "sparc",
        target_arch = "sparc64",
        target_arch = "m68k",
    ))] {
        const SYS_EVENTFD: Option<c_long> = Some(libc::SYS_eventfd);
    } else {
        const SYS_EVENTFD: Option<c_long> = None;
    }
}

/// `eventfd2`: the descriptor is born with its flags. `first` doubts the
/// answer; see [`create`].
pub(crate) fn eventfd2(first: bool, mode: Mode) -> Result<Fd, Errno> {
    // EFD_CLOEXEC and EFD_NONBLOCK are the architecture's O_ flags by
    // definition, and EFD_SEMAPHORE is 1 everywhere (include/linux/eventfd.h).
    let flags = libc::O_CLOEXEC | libc::O_NONBLOCK | c_int::from(mode == Mode::Semaphore);
    create(first, Some(libc::SYS_eventfd2), flags)
}

/// `eventfd`: the descriptor has no flags yet.
pub(crate) fn eventfd(first: bool) -> Result<Fd, Errno> {
    create(first, SYS_EVENTFD, 0)
}

/// Calls `number`, and on the `first` use in a process makes sure that the
/// answer is a new descriptor.
///
/// The answer may be no descriptor at all: a vendor's kernel can have another
/// call under this number, and a MIPS kernel before 2.6.28 lets `syscall`
/// return +89 for a call that it does not have. Such a number may well be the
/// descriptor of somebody else, so it must not even be looked at. A second
/// call tells: a real one gives another number, as the first is still taken.
fn create(first: bool, number: Option<c_long>, flags: c_int) -> Result<Fd, Errno> {
    let number = number.ok_or(libc::ENOSYS)?;
    let raw = call(number, flags)?;
    if first {
        match call(number, flags) {
            Ok(second) if second == raw || !is_open(second) => return Err(libc::ENOSYS),
            // SAFETY: two calls gave two open descriptors, so both are new and
            // nobody else knows them; this one is closed here.
            Ok(second) => drop(unsafe { Fd::from_raw(second) }),
            // Refused, say because only one descriptor was left. What is not a
            // descriptor would have come again.
            Err(_) => {}
        }
        if !is_open(raw) {
            return Err(libc::ENOSYS);
        }
    }
    // SAFETY: the kernel has just made this descriptor for us: now, or, by the
    // same call with the same arguments, when the answer was doubted.
    Ok(unsafe { Fd::from_raw(raw) })
}

fn call(number: c_long, flags: c_int) -> Result<RawFd, Errno> {
    // SAFETY: both calls take integers (a counter's start, and flags that the
    // older one ignores) and touch no memory of ours.
    answer(unsafe { libc::syscall(number, 0 as c_int, flags) })
}
