//! `pipe2` and `pipe`.

use core::mem::MaybeUninit;

use libc::c_int;

use super::answer;
use super::errno::Errno;
use super::fd::{is_open, Fd};
use crate::RawFd;

/// A pipe's two ends.
pub(crate) struct Ends {
    pub(crate) read: Fd,
    pub(crate) write: Fd,
}

impl Ends {
    /// See [`Fd::with_flags`].
    pub(crate) fn with_flags(self) -> Result<Self, Errno> {
        Ok(Ends {
            read: self.read.with_flags()?,
            write: self.write.with_flags()?,
        })
    }
}

/// No descriptor: what the ends are until a call has filled them in.
const UNSET: [RawFd; 2] = [-1, -1];

/// `pipe2`: both ends are born with their flags. `first` doubts the answer.
pub(crate) fn pipe2(first: bool) -> Result<Ends, Errno> {
    let mut ends = UNSET;
    let answer = call(&mut ends, libc::O_CLOEXEC | libc::O_NONBLOCK)?;
    // As for eventfd, there may be no such call and yet an answer: it is
    // believed only if it is the documented one and two descriptors came.
    if first && (answer != 0 || ends[0] == ends[1] || !ends.iter().all(|&end| is_open(end))) {
        return Err(libc::ENOSYS);
    }
    Ok(own(ends))
}

/// `pipe`: the ends have no flags yet.
///
/// libc's function, which every libc has. Never the call by number: on MIPS,
/// Alpha and others the kernel returns the ends in two registers.
pub(crate) fn pipe() -> Result<Ends, Errno> {
    let mut ends = UNSET;
    // SAFETY: the array has room for the two descriptors.
    answer(unsafe { libc::pipe(ends.as_mut_ptr()) })?;
    Ok(own(ends))
}

fn own([read, write]: [RawFd; 2]) -> Ends {
    // SAFETY: a successful call has just made these descriptors for us.
    unsafe {
        Ends {
            read: Fd::from_raw(read),
            write: Fd::from_raw(write),
        }
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        /// By number: a binary that imports `pipe2` does not load on a glibc
        /// before 2.9.
        fn call(ends: &mut [RawFd; 2], flags: c_int) -> Result<c_int, Errno> {
            // SAFETY: the array has room for the two descriptors.
            answer(unsafe { libc::syscall(libc::SYS_pipe2, ends.as_mut_ptr(), flags) })
        }
    } else if #[cfg(target_vendor = "apple")] {
        /// There is no such call.
        fn call(_: &mut [RawFd; 2], _: c_int) -> Result<c_int, Errno> {
            Err(libc::ENOSYS)
        }
    } else {
        fn call(ends: &mut [RawFd; 2], flags: c_int) -> Result<c_int, Errno> {
            // SAFETY: the array has room for the two descriptors.
            answer(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) })
        }
    }
}

/// Reads whole records of eight bytes, and says how many.
pub(crate) fn read_records(fd: &Fd, records: &mut [u64]) -> Result<usize, Errno> {
    const SIZE: usize = core::mem::size_of::<u64>();
    // SAFETY: pointer and length are those of a live slice, and a u64 may be
    // any eight bytes.
    match unsafe { fd.read_raw(records.as_mut_ptr().cast(), records.len() * SIZE) }? {
        // The end of the file: somebody closed the writing end by number.
        0 => Err(libc::EPIPE),
        read => Ok(read / SIZE),
    }
}

/// What [`discard`] left.
pub(crate) enum Discarded {
    /// Nothing.
    All,
    /// The buffer was full: there may be more.
    Some,
    /// There was nothing, and nobody is left who could write.
    EndOfFile,
}

/// Reads and throws away.
///
/// A read ends short only when the pipe is empty (the kernel's `pipe_read` goes
/// from buffer to buffer until then), so that one call usually does. The buffer
/// is on the stack, perhaps that of a small thread.
pub(crate) fn discard(fd: &Fd) -> Result<Discarded, Errno> {
    const CAPACITY: usize = 1024;
    let mut buffer = MaybeUninit::<[u8; CAPACITY]>::uninit();
    // SAFETY: the buffer has this capacity, and is only written to.
    match unsafe { fd.read_raw(buffer.as_mut_ptr().cast(), CAPACITY) }? {
        CAPACITY => Ok(Discarded::Some),
        0 => Ok(Discarded::EndOfFile),
        _ => Ok(Discarded::All),
    }
}
