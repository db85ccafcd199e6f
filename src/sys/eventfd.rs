//! `eventfd2` and `eventfd`, by number.
//!
//! Not through libc's wrapper: glibc has one since 2.7, and a binary that
//! imports it does not load on an older glibc; and the wrappers disagree about
//! what a kernel without `eventfd2` means (glibc: EINVAL, musl: ENOSYS, one
//! uClibc: success, without the flags).

use libc::c_int;

use super::errno::Errno;
use super::{cvt, fd, numbers};
use crate::{Mechanism, Mode, RawFd};

/// Makes one, twice: as the reading end and as the writing end. On the mechanism with
/// flags it is born with them. See [`fd::create_checked`] for `first`.
pub(super) fn eventfd(mechanism: Mechanism, mode: Mode, first: bool) -> Result<[RawFd; 2], Errno> {
    let (number, flags) = match (mechanism, mode) {
        // EFD_CLOEXEC and EFD_NONBLOCK are the architecture's O_ flags by
        // definition, and EFD_SEMAPHORE is 1 everywhere (include/linux/eventfd.h).
        (Mechanism::EventFd2, _) => (
            Some(libc::SYS_eventfd2),
            libc::O_CLOEXEC | libc::O_NONBLOCK | c_int::from(mode == Mode::Semaphore),
        ),
        (_, Mode::Sum) => (numbers::EVENTFD, 0),
        // No flags, so no such mode.
        (_, Mode::Semaphore) => (None, 0),
    };
    let number = number.ok_or(libc::ENOSYS)?;
    // SAFETY: both calls take integers (a counter's start, and flags that the
    // older one ignores) and touch no memory of ours.
    let call = || cvt(unsafe { libc::syscall(number, 0 as c_int, flags) });
    fd::create_checked(first, call).map(|made| [made, made])
}
