//! The fallback: a notifier, and a thread that notifies. Available on every Unix.

use core::num::NonZeroU64;

use super::schedule::Schedule;
use super::service::Alarm;
use crate::backend::{AutoNotifier, Primitive};
use crate::error::{Error, Operation};
use crate::mechanism::Mechanism;
use crate::sys::clock;
use crate::sys::errno::Errno;
use crate::sys::timerfd::Start;

/// A timer that the service thread watches.
pub(super) struct TimerThread(Alarm);

impl TimerThread {
    pub(super) fn new() -> Result<Self, Error> {
        AutoNotifier::new()
            .map_err(errno)
            .and_then(Alarm::new)
            .map(TimerThread)
            .map_err(|errno| error(Operation::Create, errno))
    }

    /// Discards what has expired before, under the lock: so it cannot be taken
    /// for an expiration of the new schedule. If that fails, the old one counts.
    pub(super) fn set(&self, start: Start, period: u64) -> Result<(), Errno> {
        // Only a timerfd has a clock that can be set.
        let due = match start {
            Start::After(time) => clock::try_now_ns()?.saturating_add(time),
            Start::At(time) | Start::AtUnlessSet(time) => time,
            Start::Never => u64::MAX,
        };
        let resolution = if period > 0 { clock::resolution() } else { 0 };
        let new = Schedule::new(due, period, resolution);
        let ((), woken) = self.0.change(|schedule| {
            Primitive::clear(self.notifier())?;
            *schedule = new;
            Ok(())
        })?;
        woken
    }

    pub(super) fn remaining(&self) -> Result<Option<[u64; 2]>, Errno> {
        // The schedule stays as it is, so there is nothing that the thread must know.
        let (remaining, _) = self
            .0
            .change(|schedule| Ok(schedule.remaining(clock::try_now_ns()?)))?;
        Ok(remaining)
    }

    pub(super) fn take(&self) -> Result<Option<NonZeroU64>, Errno> {
        let (taken, woken) = self.0.change(|schedule| {
            let now = clock::try_now_ns()?;
            // Also with nothing to take, as a read of a timerfd would: if the
            // descriptor was closed by others, this says so. Before anything is
            // taken, so that it is not lost then.
            Primitive::clear(self.notifier())?;
            Ok(schedule.take(now))
        })?;
        match (taken, woken) {
            (None, Err(errno)) => Err(errno),
            // What was taken must not get lost; the next call wakes the thread.
            (taken, _) => Ok(taken),
        }
    }

    /// Renews the descriptors first: what fails then leaves the timer as it was.
    pub(super) fn reinit_after_fork(&self) -> Result<(), Error> {
        self.notifier()
            .reinit_after_fork()
            .map_err(|below| error(below.operation(), errno(below)))?;
        self.0
            .register()
            .and_then(|()| self.set(Start::Never, 0))
            .map_err(|errno| error(Operation::Reinit, errno))
    }

    pub(super) fn notifier(&self) -> &AutoNotifier {
        self.0.notifier()
    }
}

/// A timer's errors name the timer's mechanism, not that of its notifier.
fn error(operation: Operation, errno: Errno) -> Error {
    Error::new(operation, Mechanism::TimerThread, errno)
}

fn errno(error: Error) -> Errno {
    error.raw_os_error()
}

impl core::fmt::Debug for TimerThread {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("TimerThread").field(self.notifier()).finish()
    }
}
