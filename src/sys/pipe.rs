//! `pipe2` and `pipe`.

use libc::c_int;

use super::cvt;
use super::errno::Errno;
use super::fd::{Fd, Flags, RawFd, Trust};
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::numbers;

/// Creates a pipe, close-on-exec and non-blocking, and returns its reading and writing end.
///
/// A kernel without the call may answer all the same, as for an eventfd. The answer is
/// trusted only if it is the documented one and comes with two different numbers. Reading
/// their flags tells whether they are open descriptors.
pub(crate) fn create(trust: Trust, flags: Flags) -> Result<(Fd, Fd), Errno> {
    let mut ends = [-1; 2];
    let answer = match flags {
        Flags::Atomic => pipe2(&mut ends, libc::O_CLOEXEC | libc::O_NONBLOCK),
        Flags::ByFcntl => pipe(&mut ends),
    }?;
    let [read, write] = ends;
    if answer != 0 || read == write {
        return Err(libc::ENOSYS);
    }
    // SAFETY: the kernel put two descriptors where it was asked to, so they are new.
    let (read, write) = unsafe { (Fd::from_raw(read), Fd::from_raw(write)) };
    read.ensure_cloexec_nonblock(trust, flags)?;
    write.ensure_cloexec_nonblock(trust, flags)?;
    Ok((read, write))
}

/// Calls libc's `pipe`, which knows how the kernel of this architecture returns the ends.
///
/// In glibc since 2.34 it is `pipe2` without flags. A sandbox that refuses every `pipe2`
/// refuses this function too, so the call by number comes last.
fn pipe(ends: &mut [RawFd; 2]) -> Result<c_int, Errno> {
    // SAFETY: the array has room for the two descriptors.
    let result = cvt(unsafe { libc::pipe(ends.as_mut_ptr()) }.into());
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let (Err(libc::ENOSYS | libc::EPERM | libc::EACCES), Some(number)) = (result, numbers::PIPE)
    {
        // SAFETY: as above.
        return cvt(unsafe { libc::syscall(number, ends.as_mut_ptr()) });
    }
    result
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        /// Calls `pipe2` by number: a binary that imports it needs glibc 2.9.
        fn pipe2(ends: &mut [RawFd; 2], flags: c_int) -> Result<c_int, Errno> {
            // SAFETY: the array has room for the two descriptors.
            cvt(unsafe { libc::syscall(libc::SYS_pipe2, ends.as_mut_ptr(), flags) })
        }
    } else if #[cfg(any(target_vendor = "apple", target_os = "haiku"))] {
        /// Fails: this system does not have the call.
        fn pipe2(_: &mut [RawFd; 2], _: c_int) -> Result<c_int, Errno> {
            Err(libc::ENOSYS)
        }
    } else {
        fn pipe2(ends: &mut [RawFd; 2], flags: c_int) -> Result<c_int, Errno> {
            // SAFETY: the array has room for the two descriptors.
            cvt(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) }.into())
        }
    }
}
