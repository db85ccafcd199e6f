//! A signal that came, and what the kernel told about it.

use core::fmt;

use libc::c_int;

/// One signal: its number, and what the kernel tells beside it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signal {
    number: c_int,
    pub(crate) record: Record,
}

/// What a handler keeps of a siginfo, in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) code: c_int,
    pub(crate) pid: u32,
    pub(crate) uid: u32,
    /// The status or the value: whichever there is.
    pub(crate) extra: c_int,
}

impl Record {
    /// Of a signal of which nothing is known but that it came.
    pub(crate) const UNKNOWN: Record = Record {
        code: c_int::MIN,
        pid: 0,
        uid: 0,
        extra: 0,
    };

    pub(crate) const fn from_words([code, pid, uid, extra]: [u32; 4]) -> Self {
        Record {
            code: c_int::from_ne_bytes(code.to_ne_bytes()),
            pid,
            uid,
            extra: c_int::from_ne_bytes(extra.to_ne_bytes()),
        }
    }

    pub(crate) const fn words(&self) -> [u32; 4] {
        let code = u32::from_ne_bytes(self.code.to_ne_bytes());
        let extra = u32::from_ne_bytes(self.extra.to_ne_bytes());
        [code, self.pid, self.uid, extra]
    }
}

/// Which fields of a siginfo there are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// None but the code.
    Nothing,
    /// Who sent it.
    Sender,
    /// The child, its user, and its status.
    Child,
    /// Who sent it, and a value.
    Value,
    /// A value, of nobody.
    ValueAlone,
}

/// As sigaction(2) has it, and signalfd(2). Elsewhere than on Linux nothing is known.
pub(crate) fn told(number: c_int, code: c_int) -> Told {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    return match code {
        libc::SI_USER | libc::SI_TKILL => Told::Sender,
        libc::SI_QUEUE | libc::SI_MESGQ => Told::Value,
        libc::SI_TIMER => Told::ValueAlone,
        // The CLD_ codes.
        1.. if number == libc::SIGCHLD && code != libc::SI_KERNEL => Told::Child,
        _ => Told::Nothing,
    };
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    {
        let _ = (number, code);
        Told::Nothing
    }
}

impl Signal {
    pub(crate) const fn new(number: c_int, record: Record) -> Self {
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
        match self.told() {
            Told::Sender | Told::Child | Told::Value => Some(self.record.pid),
            Told::Nothing | Told::ValueAlone => None,
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
        (self.told() == Told::Child).then_some(self.record.extra)
    }

    /// The value that was sent along, by sigqueue(3), a POSIX timer or a message
    /// queue: `sival_int`.
    #[must_use]
    pub fn value(&self) -> Option<c_int> {
        matches!(self.told(), Told::Value | Told::ValueAlone).then_some(self.record.extra)
    }

    fn told(&self) -> Told {
        told(self.number, self.record.code)
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
