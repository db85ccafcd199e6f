//! The self-pipe backend. Available on every Unix; with flags since Linux 2.6.27.
//!
//! Any byte in the pipe makes the reading end readable (pipe(7)). How a pipe counts as an
//! eventfd does is in `pipe/records.rs`.

mod records;
mod u96;

use super::notifier::notifier;
use super::primitive::{Mode, Primitive};
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, Trust};
use crate::sys::pipe;

/// A notifier made of both ends of a pipe.
///
/// Both ends live and die together, so no process sees a hang-up or gets a SIGPIPE as long
/// as any holds the notifier.
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
#[derive(Debug)]
pub struct SelfPipe {
    read: Fd,
    write: Fd,
    mechanism: Mechanism,
}

impl SelfPipe {
    /// Creates a pipe. Never asks for an eventfd, for which a sandbox may kill.
    ///
    /// Makes one system call, after the first use in a process; on kernels before 2.6.27,
    /// nine.
    ///
    /// # Errors
    ///
    /// `EMFILE` if fewer than two descriptors are left, `ENFILE`, and `ENOMEM`,
    /// as in pipe(2).
    pub fn new() -> Result<Self, Error> {
        fallback::first_available(Self::CHAIN, Unavailable::Remember, Self::at)
    }

    /// Creates a pipe with this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `EINVAL` for a mechanism of another backend, and
    /// `ENOSYS` for [`Mechanism::Pipe2`] on an older kernel.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        Self::create(mechanism, Mode::Sum)
    }

    /// The descriptor that notifies when somebody writes to it.
    pub(crate) fn notify_fd(&self) -> &Fd {
        &self.write
    }

    /// The reading end and the writing end, each on its own.
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

    /// A pipe has no mode: `take` does what it is told.
    fn create(mechanism: Mechanism, _: Mode) -> Result<Self, Error> {
        let error = |errno| Error::new(Operation::Create, mechanism, errno);
        if mechanism.backend() != Backend::Pipe {
            return Err(error(libc::EINVAL));
        }
        let trust = fallback::trust(mechanism);
        let (read, write) = pipe::create(trust, mechanism.flags()).map_err(error)?;
        // Two descriptors, which the kernel put where it was asked to, are a pipe.
        if trust == Trust::Verify {
            fallback::set_proved(mechanism);
        }
        Ok(SelfPipe {
            read,
            write,
            mechanism,
        })
    }

    /// One byte makes it readable, whichever it is.
    fn notify(&self) -> Result<(), Errno> {
        self.write.notify(1)
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

    /// The writing end first: what is written meanwhile goes into a pipe that has a reading
    /// end, so nobody gets a SIGPIPE.
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

/// The reading end, then the writing end. There is no `IntoRawFd`: one number cannot stand
/// for both, and either end alone is a hang-up.
#[cfg(feature = "std")]
impl From<SelfPipe> for (std::os::unix::io::OwnedFd, std::os::unix::io::OwnedFd) {
    fn from(pipe: SelfPipe) -> Self {
        let (read, write) = pipe.into_ends();
        (read.into(), write.into())
    }
}

/// Adopts the reading end and the writing end of a pipe that somebody else made. They become
/// close-on-exec, and the [`mechanism`](SelfPipe::mechanism) is said to be
/// [`Mechanism::Pipe2`]. Makes eight system calls.
///
/// # Errors
///
/// `EINVAL` if they are not the two ends of one pipe, in this order; `EOPNOTSUPP` if one of
/// them blocks. The descriptors are closed then.
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
