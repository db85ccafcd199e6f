//! `eventfd2` and `eventfd`, by number.
//!
//! Not through libc's wrapper: glibc has one since 2.7, and a binary that
//! imports it does not load on an older glibc; and the wrappers disagree about
//! what a kernel without `eventfd2` means (glibc: EINVAL, musl: ENOSYS, one
//! uClibc: success, without the flags).

use libc::{c_int, c_long};

use super::errno::Errno;
use super::{answer, fd};
use crate::{Mode, RawFd, Rung};

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

/// Makes one, twice: as the reading end and as the writing end. On the rung with
/// flags it is born with them. See [`fd::by_number`] for `first`.
pub(super) fn eventfd(rung: Rung, mode: Mode, first: bool) -> Result<[RawFd; 2], Errno> {
    let (number, flags) = match (rung, mode) {
        // EFD_CLOEXEC and EFD_NONBLOCK are the architecture's O_ flags by
        // definition, and EFD_SEMAPHORE is 1 everywhere (include/linux/eventfd.h).
        (Rung::EventFd2, _) => (
            Some(libc::SYS_eventfd2),
            libc::O_CLOEXEC | libc::O_NONBLOCK | c_int::from(mode == Mode::Semaphore),
        ),
        (_, Mode::Sum) => (SYS_EVENTFD, 0),
        // No flags, so no such mode.
        (_, Mode::Semaphore) => (None, 0),
    };
    let number = number.ok_or(libc::ENOSYS)?;
    // SAFETY: both calls take integers (a counter's start, and flags that the
    // older one ignores) and touch no memory of ours.
    let call = || answer(unsafe { libc::syscall(number, 0 as c_int, flags) });
    fd::by_number(first, call).map(|made| [made, made])
}
