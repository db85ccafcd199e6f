//! The kernel's information about a signal: the fields of `siginfo_t` and
//! `signalfd_siginfo`.

use libc::{c_int, siginfo_t};

/// The fields of a siginfo that the crate keeps. [`SigInfoFields::of`] returns which of
/// them are meaningful.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) code: c_int,
    /// The process id, or a timer's id.
    pub(crate) pid: u32,
    /// The user id, or a timer's overrun.
    pub(crate) uid: u32,
    /// The status of a child, or a descriptor.
    pub(crate) status_or_fd: c_int,
    /// The value that was sent, as a pointer, or a band.
    pub(crate) value_or_band: usize,
}

/// The fields of a siginfo that the kernel fills beside number and code.
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
    /// A timer's id and overrun, and a value.
    Timer,
    /// A descriptor and what happened to it.
    Poll,
}

impl SigInfoFields {
    /// Returns the fields that sigaction(2) documents for this signal and code.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub(crate) fn of(number: c_int, code: c_int) -> Self {
        /// `POLL_HUP`, the last of the POLL_ codes.
        const POLL_LAST: c_int = 6;
        match code {
            libc::SI_USER | libc::SI_TKILL => SigInfoFields::Sender,
            libc::SI_QUEUE | libc::SI_MESGQ => SigInfoFields::SenderAndValue,
            libc::SI_TIMER => SigInfoFields::Timer,
            // The CLD_ codes.
            1.. if number == libc::SIGCHLD && code != libc::SI_KERNEL => SigInfoFields::Child,
            // A signal of F_SETSIG (fcntl(2)). No other signal that can be watched has
            // these codes.
            1..=POLL_LAST => SigInfoFields::Poll,
            _ => SigInfoFields::None,
        }
    }

    /// Returns the fields that POSIX requires for this signal and code.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub(crate) fn of(number: c_int, code: c_int) -> Self {
        /// `SI_USER` of FreeBSD and macOS. On other systems it is 0, which on macOS also
        /// stands for `kill`.
        const SI_USER: c_int = 0x10001;
        match code {
            UNKNOWN => SigInfoFields::None,
            // The CLD_ codes: small numbers on every system.
            1..=6 if number == libc::SIGCHLD => SigInfoFields::Child,
            0 | SI_USER => SigInfoFields::Sender,
            _ => SigInfoFields::None,
        }
    }
}

/// A code that no kernel uses.
const UNKNOWN: c_int = c_int::MIN;

impl Record {
    /// The number of words in a record.
    pub(crate) const WORDS: usize = 5;

    /// The record of a signal of which only the number is known.
    pub(crate) const UNKNOWN: Record = Record {
        code: UNKNOWN,
        pid: 0,
        uid: 0,
        status_or_fd: 0,
        value_or_band: 0,
    };

    /// The `status_or_fd` of a signal whose value the kernel does not report.
    #[allow(dead_code)] // Elsewhere than on Linux.
    pub(crate) const NO_VALUE: c_int = -1;

    /// Restores a record from its [`words`](Self::words).
    #[allow(clippy::cast_possible_truncation)] // Back to what they were.
    pub(crate) const fn from_words(words: [usize; Self::WORDS]) -> Self {
        let [code, pid, uid, status_or_fd, value_or_band] = words;
        Record {
            code: code as c_int,
            pid: pid as u32,
            uid: uid as u32,
            status_or_fd: status_or_fd as c_int,
            value_or_band,
        }
    }

    /// Returns the fields as words, to be stored in atomics.
    pub(crate) const fn words(&self) -> [usize; Self::WORDS] {
        let Record {
            code,
            pid,
            uid,
            status_or_fd,
            value_or_band,
        } = *self;
        let [code, status_or_fd] = [code as usize, status_or_fd as usize];
        [
            code,
            pid as usize,
            uid as usize,
            status_or_fd,
            value_or_band,
        ]
    }

