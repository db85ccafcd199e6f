//! A counter behind a descriptor.

use core::num::NonZeroU64;
use core::time::Duration;

use crate::backend::{AutoNotifier, Mode, Primitive, LIMIT};
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::notifier::Wait;
use crate::sys::errno::{Errno, ErrnoGuard};
use crate::sys::fd::RawFd;

/// A counter whose descriptor is readable while the count is above zero. It behaves as
/// eventfd(2) documents, on both backends.
///
/// Any number of threads and processes may call [`add`](Self::add) and [`take`](Self::take)
/// at the same time. No count is lost, and none is invented.
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
/// # Differences on a pipe
///
/// An eventfd holds a number. A pipe holds records, whose sum is the number. An `add`
/// writes one record, and a `take` reads them all. In mode [`Semaphore`](Mode::Semaphore) a
/// `take` reads one record and writes the rest of it back. When the pipe is full, the next
/// `add` reads all records and writes their sum. Therefore, on a pipe:
///
/// - Between the read and the write-back no other call sees these records. A `take` at the
///   same time can return `None`. The descriptor is unreadable until the write-back makes
///   it readable again and wakes the threads that poll it.
/// - A process that is killed between the read and the write-back loses what it has read.
///   This can happen in a `take` in mode [`Semaphore`](Mode::Semaphore) (which loses one
///   record, perhaps the sum of many additions), in an `add` of 2³² or more, and in an
///   `add` that finds the pipe full (which lose the whole count, or the part that they have
///   read). Any other call loses at most its own amount: a `take` in mode
///   [`Sum`](Mode::Sum) what it has read so far, and an `add` below 2³² its `n`. A count
///   that is added after the killed call has read stays.
/// - The same is lost if a sandbox refuses the `write` of the write-back. The call then
///   returns the error.
/// - Calls to `add` at the same time may together exceed the [`LIMIT`](Self::LIMIT) if the
///   count is near it. Nothing is lost: a `take` returns at most the limit, and the next
///   `take` returns the rest.
/// - A count of 2⁶² or more keeps the pipe full, so that every call makes some hundred
///   system calls. A `take` at the same time as such an `add` may leave the descriptor
///   readable with a count of zero; the next `take` makes it unreadable.
///
/// # Fork and signals
///
/// After `fork`, parent and child share the counter. `add` is async-signal-safe, as
/// [`Notifier::notify`](crate::Notifier::notify) is.
#[derive(Debug)]
pub struct Counter {
    inner: AutoNotifier,
    mode: Mode,
}

impl Counter {
    /// The highest count. An `add` that would exceed it fails and adds nothing.
    pub const LIMIT: u64 = LIMIT;

    /// Creates a counter at zero whose [`take`](Self::take) takes the whole count.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::new`](crate::AutoNotifier::new).
    pub fn new() -> Result<Self, Error> {
        Self::with_chain(AutoNotifier::default_chain(), Mode::Sum)
    }

    /// Creates a counter at zero whose [`take`](Self::take) takes one.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::new`](crate::AutoNotifier::new). In a build without the pipe
    /// backend, `ENOSYS` on kernels before 2.6.30.
    pub fn semaphore() -> Result<Self, Error> {
        Self::with_chain(AutoNotifier::default_chain(), Mode::Semaphore)
    }

