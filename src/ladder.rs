//! How the ladder is walked: from the best rung down, one step for each errno
//! that means "not here", and nothing else.

use crate::atomic::{AtomicU32, Ordering};
use crate::sys::errno::Errno;
use crate::{Error, Mode, Rung};

/// What a failure at a rung means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// This way does not exist here: try the next rung.
    Descend,
    /// The way exists and failed: the caller must know.
    Refuse,
}

/// Decides by errno alone, so that a table can test it.
pub(crate) const fn decide(rung: Rung, errno: Errno) -> Decision {
    match (rung, errno) {
        // The kernel has no such call, or it is configured out.
        (_, libc::ENOSYS) => Decision::Descend,
        // A seccomp policy or another sandbox refuses the call. A policy that
        // knows `eventfd` may not know the younger `eventfd2`, and the reverse.
        (_, libc::EPERM | libc::EACCES) => Decision::Descend,
        // The call is here but not these flags, as some emulated kernels say.
        // Without flags nothing can be invalid, so EINVAL is an error there.
        (Rung::EventFd2 | Rung::Pipe2 | Rung::SignalFd4, libc::EINVAL) => Decision::Descend,
        // The anonymous-inode device that eventfd and signalfd live on could not
        // be mounted (eventfd(2), signalfd(2)); pipes live elsewhere.
        (Rung::EventFd2 | Rung::EventFd | Rung::SignalFd4 | Rung::SignalFd, libc::ENODEV) => {
            Decision::Descend
        }
        // EMFILE, ENFILE and ENOMEM above all: another rung would need the same
        // resource, a pipe twice.
        _ => Decision::Refuse,
    }
}

/// Makes a notifier or counter on the first of `rungs` that is here.
///
/// A rung that was once found absent is not asked again, except the last one:
/// if that is absent too, the error is the kernel's own.
pub(crate) fn descend<T>(
    rungs: &[Rung],
    mode: Mode,
    make: impl Fn(Rung) -> Result<T, Error>,
) -> Result<T, Error> {
    let (&last, others) = match rungs.split_last() {
        Some(split) => split,
        None => (&Rung::Pipe, rungs),
    };
    for &rung in others {
        if verdict(ABSENT, rung, mode) {
            continue;
        }
        match make(rung) {
            Err(error) if decide(rung, error.raw_os_error()) == Decision::Descend => {
                set_verdict(ABSENT, rung, mode);
            }
            result => return result,
        }
    }
    make(last)
}

/// Whether `rung` has proved itself in this process.
pub(crate) fn is_verified(rung: Rung, mode: Mode) -> bool {
    verdict(VERIFIED, rung, mode)
}

/// Remembers that it did.
pub(crate) fn set_verified(rung: Rung, mode: Mode) {
    set_verdict(VERIFIED, rung, mode);
}

/// What this process has learnt: sixteen bits of rungs that were verified, sixteen
/// of rungs that are absent.
///
/// Relaxed is enough. A bit is only ever set, it publishes no other memory, and
/// a thread that misses it asks the kernel again and gets the same answer.
static VERDICT: AtomicU32 = AtomicU32::new(0);
const VERIFIED: u32 = 0;
const ABSENT: u32 = 16;

fn verdict(shift: u32, rung: Rung, mode: Mode) -> bool {
    VERDICT.load(Ordering::Relaxed) & bit(shift, rung, mode) != 0
}

fn set_verdict(shift: u32, rung: Rung, mode: Mode) {
    VERDICT.fetch_or(bit(shift, rung, mode), Ordering::Relaxed);
}

/// One for each rung, and one for semaphores, whose flag is younger than the
/// `eventfd2` that takes it.
const fn bit(shift: u32, rung: Rung, mode: Mode) -> u32 {
    let rung = match (rung, mode) {
        (Rung::EventFd2, Mode::Semaphore) => 15,
        _ => rung as u32,
    };
    1 << (rung + shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Decision::{Descend, Refuse};

    #[test]
    fn each_errno_at_each_rung() {
        #[rustfmt::skip]
        let table = [
            //                EventFd2  EventFd   Pipe2     Pipe      SignalFd4 SignalFd  SignalHandler
            (libc::ENOSYS,  [Descend,  Descend,  Descend,  Descend,  Descend,  Descend,  Descend]),
            (libc::EPERM,   [Descend,  Descend,  Descend,  Descend,  Descend,  Descend,  Descend]),
            (libc::EACCES,  [Descend,  Descend,  Descend,  Descend,  Descend,  Descend,  Descend]),
            (libc::EINVAL,  [Descend,  Refuse,   Descend,  Refuse,   Descend,  Refuse,   Refuse]),
            (libc::ENODEV,  [Descend,  Descend,  Refuse,   Refuse,   Descend,  Descend,  Refuse]),
            (libc::EMFILE,  [Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse]),
            (libc::ENFILE,  [Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse]),
            (libc::ENOMEM,  [Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse]),
            (libc::EFAULT,  [Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse]),
            (libc::EINTR,   [Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse]),
            (libc::EBADF,   [Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse]),
            (0,             [Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse,   Refuse]),
        ];
        for (errno, decisions) in table {
            let rungs = Rung::OF_NOTIFIERS.into_iter().chain(Rung::OF_SIGNALS);
            for (rung, decision) in rungs.zip(decisions) {
                assert_eq!(decide(rung, errno), decision, "{rung}, errno {errno}");
            }
        }
    }

    #[test]
    fn any_other_errno_is_refused() {
        let named = [
            libc::ENOSYS,
            libc::EPERM,
            libc::EACCES,
            libc::EINVAL,
            libc::ENODEV,
        ];
        for errno in (-4095..4096).filter(|errno| !named.contains(errno)) {
            for rung in Rung::OF_NOTIFIERS.into_iter().chain(Rung::OF_SIGNALS) {
                assert_eq!(decide(rung, errno), Refuse, "{rung}, errno {errno}");
            }
        }
    }
}
