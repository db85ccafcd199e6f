//! What is done with one descriptor, and the owner of one.

use libc::{c_int, c_long};

use super::cvt;
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
    cvt(done as c_long)
}

/// Makes sure that a descriptor is close-on-exec and non-blocking: sets that, for one
/// made without (`is_bare`), and reads it back. Close-on-exec comes first: that is the
/// one that races with the `exec` of another thread.
///
/// Fails with ENOSYS, "not here", if it is not, and with EBADF if there is no such
/// descriptor, which means the same.
pub(super) fn ensure_cloexec_nonblock(fd: RawFd, is_bare: bool) -> Result<c_int, Errno> {
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
/// `ensure_cloexec_nonblock` says that the kernel knows calls with flags; see
/// [`Mechanism::has_flags`](crate::Mechanism::has_flags).
pub(super) fn replace(fd: RawFd, new: RawFd, with_flags: bool) -> Result<c_int, Errno> {
    // If a sandbox refuses it: the way with a window, which also gives the error.
    if with_flags && dup3(new, fd).is_ok() {
        return Ok(fd);
    }
    // SAFETY: two integers; the caller's descriptor is its to replace.
    cvt(unsafe { libc::dup2(new, fd) }.into())?;
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
    return cvt(unsafe { libc::syscall(libc::SYS_dup3, from, to, libc::O_CLOEXEC) });
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    Err(libc::ENOSYS)
}

fn fcntl(fd: RawFd, command: c_int, argument: c_int) -> Result<c_int, Errno> {
    // SAFETY: the commands used here take an integer or nothing, and change
    // nothing but flags.
    cvt(unsafe { libc::fcntl(fd, command, argument) }.into())
}

/// Makes a descriptor with a call by number, which gives one.
///
/// On the `first` use in a process the answer may be no descriptor at all: a
/// vendor's kernel can have another call under this number, and a MIPS kernel
/// before 2.6.28 lets `syscall` return +89 for a call that it does not have. Such a
/// number may well be the descriptor of somebody else, so it must not even be
/// looked at. A second call tells: a real one gives another number, as the first
/// is still taken.
#[allow(dead_code)] // A build with pipes alone has no such call.
#[inline(always)] // For size: in a build for C there is one caller.
pub(super) fn create_checked(
    first: bool,
    call: impl Fn() -> Result<c_int, Errno>,
) -> Result<RawFd, Errno> {
    let made = call()?;
    if first {
        match call() {
            Ok(second) if second == made => return Err(libc::ENOSYS),
            // Two calls gave two numbers, so both are new and nobody else knows
            // them.
            Ok(second) => close(second),
            // Refused, say because only one descriptor was left. What is not a
            // descriptor would have come again.
            Err(_) => {}
        }
    }
    Ok(made)
}

cfg_if::cfg_if! {
    if #[cfg(any(all(feature = "channel", feature = "pipe"), feature = "signal", feature = "timer"))] {
        pub(crate) use self::owned::Fd;

        /// For the kinds of descriptors that come alone.
        #[allow(dead_code)] // Which features use it, is theirs.
        mod owned {
            use super::{RawFd, Errno};

            /// Owns a descriptor that nobody else closes.
            #[derive(Debug)]
            pub(crate) struct Fd(RawFd);

            impl Fd {
                /// Takes ownership of `raw`.
                ///
                /// # Safety
                ///
                /// `raw` is open, and the caller gives up the right to close it.
                pub(in crate::sys) const unsafe fn from_raw(raw: RawFd) -> Self {
                    Fd(raw)
                }

                pub(crate) const fn as_raw(&self) -> RawFd {
                    self.0
                }

                pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Errno> {
                    super::write(self.0, bytes).map(drop)
                }

                pub(crate) fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
                    // SAFETY: pointer and length are those of a live slice.
                    unsafe { super::read(self.0, buffer.as_mut_ptr(), buffer.len()) }
                }

                /// See [`ensure_cloexec_nonblock`](super::ensure_cloexec_nonblock).
                pub(crate) fn ensure_cloexec_nonblock(&self, is_bare: bool) -> Result<(), Errno> {
                    super::ensure_cloexec_nonblock(self.0, is_bare).map(drop)
                }

                /// See [`replace`](super::replace).
                pub(crate) fn replace(&self, new: Fd, with_flags: bool) -> Result<(), Errno> {
                    super::replace(self.0, new.0, with_flags).map(drop)
                }

                #[cfg(feature = "std")]
                pub(crate) fn borrow(&self) -> std::os::unix::io::BorrowedFd<'_> {
                    // SAFETY: we own the descriptor, so it is open as long as `self`.
                    unsafe { std::os::unix::io::BorrowedFd::borrow_raw(self.0) }
                }
            }

            impl Drop for Fd {
                fn drop(&mut self) {
                    super::close(self.0);
                }
            }
        }
    }
}
