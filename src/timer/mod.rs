//! A timer behind a descriptor.

mod clock;
mod schedule;
mod service;
mod thread;
mod timerfd;

use core::num::NonZeroU64;
use core::time::Duration;

pub use self::clock::Clock;
use self::thread::TimerThread;
use self::timerfd::TimerFd;
use crate::backend::Primitive;
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Decision, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::notifier::Wait;
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, RawFd};
use crate::sys::poll;
use crate::sys::timerfd::Start;

/// A timer whose descriptor is readable once it has expired.
///
/// ```
/// use core::time::Duration;
/// use wakefd::Timer;
///
/// # fn main() -> Result<(), wakefd::Error> {
/// let timer = Timer::new()?;
/// // In 5 ms, and then every 2 ms.
/// timer.arm_after(Duration::from_millis(5), Some(Duration::from_millis(2)))?;
/// // Wait here, or give `timer.as_raw_fd()` to poll, select or epoll.
/// let _ = timer.wait(None)?;
/// // How often it has expired: more than once for who comes late.
/// assert!(timer.take()?.is_some());
/// timer.disarm()?;
/// assert_eq!(timer.take()?, None);
/// # Ok(())
/// # }
/// ```
///
/// # Mechanisms
///
/// | mechanism | system calls | available since |
/// | --- | --- | --- |
/// | [`Mechanism::TimerFdFlags`] | `timerfd_create` with flags | Linux 2.6.27 |
/// | [`Mechanism::TimerFd`] | `timerfd_create`, then `fcntl` | Linux 2.6.25 |
/// | [`Mechanism::TimerThread`] | a notifier, and a thread that notifies | always |
///
/// The semantics are timerfd's (timerfd_create(2)) on each of them, with `std` and
/// without:
///
/// - It never expires early. Late it can be: by a tick of the kernel's clock (up to
///   10 ms) on kernels without high-resolution timers, and by the scheduler.
/// - Expirations are counted from the first, whoever is late: a period is never
///   counted from when somebody looked.
/// - A period shorter than the clock's resolution (clock_getres(2)) counts as one of the
///   resolution: on kernels without high-resolution timers that is a tick, 1 to 10 ms.
/// - A first time of zero, or one that has passed, expires at once. It does not
///   disarm. A periodic timer whose first time has passed has missed expirations,
///   and counts them.
/// - To arm or disarm discards what has expired and was not taken.
/// - Times more than 68 years (2³¹ - 1 seconds) away, and periods of more than that, are cut
///   to that. Clocks are right up to 136 years (2³² seconds).
/// - The descriptor is non-blocking and close-on-exec, and works in `poll`, `select`
///   and `epoll`, level-triggered and edge-triggered. After an edge, there is
///   another one only after [`take`](Self::take).
///
/// # Clocks
///
/// [`new`](Self::new) makes a timer of the monotonic clock, which does not run while the system
/// is suspended. [`with_clock`](Self::with_clock) makes one of another [`Clock`], on a timerfd.
///
/// Times come from the kernel, not from the C library. A library that shows the program
/// another time (libfaketime) changes neither [`now`](Self::now) nor any timer.
///
/// # The thread
///
/// A process has one service thread for all its timers on that mechanism. The first timer
/// starts it, and it ends when the last is dropped, which waits for its end. It
/// sleeps without a time-out while no timer is armed, and wakes up once for each
/// expiration, and not at all for a periodic timer that nobody takes from. Every
/// signal is blocked in it. It has the policy, the priority and the processors of the
/// thread that made the first timer (pthread_create(3)): make that one where timers
/// must be in time. On Linux its name is `wakefd-timers`. Each timer takes a page of memory
/// and the descriptors of a notifier. To make, arm, expire and drop one of n timers takes
/// O(log n).
///
/// A process that has called `unshare(CLONE_NEWPID)` or `setns` for a PID namespace can make
/// no threads (unshare(2)), and so no first timer on this mechanism: `EINVAL`. Its children
/// can.
///
/// # Fork, threads and signals
///
/// After `fork`, parent and child share a timerfd: either can arm and take. On the
/// mechanism `TimerThread` the child shares the descriptor, which goes on becoming
/// readable as the parent's thread counts, so [`wait`](Self::wait) works; but to arm,
/// disarm and take is the parent's, and in the child gives `EXDEV`. On each mechanism
/// [`reinit_after_fork`](Self::reinit_after_fork) makes it the child's own; on the mechanism
/// `TimerThread` that makes a thread, which a libc may not survive in a child whose
/// parent had another thread that was making one (fork(2): such a child is to call
/// only what is async-signal-safe). A child is told from its parent by its number; in a
/// PID namespace of its own that may be the same, and then its timers never expire.
///
/// Any number of threads may use a timer at once. In a signal handler nothing but
/// `wait` may be called: the mechanism `TimerThread` has a lock. No method panics.
#[derive(Debug)]
pub struct Timer(Inner);

