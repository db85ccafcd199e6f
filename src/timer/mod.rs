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

/// A timer whose descriptor is readable after the timer has expired.
///
/// ```
/// use core::time::Duration;
/// use wakefd::Timer;
///
/// # fn main() -> Result<(), wakefd::Error> {
/// let timer = Timer::new()?;
/// // Expire in 5 ms, and then every 2 ms.
/// timer.arm_after(Duration::from_millis(5), Some(Duration::from_millis(2)))?;
/// // Wait here, or give `timer.as_raw_fd()` to poll, select or epoll.
/// let _ = timer.wait(None)?;
/// // The number of expirations, which is more than one if this thread comes late.
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
/// Each mechanism has the semantics of timerfd (timerfd_create(2)), with `std` and without:
///
/// - A timer never expires early. It can expire late: by a tick of the kernel's clock (up
///   to 10 ms) on kernels without high-resolution timers, and by the scheduler.
/// - Expirations are counted from the first one, however late a thread or the caller is: a
///   period does not start when the caller takes.
/// - A period shorter than the clock's resolution (clock_getres(2)) counts as one of that
///   resolution: on kernels without high-resolution timers that is a tick, 1 to 10 ms.
/// - A first time of zero, or one that has passed, expires at once. It does not disarm. A
///   periodic timer whose first time has passed has missed expirations, and counts them.
/// - Arming and disarming discard expirations that were not taken.
/// - A time more than 68 years (2³¹ - 1 seconds) away, or a longer period, is limited to
///   that. Clocks are correct up to 136 years (2³² seconds).
/// - The descriptor is non-blocking and close-on-exec, and works in `poll`, `select` and
///   `epoll`, level-triggered and edge-triggered. After an edge, there is another edge only
///   after [`take`](Self::take).
///
/// # Clocks
///
/// [`new`](Self::new) creates a timer of the monotonic clock, which does not run while the
/// system is suspended. [`with_clock`](Self::with_clock) creates one of another [`Clock`],
/// on a timerfd.
///
/// Times come from the kernel and not from the C library. A library that shows the program
/// another time (libfaketime) changes neither [`now`](Self::now) nor any timer.
///
/// # The thread
///
/// A process has one service thread for all its timers on the mechanism `TimerThread`. The
/// first timer starts the thread. Dropping the last timer ends it, and waits for its end.
/// The thread sleeps without a time-out while no timer is armed. It wakes up once for each
/// expiration, and not at all for a periodic timer that no thread takes from. It blocks
/// every signal. It has the scheduling policy, the priority and the processors of the
/// thread that created the first timer (pthread_create(3)): if timers must be on time,
/// create the first one in a thread that has them. On Linux the service thread's name is
/// `wakefd-timers`. Each timer needs a page of memory and the descriptors of a notifier.
/// With n timers, creating, arming, expiring and dropping one take O(log n).
///
/// A process that has called `unshare(CLONE_NEWPID)`, or `setns` for a PID namespace,
/// cannot create threads (unshare(2)). Creating its first timer on this mechanism fails
/// with `EINVAL`. Its children can create one.
///
/// # Ending a wait from another thread
///
/// Arm the timer from the other thread with a first time of zero: it expires at once, and
/// every thread that sleeps in [`wait`](Self::wait) or polls the descriptor wakes up. This
/// replaces the times that the timer was armed with. To keep them, poll this descriptor
/// together with that of a [`Notifier`](crate::Notifier), and notify. Disarming the timer
/// wakes no thread.
///
/// # Fork, threads and signals
///
/// After `fork`, parent and child share a timerfd: either can arm and take. On the
/// mechanism `TimerThread` the child shares the descriptor, which keeps becoming readable
/// as the parent's thread notifies, so [`wait`](Self::wait) works. Only the parent can arm,
/// disarm and take; in the child these fail with `EXDEV`. On each mechanism
/// [`reinit_after_fork`](Self::reinit_after_fork) gives the child a timer of its own. On
/// the mechanism `TimerThread` that creates a thread, which a libc may not support in the
/// child of a parent that was creating a thread at the time of the fork (fork(2): such a
/// child may call only async-signal-safe functions). A child is recognised by its process
/// id. In a PID namespace of its own that may be the parent's, and then the child's timers
/// never expire.
///
/// Any number of threads may use a timer at the same time. A signal handler may call only
/// `wait`, because the mechanism `TimerThread` has a lock. No method panics.
#[derive(Debug)]
pub struct Timer(Inner);

