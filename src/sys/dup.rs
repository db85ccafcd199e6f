//! `dup3` and `dup2`: replacing the object under a number.

use libc::c_int;

use super::cvt;
use super::errno::Errno;
use super::fd::{Fd, Flags, RawFd};

impl Fd {
    /// Puts the object of `new` under this number, which stays valid all the time, and
    /// closes the object that was there.
    pub(crate) fn replace(&self, new: &Fd, flags: Flags) -> Result<(), Errno> {
        // If a sandbox refuses `dup3`, `dup2` and `fcntl` do it, which is not atomic and
        // returns the error.
        if flags == Flags::Atomic && dup3(new.as_raw(), self.as_raw()).is_ok() {
            return Ok(());
        }
        // SAFETY: two integers; the number is ours to replace.
        cvt(unsafe { libc::dup2(new.as_raw(), self.as_raw()) }.into())?;
        self.fcntl(libc::F_SETFD, libc::FD_CLOEXEC).map(drop)
    }
}

/// Calls `dup3`, by number as `pipe2`, so that the result is close-on-exec.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn dup3(from: RawFd, to: RawFd) -> Result<c_int, Errno> {
    // SAFETY: the call takes three integers; `to` is the caller's to replace.
    cvt(unsafe { libc::syscall(libc::SYS_dup3, from, to, libc::O_CLOEXEC) })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn dup3(_: RawFd, _: RawFd) -> Result<c_int, Errno> {
    Err(libc::ENOSYS)
}
