//! The timer never expires early and loses no expiration.
//!
//! Lower bounds are exact. Upper bounds are wide, because machines are slow.

use super::waiting::{ended_by_a_notifier, never_early, woken_from};
use super::*;

const MILLISECOND: Duration = Duration::from_millis(1);
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// Long enough for any machine, and shorter than a run may take.
const LATEST: Duration = Duration::from_secs(60);

pub(super) fn take(timer: &Timer) -> Option<u64> {
    timer.take().expect("take").map(u64::from)
}

fn stays_unreadable(timer: &Timer, milliseconds: u64) {
    let timeout = Some(Duration::from_millis(milliseconds));
    assert_eq!(timer.wait(timeout), Ok(Wait::TimedOut));
    assert_eq!(take(timer), None);
}

/// Waits for the expiration that is due then.
fn expires(timer: &Timer, due: Duration) {
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    let now = time::exact();
    assert!(now >= due, "{:?} early", due - now);
    assert!(now - due < LATEST, "{:?} late", now - due);
}

fn expires_once(timer: &Timer, due: Duration) {
    expires(timer, due);
    assert_eq!(take(timer), Some(1));
}

pub(super) fn timer_expires_once_and_never_early(constructor: Constructor) {
    let timer = constructor.timer();
    stays_unreadable(&timer, 0);
    for microseconds in [1, 700, 1_000, 2_300, 20_000] {
        let first = Duration::from_micros(microseconds);
        for absolute in [false, true] {
            let begin = time::exact();
            if absolute {
                assert_eq!(timer.arm_at(begin + first, None), Ok(()));
            } else {
                assert_eq!(timer.arm_after(first, None), Ok(()));
            }
            expires_once(&timer, begin + first);
            stays_unreadable(&timer, 2);
        }
    }
    // It is the clock that the documentation says.
    let (before, now, after) = (time::exact(), Timer::now(), time::exact());
    assert!(before <= now && now <= after);
}

/// A periodic timer and all that was taken from it.
pub(super) struct Counted<'a> {
    pub(super) timer: &'a Timer,
    pub(super) first: Duration,
    pub(super) period: Duration,
    pub(super) total: u64,
}

impl<'a> Counted<'a> {
    /// Arms it.
    pub(super) fn new(timer: &'a Timer, first: Duration, period: Duration) -> Self {
        assert_eq!(timer.arm_at(first, Some(period)), Ok(()));
        Counted {
            timer,
            first,
            period: period.max(time::resolution()),
            total: 0,
        }
    }

    /// What a timer has expired until `now`, at or after the first time.
    fn expected(&self, now: Duration) -> u64 {
        ((now - self.first).as_nanos() / self.period.as_nanos()) as u64 + 1
    }

    /// Takes, once there is something to take, and compares with the clock.
    pub(super) fn take(&mut self) {
        assert_eq!(self.timer.wait(None), Ok(Wait::Notified));
        self.take_since(time::exact());
    }

    /// Takes, and compares with the clock: at least what had expired before.
    fn take_since(&mut self, before: Duration) {
        self.total += take(self.timer).expect("an expiration");
        let after = time::exact();
        let (least, most) = (self.expected(before), self.expected(after));
        let total = self.total;
        assert!(
            (least..=most).contains(&total),
            "{total}, not {least} to {most}"
        );
    }
}

pub(super) fn timer_counts_every_period(constructor: Constructor) {
    let timer = constructor.timer();
    for (first, period) in [(2_000, 1_000), (300, 1_700), (1_000, 1)] {
        let first = time::exact() + Duration::from_micros(first);
        let period = Duration::from_micros(period);
        let mut counted = Counted::new(&timer, first, period);
        // In time, and late by several periods.
        for sleep in [0, 0, 7, 0, 3, 0, 0, 12, 0, 0] {
            time::sleep(sleep);
            counted.take();
        }
    }
    // Relative: the first is counted from when it was armed.
    let begin = time::exact();
    assert_eq!(timer.arm_after(MILLISECOND, Some(MILLISECOND)), Ok(()));
    let armed = time::exact();
    time::sleep(10);
    let before = time::exact();
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    let taken = take(&timer).expect("an expiration");
    let after = time::exact();
    let step = MILLISECOND.max(time::resolution()).as_nanos();
    // The first is at one millisecond.
    let count = |passed: Duration| ((passed - MILLISECOND).as_nanos() / step + 1) as u64;
    assert!(taken >= count(before - armed), "{taken}");
    assert!(taken <= count(after - begin), "{taken}");
}

