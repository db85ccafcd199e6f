//! A count behind a descriptor.

use core::num::NonZeroU64;
use core::time::Duration;

use crate::backend::{AutoNotifier, Mode, Primitive, LIMIT};
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::notifier::Wait;
use crate::sys::errno::{Errno, ErrnoGuard};
use crate::sys::fd::RawFd;

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
/// - A process that is killed in that moment takes along what it had read. Such a moment
///   is in a `take` in mode [`Semaphore`](Mode::Semaphore) (it loses one record, which may
///   be the sum of many additions), in an `add` of 2³² or more, and in an `add` that finds
///   the pipe full (they lose the whole count, or the part that they had read). Any other
///   call loses at most its own amount: a `take` in mode [`Sum`](Mode::Sum) what it had read
///   so far, an `add` below 2³² what it was to add. What is added after the killed call has
///   read stays.
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
pub struct Counter {
    inner: AutoNotifier,
    mode: Mode,
}

impl Counter {
    /// The highest count: what would exceed it is refused, not cut.
    pub const LIMIT: u64 = LIMIT;

    /// Makes a counter at zero, whose [`take`](Self::take) takes all.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::new`](crate::AutoNotifier::new).
    pub fn new() -> Result<Self, Error> {
        Self::with_chain(AutoNotifier::default_chain(), Mode::Sum)
    }

    /// Makes a counter at zero, whose [`take`](Self::take) takes one.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::new`](crate::AutoNotifier::new). In a build without the pipe, `ENOSYS` on
    /// kernels before 2.6.30.
    pub fn semaphore() -> Result<Self, Error> {
        Self::with_chain(AutoNotifier::default_chain(), Mode::Semaphore)
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
    pub fn with(selection: crate::backend::Selection, mode: Mode) -> Result<Self, Error> {
        Self::with_chain(selection.chain(), mode)
    }

    /// Makes a counter at zero on this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`AutoNotifier::at`](crate::AutoNotifier::at). `ENOSYS` for [`Mode::Semaphore`] on
    /// [`Mechanism::EventFd`], whose system call takes no flags.
    pub fn at(mechanism: Mechanism, mode: Mode) -> Result<Self, Error> {
        AutoNotifier::create(mechanism, mode).map(|inner| Counter { inner, mode })
    }

    fn with_chain(chain: Chain, mode: Mode) -> Result<Self, Error> {
        create(chain, mode).map(|inner| Counter { inner, mode })
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
        add(&self.inner, n).map_err(|errno| Error::new(Operation::Add, self.mechanism(), errno))
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
        self.inner
            .take(self.mode)
            .map(NonZeroU64::new)
            .map_err(|errno| Error::new(Operation::Take, self.mechanism(), errno))
    }

    /// Sleeps until the count is above zero, or until `timeout` has passed, as
    /// [`Notifier::wait`](crate::Notifier::wait) does. The count stays as it is.
    ///
    /// # Errors
    ///
    /// As there.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.inner.wait(timeout)
    }

    /// The descriptor to poll for reading. Read it only through
    /// [`take`](Self::take), and do not close it.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.inner.as_raw_fd()
    }

    /// What `take` takes.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// The mechanism this counter stands on.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.inner.mechanism()
    }

    /// What the counter is made of.
    #[must_use]
    pub fn backend(&self) -> Backend {
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
        self.inner.reinit(self.mode)
    }

    #[cfg(feature = "std")]
    pub(crate) fn fd(&self) -> &crate::sys::fd::Fd {
        self.inner.fd()
    }
}

#[cfg(feature = "std")]
crate::std_impls::impl_as_fd!(Counter);

/// Creates what counts with the first mechanism of the chain that is available.
pub(crate) fn create(chain: Chain, mode: Mode) -> Result<AutoNotifier, Error> {
    // An eventfd's semaphore is younger than the calls that create one.
    let unavailable = match mode {
        Mode::Sum => Unavailable::Remember,
        Mode::Semaphore => Unavailable::AskAgain,
    };
    fallback::first_available(chain, unavailable, |mechanism| {
        AutoNotifier::create(mechanism, mode)
    })
}

/// [`Counter::add`], with the errno alone.
pub(crate) fn add(inner: &AutoNotifier, n: u64) -> Result<(), Errno> {
    let _guard = ErrnoGuard::new();
    match n {
        0 => Ok(()),
        u64::MAX => Err(libc::EINVAL),
        _ => inner.add(n),
    }
}
