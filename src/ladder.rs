//! How the ladder is walked: from the best rung down, one step for each errno
//! that means "not here", and nothing else.

use crate::atomic::{AtomicU32, Ordering};
use crate::error::Failure;
use crate::sys::errno::Errno;
use crate::Rung;

/// The rungs to try, best first: neighbours in the order of [`Rung`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ladder {
    pub(crate) best: Rung,
    pub(crate) last: Rung,
}

impl Ladder {
    pub(crate) fn contains(self, rung: Rung) -> bool {
        (self.best as u32..=self.last as u32).contains(&(rung as u32))
    }
}

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
        // There was an answer, but the descriptor that it gave does not exist.
        (_, libc::EBADF) => Decision::Descend,
        // A seccomp policy or another sandbox refuses the call. A policy that
        // knows `eventfd` may not know the younger `eventfd2`, and the reverse.
        (_, libc::EPERM | libc::EACCES) => Decision::Descend,
        // The call is here but not these flags, as some emulated kernels say.
        // Without flags nothing can be invalid, so EINVAL is an error there.
        (Rung::EventFd2 | Rung::Pipe2, libc::EINVAL) => Decision::Descend,
        // A build without signals and timers, whose rungs it never asks about, is
        // smaller without these.
        #[cfg(any(feature = "signal", test))]
        (Rung::SignalFd4, libc::EINVAL) => Decision::Descend,
        // The same with flags: Linux 2.6.25 and 2.6.26. With and without, this is
        // what `timerfd` of 2.6.22 to 2.6.24 answers, whose number on x86 and ARM
        // is that of `timerfd_create`: it reads its times from a null, or does not
        // know the clock.
        #[cfg(any(feature = "timer", test))]
        (Rung::TimerFdFlags | Rung::TimerFd, libc::EINVAL | libc::EFAULT) => Decision::Descend,
        // The anonymous-inode device that eventfd, signalfd and timerfd live on could
        // not be mounted (eventfd(2), signalfd(2)); pipes, handlers and threads live
        // elsewhere.
        (Rung::EventFd2 | Rung::EventFd, libc::ENODEV) => Decision::Descend,
        #[cfg(any(feature = "signal", test))]
        (Rung::SignalFd4 | Rung::SignalFd, libc::ENODEV) => Decision::Descend,
        #[cfg(any(feature = "timer", test))]
        (Rung::TimerFdFlags | Rung::TimerFd, libc::ENODEV) => Decision::Descend,
        // EMFILE, ENFILE and ENOMEM above all: another rung would need the same
        // resource, a pipe twice.
        _ => Decision::Refuse,
    }
}

/// Makes something on the best rung that is here: `best`, `last`, or one between.
///
/// A rung that was once found absent, by one that `remembers`, is not asked again,
/// except the last one: if that is absent too, the error is the kernel's own.
pub(crate) fn descend<T, E: Failure>(
    Ladder { best, last }: Ladder,
    remembers: bool,
    mut make: impl FnMut(Rung) -> Result<T, E>,
) -> Result<T, E> {
    let mut rung = best;
    loop {
        let is_last = rung == last;
        if is_last || !verdict(ABSENT, rung) {
            match make(rung) {
                Err(error) if !is_last && decide(rung, error.errno()) == Decision::Descend => {
                    if remembers {
                        set_verdict(ABSENT, rung);
                    }
                }
                result => return result,
            }
        }
        rung = rung.next();
    }
}

/// Whether `rung` has proved itself in this process.
pub(crate) fn is_verified(rung: Rung) -> bool {
    verdict(VERIFIED, rung)
}

/// Remembers that it did.
pub(crate) fn set_verified(rung: Rung) {
    set_verdict(VERIFIED, rung);
}

/// What this process has learnt: sixteen bits of rungs that were verified, sixteen
/// of rungs that are absent.
///
/// Relaxed is enough, and so is a load and a store. A bit is only ever set, it
/// publishes no other memory, and where one is missed, or lost to the store of
/// another thread, the kernel is asked again and gives the same answer.
static VERDICT: AtomicU32 = AtomicU32::new(0);
const VERIFIED: u32 = 1;
const ABSENT: u32 = 1 << 16;

fn verdict(kind: u32, rung: Rung) -> bool {
    VERDICT.load(Ordering::Relaxed) & kind << rung as u32 != 0
}

fn set_verdict(kind: u32, rung: Rung) {
    let learnt = VERDICT.load(Ordering::Relaxed);
    VERDICT.store(learnt | kind << rung as u32, Ordering::Relaxed);
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
            (libc::EBADF,   [Descend,  Descend,  Descend,  Descend,  Descend,  Descend,  Descend]),
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
    fn each_errno_at_each_rung_of_timers() {
        #[rustfmt::skip]
        let table = [
            //                TimerFdFlags  TimerFd   TimerThread
            (libc::ENOSYS,  [Descend,      Descend,  Descend]),
            (libc::EPERM,   [Descend,      Descend,  Descend]),
            (libc::EACCES,  [Descend,      Descend,  Descend]),
            (libc::EINVAL,  [Descend,      Descend,  Refuse]),
            (libc::EFAULT,  [Descend,      Descend,  Refuse]),
            (libc::ENODEV,  [Descend,      Descend,  Refuse]),
            (libc::EMFILE,  [Refuse,       Refuse,   Refuse]),
            (libc::ENFILE,  [Refuse,       Refuse,   Refuse]),
            (libc::ENOMEM,  [Refuse,       Refuse,   Refuse]),
            (libc::EAGAIN,  [Refuse,       Refuse,   Refuse]),
            (libc::EBADF,   [Descend,      Descend,  Descend]),
            (0,             [Refuse,       Refuse,   Refuse]),
        ];
        for (errno, decisions) in table {
            for (rung, decision) in Rung::OF_TIMERS.into_iter().zip(decisions) {
                assert_eq!(decide(rung, errno), decision, "{rung}, errno {errno}");
            }
        }
    }

    #[test]
    fn any_other_errno_is_refused() {
        let named = [
            libc::ENOSYS,
            libc::EBADF,
            libc::EPERM,
            libc::EACCES,
            libc::EINVAL,
            libc::ENODEV,
        ];
        for errno in (-4095..4096).filter(|errno| !named.contains(errno)) {
            for rung in Rung::OF_NOTIFIERS.into_iter().chain(Rung::OF_SIGNALS) {
                assert_eq!(decide(rung, errno), Refuse, "{rung}, errno {errno}");
            }
            for rung in Rung::OF_TIMERS {
                let expected = decide(rung, errno);
                assert!(
                    expected == Refuse || errno == libc::EFAULT,
                    "{rung}, errno {errno}"
                );
            }
        }
    }
}
