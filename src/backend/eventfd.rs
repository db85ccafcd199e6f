//! The eventfd backend. Available since Linux 2.6.22, with flags since 2.6.27.

use crate::fallback::Chain;
use crate::raw::Raw;
use crate::{Backend, Error, Mechanism, Mode, Operation};

/// A notifier made of one eventfd: a 64-bit counter behind a descriptor.
///
/// `notify` adds one, `clear` takes the counter back to zero in one read, and
/// in between the descriptor is readable.
#[derive(Debug)]
pub struct EventFd(Raw);

/// The chain of this backend, best first.
pub(crate) const CHAIN: Chain = Chain {
    best: Mechanism::EventFd2,
    last: Mechanism::EventFd,
};

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
        Raw::make(CHAIN, Mode::Sum).map(EventFd)
    }

    /// Makes an eventfd on this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `EINVAL` for a mechanism of another backend.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        match mechanism.backend() {
            Backend::EventFd => Raw::at(mechanism, Mode::Sum).map(EventFd),
            _ => Err(Error::new(Operation::Create, mechanism, libc::EINVAL)),
        }
    }

    #[allow(dead_code)] // As [`raw`](Self::raw).
    pub(crate) fn into_raw(self) -> Raw {
        self.0
    }
}

super::notifier!(EventFd);

#[cfg(feature = "std")]
impl From<EventFd> for std::os::unix::io::OwnedFd {
    fn from(eventfd: EventFd) -> Self {
        eventfd.0.into_ends().into()
    }
}

#[cfg(feature = "std")]
impl std::os::unix::io::IntoRawFd for EventFd {
    fn into_raw_fd(self) -> crate::RawFd {
        std::os::unix::io::OwnedFd::from(self).into_raw_fd()
    }
}
