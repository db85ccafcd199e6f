//! The functions that the C library in `capi/` needs beside the public API: fallback chains
//! as values, the parts of a counter, and errnos without an operation and a mechanism.
//!
//! This module is public so that `capi/` can use it. It is hidden and has no stability
//! guarantee.

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

/// Creates a notifier (in [`Mode::Sum`]) or the object behind a counter of this mode.
pub fn create(chain: Chain, mode: Mode) -> Result<AutoNotifier, Error> {
    counter::create(chain, mode)
}

/// Notifies, as [`Notifier::notify`](crate::Notifier::notify) does.
pub fn notify(notifier: &AutoNotifier) -> Result<(), Errno> {
    Primitive::notify(notifier)
}

/// Returns the descriptor that notifies when it is written to. The notifier keeps owning
/// it.
#[must_use]
pub fn notify_fd(notifier: &AutoNotifier) -> RawFd {
    notifier.notify_fd().as_raw()
}

/// Notifies through a descriptor's number, as [`NotifyFd::notify`](crate::NotifyFd::notify)
/// does.
pub fn notify_by_fd(fd: RawFd) -> Result<(), Errno> {
    fd::notify(fd, 8)
}

/// Clears the notifier, as [`Notifier::clear`](crate::Notifier::clear) does.
pub fn clear(notifier: &AutoNotifier) -> Result<bool, Errno> {
    Primitive::clear(notifier)
}

/// Adds to a counter, as [`Counter::add`](crate::Counter::add) does.
pub fn add(inner: &AutoNotifier, n: u64) -> Result<(), Errno> {
    counter::add(inner, n)
}

/// Takes from a counter, as [`Counter::take`](crate::Counter::take) does. Returns zero if
/// the count is zero.
pub fn take(inner: &AutoNotifier, mode: Mode) -> Result<u64, Errno> {
    inner.take(mode)
}

/// Returns whether the descriptor became readable within `timeout` nanoseconds. A negative
/// time-out waits forever.
pub fn wait(inner: &AutoNotifier, timeout: i64) -> Result<bool, Errno> {
    poll::wait(inner.as_raw_fd(), timeout)
}

/// Replaces the descriptors with new ones under the same numbers, with nothing pending.
pub fn reinit_after_fork(inner: &AutoNotifier, mode: Mode) -> Result<(), Error> {
    inner.reinit(mode)
}

/// Timers that are created by a chosen list of mechanisms.
#[cfg(feature = "timer")]
pub mod timer {
    use super::Chain;
    use crate::error::Error;
    use crate::mechanism::Mechanism;
    use crate::timer::{Timer, CHAIN};

    /// Every mechanism of a timer.
    pub const AUTO: Chain = CHAIN;

    /// The mechanisms of a timerfd.
    pub const TIMERFD: Chain = Chain {
        last: Mechanism::TimerFd,
        ..CHAIN
    };

    /// The mechanism `TimerThread` alone.
    pub const THREAD: Chain = Chain {
        first: Mechanism::TimerThread,
        ..CHAIN
    };

    /// Creates a timer with the first of these mechanisms that is available.
    pub fn create(chain: Chain) -> Result<Timer, Error> {
        Timer::on(chain)
    }
}