#[derive(Debug)]
enum Inner {
    TimerFd(TimerFd),
    Thread(TimerThread),
}

/// The mechanisms of a timer.
pub(crate) const CHAIN: Chain = Chain {
    first: Mechanism::TimerFdFlags,
    last: Mechanism::TimerThread,
};

impl Timer {
    /// Creates a timer, disarmed, with the first mechanism that is available.
    ///
    /// Makes one system call on Linux 2.6.27 and later, after the first use in a process.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE`, `ENOMEM` on the mechanism that is available: a lack is not
    /// answered with another mechanism, which needs as much. On the mechanism `TimerThread`
    /// also those of [`AutoNotifier::new`](crate::AutoNotifier::new), `EAGAIN` if the
    /// system could not create a thread, and `EINVAL` if it creates none for a process that has
    /// called `unshare(CLONE_NEWPID)`.
    pub fn new() -> Result<Self, Error> {
        Self::on(CHAIN)
    }

    /// Creates a timer of this clock, disarmed. The monotonic clock's is that of
    /// [`new`](Self::new); another clock's is always a timerfd.
    ///
    /// Makes as many system calls as `new`, and for [`Clock::Realtime`] two more
    /// (`timerfd_settime`).
    ///
    /// When the clock of a timer of [`Clock::Realtime`] is set while the timer is armed by
    /// [`arm_at`](Self::arm_at) (`TFD_TIMER_CANCEL_ON_SET`, timerfd_create(2)), the
    /// descriptor becomes readable, and the next [`take`](Self::take) fails with `ECANCELED`
    /// and discards what has expired. The timer stays armed for the same time of the clock.
    /// A program that counts on the expiration looks at the clock and arms the timer anew.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). `ENOTSUP` if the system does not have a timerfd of this
    /// clock: Linux before 3.15 for [`Clock::Boottime`], before 3.0 for
    /// [`Clock::Realtime`], and every system other than Linux.
    pub fn with_clock(clock: Clock) -> Result<Self, Error> {
        if clock == Clock::Monotonic {
            return Self::new();
        }
        let chain = Chain {
            last: Mechanism::TimerFd,
            ..CHAIN
        };
        // A kernel that does not have the clock has the call for another one.
        fallback::first_available(chain, Unavailable::AskAgain, |mechanism| {
            TimerFd::at(mechanism, clock).map(|timer| Timer(Inner::TimerFd(timer)))
        })
        .map_err(|error| match error.raw_os_error() {
            libc::EPERM | libc::EACCES => error,
            errno if fallback::decide(error.mechanism(), errno) == Decision::Fail => error,
            _ => Error::new(Operation::Create, error.mechanism(), libc::ENOTSUP),
        })
    }

    /// Creates a timer with the first of these mechanisms that is available.
    pub(crate) fn on(chain: Chain) -> Result<Self, Error> {
        fallback::first_available(chain, Unavailable::Remember, Self::at)
    }

