//! `pipe2` and `pipe`.

use libc::c_int;

use super::cvt;
use super::errno::Errno;
use crate::{Mechanism, RawFd};

/// Makes one: the reading end and the writing end. On the mechanism with flags they are
/// born with them.
///
/// There may be no such call and yet an answer, as for an eventfd: it is believed
/// only if it is the documented one and two numbers came. Whether they are open
/// descriptors, a look at their flags will tell.
pub(super) fn pipe(mechanism: Mechanism) -> Result<[RawFd; 2], Errno> {
    let mut ends = [-1; 2];
    let answer = match mechanism {
        Mechanism::Pipe2 => call(&mut ends, libc::O_CLOEXEC | libc::O_NONBLOCK),
        // libc's function, which every libc has. Never the call by number: on MIPS,
        // Alpha and others the kernel returns the ends in two registers.
        // SAFETY: the array has room for the two descriptors.
        _ => cvt(unsafe { libc::pipe(ends.as_mut_ptr()) }.into()),
    }?;
    if answer == 0 && ends[0] != ends[1] {
        Ok(ends)
    } else {
        Err(libc::ENOSYS)
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        /// By number: a binary that imports `pipe2` does not load on a glibc
        /// before 2.9.
        fn call(ends: &mut [RawFd; 2], flags: c_int) -> Result<c_int, Errno> {
            // SAFETY: the array has room for the two descriptors.
            cvt(unsafe { libc::syscall(libc::SYS_pipe2, ends.as_mut_ptr(), flags) })
        }
    } else if #[cfg(target_vendor = "apple")] {
        /// There is no such call.
        fn call(_: &mut [RawFd; 2], _: c_int) -> Result<c_int, Errno> {
            Err(libc::ENOSYS)
        }
    } else {
        fn call(ends: &mut [RawFd; 2], flags: c_int) -> Result<c_int, Errno> {
            // SAFETY: the array has room for the two descriptors.
            cvt(unsafe { libc::pipe2(ends.as_mut_ptr(), flags) }.into())
        }
    }
}
