//! `dup3` and `dup2`: another object under the same number.

use libc::c_int;

use super::cvt;
use super::errno::Errno;
use super::fd::{Fd, Flags, RawFd};

impl Fd {
    /// Puts what `new` refers to under this number, which stays valid all the time, and
    /// closes what was there.
    pub(crate) fn replace(&self, new: &Fd, flags: Flags) -> Result<(), Errno> {
        // If a sandbox refuses it: the way with a window, which also gives the error.
        if flags == Flags::Atomic && dup3(new.as_raw(), self.as_raw()).is_ok() {
            return Ok(());
        }
        // SAFETY: two integers; the number is ours to replace.
        cvt(unsafe { libc::dup2(new.as_raw(), self.as_raw()) }.into())?;
        self.fcntl(libc::F_SETFD, libc::FD_CLOEXEC).map(drop)
    }
}

/// `dup2`, but the result is close-on-exec. By number, as `pipe2`.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn dup3(from: RawFd, to: RawFd) -> Result<c_int, Errno> {
    // SAFETY: the call takes three integers; `to` is the caller's to replace.
    cvt(unsafe { libc::syscall(libc::SYS_dup3, from, to, libc::O_CLOEXEC) })
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn dup3(_: RawFd, _: RawFd) -> Result<c_int, Errno> {
    Err(libc::ENOSYS)
}
