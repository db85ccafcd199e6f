//! The timerfd backend. Available since Linux 2.6.25, with flags since 2.6.27.

use core::num::NonZeroU64;
use core::time::Duration;

use super::Start;
use crate::sys::errno::Errno;
use crate::sys::fd::Fd;
use crate::sys::{poll, timerfd};
use crate::{fallback, Error, Mechanism, Operation, Wait};

/// A timer made of one timerfd.
#[derive(Debug)]
pub(super) struct TimerFd {
    pub(super) fd: Fd,
    pub(super) mechanism: Mechanism,
}

impl TimerFd {
    pub(super) fn at(mechanism: Mechanism) -> Result<Self, Error> {
        let error = |operation, errno| Error::new(operation, mechanism, errno);
        let first = !fallback::is_verified(mechanism);
        let fd = timerfd::create(first, mechanism.has_flags())
            .map_err(|errno| error(Operation::Create, errno))?;

        let made = TimerFd { fd, mechanism };
        if first {
            made.verify()
                .map_err(|errno| error(Operation::Verify, errno))?;
            fallback::set_verified(mechanism);
        }
        Ok(made)
    }

    pub(super) fn arm(&self, start: Start, period: u64) -> Result<(), Errno> {
        // Zero would disarm it, but means a time that has come.
        match start {
            Start::After(time) => timerfd::set(&self.fd, false, time.max(1), period),
            Start::At(time) => timerfd::set(&self.fd, true, time.max(1), period),
        }
    }

    pub(super) fn disarm(&self) -> Result<(), Errno> {
        timerfd::set(&self.fd, false, 0, 0)
    }

    pub(super) fn take(&self) -> Result<Option<NonZeroU64>, Errno> {
        let mut count = [0; 8];
        match self.fd.read(&mut count) {
            Ok(_) => Ok(NonZeroU64::new(u64::from_ne_bytes(count))),
            Err(libc::EAGAIN) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Errno> {
        poll::wait_for(self.fd.as_raw(), timeout)
    }

    pub(super) fn reinit(&self) -> Result<(), Error> {
        let new = Self::at(self.mechanism)?;
        self.fd
            .replace(new.fd, self.mechanism.has_flags())
            .map_err(|errno| Error::new(Operation::Reinit, self.mechanism, errno))
    }

    /// Is unreadable; a time that has passed expires it once, and
    /// then it is unreadable again. A descriptor that does not is no timerfd,
    /// whatever call it came from.
    fn verify(&self) -> Result<(), Errno> {
        // The longest tick of a kernel's clock is 10 ms.
        let second = Some(Duration::from_secs(1));
        if self.take() == Ok(None)
            && self.arm(Start::At(0), 0) == Ok(())
            && self.wait(second) == Ok(Wait::Notified)
            && self.take() == Ok(NonZeroU64::new(1))
            && self.take() == Ok(None)
        {
            Ok(())
        } else {
            Err(libc::ENOSYS)
        }
    }
}