#[derive(Debug)]
enum Inner {
    TimerFd(TimerFd),
    Thread(TimerThread),
}

/// The mechanisms of a timer, in the order in which they are tried.
pub(crate) const CHAIN: Chain = Chain {
    first: Mechanism::TimerFdFlags,
    last: Mechanism::TimerThread,
};

impl Timer {
    /// Creates a disarmed timer with the first mechanism that is available.
    ///
    /// Makes one system call on Linux 2.6.27 and later, after the first use in a process.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE` or `ENOMEM` on the mechanism that is available. Such a lack does
    /// not lead to another mechanism, which needs as much. On the mechanism `TimerThread`
    /// also the errors of [`AutoNotifier::new`](crate::AutoNotifier::new), `EAGAIN` if the
    /// system could not create a thread, and `EINVAL` if it creates none because the
    /// process has called `unshare(CLONE_NEWPID)`.
    pub fn new() -> Result<Self, Error> {
        Self::on(CHAIN)
    }

    /// Creates a disarmed timer of this clock. For the monotonic clock this is the same as
    /// [`new`](Self::new); for another clock the timer is always a timerfd.
    ///
    /// Makes as many system calls as `new`, and for [`Clock::Realtime`] two more
    /// (`timerfd_settime`).
    ///
    /// If [`Clock::Realtime`] is set while a timer of that clock is armed by
    /// [`arm_at`](Self::arm_at), the descriptor becomes readable
    /// (`TFD_TIMER_CANCEL_ON_SET`, timerfd_create(2)). The next [`take`](Self::take) then
    /// fails with `ECANCELED` and discards earlier expirations. The timer stays armed for
    /// the same time of the clock. A program that depends on the expiration reads the clock
    /// and arms the timer again.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). `ENOTSUP` if the system does not support a timerfd of
    /// this clock: Linux before 3.15 for [`Clock::Boottime`], Linux before 3.0 for
    /// [`Clock::Realtime`], and every other system.
    pub fn with_clock(clock: Clock) -> Result<Self, Error> {
        if clock == Clock::Monotonic {
            return Self::new();
        }
        let chain = Chain {
            last: Mechanism::TimerFd,
            ..CHAIN
        };
        // A kernel that does not support the clock supports the call for another clock.
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

    /// Creates a timer with this mechanism and no other. On [`Mechanism::TimerThread`]
    /// makes no call for a timerfd.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). `EINVAL` for a mechanism that does not create a timer. An
    /// unavailable timerfd fails with `ENOSYS`, or with `EFAULT` or `EINVAL` on Linux
    /// 2.6.22 to 2.6.24 on x86 and ARM, where an older call has its number.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        match mechanism.backend() {
            Backend::TimerFd => TimerFd::at(mechanism, Clock::Monotonic).map(Inner::TimerFd),
            Backend::TimerThread => TimerThread::new().map(Inner::Thread),
            _ => Err(Error::new(Operation::Create, mechanism, libc::EINVAL)),
        }
        .map(Timer)
    }

    /// Returns the time of the monotonic clock, for [`arm_at`](Self::arm_at), as
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

    /// Arms the timer: it expires `first` from now, and then every `period`. With a period
    /// of `None` or zero it expires once. Discards expirations that were not taken.
    ///
    /// Makes one system call on a timerfd (`timerfd_settime`). On the mechanism
    /// `TimerThread` makes three (`clock_gettime`, `getpid`, `read`), one more for a period
    /// (`clock_getres`), and one more if the thread has to wake up earlier than it would.
    ///
    /// # Errors
    ///
    /// `EBADF` if other code closed the descriptor by number. `EXDEV` in a child of `fork`
    /// on the mechanism `TimerThread`: call [`reinit_after_fork`](Self::reinit_after_fork)
    /// first.
    pub fn arm_after(&self, first: Duration, period: Option<Duration>) -> Result<(), Error> {
        let start = Start::After(nanoseconds(first).min(LONGEST));
        self.set(Operation::Arm, start, period)
    }

    /// Arms the timer: it expires at this time of its clock (see [`now`](Self::now) and
    /// [`Clock::now`]), and then every `period`. Otherwise works as
    /// [`arm_after`](Self::arm_after).
    ///
    /// # Errors
    ///
    /// As for [`arm_after`](Self::arm_after). `ECANCELED` if the clock is
    /// [`Clock::Realtime`] and is set at the same time; the timer is armed then (see
    /// [`with_clock`](Self::with_clock)).
    pub fn arm_at(&self, at: Duration, period: Option<Duration>) -> Result<(), Error> {
        let (clock, at) = (self.clock(), nanoseconds(at));
        // Most times are so near that the clock need not be read.
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

    /// Disarms the timer: it does not expire any more. Discards expirations that were not
    /// taken.
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

    /// Returns the time until the timer expires next, and its period. Returns `None` if the
    /// timer is disarmed, or if it was to expire once and is due, whether or not the
    /// expiration was taken. Takes nothing.
    ///
    /// Makes one system call on a timerfd (`timerfd_gettime`). On the mechanism
    /// `TimerThread` makes two (`getpid`, `clock_gettime`). If a periodic timerfd has
    /// expired, an edge-triggered epoll set may report another edge after this call.
    ///
    /// # Errors
    ///
    /// As for [`arm_after`](Self::arm_after), except that the mechanism `TimerThread` does
    /// not detect a closed descriptor.
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

    /// Returns the number of expirations since the timer was armed or last taken, or `None`
    /// if there is none. Makes the descriptor unreadable. Does not block.
    ///
    /// Makes one system call on a timerfd (`read`). On the mechanism `TimerThread` makes
    /// three (`getpid`, `clock_gettime`, `read`), and one more to wake the thread if a
    /// periodic timer was late by a period.
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

    /// Sleeps until the timer has expired ([`Wait::Notified`]), or until `timeout` has
    /// passed, as [`Notifier::wait`](crate::Notifier::wait) does. Takes no expiration. To end
    /// the wait from another thread, see [above](Self#ending-a-wait-from-another-thread).
    ///
    /// # Errors
    ///
    /// `EBADF` if other code closed the descriptor by number; otherwise as for
    /// [`Notifier::wait`](crate::Notifier::wait).
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

    /// Returns the backend that the timer uses.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.mechanism().backend()
    }

    /// Gives the calling process, a child of `fork`, a disarmed timer of its own under the
    /// same numbers. The other process's timer is unchanged.
    ///
    /// Descriptor sets of `poll` and `select` stay valid. An `epoll` set still holds the
    /// old descriptor and is shared with the parent: create a new one.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), with the timer unchanged. But if the system could not
    /// create a thread (`EAGAIN`), the descriptors are already the child's own, and arming,
    /// disarming, taking and [`remaining`](Self::remaining) fail with `EXDEV` until another
    /// `reinit_after_fork` succeeds.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        match &self.0 {
            Inner::TimerFd(timer) => timer.reinit_after_fork(),
            Inner::Thread(timer) => timer.reinit_after_fork(),
        }
    }

    /// Returns the descriptor to poll.
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

/// The remaining time of an armed timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Remaining {
    /// The time until the timer expires next, or zero if it is about to.
    pub time: Duration,
    /// The period as it was given, or `None` if the timer expires once.
    pub period: Option<Duration>,
}

/// The maximum number of seconds in the kernel's calls on a 32-bit machine, in nanoseconds.
const LONGEST: u64 = i32::MAX as u64 * 1_000_000_000;

/// Converts a duration. Saturates what does not fit.
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
