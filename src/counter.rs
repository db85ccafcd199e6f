//! A count behind a descriptor.

use core::num::NonZeroU64;
use core::time::Duration;

use crate::raw::Raw;
use crate::{backend, Backend, Error, Mechanism, RawFd, Wait};

/// A counter that is readable while it is above zero: what eventfd(2) documents,
/// on both backends.
///
/// Any number of threads and processes may [`add`](Self::add) and
/// [`take`](Self::take) at once; no count is lost, and none is invented.
///
/// ```
/// use wakefd::Counter;
///
/// # fn main() -> Result<(), wakefd::Error> {
/// let bytes_to_send = Counter::new()?;
/// bytes_to_send.add(1460)?;
/// bytes_to_send.add(40)?;
/// assert_eq!(bytes_to_send.take()?.map(u64::from), Some(1500));
/// assert_eq!(bytes_to_send.take()?, None);
///
/// let free_slots = Counter::semaphore()?;
/// free_slots.add(2)?;
/// assert_eq!(free_slots.take()?.map(u64::from), Some(1)); // one is left
/// # Ok(())
/// # }
/// ```
///
/// # What a pipe does otherwise
///
/// An eventfd holds a number. A pipe holds records, whose sum is the number: an
/// `add` writes one, a `take` reads them all, in mode
/// [`Semaphore`](Mode::Semaphore) reads one and writes back what is left of it.
/// When a pipe is full, the next `add` reads all records and writes their sum.
/// Therefore, on a pipe:
///
/// - What a call has read and is about to write back is in nobody's sight for
///   that moment: a `take` beside it can give `None`, and the descriptor is
///   unreadable until it is written back, when it wakes whoever polls it.
/// - A process that is killed in that moment takes along what it had read. With
///   a `take` that takes everything, and an `add` that finds room, there is no
///   such moment.
/// - So it is lost if a sandbox refuses the `write` that would put it back; the error of
///   the call says that.
/// - Calls to `add` that run at the same time, with the count near its
///   [`LIMIT`](Self::LIMIT), may together exceed it. Nothing is lost: a `take`
///   gives at most the limit, and the next one gives the rest.
/// - A count of 2⁶² and more keeps the pipe full, so that every call has some
///   hundred system calls to make. A `take` beside such an `add` may leave the
///   descriptor readable with nothing to take; the next `take` ends that.
///
/// # Fork and signals
///
/// After `fork`, parent and child share the counter. `add` is
/// async-signal-safe, as [`Notifier::notify`](crate::Notifier::notify) is.
#[derive(Debug)]
pub struct Counter(Raw);

/// What [`Counter::take`] takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// All there is.
    Sum,
    /// One, as `EFD_SEMAPHORE` of Linux 2.6.30 has it. Older kernels do it with
    /// a pipe.
    Semaphore,
}

impl Counter {
    /// The highest count: what would exceed it is refused, not cut.
    pub const LIMIT: u64 = u64::MAX - 1;

    /// Makes a counter at zero, whose [`take`](Self::take) takes all.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::new`](crate::AutoNotifier::new).
    pub fn new() -> Result<Self, Error> {
        Raw::make(backend::chain(), Mode::Sum).map(Counter)
    }

    /// Makes a counter at zero, whose [`take`](Self::take) takes one.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::new`](crate::AutoNotifier::new). In a build without the pipe, `ENOSYS` on
    /// kernels before 2.6.30.
    pub fn semaphore() -> Result<Self, Error> {
        Raw::make(backend::chain(), Mode::Semaphore).map(Counter)
    }

    /// Makes a counter at zero with this selection.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::with`](crate::AutoNotifier::with), and `ENOSYS` for [`Mode::Semaphore`] on a
    /// forced eventfd, on kernels before 2.6.30.
    #[cfg(all(
        feature = "eventfd",
        feature = "pipe",
        any(target_os = "linux", target_os = "android"),
    ))]
    pub fn with(selection: crate::Selection, mode: Mode) -> Result<Self, Error> {
        Raw::make(selection.chain(), mode).map(Counter)
    }

    /// Makes a counter at zero on this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::at`](crate::AutoNotifier::at). `ENOSYS` for [`Mode::Semaphore`] on
    /// [`Mechanism::EventFd`], whose system call takes no flags.
    pub fn at(mechanism: Mechanism, mode: Mode) -> Result<Self, Error> {
        Raw::at(mechanism, mode).map(Counter)
    }

    /// Adds `n`, and so makes the descriptor readable. Zero adds nothing.
    ///
    /// One system call (`write`), more on a pipe that is full and for more than
    /// 2³² at once. Async-signal-safe; `errno` is left as it was.
    ///
    /// # Errors
    ///
    /// `EAGAIN` if the count would exceed [`LIMIT`](Self::LIMIT): see
    /// [`Error::is_would_block`]; the count is as it was. `EINVAL` for
    /// `u64::MAX`, which no count can hold. Else as for [`Notifier::notify`](crate::Notifier::notify).
    pub fn add(&self, n: u64) -> Result<(), Error> {
        self.0.add(n)
    }

    /// Takes what the [`mode`](Self::mode) says, or `None` at zero. Does not
    /// block.
    ///
    /// One system call (`read`); on a pipe more, one per 128 additions.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`](crate::Notifier::clear).
    pub fn take(&self) -> Result<Option<NonZeroU64>, Error> {
        self.0.take().map(NonZeroU64::new)
    }

    /// Sleeps until the count is above zero, or until `timeout` has passed, as
    /// [`Notifier::wait`](crate::Notifier::wait) does. The count stays as it is.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.0.wait_for(timeout)
    }

    /// The descriptor to poll for reading. Read it only through
    /// [`take`](Self::take), and do not close it.
    #[must_use]
    pub const fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    /// What `take` takes.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.0.mode()
    }

    /// The mechanism this counter stands on.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        self.0.mechanism()
    }

    /// What the counter is made of.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.mechanism().backend()
    }

    /// Gives the calling process a counter of its own, at zero, under the same
    /// numbers, after `fork`: see
    /// [`AutoNotifier`](crate::AutoNotifier)'s `reinit_after_fork`.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        self.0.reinit_after_fork()
    }

    #[cfg(feature = "std")]
    pub(crate) fn borrow(&self) -> std::os::unix::io::BorrowedFd<'_> {
        self.0.ends().borrow()
    }
}

#[cfg(feature = "std")]
crate::std_impls::impl_as_fd!(Counter);
