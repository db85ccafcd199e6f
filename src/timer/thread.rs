//! The fallback: a notifier, and a thread that notifies. Available on every Unix.

use core::num::NonZeroU64;
use core::time::Duration;

use super::{Schedule, Start};
use crate::sys::alarms::Alarm;
use crate::sys::clock;
use crate::sys::errno::Errno;
use crate::{AutoNotifier, Error, Notifier, Wait};

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
            Start::After(time) => clock::since_start().saturating_add(time),
            Start::At(time) => time,
        };
        self.set(Schedule::new(due, period))
    }

    pub(super) fn disarm(&self) -> Result<(), Errno> {
        self.set(Schedule::DISARMED)
    }

    /// What has expired before is discarded, under the lock: so it cannot be taken
    /// for an expiration of the new schedule.
    fn set(&self, new: Schedule) -> Result<(), Errno> {
        self.0.change(|schedule, notifier| {
            *schedule = new;
            notifier.clear().map(drop).map_err(errno)
        })?
    }

    pub(super) fn take(&self) -> Result<Option<NonZeroU64>, Errno> {
        self.0.change(|schedule, notifier| {
            let taken = schedule.take(clock::since_start());
            // Also with nothing to take, as a read of a timerfd would: if the
            // descriptor was closed by others, this says so.
            notifier.clear().map(|_| taken).map_err(errno)
        })?
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Errno> {
        self.notifier().wait(timeout).map_err(errno)
    }

    /// The descriptors first: what fails then leaves the timer as it was.
    pub(super) fn reinit(&self) -> Result<(), Errno> {
        self.notifier().reinit_after_fork().map_err(errno)?;
        self.0.adopt()?;
        self.disarm()
    }
}

/// A timer's errors name the timer's rung, not that of its notifier.
fn errno(error: Error) -> Errno {
    error.raw_os_error()
}

impl core::fmt::Debug for TimerThread {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("TimerThread").field(self.notifier()).finish()
    }
}
