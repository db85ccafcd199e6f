//! An owned descriptor and the few things done with one.

use super::answer;
use super::errno::{self, Errno};
use crate::{Mode, RawFd};

/// Owns a descriptor that nobody else closes.
#[derive(Debug)]
pub(crate) struct Fd(RawFd);

impl Fd {
    /// Takes ownership of `raw`.
    ///
    /// # Safety
    ///
    /// `raw` is open, and the caller gives up the right to close it.
    pub(super) const unsafe fn from_raw(raw: RawFd) -> Self {
        Fd(raw)
    }

    pub(crate) const fn as_raw(&self) -> RawFd {
        self.0
    }

    /// Writes `bytes`, which are few enough to be written as a whole or not at
    /// all.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Errno> {
        loop {
            // SAFETY: pointer and length are those of a live slice.
            let written = unsafe { libc::write(self.0, bytes.as_ptr().cast(), bytes.len()) };
            if written >= 0 {
                return Ok(());
            }
            match errno::last() {
                // Interrupted before anything was written.
                libc::EINTR => {}
                errno => return Err(errno),
            }
        }
    }

    /// Reads at most `buffer.len()` bytes and says how many.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        // SAFETY: pointer and length are those of a live slice.
        unsafe { self.read_raw(buffer.as_mut_ptr(), buffer.len()) }
    }

    /// # Safety
    ///
    /// `capacity` bytes at `buffer` may be written.
    pub(super) unsafe fn read_raw(&self, buffer: *mut u8, capacity: usize) -> Result<usize, Errno> {
        loop {
            // SAFETY: the caller's promise.
            let read = unsafe { libc::read(self.0, buffer.cast(), capacity) };
            if let Ok(read) = usize::try_from(read) {
                return Ok(read);
            }
            match errno::last() {
                libc::EINTR => {}
                errno => return Err(errno),
            }
        }
    }

    /// Sets close-on-exec and non-blocking, for a descriptor made without, and
    /// reads back that they are set. Close-on-exec comes first: that is the one
    /// that races with the `exec` of another thread.
    pub(crate) fn with_flags(self) -> Result<Self, Errno> {
        // Not O_CLOEXEC: F_SETFD has a flag of its own.
        fcntl(self.0, libc::F_SETFD, libc::FD_CLOEXEC)?;
        let status = fcntl(self.0, libc::F_GETFL, 0)?;
        fcntl(self.0, libc::F_SETFL, status | libc::O_NONBLOCK)?;
        self.verify_flags()?;
        Ok(self)
    }

    /// Fails with ENOSYS, "not here", unless the descriptor is close-on-exec and
    /// non-blocking.
    pub(crate) fn verify_flags(&self) -> Result<(), Errno> {
        if fcntl(self.0, libc::F_GETFD, 0)? & libc::FD_CLOEXEC != 0
            && fcntl(self.0, libc::F_GETFL, 0)? & libc::O_NONBLOCK != 0
        {
            Ok(())
        } else {
            Err(libc::ENOSYS)
        }
    }

    /// Fails with ENOSYS unless a number that is written to `end` comes out here, at
    /// once or one by one, and this is empty before and after.
    pub(crate) fn verify_carries(&self, end: &Fd, mode: Mode) -> Result<(), Errno> {
        let (each, times) = match mode {
            Mode::Sum => (2_u64, 1),
            Mode::Semaphore => (1, 2),
        };
        let mut number = [0; 8];
        if self.read(&mut number) == Err(libc::EAGAIN)
            && end.write(&2_u64.to_ne_bytes()) == Ok(())
            && (0..times).all(|_| self.read(&mut number) == Ok(8) && number == each.to_ne_bytes())
            && self.read(&mut number) == Err(libc::EAGAIN)
        {
            Ok(())
        } else {
            Err(libc::ENOSYS)
        }
    }

    /// Puts what `other` refers to under this descriptor's number, and closes
    /// what was there. The number stays valid all the time.
    ///
    /// `with_flags` says that the kernel knows calls with flags; see
    /// [`Rung::has_flags`](crate::Rung::has_flags).
    pub(crate) fn replace(&self, other: &Fd, with_flags: bool) -> Result<(), Errno> {
        if with_flags {
            match dup3(other.0, self.0) {
                // A sandbox that refuses it: the way with a window.
                Err(libc::ENOSYS | libc::EPERM | libc::EACCES) => {}
                result => return result.map(drop),
            }
        }
        // SAFETY: two integers, and a descriptor that is ours to replace.
        answer(unsafe { libc::dup2(other.0, self.0) })?;
        fcntl(self.0, libc::F_SETFD, libc::FD_CLOEXEC)?;
        Ok(())
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // SAFETY: we own the descriptor, and drop runs once. The result does
        // not matter: Linux has released the number even on EINTR (close(2)).
        unsafe { libc::close(self.0) };
    }
}

/// `dup2`, but the result is close-on-exec. By number, as `pipe2`.
fn dup3(from: RawFd, to: RawFd) -> Result<RawFd, Errno> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: the call takes three integers; `to` is the caller's to replace.
    return answer(unsafe { libc::syscall(libc::SYS_dup3, from, to, libc::O_CLOEXEC) });
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    Err(libc::ENOSYS)
}

/// Whether `raw` is the number of an open descriptor. A sandbox that refuses to say
/// does not make it none.
pub(super) fn is_open(raw: RawFd) -> bool {
    fcntl(raw, libc::F_GETFD, 0) != Err(libc::EBADF)
}

fn fcntl(raw: RawFd, command: libc::c_int, argument: libc::c_int) -> Result<libc::c_int, Errno> {
    // SAFETY: the commands used here take an integer or nothing, and change
    // nothing but flags.
    answer(unsafe { libc::fcntl(raw, command, argument) })
}

#[cfg(feature = "std")]
impl Fd {
    pub(crate) fn borrow(&self) -> std::os::unix::io::BorrowedFd<'_> {
        // SAFETY: we own the descriptor, so it is open as long as `self`.
        unsafe { std::os::unix::io::BorrowedFd::borrow_raw(self.0) }
    }
}

#[cfg(feature = "std")]
impl From<Fd> for std::os::unix::io::OwnedFd {
    fn from(fd: Fd) -> Self {
        let raw = fd.0;
        core::mem::forget(fd);
        // SAFETY: we owned the descriptor and have just forgotten it.
        unsafe { std::os::unix::io::FromRawFd::from_raw_fd(raw) }
    }
}
