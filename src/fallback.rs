//! The fallback chain: the order in which mechanisms are tried, and the errnos that lead
//! from one to the next.

use crate::error::Error;
use crate::mechanism::Mechanism;
use crate::sys::atomic::{AtomicU32, Ordering};
use crate::sys::errno::Errno;
use crate::sys::fd::Trust;

/// The mechanisms to try, best first. They are neighbours in the order of [`Mechanism`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    pub(crate) first: Mechanism,
    pub(crate) last: Mechanism,
}

impl Chain {
    pub(crate) fn contains(self, mechanism: Mechanism) -> bool {
        (self.first as u32..=self.last as u32).contains(&(mechanism as u32))
    }
}

/// The consequence of a mechanism's failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The mechanism is unavailable: try the next one.
    TryNext,
    /// The mechanism is available and failed: return the error to the caller.
    Fail,
}

/// Decides by mechanism and errno alone, so that a table can test it.
pub(crate) const fn decide(mechanism: Mechanism, errno: Errno) -> Decision {
    match (mechanism, errno) {
        // The kernel is too old for the call, or was configured without it.
        (_, libc::ENOSYS) => Decision::TryNext,
        // The call returned a number, but no descriptor has that number.
        (_, libc::EBADF) => Decision::TryNext,
        // A seccomp policy or another sandbox refuses the call. A policy that allows
        // `eventfd` may not know the newer `eventfd2`, and the reverse.
        (_, libc::EPERM | libc::EACCES) => Decision::TryNext,
        // The call is available but does not support these flags, as on some emulated
        // kernels. Without flags no argument can be invalid, so EINVAL is an error there.
        (Mechanism::EventFd2 | Mechanism::Pipe2, libc::EINVAL) => Decision::TryNext,
        // A build without signals and timers never uses their mechanisms, and is smaller
        // without these lines.
        #[cfg(any(feature = "signal", test))]
        (Mechanism::SignalFd4, libc::EINVAL) => Decision::TryNext,
        // Linux 2.6.25 and 2.6.26 refuse the flags with EINVAL. On x86 and ARM, `timerfd`
        // of 2.6.22 to 2.6.24 has the number of `timerfd_create`. With and without flags it
        // answers EINVAL (unknown clock) or EFAULT (it reads its times from a null
        // pointer).
        #[cfg(any(feature = "timer", test))]
        (Mechanism::TimerFdFlags | Mechanism::TimerFd, libc::EINVAL | libc::EFAULT) => {
            Decision::TryNext
        }
        // The anonymous-inode device, which eventfd, signalfd and timerfd need, could not
        // be mounted (eventfd(2), signalfd(2)). Pipes, handlers and threads do not need it.
        (Mechanism::EventFd2 | Mechanism::EventFd, libc::ENODEV) => Decision::TryNext,
        #[cfg(any(feature = "signal", test))]
        (Mechanism::SignalFd4 | Mechanism::SignalFd, libc::ENODEV) => Decision::TryNext,
        #[cfg(any(feature = "timer", test))]
        (Mechanism::TimerFdFlags | Mechanism::TimerFd, libc::ENODEV) => Decision::TryNext,
        // EMFILE, ENFILE and ENOMEM above all: another mechanism would need the same
        // resource, and a pipe needs twice as much.
        _ => Decision::Fail,
    }
}

/// Whether the result that a mechanism is unavailable may be cached.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unavailable {
    /// The result holds for every object: do not try the mechanism again.
    Remember,
    /// The result holds for this object only, which needs more than others do.
    AskAgain,
}

/// Creates an object with the first mechanism of the chain that is available.
///
/// A mechanism that is cached as unavailable is not tried again, except the last one. If no
/// mechanism is available, returns the error of the first mechanism that a sandbox refuses,
/// or else the error of the last one.
pub(crate) fn first_available<T>(
    chain: Chain,
    unavailable: Unavailable,
    mut create: impl FnMut(Mechanism) -> Result<T, Error>,
) -> Result<T, Error> {
    let mut mechanism = chain.first;
    let mut refused = None;
    loop {
        let is_last = mechanism == chain.last;
        if is_last || !is_known(ABSENT, mechanism) {
            let error = match create(mechanism) {
                Ok(created) => return Ok(created),
                Err(error) => error,
            };
            let errno = error.raw_os_error();
            if decide(mechanism, errno) == Decision::Fail {
                return Err(error);
            }
            if matches!(errno, libc::EPERM | libc::EACCES) {
                // Not cached: a sandbox may bind one thread only.
                refused = refused.or(Some(error));
            } else if unavailable == Unavailable::Remember && !is_last {
                set_known(ABSENT, mechanism);
            }
            if is_last {
                return Err(refused.unwrap_or(error));
            }
        }
        mechanism = mechanism.next();
    }
}

