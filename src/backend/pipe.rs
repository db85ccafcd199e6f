//! The self-pipe backend. Available on every Unix; with flags since Linux
//! 2.6.27.

use core::time::Duration;

use crate::sys::errno::{Errno, Kept};
use crate::sys::pipe::{self, Discarded, Ends};
use crate::sys::{self, fd::Fd};
use crate::{ladder, Backend, Error, Mode, Notifier, Operation, RawFd, Rung, Wait};

/// A notifier made of both ends of a pipe.
///
/// `notify` writes a byte, `clear` reads all there are, and in between the
/// reading end is readable. Both ends live and die together, so no process sees
/// a hang-up or gets a SIGPIPE as long as any holds the notifier.
#[derive(Debug)]
pub struct SelfPipe {
    pub(crate) read: Fd,
    pub(crate) write: Fd,
    rung: Rung,
    mode: Mode,
}

/// The ladder of this backend, best first.
pub(crate) const RUNGS: [Rung; 2] = [Rung::Pipe2, Rung::Pipe];

impl SelfPipe {
    /// Makes a pipe. Never asks for an eventfd, for which a sandbox may kill.
    ///
    /// One system call, after the first in a process; on kernels before 2.6.27,
    /// eleven.
    ///
    /// # Errors
    ///
    /// `EMFILE` if fewer than two descriptors are left, `ENFILE`, and `ENOMEM`,
    /// as in pipe(2).
    pub fn new() -> Result<Self, Error> {
        ladder::descend(&RUNGS, Mode::Sum, Self::at)
    }

    /// Makes a pipe on this rung and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `EINVAL` for a rung of another backend, and
    /// `ENOSYS` for [`Rung::Pipe2`] on an older kernel.
    pub fn at(rung: Rung) -> Result<Self, Error> {
        Self::counting(rung, Mode::Sum)
    }

    /// As [`at`](Self::at); in this mode it counts.
    pub(crate) fn counting(rung: Rung, mode: Mode) -> Result<Self, Error> {
        let first = !ladder::is_verified(rung, Mode::Sum);
        let Ends { read, write } = match rung {
            Rung::Pipe2 => pipe::pipe2(first),
            Rung::Pipe => pipe::pipe().and_then(Ends::with_flags),
            _ => Err(libc::EINVAL),
        }
        .map_err(|errno| Error::new(Operation::Create, rung, errno))?;

        let made = SelfPipe {
            read,
            write,
            rung,
            mode,
        };
        if first {
            made.verify()
                .map_err(|errno| made.error(Operation::Verify, errno))?;
            ladder::set_verified(rung, Mode::Sum);
        }
        Ok(made)
    }

    /// The rung this notifier stands on.
    #[must_use]
    pub const fn rung(&self) -> Rung {
        self.rung
    }

    /// The reading end's number, as [`Notifier::as_raw_fd`]; here too so that
    /// the call stays unambiguous beside std's `AsRawFd`.
    #[must_use]
    pub const fn as_raw_fd(&self) -> RawFd {
        self.read.as_raw()
    }

    /// Puts a new pipe, with nothing pending, under the same two numbers; the
    /// other process's is untouched. For the child, after `fork`.
    ///
    /// Sets of `poll` and `select` stay valid. A set of `epoll` holds the old
    /// pipe, and is shared with the parent anyway: make it anew.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), with the notifier as it was. If a sandbox
    /// were to refuse `dup2` between the first end and the second, the notifier
    /// would be of no use any more.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        let new = Self::at(self.rung)?;
        let with_flags = self.rung.has_flags();
        // The writing end first: who writes in between writes into the new pipe, whose
        // reading end is still open. The other way round it would be SIGPIPE, if
        // nobody else holds the old one.
        self.write
            .replace(&new.write, with_flags)
            .and_then(|()| {
                self.read.replace(&new.read, with_flags).map_err(|errno| {
                    // Left open, so that it is not SIGPIPE from now on.
                    core::mem::forget(new.read);
                    errno
                })
            })
            .map_err(|errno| self.error(Operation::Reinit, errno))
    }

    pub(crate) const fn mode(&self) -> Mode {
        self.mode
    }

    #[cfg(feature = "std")]
    pub(crate) const fn pollable(&self) -> &Fd {
        &self.read
    }

    fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.rung, errno)
    }

    /// Both ends have both flags; what goes in comes out, and then it is empty.
    fn verify(&self) -> Result<(), Errno> {
        self.read.verify_flags()?;
        self.write.verify_flags()?;
        self.read.verify_carries(&self.write, Mode::Sum)
    }
}

impl Notifier for SelfPipe {
    fn notify(&self) -> Result<(), Error> {
        let _kept = Kept::new();
        match self.write.write(b"w") {
            // A full pipe is as readable as it can be.
            Ok(()) | Err(libc::EAGAIN) => Ok(()),
            Err(errno) => Err(self.error(Operation::Notify, errno)),
        }
    }

    fn clear(&self) -> Result<bool, Error> {
        let mut cleared = false;
        loop {
            match pipe::discard(&self.read) {
                Ok(Discarded::All) => return Ok(true),
                Ok(Discarded::Some) => cleared = true,
                Err(libc::EAGAIN) => return Ok(cleared),
                // Somebody closed the writing end by number.
                Ok(Discarded::EndOfFile) => return Err(self.error(Operation::Clear, libc::EPIPE)),
                Err(errno) => return Err(self.error(Operation::Clear, errno)),
            }
        }
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        sys::poll::wait(&self.read, timeout).map_err(|errno| self.error(Operation::Wait, errno))
    }

    fn as_raw_fd(&self) -> RawFd {
        self.read.as_raw()
    }

    fn backend(&self) -> Backend {
        Backend::Pipe
    }
}

#[cfg(feature = "std")]
crate::std_impls::for_notifier!(SelfPipe);

/// The reading end, then the writing end. There is no `IntoRawFd`: one number
/// cannot stand for both, and either end alone is a hang-up.
#[cfg(feature = "std")]
impl From<SelfPipe> for (std::os::unix::io::OwnedFd, std::os::unix::io::OwnedFd) {
    fn from(pipe: SelfPipe) -> Self {
        (pipe.read.into(), pipe.write.into())
    }
}
