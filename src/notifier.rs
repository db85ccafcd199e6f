//! The contract that every backend keeps.

use core::time::Duration;

use crate::error::Error;
use crate::mechanism::{Backend, Mechanism};
use crate::sys::fd::RawFd;

/// A descriptor that wakes whoever polls it.
///
/// # The contract
///
/// Every backend keeps all of it, on every mechanism; the test of a clause bears its
/// name.
///
/// 1. **Never blocks, never full.** [`notify`](Self::notify) does not block,
///    and does not fail because many notifications are pending.
/// 2. **Coalescing.** Any number of notifications make the descriptor
///    readable once, and one [`clear`](Self::clear) makes it unreadable again.
/// 3. **Nothing lost.** A notification that happens after `clear` returned
///    makes the descriptor readable again, whichever threads or processes
///    call. One that runs beside a `clear` is either taken by it and reported,
///    or left pending.
/// 4. **Async-signal-safe.** `notify` may be called from a signal handler, also
///    one that interrupts `notify` or `clear` on the same thread. It takes no
///    lock, allocates nothing, does not panic, and leaves `errno` as it was.
/// 5. **Flags.** Every descriptor is non-blocking and close-on-exec. On the
///    mechanisms [`EventFd`](crate::Mechanism::EventFd) and [`Pipe`](crate::Mechanism::Pipe)
///    the kernel cannot set that while it creates the descriptor: a `fork` and
///    `exec` by another thread between creation and `fcntl` leaks it there.
/// 6. **Any multiplexer.** The descriptor works in `poll`, `select` and
///    `epoll`, level-triggered and edge-triggered. After an edge, call `clear`
///    before you look at your state: an edge from an undrained descriptor is
///    promised by no kernel.
/// 7. **Waiting.** [`wait`](Self::wait) uses `poll(2)` alone and keeps a
///    monotonic deadline across signals.
/// 8. **Fork.** After `fork`, parent and child share the notifier, as they
///    share a bare descriptor: either can notify, and whoever clears first
///    takes the notification. [`reinit_after_fork`](Self::reinit_after_fork) gives
///    the calling process a notifier of its own under the same numbers. A process
///    that is killed in `notify` has notified or has not; one that is killed in
///    `clear` may have taken the notification. Either way the notifier works on.
/// 9. **Dropping.** Drop closes each descriptor once. It never wakes or kills
///    anyone: there is no hang-up and no SIGPIPE while another process still
///    holds the notifier.
///
/// # Order
///
/// Publish, then notify; clear, then look. A consumer that looks first and
/// clears afterwards can throw away the wake-up for what came in between.
///
/// No method panics.
///
/// # As an object
///
/// The trait is object-safe: code that does not care which kind of notifier it has takes a
/// reference.
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
/// `EventFd`, `SelfPipe`,
/// [`AutoNotifier`](crate::AutoNotifier) and [`Waker`](crate::Waker), which have the same
/// methods without the trait. Another crate may implement it too, for a descriptor of
/// another kind or for a test, and then promises the nine clauses itself;
/// [`Error::new`](crate::Error::new) makes the errors, and its mechanism is
/// [`Mechanism::Other`].
pub trait Notifier: Send + Sync {
    /// Makes the descriptor readable. One system call (`write`).
    ///
    /// Async-signal-safe; `errno` is left as it was.
    ///
    /// # Errors
    ///
    /// Only if the descriptor is not ours any more (`EBADF`: somebody closed
    /// it by number) or a sandbox refuses `write`. If somebody closed just the
    /// reading end of a pipe by number, the kernel answers with SIGPIPE.
    fn notify(&self) -> Result<(), Error>;

    /// Makes the descriptor unreadable, and says whether it was readable.
    ///
    /// With nothing pending it does not block and gives `false`. One system
    /// call (`read`), more only for a pipe with over a thousand notifications.
    ///
    /// # Errors
    ///
    /// As for [`notify`](Self::notify).
    fn clear(&self) -> Result<bool, Error>;

    /// Sleeps until a notification is pending, or until `timeout` has passed;
    /// `None` waits for ever. The notification stays pending.
    ///
    /// A signal does not end the wait: it goes on with the time that remains.
    /// A handler that wants to end it calls [`notify`](Self::notify). Time-outs
    /// are rounded up to the millisecond, and never end early; one too long for
    /// the clock is for ever.
    ///
    /// # Errors
    ///
    /// As for [`notify`](Self::notify), for `poll`; and with a time-out for
    /// `clock_gettime`, where a sandbox refuses that.
    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error>;

    /// Returns the descriptor to poll for reading. Read it only through
    /// [`clear`](Self::clear), and do not close it.
    fn as_raw_fd(&self) -> RawFd;

    /// Returns the mechanism that created the notifier.
    fn mechanism(&self) -> Mechanism;

    /// Returns what the notifier is made of.
    fn backend(&self) -> Backend {
        self.mechanism().backend()
    }

    /// Puts new descriptors, with nothing pending, under the same numbers; the other
    /// process's are untouched. For the child, after `fork`.
    ///
    /// Sets of `poll` and `select` stay valid. A set of `epoll` holds the old descriptors,
    /// and is shared with the parent anyway: create another.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOMEM`, with the notifier as it was. Where a sandbox refuses
    /// the last step only, the error comes with a new notifier that is not close-on-exec
    /// (`fcntl` on the mechanisms without flags), or with one that is of no use until this
    /// succeeds (`dup2` of a pipe's second end).
    fn reinit_after_fork(&self) -> Result<(), Error>;
}

/// Why [`Notifier::wait`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum Wait {
    /// A notification is pending.
    Notified,
    /// The time-out passed first.
    TimedOut,
}

impl Wait {
    /// Translates what `poll` says of the descriptor.
    pub(crate) const fn from_readable(readable: bool) -> Self {
        match readable {
            true => Wait::Notified,
            false => Wait::TimedOut,
        }
    }
}
