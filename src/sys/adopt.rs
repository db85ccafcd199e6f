//! `fstat` and `fcntl`: checking descriptors that other code created.

use core::mem::MaybeUninit;

use super::cvt;
use super::errno::Errno;
use super::fd::Fd;

/// Checks that the descriptor is an eventfd and non-blocking, and makes it close-on-exec.
#[cfg(all(feature = "eventfd", any(target_os = "linux", target_os = "android")))]
pub(crate) fn eventfd(fd: &Fd) -> Result<(), Errno> {
    // An eventfd has no file type, like all objects without an inode of their own. A write
    // of zero to any of those loses no data: an eventfd adds zero, and the others refuse
    // with EINVAL.
    if status(fd)?.st_mode & libc::S_IFMT != 0 {
        return Err(libc::EINVAL);
    }
    ensure_non_blocking(fd)?;
    fd.write(&[0; 8])?;
    fd.fcntl(libc::F_SETFD, libc::FD_CLOEXEC).map(drop)
}

/// Checks that the descriptors are the reading and the writing end of one pipe and
/// non-blocking, and makes them close-on-exec.
#[cfg(feature = "pipe")]
pub(crate) fn pipe(read: &Fd, write: &Fd) -> Result<(), Errno> {
    let (reads, writes) = (status(read)?, status(write)?);
    let is_pipe = |status: &libc::stat| status.st_mode & libc::S_IFMT == libc::S_IFIFO;
    if !is_pipe(&reads)
        || !is_pipe(&writes)
        || (reads.st_dev, reads.st_ino) != (writes.st_dev, writes.st_ino)
        || access(read)? == libc::O_WRONLY
        || access(write)? == libc::O_RDONLY
    {
        return Err(libc::EINVAL);
    }
    for end in [read, write] {
        ensure_non_blocking(end)?;
        end.fcntl(libc::F_SETFD, libc::FD_CLOEXEC)?;
    }
    Ok(())
}

/// Checks that a descriptor is non-blocking. Does not set the flag, because the code that
/// created the descriptor shares it.
fn ensure_non_blocking(fd: &Fd) -> Result<(), Errno> {
    match fd.fcntl(libc::F_GETFL, 0)? & libc::O_NONBLOCK {
        0 => Err(libc::EOPNOTSUPP),
        _ => Ok(()),
    }
}

#[cfg(feature = "pipe")]
fn access(fd: &Fd) -> Result<libc::c_int, Errno> {
    fd.fcntl(libc::F_GETFL, 0)
        .map(|flags| flags & libc::O_ACCMODE)
}

fn status(fd: &Fd) -> Result<libc::stat, Errno> {
    let mut status = MaybeUninit::uninit();
    // SAFETY: there is room for a struct stat.
    cvt(unsafe { libc::fstat(fd.as_raw(), status.as_mut_ptr()) }.into())?;
    // SAFETY: the call has succeeded, so it has filled it.
    Ok(unsafe { status.assume_init() })
}
