//! The time when a timer expires: arithmetic in nanoseconds of the monotonic clock, without
//! system calls.
//!
//! Expirations are not counted one by one. They are computed from the clock when they are
//! taken, as timerfd does. So none is lost, however late a thread is, and a timer that no
//! thread takes from wakes no thread.

use core::num::NonZeroU64;

/// A time that never comes.
const NEVER: u64 = u64::MAX;

/// The state of one timer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Schedule {
    /// The time of the first expiration that was not taken.
    due: u64,
    /// The time between expirations; zero for a timer that expires once.
    period: u64,
    /// The effective period, which is not shorter than the clock's resolution.
    step: u64,
    /// Whether the timer has expired and its owner was notified.
    pending: bool,
    /// The time when the service thread looks at the timer next.
    alarm: u64,
}

impl Schedule {
    pub(crate) const DISARMED: Self = Self::new(NEVER, 0, 0);

    /// Creates an armed schedule. Raises the period to the clock's resolution, as the
    /// kernel does for a timerfd (`hrtimer_forward`).
    pub(crate) const fn new(due: u64, period: u64, resolution: u64) -> Self {
        Schedule {
            due,
            period,
            step: match period {
                1.. if period < resolution => resolution,
                _ => period,
            },
            pending: false,
            alarm: due,
        }
    }

    /// Returns the time when [`expire`](Self::expire) has to be called.
    pub(crate) const fn alarm(&self) -> u64 {
        self.alarm
    }

    /// Returns whether the timer expires now, so that the caller has to notify its owner.
    ///
    /// A pending schedule stays pending. The thread looks at it once more, a period later,
    /// so that an owner that takes in time need not wake the thread. After that it does not
    /// look again until a [`take`](Self::take).
    pub(crate) fn expire(&mut self, now: u64) -> bool {
        if now < self.alarm {
            return false;
        }
        let expires = !self.pending;
        self.alarm = if expires { self.after(now).0 } else { NEVER };
        self.pending = true;
        expires
    }

    /// Takes the expirations until `now`, if the owner was notified.
    pub(crate) fn take(&mut self, now: u64) -> Option<NonZeroU64> {
        if !self.pending {
            return None;
        }
        let (next, count) = self.after(now);
        self.due = next;
        self.alarm = next;
        self.pending = false;
        NonZeroU64::new(count)
    }

    /// Returns the time from `now` to the next expiration, and the period. Returns `None`
    /// if no expiration is to come.
    pub(crate) fn remaining(&self, now: u64) -> Option<[u64; 2]> {
        let next = match now < self.due {
            true => self.due,
            false => self.after(now).0,
        };
        (next != NEVER).then(|| [next.saturating_sub(now), self.period])
    }

    /// Returns the first expiration after `now`, and the number of expirations before it.
    /// The schedule must have expired.
    fn after(&self, now: u64) -> (u64, u64) {
        match now.saturating_sub(self.due).checked_div(self.step) {
            None => (NEVER, 1),
            Some(more) => {
                let count = more.saturating_add(1);
                let passed = self.step.saturating_mul(count);
                (self.due.saturating_add(passed), count)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(schedule: &mut Schedule, now: u64) -> Option<u64> {
        schedule.take(now).map(u64::from)
    }

    #[test]
    fn one_shot() {
        let mut schedule = Schedule::new(100, 0, 1);
        assert!(!schedule.expire(99));
        assert_eq!(take(&mut schedule, 99), None);
        assert!(schedule.expire(100));
        assert_eq!(schedule.alarm(), NEVER);
        assert_eq!(take(&mut schedule, 1_000), Some(1));
        assert_eq!(take(&mut schedule, 1_000), None);
        assert!(!schedule.expire(1_000));
    }

    #[test]
    fn periodic_in_time() {
        let mut schedule = Schedule::new(100, 10, 1);
        for now in (100..1000).step_by(10) {
            assert_eq!(schedule.alarm(), now);
            assert!(schedule.expire(now));
            // The alarm is at the right time already, so the thread need not be woken.
            assert_eq!(schedule.alarm(), now + 10);
            assert_eq!(take(&mut schedule, now + 9), Some(1));
        }
    }

    #[test]
    fn periodic_and_late() {
        let mut schedule = Schedule::new(100, 10, 1);
        // The thread is late, and so is the owner.
        assert!(schedule.expire(125));
        assert_eq!(schedule.alarm(), 130);
        assert!(!schedule.expire(130));
        assert_eq!(schedule.alarm(), NEVER);
        assert!(!schedule.expire(140));
        // 100, 110, 120, ..., 190.
        assert_eq!(take(&mut schedule, 199), Some(10));
        assert_eq!(schedule.alarm(), 200);
        assert_eq!(take(&mut schedule, 300), None);
        assert!(schedule.expire(300));
        assert_eq!(take(&mut schedule, 300), Some(11));
    }

    #[test]
    fn a_period_is_no_shorter_than_the_resolution() {
        let mut schedule = Schedule::new(100, 1, 10);
        assert!(schedule.expire(100));
        assert_eq!(take(&mut schedule, 139), Some(4));
        assert_eq!(schedule.remaining(139), Some([1, 1]));
        let mut once = Schedule::new(100, 0, 10);
        assert!(once.expire(100));
        assert_eq!(take(&mut once, 139), Some(1));
    }

    #[test]
    fn remaining_time() {
        assert_eq!(Schedule::DISARMED.remaining(5), None);
        let mut once = Schedule::new(100, 0, 1);
        assert_eq!(once.remaining(40), Some([60, 0]));
        // There is none even if the owner was not notified yet.
        assert_eq!(once.remaining(100), None);
        assert!(once.expire(100));
        assert_eq!(once.remaining(101), None);
        let mut periodic = Schedule::new(100, 10, 1);
        assert_eq!(periodic.remaining(95), Some([5, 10]));
        assert_eq!(periodic.remaining(100), Some([10, 10]));
        assert!(periodic.expire(125));
        assert_eq!(periodic.remaining(125), Some([5, 10]));
        assert_eq!(take(&mut periodic, 131), Some(4));
        assert_eq!(periodic.remaining(131), Some([9, 10]));
    }

    #[test]
    fn huge_times_saturate() {
        let mut schedule = Schedule::new(1, u64::MAX, 1);
        assert!(schedule.expire(2));
        assert_eq!(schedule.alarm(), NEVER);
        assert_eq!(take(&mut schedule, 3), Some(1));
        assert!(!schedule.expire(u64::MAX - 1));

        let mut schedule = Schedule::new(0, 1, 1);
        assert!(schedule.expire(u64::MAX - 1));
        assert_eq!(take(&mut schedule, u64::MAX - 1), Some(u64::MAX));
        let mut disarmed = Schedule::DISARMED;
        assert!(!disarmed.expire(u64::MAX - 1));
    }
}
