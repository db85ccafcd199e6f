//! What the C library in `capi/` needs beside the public API: the fallback chains by
//! value, the parts of a counter, and errnos without their context.
//!
//! It is public so that `capi/` can use it, hidden, and promises nothing to anybody else.

use crate::backend::{AutoNotifier, Mode, Primitive};
use crate::counter;
use crate::error::Error;
pub use crate::fallback::Chain;
use crate::sys::errno::Errno;
use crate::sys::fd::{self, RawFd};
use crate::sys::poll;

/// Returns the mechanisms that [`AutoNotifier::new`] tries in this build, in order.
#[must_use]
pub fn default_chain() -> Chain {
    AutoNotifier::default_chain()
}

/// Returns the mechanisms that this selection tries, in order.
#[cfg(all(
    feature = "eventfd",
    feature = "pipe",
    any(target_os = "linux", target_os = "android"),
))]
#[must_use]
pub fn selected_chain(selection: crate::backend::Selection) -> Chain {
    selection.chain()
}

/// Creates a notifier (in mode [`Mode::Sum`]) or what counts in this mode.
pub fn create(chain: Chain, mode: Mode) -> Result<AutoNotifier, Error> {
    counter::create(chain, mode)
}

/// [`Notifier::notify`](crate::Notifier::notify).
pub fn notify(notifier: &AutoNotifier) -> Result<(), Errno> {
    Primitive::notify(notifier)
}

/// Returns the descriptor that notifies when it is written to. It is the notifier's own.
#[must_use]
pub fn notify_fd(notifier: &AutoNotifier) -> RawFd {
    notifier.notify_fd().as_raw()
}

/// [`NotifyFd::notify`](crate::NotifyFd::notify), of a descriptor by number.
pub fn notify_by_fd(fd: RawFd) -> Result<(), Errno> {
    fd::notify(fd, 8)
}

/// [`Notifier::clear`](crate::Notifier::clear).
pub fn clear(notifier: &AutoNotifier) -> Result<bool, Errno> {
    Primitive::clear(notifier)
}

/// [`Counter::add`](crate::Counter::add).
pub fn add(inner: &AutoNotifier, n: u64) -> Result<(), Errno> {
    counter::add(inner, n)
}

/// [`Counter::take`](crate::Counter::take); zero if there is nothing.
pub fn take(inner: &AutoNotifier, mode: Mode) -> Result<u64, Errno> {
    inner.take(mode)
}

/// Returns whether it became readable within `timeout` nanoseconds; a negative time-out is
/// for ever.
pub fn wait(inner: &AutoNotifier, timeout: i64) -> Result<bool, Errno> {
    poll::wait(inner.as_raw_fd(), timeout)
}

/// Puts a new one, with nothing in it, under the same numbers.
pub fn reinit_after_fork(inner: &AutoNotifier, mode: Mode) -> Result<(), Error> {
    inner.reinit(mode)
}

/// A timer with the mechanisms of a choice.
#[cfg(feature = "timer")]
pub mod timer {
    use super::Chain;
    use crate::error::Error;
    use crate::mechanism::Mechanism;
    use crate::timer::{Timer, CHAIN};

    /// Every mechanism.
    pub const AUTO: Chain = CHAIN;

    /// A timerfd.
    pub const TIMERFD: Chain = Chain {
        last: Mechanism::TimerFd,
        ..CHAIN
    };

    /// The thread.
    pub const THREAD: Chain = Chain {
        first: Mechanism::TimerThread,
        ..CHAIN
    };

    /// Creates a timer with the first of these mechanisms that is available.
    pub fn create(chain: Chain) -> Result<Timer, Error> {
        Timer::on(chain)
    }
}
