//! Messages through the pipe itself.

use core::marker::PhantomData;
use core::mem::size_of;
use core::time::Duration;

use bytemuck::{AnyBitPattern, NoUninit};

use crate::backend::{Primitive, SelfPipe};
use crate::error::{Error, Operation};
use crate::mechanism::Mechanism;
use crate::notifier::Wait;
use crate::sys::errno::{Errno, ErrnoGuard};
use crate::sys::fd::RawFd;

/// A pipe that carries small plain values: between threads, and between parent
/// and child after `fork`.
///
/// There is no queue but the kernel's. Every value is written as a whole or not
/// at all, and read as a whole (pipe(7): up to `PIPE_BUF` bytes), however many
/// send and receive at once. The descriptor is readable while a value is in it. A process
/// that is killed in [`send`](Self::send) has sent its value or has not; one that is killed
/// in [`try_recv`](Self::try_recv) takes along at most the value that it was to return.
///
/// ```
/// use wakefd::PipeChannel;
///
/// # fn main() -> Result<(), wakefd::Error> {
/// let readings = PipeChannel::<[u32; 2]>::new()?;
/// readings.send([7, 19])?; // from any thread, or from a signal handler
/// assert_eq!(readings.try_recv()?, Some([7, 19]));
/// assert_eq!(readings.try_recv()?, None);
/// # Ok(())
/// # }
/// ```
///
/// A value is plain if all its bytes mean something and any bytes make a value,
/// which bytemuck's traits say: integers, floats, arrays of them, and structs
/// for which the traits are derived. It has from one byte to `PIPE_BUF` (4096 on
/// Linux); another size does not compile:
///
/// ```compile_fail
/// let too_large = wakefd::PipeChannel::<[u8; 5000]>::new();
/// ```
#[derive(Debug)]
pub struct PipeChannel<T> {
    pipe: SelfPipe,
    values: PhantomData<fn(T) -> T>,
}

/// What a write of is whole: pipe(7), and POSIX's least for other systems.
const PIPE_BUF: usize = match cfg!(any(target_os = "linux", target_os = "android")) {
    true => 4096,
    false => 512,
};

impl<T> PipeChannel<T> {
    /// Fails the build for a size that a pipe does not keep together.
    const FITS: () = assert!(
        0 < size_of::<T>() && size_of::<T>() <= PIPE_BUF,
        "a value in a PipeChannel has 1 to PIPE_BUF bytes"
    );
}

impl<T: NoUninit + AnyBitPattern> PipeChannel<T> {
    /// Makes an empty channel.
    ///
    /// # Errors
    ///
    /// As for [`SelfPipe::new`].
    pub fn new() -> Result<Self, Error> {
        SelfPipe::new().map(Self::through)
    }

    /// Makes an empty channel on this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`SelfPipe::at`].
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        SelfPipe::at(mechanism).map(Self::through)
    }

    fn through(pipe: SelfPipe) -> Self {
        let () = Self::FITS;
        let values = PhantomData;
        PipeChannel { pipe, values }
    }

    /// Sends a value. Does not block. One system call (`write`).
    ///
    /// Async-signal-safe; `errno` is left as it was.
    ///
    /// # Errors
    ///
    /// `EAGAIN` if the pipe is full: see [`Error::is_would_block`]. A pipe has
    /// room for 64 KiB, or less for a user who has very many of them (pipe(7)).
    /// Else as for [`Notifier::notify`](crate::Notifier::notify).
    pub fn send(&self, value: T) -> Result<(), Error> {
        let _guard = ErrnoGuard::new();
        self.pipe
            .notify_fd()
            .write(bytemuck::bytes_of(&value))
            .map_err(|errno| self.error(Operation::Send, errno))
    }

    /// Takes the oldest value, if there is one. Does not block. One system call (`read`) if
    /// there is none, else two (`read`, and `ioctl` with `FIONREAD`), and one for values of
    /// one byte.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`](crate::Notifier::clear). `EIO` if what is in the pipe is no
    /// number of whole values, as somebody read or wrote a part of one by number: then this
    /// call discards what is there, as nobody can tell where a value begins, and values that
    /// are sent afterwards arrive. What it cannot see are whole values that others put in or
    /// take out, parts that come to whole values again before a call, and, where a sandbox
    /// refuses the `ioctl`, a part that is followed by values: these come out wrong, and the
    /// last of them gives `EIO`.
    pub fn try_recv(&self) -> Result<Option<T>, Error> {
        let mut value = T::zeroed();
        let errno = match self.pipe.fd().read(bytemuck::bytes_of_mut(&mut value)) {
            Ok(read) if read == size_of::<T>() => match self.is_whole() {
                true => return Ok(Some(value)),
                false => {
                    let _ = self.pipe.fd().drain();
                    libc::EIO
                }
            },
            Err(libc::EAGAIN) => return Ok(None),
            Ok(0) => libc::EPIPE,
            Ok(_) => libc::EIO,
            Err(errno) => errno,
        };
        Err(self.error(Operation::Receive, errno))
    }

    /// Whether the pipe has a number of whole values, as far as the kernel says. Values are
    /// written and read as a whole, so that is so at any time unless others interfere.
    fn is_whole(&self) -> bool {
        size_of::<T>() == 1
            || self
                .pipe
                .fd()
                .available()
                .map_or(true, |bytes| bytes % size_of::<T>() == 0)
    }

    /// Sleeps until there is a value, or until `timeout` has passed, as
    /// [`Notifier::wait`](crate::Notifier::wait) does.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.pipe.wait(timeout)
    }

    /// The descriptor to poll for reading. Read it only through
    /// [`try_recv`](Self::try_recv), and do not close it.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.pipe.as_raw_fd()
    }

    /// The mechanism this channel stands on.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.pipe.mechanism()
    }

    /// Gives the calling process a channel of its own, empty, under the same
    /// numbers, after `fork`: see [`SelfPipe::reinit_after_fork`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        self.pipe.reinit_after_fork()
    }

    fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.mechanism(), errno)
    }
}

#[cfg(feature = "std")]
impl<T> std::os::unix::io::AsRawFd for PipeChannel<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.pipe.as_raw_fd()
    }
}

#[cfg(feature = "std")]
impl<T> std::os::unix::io::AsFd for PipeChannel<T> {
    fn as_fd(&self) -> std::os::unix::io::BorrowedFd<'_> {
        self.pipe.as_fd()
    }
}