    /// Creates a timer with this mechanism and no other. On [`Mechanism::TimerThread`] the
    /// kernel is not asked for a timerfd.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new); `EINVAL` for a mechanism that is no timer's. For a
    /// timerfd that is unavailable: `ENOSYS`, or, from Linux 2.6.22 to 2.6.24, on
    /// x86 and ARM, where an older call has the number, `EFAULT` or `EINVAL`.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        match mechanism.backend() {
            Backend::TimerFd => TimerFd::at(mechanism, Clock::Monotonic).map(Inner::TimerFd),
            Backend::TimerThread => TimerThread::new().map(Inner::Thread),
            _ => Err(Error::new(Operation::Create, mechanism, libc::EINVAL)),
        }
        .map(Timer)
    }

    /// Returns the monotonic clock's time, for [`arm_at`](Self::arm_at), as
    /// [`Clock::now`] does.
    #[must_use]
    pub fn now() -> Duration {
        Clock::Monotonic.now()
    }

    /// Returns the clock that the timer runs on.
    #[must_use]
    pub const fn clock(&self) -> Clock {
        match &self.0 {
            Inner::TimerFd(timer) => timer.clock,
            Inner::Thread(_) => Clock::Monotonic,
        }
    }

    /// Lets it expire `first` from now, and then every `period`; `None` and a period
    /// of zero let it expire once. Discards what has not been taken.
    ///
    /// Makes one system call (`timerfd_settime`) on a timerfd. On the mechanism
    /// `TimerThread` three (`clock_gettime`, `getpid`, `read`), one for a period
    /// (`clock_getres`), and one if the thread has to wake up earlier than it would.
    ///
    /// # Errors
    ///
    /// `EBADF` if somebody closed the descriptor by number. `EXDEV` in a child of
    /// `fork`, on the mechanism `TimerThread`.
    pub fn arm_after(&self, first: Duration, period: Option<Duration>) -> Result<(), Error> {
        let start = Start::After(nanoseconds(first).min(LONGEST));
        self.set(Operation::Arm, start, period)
    }

    /// Lets it expire at this time of its clock (see [`now`](Self::now) and [`Clock::now`]),
    /// and then every `period`; otherwise as [`arm_after`](Self::arm_after).
    ///
    /// # Errors
    ///
    /// As for [`arm_after`](Self::arm_after). `ECANCELED` if the clock is [`Clock::Realtime`]
    /// and is set at the same time: the timer is armed, see [`with_clock`](Self::with_clock).
    pub fn arm_at(&self, at: Duration, period: Option<Duration>) -> Result<(), Error> {
        let (clock, at) = (self.clock(), nanoseconds(at));
        // Most times are not far enough away for the clock to be asked.
        let at = match at <= LONGEST {
            true => at,
            false => at.min(clock.now_ns().saturating_add(LONGEST)),
        };
        let start = match clock {
            Clock::Realtime => Start::AtUnlessSet(at.max(1)),
            _ => Start::At(at),
        };
        self.set(Operation::Arm, start, period)
    }

    /// Lets it expire no more, and discards what has not been taken.
    ///
    /// # Errors
    ///
    /// As for [`arm_after`](Self::arm_after).
    pub fn disarm(&self) -> Result<(), Error> {
        self.set(Operation::Disarm, Start::Never, None)
    }

    fn set(
        &self,
        operation: Operation,
        start: Start,
        period: Option<Duration>,
    ) -> Result<(), Error> {
        let period = period.map_or(0, nanoseconds).min(LONGEST);
        match &self.0 {
            Inner::TimerFd(timer) => timer.set(start, period),
            Inner::Thread(timer) => timer.set(start, period),
        }
        .map_err(|errno| self.error(operation, errno))
    }

    /// Returns the time that is left until it expires next, and its period. `None` if it is
    /// disarmed or was to expire once and is due, whether or not that has been taken. Takes
    /// nothing.
    ///
    /// Makes one system call (`timerfd_gettime`) on a timerfd. On the mechanism `TimerThread`
    /// two (`getpid`, `clock_gettime`). On a timerfd that is periodic and has expired, an epoll
    /// set that is edge-triggered may see another edge afterwards.
    ///
    /// # Errors
    ///
    /// As for [`arm_after`](Self::arm_after), but the mechanism `TimerThread` does not notice
    /// that the descriptor is closed.
    pub fn remaining(&self) -> Result<Option<Remaining>, Error> {
        match &self.0 {
            Inner::TimerFd(timer) => timer.remaining(),
            Inner::Thread(timer) => timer.remaining(),
        }
        .map(|times| {
            times.map(|[time, period]| Remaining {
                time: Duration::from_nanos(time),
                period: (period > 0).then(|| Duration::from_nanos(period)),
            })
        })
        .map_err(|errno| self.error(Operation::Remaining, errno))
    }

    /// Returns how often it has expired since it was armed or the last `take`; `None` if it
    /// has not. Makes the descriptor unreadable. Does not block.
    ///
    /// Makes one system call (`read`) on a timerfd. On the mechanism `TimerThread` three
    /// (`getpid`, `clock_gettime`, `read`), and one to wake the thread if a periodic timer was
    /// late by a period.
    ///
    /// # Errors
    ///
    /// As for [`arm_after`](Self::arm_after). `ECANCELED` if the clock is [`Clock::Realtime`]
    /// and was set: see [`with_clock`](Self::with_clock).
    pub fn take(&self) -> Result<Option<NonZeroU64>, Error> {
        match &self.0 {
            Inner::TimerFd(timer) => timer.take(),
            Inner::Thread(timer) => timer.take(),
        }
        .map_err(|errno| self.error(Operation::Take, errno))
    }

    /// Sleeps until it has expired ([`Wait::Notified`]), or until `timeout` has
    /// passed, as [`Notifier::wait`](crate::Notifier::wait) does. The expirations
    /// stay to be taken.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::wait`](crate::Notifier::wait): `EBADF` if somebody closed the
    /// descriptor by number.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        poll::wait_for(self.as_raw_fd(), timeout)
            .map(Wait::from_readable)
            .map_err(|errno| self.error(Operation::Wait, errno))
    }

    /// Returns the descriptor to poll for reading. Read it only through
    /// [`take`](Self::take), and do not close it.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.fd().as_raw()
    }

    /// Returns the mechanism that created this timer.
    #[must_use]
    pub const fn mechanism(&self) -> Mechanism {
        match &self.0 {
            Inner::TimerFd(timer) => timer.mechanism,
            Inner::Thread(_) => Mechanism::TimerThread,
        }
    }

    /// Returns what the timer is made of.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.mechanism().backend()
    }

    /// Gives the calling process a timer of its own under the same numbers, disarmed;
    /// the other process's is untouched. For the child, after `fork`.
    ///
    /// Sets of `poll` and `select` stay valid. A set of `epoll` holds the old
    /// descriptor, and is shared with the parent anyway: make it anew.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), with the timer as it was; but if the system could not
    /// create a thread (`EAGAIN`), the descriptors are the child's own already, and all
    /// calls but another `reinit_after_fork` give `EXDEV`.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        match &self.0 {
            Inner::TimerFd(timer) => timer.reinit_after_fork(),
            Inner::Thread(timer) => timer.reinit_after_fork(),
        }
    }

    /// The descriptor to poll.
    pub(crate) fn fd(&self) -> &Fd {
        match &self.0 {
            Inner::TimerFd(timer) => &timer.fd,
            Inner::Thread(timer) => timer.notifier().fd(),
        }
    }

    fn error(&self, operation: Operation, errno: Errno) -> Error {
        Error::new(operation, self.mechanism(), errno)
    }
}

/// What is left of an armed timer's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remaining {
    /// The time until the timer expires next; zero if it is about to.
    pub time: Duration,
    /// The period, as it was given. `None` if the timer expires once.
    pub period: Option<Duration>,
}

/// As many seconds as the kernel's calls take on a 32-bit machine, in nanoseconds.
const LONGEST: u64 = i32::MAX as u64 * 1_000_000_000;

/// Converts a duration; what does not fit is cut.
fn nanoseconds(duration: Duration) -> u64 {
    let seconds = duration.as_secs().saturating_mul(1_000_000_000);
    seconds.saturating_add(duration.subsec_nanos().into())
}

#[cfg(feature = "std")]
crate::std_impls::impl_as_fd!(Timer);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_cut() {
        let table = [
            (Duration::ZERO, 0),
            (Duration::new(3, 4), 3_000_000_004),
            (Duration::from_nanos(u64::MAX), u64::MAX),
            (Duration::MAX, u64::MAX),
        ];
        for (duration, expected) in table {
            assert_eq!(nanoseconds(duration), expected, "{duration:?}");
        }
    }
}