pub(super) fn timer_counts_every_period_between_threads(constructor: Constructor) {
    let timer = constructor.timer();
    let first = time::exact() + MILLISECOND;
    let mut counted = Counted::new(&timer, first, MILLISECOND);
    let total = AtomicU32::new(0);
    run_threads(4, &|_| {
        let end = time::now() + 30;
        while time::now() < end {
            assert!(timer.wait(Some(MILLISECOND)).is_ok());
            let taken = take(&timer).unwrap_or(0);
            total.fetch_add(taken as u32, Ordering::Relaxed);
        }
    });
    counted.total = total.into_inner().into();
    counted.take();
}

pub(super) fn timer_expires_at_once(constructor: Constructor) {
    let timer = constructor.timer();
    let expires_once = || {
        expires_once(&timer, time::exact());
        stays_unreadable(&timer, 3);
    };
    for period in [None, Some(Duration::ZERO)] {
        assert_eq!(timer.arm_after(Duration::ZERO, period), Ok(()));
        expires_once();
        assert_eq!(timer.arm_at(Duration::ZERO, period), Ok(()));
        expires_once();
        let past = time::exact().saturating_sub(Duration::from_millis(500));
        assert_eq!(timer.arm_at(past, period), Ok(()));
        expires_once();
    }
    // What a periodic timer has missed it counts, also before it was armed.
    let first = time::exact().saturating_sub(Duration::from_millis(500));
    let mut counted = Counted::new(&timer, first, MILLISECOND);
    counted.take();
    counted.take();
    assert!(u128::from(counted.total) > 400 * MILLISECOND.as_nanos() / counted.period.as_nanos());
}

pub(super) fn timer_armed_anew_or_disarmed_discards(constructor: Constructor) {
    let timer = constructor.timer();
    let disarm = || timer.disarm();
    let arm = || timer.arm_after(HOUR, Some(MILLISECOND));
    let arm_at = || timer.arm_at(time::exact() + HOUR, None);
    assert_eq!(disarm(), Ok(()));
    let discards: [&dyn Fn() -> Result<(), wakefd::Error>; 3] = [&disarm, &arm, &arm_at];
    for discard in discards {
        for period in [None, Some(MILLISECOND)] {
            assert_eq!(timer.arm_after(Duration::ZERO, period), Ok(()));
            expires(&timer, time::exact());
            assert_eq!(discard(), Ok(()));
            assert!(!timer.is_readable());
            stays_unreadable(&timer, 3);
            // Before it has expired.
            assert_eq!(timer.arm_after(2 * MILLISECOND, period), Ok(()));
            assert_eq!(discard(), Ok(()));
            if take(&timer).is_none() {
                stays_unreadable(&timer, 6);
            }
        }
    }
    // Only what the new times gave is counted.
    assert_eq!(timer.arm_after(Duration::ZERO, Some(MILLISECOND)), Ok(()));
    time::sleep(5);
    let due = time::exact() + 3 * MILLISECOND;
    assert_eq!(timer.arm_at(due, None), Ok(()));
    expires_once(&timer, due);
    stays_unreadable(&timer, 3);
}

/// A thread that sleeps for a later one must wake up for an earlier one.
pub(super) fn timer_earlier_than_those_before(constructor: Constructor) {
    let [late, later, early] = [(); 3].map(|()| constructor.timer());
    assert_eq!(late.arm_after(HOUR, None), Ok(()));
    assert_eq!(later.arm_after(2 * HOUR, None), Ok(()));
    time::sleep(3);
    for timer in [&early, &later, &late] {
        let due = time::exact() + 2 * MILLISECOND;
        assert_eq!(timer.arm_at(due, None), Ok(()));
        expires_once(timer, due);
        time::sleep(2);
    }
    // One that nobody took from in time goes on when somebody does.
    assert_eq!(early.arm_after(MILLISECOND, Some(MILLISECOND)), Ok(()));
    time::sleep(10);
    for _ in 0..3 {
        expires(&early, time::exact());
        assert!(take(&early).is_some());
    }
}

