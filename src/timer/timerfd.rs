//! The timerfd backend. Available since Linux 2.6.25, and with flags since 2.6.27.

use core::num::NonZeroU64;
use core::time::Duration;

use super::clock::Clock;
use crate::error::{Error, Operation};
use crate::fallback;
use crate::mechanism::Mechanism;
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, Trust};
use crate::sys::poll;
use crate::sys::timerfd::{self, Start};

/// A timer made of one timerfd.
#[derive(Debug)]
pub(super) struct TimerFd {
    pub(super) fd: Fd,
    pub(super) mechanism: Mechanism,
    pub(super) clock: Clock,
}

impl TimerFd {
    pub(super) fn at(mechanism: Mechanism, clock: Clock) -> Result<Self, Error> {
        let error = |operation, errno| Error::new(operation, mechanism, errno);
        let trust = fallback::trust(mechanism);
        let fd = timerfd::create(clock.id(), trust, mechanism.flags())
            .map_err(|errno| error(Operation::Create, errno))?;
        let timer = TimerFd {
            fd,
            mechanism,
            clock,
        };
        if trust == Trust::Verify {
            timer
                .verify()
                .map_err(|errno| error(Operation::Verify, fallback::not_proved(errno)))?;
            fallback::set_proved(mechanism);
        }
        if clock == Clock::Realtime {
            // Linux before 3.0 does not know the flag. The timer is disarmed without the
            // flag afterwards, because the flag has an effect on a disarmed timer too.
            timer
                .set(Start::AtUnlessSet(0), 0)
                .and_then(|()| timer.set(Start::Never, 0))
                .map_err(|errno| error(Operation::Create, errno))?;
        }
        Ok(timer)
    }

    /// Checks that a new timer is unreadable, expires once at a time that has passed, and
    /// is unreadable again afterwards. A descriptor that fails this check is no timerfd,
    /// whatever call created it.
    fn verify(&self) -> Result<(), Errno> {
        // The longest tick of a kernel's clock is 10 ms.
        let second = Some(Duration::from_secs(1));
        let first = self.take()?;
        self.set(Start::At(0), 0)?;
        let expires = poll::wait_for(self.fd.as_raw(), second)?;
        match (first, expires, self.take()?.map(u64::from), self.take()?) {
            (None, true, Some(1), None) => Ok(()),
            _ => Err(libc::ENOSYS),
        }
    }

    pub(super) fn set(&self, start: Start, period: u64) -> Result<(), Errno> {
        timerfd::settime(&self.fd, start, period)
    }

    pub(super) fn remaining(&self) -> Result<Option<[u64; 2]>, Errno> {
        // Both are zero if the timer is disarmed, or was to expire once and is due.
        timerfd::gettime(&self.fd).map(|times| (times != [0, 0]).then_some(times))
    }

    pub(super) fn take(&self) -> Result<Option<NonZeroU64>, Errno> {
        let mut count = [0; 8];
        match self.fd.read(&mut count) {
            Ok(_) => Ok(NonZeroU64::new(u64::from_ne_bytes(count))),
            Err(libc::EAGAIN) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    pub(super) fn reinit_after_fork(&self) -> Result<(), Error> {
        let new = Self::at(self.mechanism, self.clock)?;
        self.fd
            .replace(&new.fd, self.mechanism.flags())
            .map_err(|errno| Error::new(Operation::Reinit, self.mechanism, errno))
    }
}