/// Returns the errno of a failed verification: that of a sandbox's refusal, or else ENOSYS,
/// because the call is not the documented one.
#[allow(dead_code)] // A build with pipes alone verifies nothing in this way.
pub(crate) const fn not_proved(errno: Errno) -> Errno {
    match errno {
        libc::EPERM | libc::EACCES => errno,
        _ => libc::ENOSYS,
    }
}

/// Returns whether a system call of this mechanism was verified in this process.
pub(crate) fn trust(mechanism: Mechanism) -> Trust {
    match is_known(PROVED, mechanism) {
        true => Trust::Proved,
        false => Trust::Verify,
    }
}

/// Caches that this mechanism was verified.
pub(crate) fn set_proved(mechanism: Mechanism) {
    set_known(PROVED, mechanism);
}

/// The cached results of this process: sixteen bits for verified mechanisms, and sixteen
/// for unavailable ones.
///
/// Relaxed order is enough, and so are a load and a store instead of one read-modify-write.
/// A bit is only ever set and publishes no other memory. If a thread misses a bit, or
/// overwrites the bit of another thread, the crate asks the kernel again and gets the same
/// answer. A refusal by a sandbox is not cached here, because it may hold for one thread
/// only.
static KNOWN: AtomicU32 = AtomicU32::new(0);
const PROVED: u32 = 1;
const ABSENT: u32 = 1 << 16;

fn is_known(what: u32, mechanism: Mechanism) -> bool {
    KNOWN.load(Ordering::Relaxed) & what << mechanism as u32 != 0
}

fn set_known(what: u32, mechanism: Mechanism) {
    let known = KNOWN.load(Ordering::Relaxed);
    KNOWN.store(known | what << mechanism as u32, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;
    use Mechanism::*;

    /// The errnos that lead to the next mechanism, each with the mechanisms where it does.
    #[rustfmt::skip]
    const TRY_NEXT: [(Errno, &[Mechanism]); 7] = [
        (libc::ENOSYS, &ALL),
        (libc::EBADF,  &ALL),
        (libc::EPERM,  &ALL),
        (libc::EACCES, &ALL),
        (libc::EINVAL, &[EventFd2, Pipe2, SignalFd4, TimerFdFlags, TimerFd]),
        (libc::EFAULT, &[TimerFdFlags, TimerFd]),
        (libc::ENODEV, &[EventFd2, EventFd, SignalFd4, SignalFd, TimerFdFlags, TimerFd]),
    ];
    const ALL: [Mechanism; 10] = [
        EventFd2,
        EventFd,
        Pipe2,
        Pipe,
        SignalFd4,
        SignalFd,
        SignalHandler,
        TimerFdFlags,
        TimerFd,
        TimerThread,
    ];

    #[test]
    fn each_errno_at_each_mechanism() {
        for errno in -4095..4096 {
            let (_, leads_on) = TRY_NEXT
                .iter()
                .find(|(named, _)| *named == errno)
                .unwrap_or(&(0, &[]));
            for mechanism in ALL {
                let expected = match leads_on.contains(&mechanism) {
                    true => Decision::TryNext,
                    false => Decision::Fail,
                };
                assert_eq!(decide(mechanism, errno), expected, "{mechanism}, {errno}");
            }
        }
    }

    fn first(chain: &[Mechanism], answers: &[Errno]) -> Result<Mechanism, Error> {
        let chain = Chain {
            first: chain[0],
            last: chain[chain.len() - 1],
        };
        let mut answers = answers.iter();
        first_available(chain, Unavailable::AskAgain, |mechanism| {
            match answers.next().expect("no more is asked") {
                0 => Ok(mechanism),
                errno => Err(Error::new(
                    crate::error::Operation::Create,
                    mechanism,
                    *errno,
                )),
            }
        })
    }

    /// A refusal says more than the absence of an older call.
    #[test]
    fn the_error_is_the_most_telling_one() {
        let eventfds = [EventFd2, EventFd];
        let of = |result: Result<Mechanism, Error>| {
            let error = result.expect_err("nothing is available");
            (error.mechanism(), error.raw_os_error())
        };
        for (answers, expected) in [
            ([libc::EPERM, libc::ENOSYS], (EventFd2, libc::EPERM)),
            ([libc::EACCES, libc::EPERM], (EventFd2, libc::EACCES)),
            ([libc::ENOSYS, libc::EACCES], (EventFd, libc::EACCES)),
            ([libc::ENOSYS, libc::ENOSYS], (EventFd, libc::ENOSYS)),
            ([libc::EPERM, libc::EMFILE], (EventFd, libc::EMFILE)),
        ] {
            assert_eq!(of(first(&eventfds, &answers)), expected, "{answers:?}");
        }
        assert_eq!(
            of(first(&eventfds, &[libc::EMFILE])),
            (EventFd2, libc::EMFILE)
        );
        assert_eq!(first(&eventfds, &[libc::EPERM, 0]), Ok(EventFd));
    }
}
