//! `fstat` and `fcntl`: whether a descriptor that somebody else made is what it should be.

use core::mem::MaybeUninit;

use super::cvt;
use super::errno::Errno;
use super::fd::Fd;

/// Makes sure that this is an eventfd, and that it is non-blocking; makes it close-on-exec.
#[cfg(all(feature = "eventfd", any(target_os = "linux", target_os = "android")))]
pub(crate) fn eventfd(fd: &Fd) -> Result<(), Errno> {
    // Like everything without an inode of its own, it has no type. Then nothing that could
    // lose data is left: an eventfd adds zero, which changes nothing, and the others refuse with EINVAL.
    if status(fd)?.st_mode & libc::S_IFMT != 0 {
        return Err(libc::EINVAL);
    }
    ensure_non_blocking(fd)?;
    fd.write(&[0; 8])?;
    fd.fcntl(libc::F_SETFD, libc::FD_CLOEXEC).map(drop)
}

/// Makes sure that these are the reading and the writing end of one pipe, and that both are
/// non-blocking; makes them close-on-exec.
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

/// Not by setting the flag: it is shared with whoever made the descriptor.
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
