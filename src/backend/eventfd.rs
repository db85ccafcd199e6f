//! The eventfd backend. Available since Linux 2.6.22, and with flags since 2.6.27.
//!
//! An eventfd is a 64-bit counter behind one descriptor (eventfd(2)). A write adds to it, a
//! read takes all of it, and the descriptor is readable while it is not zero.

use super::notifier::notifier;
use super::primitive::{Mode, Primitive};
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::sys::errno::Errno;
use crate::sys::eventfd::{self, Read};
use crate::sys::fd::{self, Fd, Trust};

/// A notifier made of one eventfd: a 64-bit counter behind a descriptor.
///
/// ```
/// use wakefd::{Backend, EventFd};
///
/// match EventFd::new() {
///     Ok(notifier) => assert_eq!(notifier.backend(), Backend::EventFd),
///     // For example ENOSYS on a kernel before 2.6.22.
///     Err(error) => println!("no eventfd: {error}"),
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "eventfd")))]
#[derive(Debug)]
pub struct EventFd {
    fd: Fd,
    mechanism: Mechanism,
}

impl EventFd {
    /// Creates an eventfd. Never falls back to a pipe.
    ///
    /// Makes one system call, after the first use in a process.
    ///
    /// # Errors
    ///
    /// `ENOSYS` on kernels before 2.6.22 and on kernels without `CONFIG_EVENTFD`; `EPERM`
    /// or `EACCES` in a sandbox; `EMFILE`, `ENFILE`, `ENOMEM` or `ENODEV` as in eventfd(2).
    /// If the kernel or a sandbox does not support eventfd, use a pipe.
    pub fn new() -> Result<Self, Error> {
        fallback::first_available(Self::CHAIN, Unavailable::Remember, Self::at)
    }

    /// Creates an eventfd with this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). `EINVAL` for a mechanism of another backend.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        Self::create(mechanism, Mode::Sum)
    }

    /// Checks that a number can be written, and read once.
    fn verify(&self) -> Result<(), Errno> {
        self.add(2)?;
        match (self.take(Mode::Sum)?, self.take(Mode::Sum)?) {
            (2, 0) => Ok(()),
            _ => Err(libc::ENOSYS),
        }
    }

    /// Returns the descriptor that notifies when a process writes to it.
    pub(crate) fn notify_fd(&self) -> &Fd {
        &self.fd
    }
}

impl Primitive for EventFd {
    const CHAIN: Chain = Chain {
        first: Mechanism::EventFd2,
        last: Mechanism::EventFd,
    };

    fn create(mechanism: Mechanism, mode: Mode) -> Result<Self, Error> {
        let error = |operation, errno| Error::new(operation, mechanism, errno);
        if mechanism.backend() != Backend::EventFd {
            return Err(error(Operation::Create, libc::EINVAL));
        }
        let read = match mode {
            Mode::Sum => Read::All,
            Mode::Semaphore => Read::One,
        };
        let trust = fallback::trust(mechanism);
        let fd = eventfd::create(trust, mechanism.flags(), read)
            .map_err(|errno| error(Operation::Create, errno))?;
        let eventfd = EventFd { fd, mechanism };
        if trust == Trust::Verify && mode == Mode::Sum {
            eventfd
                .verify()
                .map_err(|errno| error(Operation::Verify, fallback::not_proved(errno)))?;
            fallback::set_proved(mechanism);
        }
        Ok(eventfd)
    }

    fn notify(&self) -> Result<(), Errno> {
        fd::notify(self.fd.as_raw(), 8)
    }

    fn notify_edge(&self) -> Result<(), Errno> {
        self.fd.notify_edge()
    }

    fn clear(&self) -> Result<bool, Errno> {
        self.fd.drain()
    }

    fn add(&self, n: u64) -> Result<(), Errno> {
        self.fd.write(&n.to_ne_bytes())
    }

    /// Ignores the mode: the eventfd was created with it.
    fn take(&self, _: Mode) -> Result<u64, Errno> {
        let mut number = [0];
        match self.fd.read_numbers(&mut number) {
            Err(libc::EAGAIN) => Ok(0),
            result => result.map(|_| number[0]),
        }
    }

    fn replace(&self, new: &Self) -> Result<(), Errno> {
        self.fd.replace(&new.fd, self.mechanism.flags())
    }

    fn fd(&self) -> &Fd {
        &self.fd
    }

    fn mechanism(&self) -> Mechanism {
        self.mechanism
    }
}

notifier!(EventFd);

/// Adopts an eventfd that other code created, without `EFD_SEMAPHORE`, and makes it
/// close-on-exec. [`mechanism`](EventFd::mechanism) returns [`Mechanism::EventFd2`] for it.
/// Makes four system calls.
///
/// # Errors
///
/// `EINVAL` if the descriptor is not an eventfd; `EOPNOTSUPP` if it is blocking. The
/// descriptor is closed then.
#[cfg(feature = "std")]
impl TryFrom<std::os::unix::io::OwnedFd> for EventFd {
    type Error = Error;

    fn try_from(fd: std::os::unix::io::OwnedFd) -> Result<Self, Error> {
        let (fd, mechanism) = (Fd::from(fd), Mechanism::EventFd2);
        crate::sys::adopt::eventfd(&fd)
            .map_err(|errno| Error::new(Operation::Adopt, mechanism, errno))?;
        Ok(EventFd { fd, mechanism })
    }
}

#[cfg(feature = "std")]
impl From<EventFd> for std::os::unix::io::OwnedFd {
    fn from(eventfd: EventFd) -> Self {
        eventfd.fd.into()
    }
}

#[cfg(feature = "std")]
impl std::os::unix::io::IntoRawFd for EventFd {
    fn into_raw_fd(self) -> crate::sys::fd::RawFd {
        std::os::unix::io::OwnedFd::from(self).into_raw_fd()
    }
}
