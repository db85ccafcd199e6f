//! A signal that came, and what the kernel told about it.

use core::fmt;

use libc::c_int;

use crate::sys::siginfo::{Record, SigInfoFields};

/// One signal: its number, and what the kernel tells beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    number: c_int,
    record: Record,
}

impl Signal {
    pub(super) const fn new((number, record): (c_int, Record)) -> Self {
        Signal { number, record }
    }

    /// Its number: `SIGTERM`, ….
    #[must_use]
    pub const fn number(&self) -> c_int {
        self.number
    }

    /// Why it was sent: `SI_USER`, `SI_QUEUE`, `CLD_EXITED`, … (sigaction(2)).
    ///
    /// `None` for a signal of which nothing is known but that it came: see
    /// [`Signals::reinit_after_fork`](crate::Signals::reinit_after_fork).
    #[must_use]
    pub fn code(&self) -> Option<c_int> {
        match self.record {
            Record::UNKNOWN => None,
            Record { code, .. } => Some(code),
        }
    }

    /// The process that sent it, or the child that it is about. Zero stands for one
    /// in another PID namespace.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match self.fields() {
            SigInfoFields::None | SigInfoFields::Value => None,
            _ => Some(self.record.pid),
        }
    }

    /// The real user of that process.
    #[must_use]
    pub fn uid(&self) -> Option<u32> {
        self.pid().map(|_| self.record.uid)
    }

    /// Of SIGCHLD: the exit status if the code is `CLD_EXITED`, else the number of
    /// the signal that killed, stopped or continued the child.
    #[must_use]
    pub fn status(&self) -> Option<c_int> {
        match self.fields() {
            SigInfoFields::Child => Some(self.record.status_or_value),
            _ => None,
        }
    }

    /// The value that was sent along, by sigqueue(3), a POSIX timer or a message
    /// queue: `sival_int`.
    #[must_use]
    pub fn value(&self) -> Option<c_int> {
        match self.fields() {
            SigInfoFields::SenderAndValue | SigInfoFields::Value => {
                Some(self.record.status_or_value)
            }
            _ => None,
        }
    }

    fn fields(&self) -> SigInfoFields {
        SigInfoFields::of(self.number, self.record.code)
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signal")
            .field("number", &self.number)
            .field("code", &self.code())
            .field("pid", &self.pid())
            .field("uid", &self.uid())
            .field("status", &self.status())
            .field("value", &self.value())
            .finish()
    }
}
