//! `eventfd2` and `eventfd`, by number.
//!
//! libc's wrapper is not used: glibc has one since 2.7, and a binary that imports it does
//! not load on an older glibc. The wrappers also disagree about a kernel without `eventfd2`
//! (glibc: EINVAL, musl: ENOSYS, one uClibc: success, without the flags).

use libc::{c_int, c_long};

use super::errno::Errno;
use super::fd::{Fd, Flags, Trust};
use super::{cvt, numbers};

/// The amount that a read of the eventfd takes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Read {
    /// The whole count.
    All,
    /// One: `EFD_SEMAPHORE`, which only the call with flags supports.
    One,
}

/// Creates an eventfd with a count of zero, close-on-exec and non-blocking.
pub(crate) fn create(trust: Trust, flags: Flags, read: Read) -> Result<Fd, Errno> {
    let (number, bits): (Option<c_long>, c_int) = match (flags, read) {
        // EFD_CLOEXEC and EFD_NONBLOCK are the architecture's O_ flags by definition, and
        // EFD_SEMAPHORE is 1 everywhere (include/linux/eventfd.h).
        (Flags::Atomic, _) => (
            Some(libc::SYS_eventfd2),
            libc::O_CLOEXEC | libc::O_NONBLOCK | c_int::from(read == Read::One),
        ),
        (Flags::ByFcntl, Read::All) => (numbers::EVENTFD, 0),
        (Flags::ByFcntl, Read::One) => (None, 0),
    };
    let number = number.ok_or(libc::ENOSYS)?;
    let call = || {
        // SAFETY: both calls take integers (a counter's start, and flags that the older one
        // ignores) and touch no memory of ours.
        cvt(unsafe { libc::syscall(number, 0 as c_int, bits) })
    };
    Fd::create(trust, flags, call)
}
