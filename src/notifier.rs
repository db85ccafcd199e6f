//! The contract that every backend follows.

use core::time::Duration;

use crate::error::Error;
use crate::mechanism::{Backend, Mechanism};
use crate::sys::fd::RawFd;

/// A descriptor that wakes the threads and processes that poll it.
///
/// # The contract
///
/// Every backend keeps all clauses on every mechanism. The test of a clause has the name of
/// the clause.
///
/// 1. **Never blocks, never full.** [`notify`](Self::notify) does not block, and does not
///    fail however many notifications are pending.
/// 2. **Coalescing.** Any number of notifications make the descriptor
///    readable once, and one [`clear`](Self::clear) makes it unreadable again.
/// 3. **Nothing lost.** A notification that happens after `clear` has returned makes the
///    descriptor readable again, whichever thread or process calls. A notification that
///    runs at the same time as a `clear` is either taken and reported by that `clear`, or
///    left pending.
/// 4. **Async-signal-safe.** `notify` may be called from a signal handler, also from a
///    handler that interrupts `notify` or `clear` on the same thread. It takes no lock,
///    does not allocate, does not panic, and leaves `errno` unchanged.
/// 5. **Flags.** Every descriptor is non-blocking and close-on-exec. On the mechanisms
///    [`EventFd`](crate::Mechanism::EventFd) and [`Pipe`](crate::Mechanism::Pipe) the
///    kernel cannot set these flags while it creates the descriptor: if another thread
///    calls `fork` and `exec` between the creation and `fcntl`, the new program inherits
///    the descriptor.
/// 6. **Any multiplexer.** The descriptor works in `poll`, `select` and `epoll`,
///    level-triggered and edge-triggered. After an edge, call `clear` before you look at
///    your state: some kernels give no other edge for a pipe that was not drained.
/// 7. **Waiting.** [`wait`](Self::wait) uses `poll(2)`, and `select(2)` only if a
///    descriptor limit of zero makes `poll` fail. It keeps a monotonic deadline when
///    signals interrupt it.
/// 8. **Fork.** After `fork`, parent and child share the notifier, as they share a bare
///    descriptor: either can notify, and the first process that clears takes the
///    notification. [`reinit_after_fork`](Self::reinit_after_fork) gives the calling
///    process a notifier of its own under the same numbers. If a process is killed in
///    `notify`, the notification happened or it did not. If a process is killed in `clear`,
///    the notification may be taken. The notifier keeps working in both cases.
/// 9. **Dropping.** Drop closes each descriptor once. It wakes nobody and kills nobody:
///    there is no hang-up and no SIGPIPE while another process still holds the notifier.
///
/// # Order
///
/// Producer: publish, then notify. Consumer: clear, then look at the data. A consumer that
/// looks first and clears afterwards can discard the wake-up for data that came in between.
///
/// No method panics.
///
/// # As an object
///
/// The trait is object-safe: code that works with any notifier takes a reference.
///
/// ```
/// use wakefd::{AutoNotifier, Notifier};
///
/// fn publish(
///     queue: &mut Vec<u32>,
///     message: u32,
///     consumer: &dyn Notifier,
/// ) -> Result<(), wakefd::Error> {
///     queue.push(message);
///     consumer.notify()
/// }
///
/// fn main() -> Result<(), wakefd::Error> {
///     let mut queue = Vec::new();
///     let notifier = AutoNotifier::new()?;
///     publish(&mut queue, 1, &notifier)?;
///     assert!(notifier.clear()? && queue == [1]);
///     Ok(())
/// }
/// ```
///
/// # Implementations
///
/// `EventFd`, `SelfPipe`, [`AutoNotifier`](crate::AutoNotifier) and [`Waker`](crate::Waker)
/// implement this trait and have the same methods without it. Another crate may implement
/// it for another kind of descriptor or for a test, and then has to keep the nine clauses.
/// Such an implementation creates its errors with [`Error::new`](crate::Error::new), and
/// its mechanism is [`Mechanism::Other`].
pub trait Notifier: Send + Sync {
    /// Makes the descriptor readable by one system call (`write`), two if it is full.
    ///
    /// Async-signal-safe; leaves `errno` unchanged.
    ///
    /// # Errors
    ///
    /// `EBADF` if other code closed the descriptor by number, which is a bug of the
    /// program; or the errno with which a sandbox refuses `write`. If other code closed
    /// only the reading end of a pipe by number, the kernel sends SIGPIPE.
    fn notify(&self) -> Result<(), Error>;

    /// Makes the descriptor unreadable, and returns whether it was readable.
    ///
    /// Does not block: returns `false` if nothing is pending. Makes one system call
    /// (`read`), and more only for a pipe with over a thousand notifications.
    ///
    /// # Errors
    ///
    /// As for [`notify`](Self::notify).
    fn clear(&self) -> Result<bool, Error>;

    /// Sleeps until a notification is pending, or until `timeout` has passed; `None` waits
    /// forever. The notification stays pending.
    ///
    /// A signal does not end the wait, which continues with the remaining time. A signal
    /// handler that has to end it calls [`notify`](Self::notify). The time-out is rounded
    /// up to a millisecond and never ends early. One that is too long for the clock waits
    /// forever.
    ///
    /// # Errors
    ///
    /// As for [`notify`](Self::notify), for `poll`; with a time-out also for
    /// `clock_gettime`, if a sandbox refuses that.
    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error>;

    /// Returns the descriptor to poll for reading. Read it only through
    /// [`clear`](Self::clear), and do not close it.
    fn as_raw_fd(&self) -> RawFd;

    /// Returns the mechanism that created the notifier.
    fn mechanism(&self) -> Mechanism;

    /// Returns the backend that the notifier uses.
    fn backend(&self) -> Backend {
        self.mechanism().backend()
    }

    /// Replaces the notifier's descriptors with new ones under the same numbers, with
    /// nothing pending. For the child, after `fork`: the other process's descriptors are
    /// unchanged.
    ///
    /// Descriptor sets of `poll` and `select` stay valid. An `epoll` set still holds the
    /// old descriptors and is shared with the parent: create a new one.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE` or `ENOMEM`: the notifier is unchanged. If a sandbox refuses only
    /// the last step, the call fails and leaves a new notifier, which is not close-on-exec
    /// (`fcntl` refused, on the mechanisms without flags) or unusable until this method
    /// succeeds (`dup2` of a pipe's second end refused).
    fn reinit_after_fork(&self) -> Result<(), Error>;
}

/// The reason why [`Notifier::wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Wait {
    /// A notification is pending.
    Notified,
    /// The time-out passed and no notification is pending.
    TimedOut,
}

impl Wait {
    /// Converts the result of `poll`: whether the descriptor is readable.
    pub(crate) const fn from_readable(readable: bool) -> Self {
        match readable {
            true => Wait::Notified,
            false => Wait::TimedOut,
        }
    }
}
