//! Notifier and counter in one, with bare parts: what the types of the Rust API and
//! the functions of the C library are both made of. And timers and signals on a choice
//! of mechanisms.
//!
//! It is public so that the C library can use it, and hidden as it promises nothing
//! to anybody else.

mod count;
#[cfg(feature = "signal")]
pub mod signals;
mod sum;
#[cfg(feature = "timer")]
pub mod timer;

use core::time::Duration;

pub use crate::error::FromErrno;
pub use crate::fallback::Chain;
use crate::sys::ends::Ends;
use crate::sys::errno::ErrnoGuard;
use crate::sys::poll;
use crate::{fallback, Error, Mechanism, Mode, Operation, RawFd, Wait};

/// Those of this build's automatic choice.
#[must_use]
pub fn auto() -> Chain {
    crate::backend::chain()
}

/// Those of this selection.
#[cfg(all(
    feature = "eventfd",
    feature = "pipe",
    any(target_os = "linux", target_os = "android"),
))]
#[must_use]
pub fn selected(selection: crate::Selection) -> Chain {
    selection.chain()
}

/// An eventfd or a pipe.
///
/// What fails gives the error that the caller wants: an [`Error`](crate::Error), or
/// the errno alone.
#[derive(Debug)]
pub struct Raw {
    ends: Ends,
    mechanism: Mechanism,
    mode: Mode,
}

impl Raw {
    /// Not made yet.
    #[must_use]
    pub const fn closed(mode: Mode) -> Self {
        Raw {
            ends: Ends::CLOSED,
            mechanism: Mechanism::EventFd2,
            mode,
        }
    }

    /// Makes it, if it is closed, on the best of these mechanisms that is here. In place,
    /// as moving it costs instructions.
    pub fn open<E: FromErrno>(&mut self, chain: Chain) -> Result<(), E> {
        fallback::first_available(chain, self.is_plain(), |mechanism| self.open_at(mechanism))
    }

    fn open_at<E: FromErrno>(&mut self, mechanism: Mechanism) -> Result<(), E> {
        self.mechanism = mechanism;
        let first = !fallback::is_verified(mechanism);
        self.ends
            .open(mechanism, self.mode, first)
            .map_err(|errno| E::new(Operation::Create, mechanism, errno))?;
        if first && self.is_plain() {
            // Two descriptors, which the kernel put where it was asked to, are a pipe.
            if !self.is_pipe() && !self.ends.carries() {
                self.ends.close();
                return Err(E::new(Operation::Verify, mechanism, libc::ENOSYS));
            }
            fallback::set_verified(mechanism);
        }
        Ok(())
    }

    /// Whether it tells something about others on its mechanism. A semaphore on an eventfd
    /// does not: its flag is younger than the call that takes it, which refuses it by
    /// itself where it does not know it.
    fn is_plain(&self) -> bool {
        cfg!(not(feature = "eventfd")) || self.mode == Mode::Sum
    }

    /// Makes it on the best of these mechanisms that is here.
    pub(crate) fn make<E: FromErrno>(chain: Chain, mode: Mode) -> Result<Self, E> {
        let mut made = Self::closed(mode);
        made.open(chain).map(|()| made)
    }

    /// Makes it on this mechanism and no other.
    pub(crate) fn at<E: FromErrno>(mechanism: Mechanism, mode: Mode) -> Result<Self, E> {
        let mut made = Self::closed(mode);
        made.open_at(mechanism).map(|()| made)
    }

    /// Closes it.
    pub fn close(&mut self) {
        self.ends.close();
    }

    /// [`Notifier::notify`](crate::Notifier::notify).
    pub fn notify<E: FromErrno>(&self) -> Result<(), E> {
        let _guard = ErrnoGuard::new();
        let one = 1_u64.to_ne_bytes();
        // To a pipe one byte does it, whichever of them it is.
        let (first, _) = one.split_at(1);
        match self.ends.write(if self.is_pipe() { first } else { &one }) {
            // With the counter at its maximum, or a full pipe, the descriptor is as
            // readable as it can be.
            Ok(_) | Err(libc::EAGAIN) => Ok(()),
            Err(errno) => Err(E::new(Operation::Notify, self.mechanism, errno)),
        }
    }

    /// [`Notifier::clear`](crate::Notifier::clear).
    pub fn clear<E: FromErrno>(&self) -> Result<bool, E> {
        let mut cleared = false;
        loop {
            match self.ends.discard() {
                Ok(true) => cleared = true,
                Ok(false) => return Ok(true),
                Err(libc::EAGAIN) => return Ok(cleared),
                Err(errno) => return Err(E::new(Operation::Clear, self.mechanism, errno)),
            }
        }
    }

    /// [`Notifier::wait`](crate::Notifier::wait), in nanoseconds; what is negative is
    /// for ever. Says whether it is readable.
    pub fn wait<E: FromErrno>(&self, timeout: i64) -> Result<bool, E> {
        poll::wait(self.as_raw_fd(), timeout)
            .map_err(|errno| E::new(Operation::Wait, self.mechanism, errno))
    }

    /// As [`wait`](Self::wait), for the types of the Rust API.
    pub(crate) fn wait_for(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        poll::wait_for(self.as_raw_fd(), timeout)
            .map_err(|errno| Error::new(Operation::Wait, self.mechanism, errno))
    }

    /// Puts a new one, with nothing in it, under the same numbers.
    pub fn reinit_after_fork<E: FromErrno>(&self) -> Result<(), E> {
        let mut new = Self::closed(self.mode);
        new.open_at(self.mechanism)?;
        self.ends
            .replace(&new.ends, self.mechanism.has_flags())
            .map(drop)
            .map_err(|errno| E::new(Operation::Reinit, self.mechanism, errno))
    }

    /// What is polled.
    #[must_use]
    pub const fn as_raw_fd(&self) -> RawFd {
        self.ends.reading()
    }

    /// What it stands on.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// What `take` takes.
    #[must_use]
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// For those who put other things through the pipe, or borrow a descriptor.
    #[allow(dead_code)] // Which features use it, is theirs.
    pub(crate) const fn ends(&self) -> &Ends {
        &self.ends
    }

    /// As [`ends`](Self::ends).
    #[allow(dead_code)]
    pub(crate) fn into_ends(self) -> Ends {
        self.ends
    }

    /// Whether it is a pipe, and else an eventfd.
    #[must_use]
    pub const fn is_pipe(&self) -> bool {
        self.ends.are_two()
    }
}
