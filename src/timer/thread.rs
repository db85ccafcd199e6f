//! The fallback of a timer: a notifier, and a thread that notifies. Available on every
//! Unix.

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

    /// Changes the schedule. Discards earlier expirations under the lock, so that they
    /// cannot be taken for expirations of the new schedule. If that fails, the old schedule
    /// stays.
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
        // The schedule is unchanged, so the thread need not be woken.
        let (remaining, _) = self
            .0
            .change(|schedule| Ok(schedule.remaining(clock::try_now_ns()?)))?;
        Ok(remaining)
    }

    pub(super) fn take(&self) -> Result<Option<NonZeroU64>, Errno> {
        let (taken, woken) = self.0.change(|schedule| {
            let now = clock::try_now_ns()?;
            // Clear even if there is nothing to take, as a read of a timerfd would: if
            // other code closed the descriptor, this fails. Clear first, so that no
            // expiration is lost then.
            Primitive::clear(self.notifier())?;
            Ok(schedule.take(now))
        })?;
        match (taken, woken) {
            (None, Err(errno)) => Err(errno),
            // The expirations that were taken must not be lost. The next call wakes the
            // thread.
            (taken, _) => Ok(taken),
        }
    }

    /// Replaces the descriptors first: if that fails, the timer is unchanged.
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

/// Creates an error that names the timer's mechanism, not that of its notifier.
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
