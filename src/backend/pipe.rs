//! The self-pipe backend. Available on every Unix; with flags since Linux
//! 2.6.27.

use crate::ladder::Ladder;
use crate::raw::Raw;
use crate::{Backend, Error, Mode, Operation, Rung};

/// A notifier made of both ends of a pipe.
///
/// `notify` writes a byte, `clear` reads all there are, and in between the
/// reading end is readable. Both ends live and die together, so no process sees
/// a hang-up or gets a SIGPIPE as long as any holds the notifier.
#[derive(Debug)]
pub struct SelfPipe(Raw);

/// The ladder of this backend, best first.
pub(crate) const LADDER: Ladder = Ladder {
    best: Rung::Pipe2,
    last: Rung::Pipe,
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
        Raw::make(LADDER, Mode::Sum).map(SelfPipe)
    }

    /// Makes a pipe on this rung and no other.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `EINVAL` for a rung of another backend, and
    /// `ENOSYS` for [`Rung::Pipe2`] on an older kernel.
    pub fn at(rung: Rung) -> Result<Self, Error> {
        match rung.backend() {
            Backend::Pipe => Raw::at(rung, Mode::Sum).map(SelfPipe),
            _ => Err(Error::new(Operation::Create, rung, libc::EINVAL)),
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
