//! Timers under random operations, compared with a model and with a timer on the thread.

use super::*;

/// The random operations of the suite's run. The long form is in `tests/timer.rs`.
const STEPS: u32 = 3_000;

const HOUR: u64 = 3_600_000_000_000;

fn now() -> u64 {
    time::exact().as_nanos() as u64
}

fn duration(nanoseconds: u64) -> Duration {
    Duration::from_nanos(nanoseconds)
}

/// A timer and what must be true of it.
struct Modelled {
    timer: Timer,
    /// The earliest and the latest time of the first expiration. `None` if it is disarmed.
    first: Option<[u64; 2]>,
    /// As it was given, and as it counts; zero for a timer that expires once.
    period: u64,
    step: u64,
    taken: u64,
    /// When it was first asked what remains after the last take: what expires later is
    /// counted at the kernel's next interrupt.
    asked: Option<u64>,
}

impl Modelled {
    fn new(timer: Timer) -> Self {
        Modelled {
            timer,
            first: None,
            period: 0,
            step: 0,
            taken: 0,
            asked: None,
        }
    }

    fn set(&mut self, first: Option<[u64; 2]>, period: u64) {
        let resolution = time::resolution().as_nanos() as u64;
        self.first = first;
        self.period = period;
        self.step = if period > 0 {
            period.max(resolution)
        } else {
            0
        };
        self.taken = 0;
        self.asked = None;
    }

    fn arm_at(&mut self, at: u64, period: u64) {
        let armed = self.timer.arm_at(duration(at), Some(duration(period)));
        assert_eq!(armed, Ok(()));
        self.set(Some([at; 2]), period);
    }

    fn arm_after(&mut self, first: u64, period: u64) {
        let before = now();
        let armed = self
            .timer
            .arm_after(duration(first), Some(duration(period)));
        assert_eq!(armed, Ok(()));
        self.set(Some([before + first, now() + first]), period);
    }

    fn disarm(&mut self) {
        assert_eq!(self.timer.disarm(), Ok(()));
        self.set(None, 0);
    }

    /// Returns how often it has expired at this time, at least and at most.
    fn expired(&self, now: u64) -> [u64; 2] {
        let [earliest, latest] = self.first.unwrap_or([u64::MAX; 2]);
        [latest, earliest].map(|first| match now.checked_sub(first) {
            None => 0,
            Some(passed) => passed.checked_div(self.step).unwrap_or(0) + 1,
        })
    }

    /// Takes, and compares with the clock. The thread may be late to notify, but what is taken
    /// is exact.
    fn take(&mut self) -> u64 {
        let is_readable = self.timer.wait(Some(Duration::ZERO)) == Ok(Wait::Notified);
        let since = self.asked.take().unwrap_or_else(now);
        let [least, _] = self.expired(since);
        let taken = self.timer.take().expect("take").map_or(0, u64::from);
        let [_, most] = self.expired(now());
        assert!(!is_readable || taken > 0, "nothing to take");
        self.taken += taken;
        let range = if taken > 0 { least..=most } else { 0..=most };
        assert!(range.contains(&self.taken), "{}: {range:?}", self.taken);
        taken
    }

    /// Waits for the next expiration if it comes soon, and takes it.
    fn wait(&mut self) {
        const SOON: u64 = 2_000_000;
        let [least, _] = self.expired(now() + SOON);
        if least > self.taken {
            assert_eq!(self.timer.wait(None), Ok(Wait::Notified));
            assert!(self.take() > 0);
        }
    }

    fn remaining(&mut self) {
        let before = now();
        self.asked = self.asked.or(Some(before));
        let remaining = self.timer.remaining().expect("remaining");
        let after = now();
        let [earliest, latest] = match self.first {
            None => return assert_eq!(remaining, None),
            Some(first) => first,
        };
        let left = match remaining {
            // It expires once, and is due.
            None => return assert!(self.step == 0 && after >= earliest, "nothing is left"),
            Some(left) => left,
        };
        let period = Some(duration(self.period)).filter(|_| self.period > 0);
        assert_eq!(left.period, period);
        let most = latest.saturating_sub(before).max(self.step);
        assert!(left.time <= duration(most), "{left:?}, not {most}");
        assert!(
            left.time >= duration(earliest.saturating_sub(after)),
            "{left:?}"
        );
        assert!(self.step > 0 || before < latest, "{left:?} of what is due");
    }
}

pub(super) fn timer_agrees_with_a_model(constructor: Constructor) {
    random_operations(constructor, STEPS);
}

/// Does so many random operations to a timer and to one of the thread.
///
/// # Panics
///
/// Panics if one of them does not agree with the model, or they do not agree with each other.
pub fn random_operations(constructor: Constructor, steps: u32) {
    // Where a build with one backend has no notifier for the thread: another of the same kind.
    let on_thread = Timer::at(Mechanism::TimerThread).unwrap_or_else(|error| {
        assert_eq!(error.raw_os_error(), libc::ENOSYS, "{error}");
        assert!(AutoNotifier::new().is_err());
        constructor.timer()
    });
    let mut timers = [constructor.timer(), on_thread].map(Modelled::new);
    let mut state = 42_u64;
    let mut random = |below: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    for _ in 0..steps {
        let first = [0, random(400_000), HOUR][random(3) as usize];
        let period = [0, 1, 1 + random(300_000), HOUR][random(4) as usize];
        match random(12) {
            0 => {
                let at = now() + first - random(1_000_000).min(first);
                timers.iter_mut().for_each(|timer| timer.arm_at(at, period));
            }
            1 => {
                let past = now().saturating_sub(random(5_000_000));
                timers
                    .iter_mut()
                    .for_each(|timer| timer.arm_at(past, period));
            }
            2 => timers
                .iter_mut()
                .for_each(|timer| timer.arm_after(first, period)),
            3 if random(4) == 0 => timers.iter_mut().for_each(Modelled::disarm),
            3..=5 => timers.iter_mut().for_each(Modelled::wait),
            6 => {
                let until = now() + random(100_000);
                while now() < until {
                    core::hint::spin_loop();
                }
            }
            7 | 8 => timers.iter_mut().for_each(Modelled::remaining),
            9 if random(50) == 0 => timers.iter_mut().for_each(|timer| {
                assert_eq!(timer.timer.reinit_after_fork(), Ok(()));
                timer.disarm();
            }),
            _ => timers.iter_mut().for_each(|timer| _ = timer.take()),
        }
    }
    // In the end they have counted the same.
    let at = now();
    for timer in &mut timers {
        timer.arm_at(at, 3_600_000_000_000);
        timer.wait();
    }
    assert_eq!(timers[0].taken, timers[1].taken);
}
