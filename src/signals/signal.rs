//! A signal that came, and what the kernel reports about it.

use core::fmt;

use libc::{c_int, c_long};

use crate::sys::fd::RawFd;
use crate::sys::siginfo::{Record, SigInfoFields};

/// A signal: its number, and what the kernel reports beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    number: c_int,
    record: Record,
}

impl Signal {
    pub(super) const fn new((number, record): (c_int, Record)) -> Self {
        Signal { number, record }
    }

    /// Returns the signal's number: `SIGTERM`, ….
    #[must_use]
    pub const fn number(&self) -> c_int {
        self.number
    }

    /// Returns the reason for which it was sent: `SI_USER`, `SI_QUEUE`, `CLD_EXITED`, …
    /// (sigaction(2)).
    ///
    /// Returns `None` for a signal of which only the number is known: see
    /// [`Signals::reinit_after_fork`](crate::Signals::reinit_after_fork).
    #[must_use]
    pub fn code(&self) -> Option<c_int> {
        match self.record {
            Record::UNKNOWN => None,
            Record { code, .. } => Some(code),
        }
    }

    /// Returns the id of the process that sent the signal, or of the child that it is
    /// about. Zero stands for a process in another PID namespace.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match self.fields() {
            SigInfoFields::Sender | SigInfoFields::Child | SigInfoFields::SenderAndValue => {
                Some(self.record.pid)
            }
            _ => None,
        }
    }

    /// Returns the real user id of the process that [`pid`](Self::pid) returns.
    #[must_use]
    pub fn uid(&self) -> Option<u32> {
        self.pid().map(|_| self.record.uid)
    }

    /// Returns the status of the child, for SIGCHLD: the exit status if the code is
    /// `CLD_EXITED`, else the number of the signal that killed, stopped or continued the
    /// child.
    #[must_use]
    pub fn status(&self) -> Option<c_int> {
        self.has(SigInfoFields::Child)
            .then_some(self.record.status_or_fd)
    }

    /// Returns `sival_int` of the value that was sent with the signal, by sigqueue(3), a
    /// POSIX timer or a message queue.
    #[must_use]
    pub fn value(&self) -> Option<c_int> {
        let bytes = self.value_ptr()?.to_ne_bytes();
        // The union starts with the int, in either byte order.
        let int = bytes.get(..4)?.try_into().ok()?;
        Some(c_int::from_ne_bytes(int))
    }

    /// Returns `sival_ptr` of the value that was sent with the signal, as an address.
    ///
    /// Returns `None` for sigqueue(3) and a signalfd before Linux 2.6.25, which does not
    /// report it.
    #[must_use]
    pub fn value_ptr(&self) -> Option<usize> {
        match self.fields() {
            SigInfoFields::SenderAndValue if self.record.status_or_fd == Record::NO_VALUE => None,
            SigInfoFields::SenderAndValue | SigInfoFields::Timer => Some(self.record.value_or_band),
            _ => None,
        }
    }

    /// Returns the kernel's id of the POSIX timer that expired (`si_timerid`).
    #[must_use]
    pub fn timer_id(&self) -> Option<c_int> {
        self.has(SigInfoFields::Timer)
            .then_some(self.record.pid as c_int)
    }

    /// Returns the number of additional expirations of the POSIX timer (`si_overrun`).
    #[must_use]
    pub fn overrun(&self) -> Option<c_int> {
        self.has(SigInfoFields::Timer)
            .then_some(self.record.uid as c_int)
    }

    /// Returns the descriptor on which input or output became possible (`si_fd`), for a
    /// signal that was chosen by `F_SETSIG` (fcntl(2)).
    #[must_use]
    pub fn fd(&self) -> Option<RawFd> {
        self.has(SigInfoFields::Poll)
            .then_some(self.record.status_or_fd)
    }

    /// Returns the events on the descriptor that [`fd`](Self::fd) returns: bits of poll(2)
    /// (`si_band`).
    #[must_use]
    pub fn band(&self) -> Option<c_long> {
        self.has(SigInfoFields::Poll)
            .then_some(self.record.value_or_band as c_long)
    }

    fn has(&self, fields: SigInfoFields) -> bool {
        self.fields() == fields
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

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;

    /// In either byte order the int is where the union of C has it.
    #[test]
    fn the_int_is_the_start_of_the_pointer() {
        let mut bytes = [0; core::mem::size_of::<usize>()];
        bytes[..4].copy_from_slice(&(-7_i32).to_ne_bytes());
        let address = usize::from_ne_bytes(bytes);
        for code in [libc::SI_QUEUE, libc::SI_TIMER, libc::SI_MESGQ] {
            let record = Record {
                code,
                value_or_band: address,
                ..Record::UNKNOWN
            };
            let signal = Signal::new((libc::SIGUSR1, record));
            assert_eq!(signal.value(), Some(-7), "{code}");
            assert_eq!(signal.value_ptr(), Some(address), "{code}");
        }
    }
}
