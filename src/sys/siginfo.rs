//! What the kernel tells of a signal: the fields of `siginfo_t` and `signalfd_siginfo`.

use libc::{c_int, siginfo_t};

/// The fields of a siginfo that the crate keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) code: c_int,
    pub(crate) pid: u32,
    pub(crate) uid: u32,
    /// The status of a child or the value that was sent: no signal has both.
    pub(crate) status_or_value: c_int,
}

/// Which fields of a siginfo the kernel fills beside number and code.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(dead_code)] // Elsewhere than on Linux.
pub(crate) enum SigInfoFields {
    None,
    /// The sender's process and user.
    Sender,
    /// The child's process and user, and its status.
    Child,
    /// The sender's process and user, and a value.
    SenderAndValue,
    /// A value without a sender.
    Value,
}

impl SigInfoFields {
    /// Returns the fields that sigaction(2) and signalfd(2) document for this signal and
    /// code. Elsewhere than on Linux nothing is known.
    pub(crate) fn of(number: c_int, code: c_int) -> Self {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        return match code {
            libc::SI_USER | libc::SI_TKILL => SigInfoFields::Sender,
            libc::SI_QUEUE | libc::SI_MESGQ => SigInfoFields::SenderAndValue,
            libc::SI_TIMER => SigInfoFields::Value,
            // The CLD_ codes.
            1.. if number == libc::SIGCHLD && code != libc::SI_KERNEL => SigInfoFields::Child,
            _ => SigInfoFields::None,
        };
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        {
            let _ = (number, code);
            SigInfoFields::None
        }
    }
}

impl Record {
    /// The record of a signal of which only the number is known.
    pub(crate) const UNKNOWN: Record = Record {
        code: c_int::MIN,
        pid: 0,
        uid: 0,
        status_or_value: 0,
    };

    /// Keeps the fields, of which those that [`SigInfoFields::of`] names mean something.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(super) fn new(
        number: c_int,
        code: c_int,
        (pid, uid): (u32, u32),
        status: c_int,
        value: c_int,
    ) -> Self {
        let status_or_value = match SigInfoFields::of(number, code) {
            SigInfoFields::Child => status,
            _ => value,
        };
        Record {
            code,
            pid,
            uid,
            status_or_value,
        }
    }

    /// Keeps what a signal handler was given.
    ///
    /// # Safety
    ///
    /// `info` is null or a siginfo of the kernel's.
    pub(super) unsafe fn from_siginfo(number: c_int, info: *const siginfo_t) -> Self {
        // SAFETY: the caller's promise.
        let info = match unsafe { info.as_ref() } {
            Some(info) => info,
            None => return Record::UNKNOWN,
        };
        #[cfg(any(target_os = "linux", target_os = "android"))]
        // SAFETY: the kernel gives a whole siginfo, whose fields are integers. Those that it
        // did not fill are not kept.
        unsafe {
            let value = info.si_value();
            // `sival_int` is the first bytes of the union, in either byte order. The union
            // is a pointer or an int, and no smaller than one.
            let value = *(&value as *const libc::sigval).cast();
            let sender = (info.si_pid() as u32, info.si_uid());
            Record::new(number, info.si_code, sender, info.si_status(), value)
        }
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        {
            let _ = number;
            Record {
                code: info.si_code,
                ..Record::UNKNOWN
            }
        }
    }

    /// Restores what [`words`](Self::words) gave.
    pub(crate) const fn from_words([code, pid, uid, status_or_value]: [u32; 4]) -> Self {
        Record {
            code: code as c_int,
            pid,
            uid,
            status_or_value: status_or_value as c_int,
        }
    }

    /// Returns the fields as words, to be stored in atomics.
    pub(crate) const fn words(&self) -> [u32; 4] {
        let Record {
            code,
            pid,
            uid,
            status_or_value,
        } = *self;
        [code as u32, pid, uid, status_or_value as u32]
    }
}