    /// Keeps the information that a signal handler was called with.
    ///
    /// # Safety
    ///
    /// `info` is null or a siginfo of the kernel's.
    pub(super) unsafe fn from_siginfo(number: c_int, info: *const siginfo_t) -> Self {
        // SAFETY: the caller's promise.
        match unsafe { info.as_ref() } {
            // SAFETY: as above.
            Some(info) => unsafe { from_info(number, info) },
            None => Record::UNKNOWN,
        }
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        /// The fields of a siginfo for `F_SETSIG`, which libc does not name.
        #[repr(C)]
        struct PollInfo {
            head: [c_int; 3],
            band: libc::c_long,
            fd: c_int,
        }

        /// # Safety
        ///
        /// The kernel's, or a handler passes on what it got from the kernel.
        #[allow(clippy::cast_possible_truncation)] // A long of C is as wide as a pointer.
        unsafe fn from_info(number: c_int, info: &siginfo_t) -> Record {
            let code = info.si_code;
            let (mut status_or_fd, mut value_or_band) = (0, 0);
            // SAFETY: a siginfo is whole and its fields are integers, in 128 bytes of which the
            // kernel fills those that the code says. The union of the value is a pointer.
            let (pid, uid) = unsafe {
                match SigInfoFields::of(number, code) {
                    SigInfoFields::Child => status_or_fd = info.si_status(),
                    SigInfoFields::SenderAndValue | SigInfoFields::Timer => {
                        value_or_band = info.si_value().sival_ptr as usize;
                    }
                    SigInfoFields::Poll => {
                        let poll = &*(info as *const siginfo_t).cast::<PollInfo>();
                        status_or_fd = poll.fd;
                        value_or_band = poll.band as usize;
                    }
                    SigInfoFields::Sender | SigInfoFields::None => {}
                }
                // The id and overrun of a timer are at the same offsets.
                (info.si_pid() as u32, info.si_uid())
            };
            Record { code, pid, uid, status_or_fd, value_or_band }
        }

        impl Record {
            /// Keeps the information that was read from a signalfd.
            #[allow(clippy::cast_possible_truncation)] // A pointer of this process.
            pub(super) fn from_signalfd(number: c_int, info: &libc::signalfd_siginfo) -> Self {
                let code = info.ssi_code;
                let (mut pid, mut uid) = (info.ssi_pid, info.ssi_uid);
                let mut status_or_fd = 0;
                // `ssi_int` is not filled for timers and message queues before Linux
                // 2.6.36.
                let mut value_or_band = info.ssi_ptr as usize;
                match SigInfoFields::of(number, code) {
                    SigInfoFields::Child => status_or_fd = info.ssi_status,
                    SigInfoFields::Timer => (pid, uid) = (info.ssi_tid, info.ssi_overrun),
                    SigInfoFields::Poll => {
                        status_or_fd = info.ssi_fd;
                        value_or_band = info.ssi_band as usize;
                    }
                    _ => {}
                }
                Record { code, pid, uid, status_or_fd, value_or_band }
            }
        }
    } else if #[cfg(any(
        target_os = "freebsd",
        target_os = "dragonfly",
        target_os = "macos",
        target_os = "ios",
    ))] {
        /// # Safety
        ///
        /// None is needed here.
        unsafe fn from_info(_: c_int, info: &siginfo_t) -> Record {
            Record {
                code: info.si_code,
                pid: info.si_pid as u32,
                uid: info.si_uid as u32,
                status_or_fd: info.si_status,
                value_or_band: 0,
            }
        }
    } else if #[cfg(any(target_os = "netbsd", target_os = "openbsd"))] {
        /// # Safety
        ///
        /// The kernel's, or a handler passes on what it got from the kernel.
        unsafe fn from_info(_: c_int, info: &siginfo_t) -> Record {
            // SAFETY: a siginfo is whole and its fields are integers.
            let (pid, uid, status) = unsafe { (info.si_pid(), info.si_uid(), info.si_status()) };
            Record {
                code: info.si_code,
                pid: pid as u32,
                uid: uid as u32,
                status_or_fd: status as c_int,
                value_or_band: 0,
            }
        }
    } else {
        /// # Safety
        ///
        /// None is needed here.
        unsafe fn from_info(_: c_int, info: &siginfo_t) -> Record {
            Record {
                code: info.si_code,
                ..Record::UNKNOWN
            }
        }
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;

    /// Linux before 2.6.36 leaves `ssi_int` zero for a timer and a message queue.
    #[test]
    fn the_value_of_a_signalfd_is_its_pointer() {
        let value = usize::MAX / 3;
        // SAFETY: the struct is integers, for which zero is a value.
        let mut info: libc::signalfd_siginfo = unsafe { core::mem::zeroed() };
        info.ssi_ptr = value as u64;
        for code in [libc::SI_QUEUE, libc::SI_TIMER, libc::SI_MESGQ] {
            info.ssi_code = code;
            let record = Record::from_signalfd(libc::SIGUSR1, &info);
            assert_eq!(record.value_or_band, value, "{code}");
        }
    }
}
