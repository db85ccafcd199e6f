//! What a backend does: the seam between the kernel's objects and the rest of the crate.

use crate::error::Error;
use crate::fallback::Chain;
use crate::mechanism::Mechanism;
use crate::sys::errno::Errno;
use crate::sys::fd::Fd;

/// What [`Counter::take`](crate::Counter::take) takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The whole count.
    Sum,
    /// One, as `EFD_SEMAPHORE` of Linux 2.6.30 has it. Older kernels do it with a pipe.
    Semaphore,
}

/// The highest count of an eventfd (eventfd(2)), and so of every counter.
pub(crate) const LIMIT: u64 = u64::MAX - 1;

/// What a backend does, with bare errnos. The contract is that of
/// [`Notifier`](crate::Notifier) and of [`Counter`](crate::Counter).
pub(crate) trait Primitive: Sized {
    /// The mechanisms that create it, best first.
    const CHAIN: Chain;

    /// The mechanisms to try when nobody selects.
    fn default_chain() -> Chain {
        Self::CHAIN
    }

    /// Creates one with this mechanism and no other, to count in this mode. `EINVAL` if the
    /// mechanism is another backend's.
    fn create(mechanism: Mechanism, mode: Mode) -> Result<Self, Error>;

    /// [`Notifier::notify`](crate::Notifier::notify).
    fn notify(&self) -> Result<(), Errno>;

    /// [`Notifier::clear`](crate::Notifier::clear).
    fn clear(&self) -> Result<bool, Errno>;

    /// Adds `n`, which is neither zero nor `u64::MAX`. `EAGAIN` if that exceeds
    /// [`LIMIT`].
    fn add(&self, n: u64) -> Result<(), Errno>;

    /// Takes what the mode says; zero if there is nothing.
    fn take(&self, mode: Mode) -> Result<u64, Errno>;

    /// Puts the descriptors of `new`, which the same mechanism created, under the numbers
    /// of this one.
    fn replace(&self, new: &Self) -> Result<(), Errno>;

    /// The descriptor to poll.
    fn fd(&self) -> &Fd;

    /// The mechanism that created it.
    fn mechanism(&self) -> Mechanism;
}
