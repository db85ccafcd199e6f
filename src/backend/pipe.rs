//! The self-pipe backend. Available on every Unix; with flags since Linux
//! 2.6.27.

use crate::fallback::Chain;
use crate::raw::Raw;
use crate::{Backend, Error, Mechanism, Mode, Operation};

/// A notifier made of both ends of a pipe.
///
/// `notify` writes a byte, `clear` reads all there are, and in between the
/// reading end is readable. Both ends live and die together, so no process sees
/// a hang-up or gets a SIGPIPE as long as any holds the notifier.
#[derive(Debug)]
pub struct SelfPipe(Raw);

/// The chain of this backend, best first.
pub(crate) const CHAIN: Chain = Chain {
    best: Mechanism::Pipe2,
    last: Mechanism::Pipe,
};

impl SelfPipe {
    /// Makes a pipe. Never asks for an eventfd, for which a sandbox may kill.
    ///
    /// One system call, after the first in a process; on kernels before 2.6.27,
    /// nine.
    ///
    /// # Errors
    ///
    /// `EMFILE` if fewer than two descriptors are left, `ENFILE`, and `ENOMEM`,
    /// as in pipe(2).
    pub fn new() -> Result<Self, Error> {
        Raw::make(CHAIN, Mode::Sum).map(SelfPipe)
    }

    /// Makes a pipe on this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `EINVAL` for a mechanism of another backend, and
    /// `ENOSYS` for [`Mechanism::Pipe2`] on an older kernel.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        match mechanism.backend() {
            Backend::Pipe => Raw::at(mechanism, Mode::Sum).map(SelfPipe),
            _ => Err(Error::new(Operation::Create, mechanism, libc::EINVAL)),
        }
    }

    #[allow(dead_code)] // As [`raw`](Self::raw).
    pub(crate) fn into_raw(self) -> Raw {
        self.0
    }
}

super::notifier!(SelfPipe);

/// The reading end, then the writing end. There is no `IntoRawFd`: one number
/// cannot stand for both, and either end alone is a hang-up.
#[cfg(feature = "std")]
impl From<SelfPipe> for (std::os::unix::io::OwnedFd, std::os::unix::io::OwnedFd) {
    fn from(pipe: SelfPipe) -> Self {
        pipe.0.into_ends().into()
    }
}
