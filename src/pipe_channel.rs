//! Messages that travel through the pipe itself.

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

/// A pipe that carries small plain values: between threads, and between parent and child
/// after `fork`.
///
/// The kernel's pipe is the only queue. Every value is written as a whole or not at all,
/// and read as a whole (pipe(7): up to `PIPE_BUF` bytes), however many threads and
/// processes send and receive at the same time. The descriptor is readable while a value is
/// in the pipe. If a process is killed in [`send`](Self::send), the value was sent or it
/// was not. A process that is killed in [`try_recv`](Self::try_recv) loses at most the
/// value that it was to return.
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
/// A value is plain if every byte of it is meaningful and any bytes make a valid value. The
/// traits of bytemuck express that: integers, floats, arrays of them, and structs that
/// derive the traits are plain. A value has from one byte to `PIPE_BUF` (4096 on Linux);
/// another size does not compile:
///
/// ```compile_fail
/// let too_large = wakefd::PipeChannel::<[u8; 5000]>::new();
/// ```
#[derive(Debug)]
pub struct PipeChannel<T> {
    pipe: SelfPipe,
    values: PhantomData<fn(T) -> T>,
}

/// The number of bytes that one write keeps together: as in pipe(7), and POSIX's minimum on
/// other systems.
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
    /// Creates an empty channel.
    ///
    /// # Errors
    ///
    /// As for [`SelfPipe::new`].
    pub fn new() -> Result<Self, Error> {
        SelfPipe::new().map(Self::through)
    }

    /// Creates an empty channel on this mechanism and no other.
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

    /// Sends a value. Does not block. Makes one system call (`write`).
    ///
    /// Async-signal-safe; leaves `errno` unchanged.
    ///
    /// # Errors
    ///
    /// `EAGAIN` if the pipe is full: try again after the receiver has taken a value (see
    /// [`Error::is_would_block`]). A pipe has room for 64 KiB, or less for a user who has
    /// very many pipes (pipe(7)). Otherwise as for
    /// [`Notifier::notify`](crate::Notifier::notify).
    pub fn send(&self, value: T) -> Result<(), Error> {
        let _guard = ErrnoGuard::new();
        self.pipe
            .notify_fd()
            .write(bytemuck::bytes_of(&value))
            .map_err(|errno| self.error(Operation::Send, errno))
    }

    /// Takes the oldest value, or returns `None` if there is none. Does not block. Makes
    /// one system call (`read`) if there is no value or if values have one byte, and
    /// otherwise two (`read`, and `ioctl` with `FIONREAD`).
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`](crate::Notifier::clear). `EIO` if the pipe does not hold
    /// whole values, because other code read or wrote a part of one by number. The call
    /// then discards everything in the pipe, since no one can tell where a value begins;
    /// values that are sent afterwards arrive.
    ///
    /// The call cannot detect whole values that other code added or took, or parts that add
    /// up to whole values before the call. Where a sandbox refuses the `ioctl`, it does not
    /// detect a part that is followed by values: these values are wrong, and the last of
    /// them fails with `EIO`.
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

    /// Returns whether the pipe holds whole values, as far as the kernel tells. Values are
    /// written and read as a whole, so this is true at any time unless other code
    /// interferes.
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
    /// As for [`Notifier::wait`](crate::Notifier::wait).
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.pipe.wait(timeout)
    }

    /// Returns the descriptor to poll for reading. Read it only through
    /// [`try_recv`](Self::try_recv), and do not close it.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.pipe.as_raw_fd()
    }

    /// Returns the mechanism that created this channel.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.pipe.mechanism()
    }

    /// Gives the calling process, a child of `fork`, an empty channel of its own under the
    /// same numbers: see [`SelfPipe::reinit_after_fork`].
    ///
    /// # Errors
    ///
    /// As for [`SelfPipe::reinit_after_fork`].
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
