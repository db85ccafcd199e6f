//! The eventfd backend. Available since Linux 2.6.22, with flags since 2.6.27.

use core::time::Duration;

use crate::sys::errno::{Errno, Kept};
use crate::sys::{self, fd::Fd};
use crate::{ladder, Backend, Error, Mode, Notifier, Operation, RawFd, Rung, Wait};

/// A notifier made of one eventfd: a 64-bit counter behind a descriptor.
///
/// `notify` adds one, `clear` takes the counter back to zero in one read, and
/// in between the descriptor is readable.
#[derive(Debug)]
pub struct EventFd {
    fd: Fd,
    rung: Rung,
    mode: Mode,
}

/// The ladder of this backend, best first.
pub(crate) const RUNGS: [Rung; 2] = [Rung::EventFd2, Rung::EventFd];

impl EventFd {
    /// Makes an eventfd, or says why there is none. Never falls back to a pipe.
    ///
    /// One system call, after the first in a process.
    ///
    /// # Errors
    ///
    /// `ENOSYS` on kernels before 2.6.22 and on those without `CONFIG_EVENTFD`;
    /// `EPERM`, `EACCES` in sandboxes; `EMFILE`, `ENFILE`, `ENOMEM`, `ENODEV` as
    /// in eventfd(2).
    pub fn new() -> Result<Self, Error> {
        ladder::descend(&RUNGS, Mode::Sum, Self::at)
    }

    /// Makes an eventfd on this rung and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `EINVAL` for a rung of another backend.
    pub fn at(rung: Rung) -> Result<Self, Error> {
        Self::counting(rung, Mode::Sum)
    }

    /// As [`at`](Self::at); in this mode it counts.
    pub(crate) fn counting(rung: Rung, mode: Mode) -> Result<Self, Error> {
        let first = !ladder::is_verified(rung, mode);
        let fd = match rung {
            Rung::EventFd2 => sys::eventfd::eventfd2(first, mode),
            // No flags, so no such mode.
            Rung::EventFd if mode == Mode::Semaphore => Err(libc::EINVAL),
            Rung::EventFd => sys::eventfd::eventfd(first).and_then(Fd::with_flags),
            _ => Err(libc::EINVAL),
        }
        .map_err(|errno| Error::new(Operation::Create, rung, errno))?;

        let made = EventFd { fd, rung, mode };
        if first {
            made.verify()
                .map_err(|errno| made.error(Operation::Verify, errno))?;
            ladder::set_verified(rung, mode);
        }
        Ok(made)
    }

    /// The rung this notifier stands on.
    #[must_use]
    pub const fn rung(&self) -> Rung {
        self.rung
    }

    /// The descriptor's number, as [`Notifier::as_raw_fd`]; here too so that
    /// the call stays unambiguous beside std's `AsRawFd`.
    #[must_use]
    pub const fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw()
    }

    /// Puts a new eventfd, with nothing pending, under the same number; the
    /// other process's is untouched. For the child, after `fork`.
    ///
    /// Sets of `poll` and `select` stay valid. A set of `epoll` holds the old
    /// eventfd, and is shared with the parent anyway: make it anew.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); the notifier is then as it was.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        let new = Self::counting(self.rung, self.mode)?;
        self.fd
            .replace(&new.fd, self.rung.has_flags())
            .map_err(|errno| self.error(Operation::Reinit, errno))
    }

    pub(crate) const fn mode(&self) -> Mode {
        self.mode
    }

    #[cfg(feature = "std")]
    pub(crate) const fn pollable(&self) -> &Fd {
        &self.fd
    }

    fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.rung, errno)
    }

    /// Has both flags, and counts. A descriptor that does not is no eventfd,
    /// whatever call it came from.
    fn verify(&self) -> Result<(), Errno> {
        self.fd.verify_flags()?;
        self.fd.verify_carries(&self.fd, self.mode)
    }

    pub(crate) fn add(&self, n: u64) -> Result<(), Errno> {
        self.fd.write(&n.to_ne_bytes())
    }

    /// Takes the whole counter, or one: as it was made.
    pub(crate) fn take(&self) -> Result<u64, Errno> {
        let mut counter = [0; 8];
        self.fd.read(&mut counter)?;
        Ok(u64::from_ne_bytes(counter))
    }
}

impl Notifier for EventFd {
    fn notify(&self) -> Result<(), Error> {
        let _kept = Kept::new();
        match self.add(1) {
            // At its maximum the counter is as readable as it can be.
            Ok(()) | Err(libc::EAGAIN) => Ok(()),
            Err(errno) => Err(self.error(Operation::Notify, errno)),
        }
    }

    fn clear(&self) -> Result<bool, Error> {
        match self.take() {
            Ok(_) => Ok(true),
            Err(libc::EAGAIN) => Ok(false),
            Err(errno) => Err(self.error(Operation::Clear, errno)),
        }
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        sys::poll::wait(&self.fd, timeout).map_err(|errno| self.error(Operation::Wait, errno))
    }

    fn as_raw_fd(&self) -> RawFd {
        self.fd.as_raw()
    }

    fn backend(&self) -> Backend {
        Backend::EventFd
    }
}

#[cfg(feature = "std")]
crate::std_impls::for_notifier!(EventFd);

#[cfg(feature = "std")]
impl From<EventFd> for std::os::unix::io::OwnedFd {
    fn from(eventfd: EventFd) -> Self {
        eventfd.fd.into()
    }
}

#[cfg(feature = "std")]
impl std::os::unix::io::IntoRawFd for EventFd {
    fn into_raw_fd(self) -> RawFd {
        std::os::unix::io::OwnedFd::from(self).into_raw_fd()
    }
}
