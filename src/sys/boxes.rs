//! Boxes that travel through a pipe.

use alloc::boxed::Box;
use core::marker::PhantomData;
use core::mem::size_of;

use super::errno::Errno;
use super::fd::{Fd, RawFd};

/// The writing end of a pipe that carries boxes.
pub(crate) struct BoxWriter<T>(Fd, libc::pid_t, PhantomData<fn(Box<T>)>);

/// The reading end of a pipe that carries boxes. Dropping it drops every box that is left.
pub(crate) struct BoxReader<T>(Fd, libc::pid_t, PhantomData<fn() -> Box<T>>);

/// Creates both ends from a new pipe.
///
/// They are sound because only addresses of boxes that were given up get into the pipe,
/// each as a whole, and each address is read once. The pipe must therefore be new, its
/// writing end stays in this module, and calls in another process, which has other boxes at
/// these addresses, fail.
pub(crate) fn boxes<T: Send>(
    (read, write): (Fd, Fd),
) -> Result<(BoxReader<T>, BoxWriter<T>), Errno> {
    let process = process();
    let mut byte = [0];
    match read.read(&mut byte) {
        Err(libc::EAGAIN) => {}
        Err(errno) => return Err(errno),
        Ok(_) => return Err(libc::EBUSY),
    }
    Ok((
        BoxReader(read, process, PhantomData),
        BoxWriter(write, process, PhantomData),
    ))
}

impl<T> BoxWriter<T> {
    /// Sends a box, or returns it with the errno. Fails with `EAGAIN` if the pipe is full.
    pub(crate) fn send(&self, message: Box<T>) -> Result<(), (Box<T>, Errno)> {
        if process() != self.1 {
            return Err((message, libc::EXDEV));
        }
        let address = Box::into_raw(message);
        self.0
            .write(&(address as usize).to_ne_bytes())
            // SAFETY: the address is that of a box, and is not in the pipe.
            .map_err(|errno| (unsafe { Box::from_raw(address) }, errno))
    }
}

impl<T> BoxReader<T> {
    /// Receives the oldest box, or `None` at the end of the file, after the writing end was
    /// closed.
    pub(crate) fn recv(&self) -> Result<Option<Box<T>>, Errno> {
        if process() != self.1 {
            return Err(libc::EXDEV);
        }
        let mut address = [0; size_of::<usize>()];
        match self.0.read(&mut address)? {
            0 => Ok(None),
            read if read == address.len() => {
                let address = usize::from_ne_bytes(address) as *mut T;
                // SAFETY: a box of this process and type was given up for it,
                // and nobody else reads the same address.
                Ok(Some(unsafe { Box::from_raw(address) }))
            }
            _ => Err(libc::EIO),
        }
    }

    pub(crate) const fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw()
    }
}

impl<T> Drop for BoxReader<T> {
    fn drop(&mut self) {
        while let Ok(Some(message)) = self.recv() {
            drop(message);
        }
    }
}

fn process() -> libc::pid_t {
    // SAFETY: no preconditions.
    unsafe { libc::getpid() }
}