pub(super) fn timer_huge_times(constructor: Constructor) {
    let timer = constructor.timer();
    for huge in [
        Duration::MAX,
        Duration::from_secs(i64::MAX as u64),
        Duration::from_nanos(u64::MAX),
        Duration::from_secs(u32::MAX.into()),
        Duration::from_secs(1 << 31),
        Duration::new(i32::MAX as u64, 999_999_999),
    ] {
        assert_eq!(timer.arm_after(huge, Some(huge)), Ok(()), "{huge:?}");
        stays_unreadable(&timer, 2);
        assert_eq!(timer.arm_at(huge, Some(huge)), Ok(()), "{huge:?}");
        stays_unreadable(&timer, 2);
        assert_eq!(timer.arm_after(MILLISECOND, Some(huge)), Ok(()));
        expires_once(&timer, time::exact());
        stays_unreadable(&timer, 2);
    }
}

pub(super) fn timer_remaining(constructor: Constructor) {
    let timer = constructor.timer();
    let remaining = || timer.remaining().expect("remaining");
    assert_eq!(remaining(), None);
    for (arm_at, period) in [
        (false, None),
        (true, None),
        (false, Some(MILLISECOND)),
        (true, Some(HOUR)),
    ] {
        let before = time::exact();
        if arm_at {
            assert_eq!(timer.arm_at(before + HOUR, period), Ok(()));
        } else {
            assert_eq!(timer.arm_after(HOUR, period), Ok(()));
        }
        let armed = time::exact();
        let left = remaining().expect("armed");
        let after = time::exact();
        assert_eq!(left.period, period);
        // From when it was armed.
        assert!(left.time <= armed - before + HOUR, "{left:?}");
        assert!(left.time >= HOUR - (after - before), "{left:?}");
        assert_eq!(timer.disarm(), Ok(()));
        assert_eq!(remaining(), None);
    }
    // One that is due has nothing left, taken or not.
    timer.trigger();
    assert_eq!(remaining(), None);
    assert_eq!(take(&timer), Some(1));
    assert_eq!(remaining(), None);
    // A period goes on, and what has expired stays to be taken.
    let step = MILLISECOND.max(time::resolution());
    let mut counted = Counted::new(&timer, time::exact() + MILLISECOND, MILLISECOND);
    for _ in 0..5 {
        assert_eq!(timer.wait(None), Ok(Wait::Notified));
        time::sleep(2);
        // What expires after the question is counted at the kernel's next interrupt.
        let asked = time::exact();
        let left = remaining().expect("armed");
        assert!(left.time <= step, "{left:?}");
        assert_eq!(left.period, Some(MILLISECOND));
        counted.take_since(asked);
        assert!(remaining().expect("armed").time <= step);
    }
}

/// A timer of another clock, where there is one: a timerfd always.
pub(super) fn timer_clocks(constructor: Constructor) {
    let own = constructor.timer();
    assert_eq!(own.clock(), Clock::Monotonic);
    assert_eq!(
        Timer::with_clock(Clock::Monotonic).map(|timer| timer.clock()),
        Ok(Clock::Monotonic)
    );
    let has_timerfd = Timer::new().map(|timer| timer.backend()) == Ok(Backend::TimerFd);
    for clock in [Clock::Boottime, Clock::Realtime] {
        let timer = match Timer::with_clock(clock) {
            Ok(timer) => timer,
            // An old kernel, or what a profile refuses.
            Err(error) => {
                let errno = error.raw_os_error();
                assert!(
                    errno == libc::ENOTSUP
                        || !has_timerfd && matches!(errno, libc::EPERM | libc::EACCES),
                    "{error}"
                );
                continue;
            }
        };
        assert_eq!((timer.clock(), timer.backend()), (clock, Backend::TimerFd));
        let due = clock.now() + 2 * MILLISECOND;
        assert_eq!(timer.arm_at(due, Some(HOUR)), Ok(()));
        assert_eq!(timer.wait(None), Ok(Wait::Notified));
        assert!(clock.now() >= due);
        assert_eq!(take(&timer), Some(1));
        let left = timer.remaining().expect("remaining").expect("armed");
        assert!(left.time <= HOUR && left.period == Some(HOUR), "{left:?}");
        assert_eq!(timer.disarm(), Ok(()));
        assert_eq!(timer.reinit_after_fork(), Ok(()));
        assert_eq!(timer.clock(), clock);
        timer.works();
        // Nobody but who runs a machine for tests alone may have its clock set.
        if clock == Clock::Realtime && time::may_be_set() {
            assert_eq!(timer.arm_at(clock.now() + HOUR, None), Ok(()));
            time::set_real();
            assert_eq!(timer.wait(None), Ok(Wait::Notified));
            assert_eq!(
                timer.take().map_err(|error| error.raw_os_error()),
                Err(libc::ECANCELED)
            );
            stays_unreadable(&timer, 2);
            assert!(timer.remaining().expect("remaining").is_some());
            // Neither a duration nor a timer that is disarmed is cancelled.
            assert_eq!(timer.arm_after(HOUR, None), Ok(()));
            time::set_real();
            stays_unreadable(&timer, 2);
            assert_eq!(timer.disarm(), Ok(()));
            time::set_real();
            stays_unreadable(&timer, 2);
        }
    }
    own.works();
}

