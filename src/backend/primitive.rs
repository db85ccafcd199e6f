//! The operations of a backend: the boundary between kernel objects and this crate.

use crate::error::Error;
use crate::fallback::Chain;
use crate::mechanism::Mechanism;
use crate::sys::errno::Errno;
use crate::sys::fd::Fd;

/// The amount that one [`Counter::take`](crate::Counter::take) takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The whole count.
    Sum,
    /// One, as `EFD_SEMAPHORE` of Linux 2.6.30 does. On older kernels a pipe supports it.
    Semaphore,
}

/// The highest count of an eventfd (eventfd(2)), and so of every counter.
pub(crate) const LIMIT: u64 = u64::MAX - 1;

/// The operations of a backend, with bare errnos. They follow the contract of
/// [`Notifier`](crate::Notifier) and of [`Counter`](crate::Counter).
pub(crate) trait Primitive: Sized {
    /// The mechanisms that create an object of this backend, best first.
    const CHAIN: Chain;

    /// Returns the mechanisms to try if the caller makes no selection.
    fn default_chain() -> Chain {
        Self::CHAIN
    }

    /// Creates an object with this mechanism and no other, to count in this mode. Fails
    /// with `EINVAL` if the mechanism belongs to another backend.
    fn create(mechanism: Mechanism, mode: Mode) -> Result<Self, Error>;

    /// Notifies. In C, where every consumer drains, an eventfd that is full gives no edge.
    fn notify(&self) -> Result<(), Errno>;

    /// Notifies, as [`Notifier::notify`](crate::Notifier::notify) does.
    fn notify_edge(&self) -> Result<(), Errno> {
        self.notify()
    }

    /// Clears, as [`Notifier::clear`](crate::Notifier::clear) does.
    fn clear(&self) -> Result<bool, Errno>;

    /// Adds `n`, which is neither zero nor `u64::MAX`. Fails with `EAGAIN` if the count
    /// would exceed [`LIMIT`].
    fn add(&self, n: u64) -> Result<(), Errno>;

    /// Takes the amount of this mode. Returns zero if the count is zero.
    fn take(&self, mode: Mode) -> Result<u64, Errno>;

    /// Puts the descriptors of `new`, which the same mechanism created, under the numbers
    /// of this object.
    fn replace(&self, new: &Self) -> Result<(), Errno>;

    /// Returns the descriptor to poll.
    fn fd(&self) -> &Fd;

    /// Returns the mechanism that created this object.
    fn mechanism(&self) -> Mechanism;
}
