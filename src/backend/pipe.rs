//! The self-pipe backend. Available on every Unix, and with flags since Linux 2.6.27.
//!
//! Any byte in the pipe makes the reading end readable (pipe(7)). `pipe/records.rs` makes a
//! pipe count as an eventfd does.

mod records;
mod u96;

use super::notifier::notifier;
use super::primitive::{Mode, Primitive};
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::sys::errno::Errno;
use crate::sys::fd::{self, Fd, Trust};
use crate::sys::pipe;

/// A notifier made of both ends of a pipe.
///
/// The object owns both ends, so no process sees a hang-up or gets a SIGPIPE as long as any
/// process holds the notifier.
///
/// ```
/// fn main() -> Result<(), wakefd::Error> {
///     let notifier = wakefd::SelfPipe::new()?;
///     notifier.notify()?;
///     notifier.notify()?;
///     assert_eq!(notifier.clear(), Ok(true));
///     assert_eq!(notifier.clear(), Ok(false));
///     Ok(())
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "pipe")))]
#[derive(Debug)]
pub struct SelfPipe {
    read: Fd,
    write: Fd,
    mechanism: Mechanism,
}

impl SelfPipe {
    /// Creates a pipe. Makes no call for an eventfd, because some sandboxes kill a process
    /// that does.
    ///
    /// Makes one system call, after the first use in a process, and nine on kernels before
    /// 2.6.27.
    ///
    /// # Errors
    ///
    /// `EMFILE` if fewer than two descriptors are left; `ENFILE` or `ENOMEM` as in pipe(2).
    pub fn new() -> Result<Self, Error> {
        fallback::first_available(Self::CHAIN, Unavailable::Remember, Self::at)
    }

    /// Creates a pipe with this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). `EINVAL` for a mechanism of another backend, and `ENOSYS`
    /// for [`Mechanism::Pipe2`] on a kernel before 2.6.27.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        Self::create(mechanism, Mode::Sum)
    }

    /// Returns the descriptor that notifies when a process writes to it.
    pub(crate) fn notify_fd(&self) -> &Fd {
        &self.write
    }

    /// Returns the reading end and the writing end.
    #[cfg(feature = "std")]
    pub(crate) fn into_ends(self) -> (Fd, Fd) {
        (self.read, self.write)
    }
}

impl Primitive for SelfPipe {
    const CHAIN: Chain = Chain {
        first: Mechanism::Pipe2,
        last: Mechanism::Pipe,
    };

    /// Ignores the mode: a pipe has none, and `take` gets it as an argument.
    fn create(mechanism: Mechanism, _: Mode) -> Result<Self, Error> {
        let error = |errno| Error::new(Operation::Create, mechanism, errno);
        if mechanism.backend() != Backend::Pipe {
            return Err(error(libc::EINVAL));
        }
        let trust = fallback::trust(mechanism);
        let (read, write) = pipe::create(trust, mechanism.flags()).map_err(error)?;
        // The kernel wrote two numbers where it was asked to: they are a pipe.
        if trust == Trust::Verify {
            fallback::set_proved(mechanism);
        }
        Ok(SelfPipe {
            read,
            write,
            mechanism,
        })
    }

    /// Writes one byte. Any byte makes the pipe readable.
    fn notify(&self) -> Result<(), Errno> {
        fd::notify(self.write.as_raw(), 1)
    }

    fn clear(&self) -> Result<bool, Errno> {
        self.read.drain()
    }

    fn add(&self, n: u64) -> Result<(), Errno> {
        records::add(&self.read, &self.write, n)
    }

    fn take(&self, mode: Mode) -> Result<u64, Errno> {
        records::take(&self.read, &self.write, mode)
    }

    /// Replaces the writing end first: a byte that is written meanwhile goes into a pipe
    /// that has a reading end, so no process gets a SIGPIPE.
    fn replace(&self, new: &Self) -> Result<(), Errno> {
        let flags = self.mechanism.flags();
        self.write.replace(&new.write, flags)?;
        self.read.replace(&new.read, flags)
    }

    fn fd(&self) -> &Fd {
        &self.read
    }

    fn mechanism(&self) -> Mechanism {
        self.mechanism
    }
}

notifier!(SelfPipe);

/// Returns the reading end, then the writing end. There is no `IntoRawFd`: one number
/// cannot stand for both, and one end alone is a hang-up.
#[cfg(feature = "std")]
impl From<SelfPipe> for (std::os::unix::io::OwnedFd, std::os::unix::io::OwnedFd) {
    fn from(pipe: SelfPipe) -> Self {
        let (read, write) = pipe.into_ends();
        (read.into(), write.into())
    }
}

/// Adopts the reading end and the writing end of a pipe that other code created, and makes
/// them close-on-exec. [`mechanism`](SelfPipe::mechanism) returns [`Mechanism::Pipe2`] for
/// it. Makes eight system calls.
///
/// # Errors
///
/// `EINVAL` if the descriptors are not the two ends of one pipe, in this order;
/// `EOPNOTSUPP` if one of them is blocking. Both descriptors are closed then.
#[cfg(feature = "std")]
impl TryFrom<(std::os::unix::io::OwnedFd, std::os::unix::io::OwnedFd)> for SelfPipe {
    type Error = Error;

    fn try_from(
        (read, write): (std::os::unix::io::OwnedFd, std::os::unix::io::OwnedFd),
    ) -> Result<Self, Error> {
        let (read, write, mechanism) = (Fd::from(read), Fd::from(write), Mechanism::Pipe2);
        crate::sys::adopt::pipe(&read, &write)
            .map_err(|errno| Error::new(Operation::Adopt, mechanism, errno))?;
        Ok(SelfPipe {
            read,
            write,
            mechanism,
        })
    }
}
