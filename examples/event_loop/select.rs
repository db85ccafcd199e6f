//! A safe `select(2)`.

use std::io;
use std::os::unix::io::{AsRawFd, RawFd};

use rustix::event::{fd_set_bound, fd_set_insert, FdSetElement, FdSetIter};

use crate::multiplexer::Source;

/// The number of descriptors in C's `fd_set`. A program that passes a larger one to `select`
/// overwrites its own stack; this program reports an error.
const FD_SETSIZE: usize = 1024;

type FdSet = [FdSetElement; FD_SETSIZE / (8 * std::mem::size_of::<FdSetElement>())];

/// Sleeps until one of `sources` is ready, and returns those that are.
#[allow(unsafe_code)]
pub(crate) fn select(sources: &[Source<'_>]) -> io::Result<Vec<RawFd>> {
    let (mut read, mut write) = (FdSet::default(), FdSet::default());
    for source in sources {
        let raw = source.fd.as_raw_fd();
        if usize::try_from(raw).map_or(true, |raw| raw >= FD_SETSIZE) {
            let message = format!("descriptor {raw} is too large for select");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        fd_set_insert(if source.write { &mut write } else { &mut read }, raw);
    }
    let bound = fd_set_bound(&read).max(fd_set_bound(&write));
    // SAFETY: both sets have room for `bound` descriptors. The descriptors are open, because
    // the sources borrow them until after the call.
    unsafe { rustix::event::select(bound, Some(&mut read), Some(&mut write), None, None)? };
    Ok(FdSetIter::new(&read)
        .chain(FdSetIter::new(&write))
        .collect())
}