pub(super) fn timer_wait(constructor: Constructor) {
    never_early(&constructor.timer());
    woken_from::<Timer>(Some(Duration::MAX), constructor);
    // It leaves the count.
    let timer = constructor.timer();
    timer.trigger();
    for _ in 0..3 {
        assert!(timer.is_readable());
    }
    assert_eq!(take(&timer), Some(1));
    assert!(!timer.is_readable());
}

/// The documented ways: a notifier in the same poll, and arming the timer to expire at once.
/// Disarming wakes nobody.
pub(super) fn timer_wait_ended_by_another_thread(constructor: Constructor) {
    let timer = constructor.timer();
    assert_eq!(timer.arm_after(HOUR, None), Ok(()));
    ended_by_a_notifier(&timer);
    assert!(timer.remaining().expect("remaining").is_some());
    for period in [None, Some(HOUR)] {
        assert_eq!(timer.arm_after(HOUR, None), Ok(()));
        run_threads(3, &|index| {
            if index > 0 {
                assert_eq!(timer.wait(None), Ok(Wait::Notified));
                return;
            }
            time::sleep(20);
            assert_eq!(timer.arm_after(Duration::ZERO, period), Ok(()));
        });
        assert_eq!(take(&timer), Some(1));
    }
    run_threads(2, &|index| {
        if index > 0 {
            let timeout = Some(40 * MILLISECOND);
            assert_eq!(timer.wait(timeout), Ok(Wait::TimedOut));
            return;
        }
        time::sleep(10);
        assert_eq!(timer.disarm(), Ok(()));
    });
}

pub(super) fn timer_in_every_multiplexer(constructor: Constructor) {
    let timer = constructor.timer();
    for kind in Kind::ALL {
        let set = Multiplexer::new(kind, timer.as_raw_fd());
        let edge = matches!(kind, Kind::EpollEdge);
        assert!(!set.wait(0), "{kind:?}");
        for period in [None, Some(2 * MILLISECOND)] {
            assert_eq!(timer.arm_after(MILLISECOND, period), Ok(()));
            assert!(set.wait(FOREVER), "{kind:?}");
            // As long as it is not taken; an edge comes once, also for a period.
            time::sleep(5);
            assert_eq!(set.wait(0), !edge, "{kind:?}");
            assert!(take(&timer).is_some());
            if period.is_some() {
                assert!(set.wait(FOREVER), "{kind:?}: after that");
            }
            // To arm anew makes it unreadable too, and gives a new edge.
            assert_eq!(timer.arm_after(MILLISECOND, None), Ok(()));
            assert!(set.wait(FOREVER), "{kind:?}: armed anew");
            assert_eq!(timer.disarm(), Ok(()));
            assert!(!set.wait(0), "{kind:?}: disarmed");
        }
    }
}

pub(super) fn timer_goes_on_after_signals(constructor: Constructor) {
    let timer = constructor.timer();
    // The handler runs on this thread, and so interrupts the wait.
    interrupted(|| {
        let due = time::exact() + 60 * MILLISECOND;
        assert_eq!(timer.arm_at(due, None), Ok(()));
        expires_once(&timer, due);
    });
    let signals = AtomicU32::new(0);
    let handler = || _ = signals.fetch_add(1, Ordering::Relaxed);
    with_alarms(5_000, &handler, || {
        let mut counted = Counted::new(&timer, time::exact() + MILLISECOND, MILLISECOND);
        for _ in 0..20 {
            counted.take();
        }
        // If this thread does not take them, no thread of the timer's does.
        without_signals(|| {
            let before = signals.load(Ordering::Relaxed);
            time::sleep(30);
            assert_eq!(signals.load(Ordering::Relaxed), before);
        });
    });
}
