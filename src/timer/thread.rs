//! The fallback: a notifier, and a thread that notifies. Available on every Unix.

use core::num::NonZeroU64;
use core::time::Duration;

use super::{Schedule, Start};
use crate::sys::alarms::Alarm;
use crate::sys::clock;
use crate::sys::errno::Errno;
use crate::{AutoNotifier, Error, Mechanism, Notifier, Operation, Wait};

/// A timer that the process's service thread watches.
pub(super) struct TimerThread(Alarm);

impl TimerThread {
    pub(super) fn new() -> Result<Self, Errno> {
        let notifier = AutoNotifier::new().map_err(errno)?;
        Alarm::new(notifier).map(TimerThread)
    }

    pub(super) fn notifier(&self) -> &AutoNotifier {
        self.0.notifier()
    }

    pub(super) fn arm(&self, start: Start, period: u64) -> Result<(), Errno> {
        let due = match start {
            Start::After(time) => clock::try_now_ns()?.saturating_add(time),
            Start::At(time) => time,
        };
        self.set(Schedule::new(due, period))
    }

    pub(super) fn disarm(&self) -> Result<(), Errno> {
        self.set(Schedule::DISARMED)
    }

    /// What has expired before is discarded, under the lock: so it cannot be taken
    /// for an expiration of the new schedule. If that fails, the old one counts.
    fn set(&self, new: Schedule) -> Result<(), Errno> {
        let ((), woken) = self.0.change(|schedule, notifier| {
            notifier.clear().map_err(errno)?;
            *schedule = new;
            Ok(())
        })?;
        woken
    }

    pub(super) fn take(&self) -> Result<Option<NonZeroU64>, Errno> {
        let (taken, woken) = self.0.change(|schedule, notifier| {
            let now = clock::try_now_ns()?;
            // Also with nothing to take, as a read of a timerfd would: if the
            // descriptor was closed by others, this says so. Before anything is
            // taken, so that it is not lost then.
            notifier.clear().map_err(errno)?;
            Ok(schedule.take(now))
        })?;
        match (taken, woken) {
            (None, Err(errno)) => Err(errno),
            // What was taken must not get lost; the next call wakes the thread.
            (taken, _) => Ok(taken),
        }
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Errno> {
        self.notifier().wait(timeout).map_err(errno)
    }

    /// The descriptors first: what fails then leaves the timer as it was.
    pub(super) fn reinit(&self) -> Result<(), Error> {
        let error = |operation, errno| Error::new(operation, Mechanism::TimerThread, errno);
        self.notifier()
            .reinit_after_fork()
            .map_err(|below| error(below.operation(), errno(below)))?;
        self.0
            .adopt()
            .and_then(|()| self.disarm())
            .map_err(|errno| error(Operation::Reinit, errno))
    }
}

/// A timer's errors name the timer's mechanism, not that of its notifier.
fn errno(error: Error) -> Errno {
    error.raw_os_error()
}

impl core::fmt::Debug for TimerThread {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("TimerThread").field(self.notifier()).finish()
    }
}