    /// Creates a counter at zero with this selection and mode.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::with`](crate::AutoNotifier::with). `ENOSYS` for
    /// [`Mode::Semaphore`] on a forced eventfd, on kernels before 2.6.30: a pipe supports
    /// it.
    #[cfg(all(
        feature = "eventfd",
        feature = "pipe",
        any(target_os = "linux", target_os = "android"),
    ))]
    pub fn with(selection: crate::backend::Selection, mode: Mode) -> Result<Self, Error> {
        Self::with_chain(selection.chain(), mode)
    }

    /// Creates a counter at zero on this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::at`](crate::AutoNotifier::at). `ENOSYS` for
    /// [`Mode::Semaphore`] on [`Mechanism::EventFd`], whose system call takes no flags.
    pub fn at(mechanism: Mechanism, mode: Mode) -> Result<Self, Error> {
        AutoNotifier::create(mechanism, mode).map(|inner| Counter { inner, mode })
    }

    fn with_chain(chain: Chain, mode: Mode) -> Result<Self, Error> {
        create(chain, mode).map(|inner| Counter { inner, mode })
    }

    /// Adds `n`, and so makes the descriptor readable. Zero adds nothing.
    ///
    /// Makes one system call (`write`). On a pipe it makes more if the pipe is full or if
    /// `n` is 2³² or more. Async-signal-safe; leaves `errno` unchanged.
    ///
    /// # Errors
    ///
    /// `EAGAIN` if the count would exceed [`LIMIT`](Self::LIMIT); the count is unchanged,
    /// and the call can succeed after a `take` (see [`Error::is_would_block`]). `EINVAL`
    /// for `u64::MAX`, which no count can reach. Otherwise as for
    /// [`Notifier::notify`](crate::Notifier::notify).
    pub fn add(&self, n: u64) -> Result<(), Error> {
        add(&self.inner, n).map_err(|errno| Error::new(Operation::Add, self.mechanism(), errno))
    }

    /// Takes the amount of the counter's [`mode`](Self::mode): the whole count, or one.
    /// Returns `None` if the count is zero. Does not block.
    ///
    /// Makes one system call (`read`). On a pipe it makes more, one for each 128 additions.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`](crate::Notifier::clear).
    pub fn take(&self) -> Result<Option<NonZeroU64>, Error> {
        self.inner
            .take(self.mode)
            .map(NonZeroU64::new)
            .map_err(|errno| Error::new(Operation::Take, self.mechanism(), errno))
    }

    /// Sleeps until the count is above zero, or until `timeout` has passed, as
    /// [`Notifier::wait`](crate::Notifier::wait) does. The count stays unchanged.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::wait`](crate::Notifier::wait).
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.inner.wait(timeout)
    }

    /// Returns the descriptor to poll for reading. Read it only through
    /// [`take`](Self::take), and do not close it.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }

    /// Returns the mode: whether `take` takes the whole count or one.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Returns the mechanism that created this counter.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.inner.mechanism()
    }

    /// Returns the backend that the counter uses.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.mechanism().backend()
    }

    /// Gives the calling process, a child of `fork`, a counter of its own at zero under the
    /// same numbers: see
    /// [`Notifier::reinit_after_fork`](crate::Notifier::reinit_after_fork).
    ///
    /// # Errors
    ///
    /// As for [`Notifier::reinit_after_fork`](crate::Notifier::reinit_after_fork).
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        self.inner.reinit(self.mode)
    }

    #[cfg(feature = "std")]
    pub(crate) fn fd(&self) -> &crate::sys::fd::Fd {
        self.inner.fd()
    }
}

#[cfg(feature = "std")]
crate::std_impls::impl_as_fd!(Counter);

/// Creates the object behind a counter, with the first mechanism of the chain that is
/// available.
pub(crate) fn create(chain: Chain, mode: Mode) -> Result<AutoNotifier, Error> {
    // The semaphore of eventfd is newer than the calls that create an eventfd, so its
    // absence says nothing about them.
    let unavailable = match mode {
        Mode::Sum => Unavailable::Remember,
        Mode::Semaphore => Unavailable::AskAgain,
    };
    fallback::first_available(chain, unavailable, |mechanism| {
        AutoNotifier::create(mechanism, mode)
    })
}

/// Adds to a counter, as [`Counter::add`] does, and returns a bare errno.
pub(crate) fn add(inner: &AutoNotifier, n: u64) -> Result<(), Errno> {
    let _guard = ErrnoGuard::new();
    match n {
        0 => Ok(()),
        u64::MAX => Err(libc::EINVAL),
        _ => inner.add(n),
    }
}
