//! What is done with one descriptor, and the owner of one.

use libc::{c_int, c_long};

use super::answer;
use super::errno::Errno;
use crate::RawFd;

/// Reads at most `capacity` bytes and says how many.
///
/// # Safety
///
/// `capacity` bytes at `buffer` may be written.
pub(super) unsafe fn read(fd: RawFd, buffer: *mut u8, capacity: usize) -> Result<usize, Errno> {
    // SAFETY: the caller's promise.
    let read = unsafe { transfer(false, fd, buffer, capacity) }?;
    #[allow(clippy::cast_sign_loss)] // What is negative was an error.
    Ok(read as usize)
}

/// Writes `bytes`, which are few enough to be written as a whole or not at all.
pub(super) fn write(fd: RawFd, bytes: &[u8]) -> Result<c_int, Errno> {
    // SAFETY: pointer and length are those of a live slice, which is only read.
    unsafe { transfer(true, fd, bytes.as_ptr() as *mut u8, bytes.len()) }
}

/// # Safety
///
/// `length` bytes at `bytes` may be read, or, if it is not to write, written.
///
/// There is no EINTR to be tried again: a signal interrupts only who waits
/// (signal(7)), and these descriptors do not let anybody wait.
unsafe fn transfer(writes: bool, fd: RawFd, bytes: *mut u8, length: usize) -> Result<c_int, Errno> {
    // SAFETY: the caller's promise.
    let done = unsafe {
        if writes {
            libc::write(fd, bytes.cast(), length)
        } else {
            libc::read(fd, bytes.cast(), length)
        }
    };
    answer(done as c_long)
}

/// Makes sure that a descriptor is close-on-exec and non-blocking: sets that, for one
/// made without (`is_bare`), and reads it back. Close-on-exec comes first: that is the
/// one that races with the `exec` of another thread.
///
/// Fails with ENOSYS, "not here", if it is not, and with EBADF if there is no such
/// descriptor, which means the same.
pub(super) fn with_flags(fd: RawFd, is_bare: bool) -> Result<c_int, Errno> {
    if is_bare {
        // Not O_CLOEXEC: F_SETFD has a flag of its own. A new descriptor has no other
        // flags that could get lost.
        fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC)?;
        fcntl(fd, libc::F_SETFL, libc::O_NONBLOCK)?;
    }
    let on = fcntl(fd, libc::F_GETFD, 0)? & libc::FD_CLOEXEC;
    let status = fcntl(fd, libc::F_GETFL, 0)? & libc::O_NONBLOCK;
    if on == 0 || status == 0 {
        return Err(libc::ENOSYS);
    }
    Ok(on)
}

/// Puts what `new` refers to under the number `fd`, and closes what was there. The
/// number stays valid all the time.
///
/// `with_flags` says that the kernel knows calls with flags; see
/// [`Rung::has_flags`](crate::Rung::has_flags).
pub(super) fn replace(fd: RawFd, new: RawFd, with_flags: bool) -> Result<c_int, Errno> {
    // If a sandbox refuses it: the way with a window, which also gives the error.
    if with_flags && dup3(new, fd).is_ok() {
        return Ok(fd);
    }
    // SAFETY: two integers; the caller's descriptor is its to replace.
    answer(unsafe { libc::dup2(new, fd) }.into())?;
    fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC)
}

/// Closes a descriptor that the caller owns.
pub(super) fn close(fd: RawFd) {
    // SAFETY: an integer. The result does not matter: Linux has released the number
    // even on EINTR (close(2)).
    unsafe { libc::close(fd) };
}

/// `dup2`, but the result is close-on-exec. By number, as `pipe2`.
fn dup3(from: RawFd, to: RawFd) -> Result<c_int, Errno> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: the call takes three integers; `to` is the caller's to replace.
    return answer(unsafe { libc::syscall(libc::SYS_dup3, from, to, libc::O_CLOEXEC) });
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    Err(libc::ENOSYS)
}

fn fcntl(fd: RawFd, command: c_int, argument: c_int) -> Result<c_int, Errno> {
    // SAFETY: the commands used here take an integer or nothing, and change
    // nothing but flags.
    answer(unsafe { libc::fcntl(fd, command, argument) }.into())
}

cfg_if::cfg_if! {
    if #[cfg(all(feature = "channel", feature = "pipe"))] {
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

            pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Errno> {
                write(self.0, bytes).map(drop)
            }

            pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
                // SAFETY: pointer and length are those of a live slice.
                unsafe { read(self.0, buffer.as_mut_ptr(), buffer.len()) }
            }
        }

        impl Drop for Fd {
            fn drop(&mut self) {
                close(self.0);
            }
        }
    }
}
