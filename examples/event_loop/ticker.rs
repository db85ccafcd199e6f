//! A periodic timer, and a check that it loses no expiration.

use std::time::Duration;

use wakefd::{Error, Mechanism, Timer};

use crate::table::Row;

const PERIOD: Duration = Duration::from_millis(10);

pub(crate) struct Ticker {
    pub(crate) timer: Timer,
    /// The time of the first expiration.
    first: Duration,
    counted: u64,
    /// The least and the greatest number of expirations by the clock, at the last take.
    due: (u64, u64),
}

impl Ticker {
    pub(crate) fn new(mechanism: Option<Mechanism>) -> Result<Self, Error> {
        let timer = mechanism.map_or_else(Timer::new, Timer::at)?;
        let first = Timer::now() + PERIOD;
        timer.arm_at(first, Some(PERIOD))?;
        let (counted, due) = (0, (0, 0));
        Ok(Ticker {
            timer,
            first,
            counted,
            due,
        })
    }

    /// Returns whether the timer has expired. A loop that was busy for long takes several
    /// expirations at once.
    pub(crate) fn take(&mut self) -> Result<bool, Error> {
        let least = self.due_by_now();
        let taken = self.timer.take()?;
        if let Some(count) = taken {
            self.counted += u64::from(count);
            // An expiration that was lost once stays missing.
            self.due = (least, self.due_by_now());
        }
        Ok(taken.is_some())
    }

    /// Waits for the next expiration and counts it, so that at least one is counted.
    pub(crate) fn finish(&mut self) -> Result<(), Error> {
        let _ = self.timer.wait(None)?;
        self.take().map(drop)
    }

    /// Returns the number of expirations that are due by the clock.
    fn due_by_now(&self) -> u64 {
        let passed = (Timer::now() + PERIOD).checked_sub(self.first);
        let count = passed.map_or(0, |passed| passed.as_nanos() / PERIOD.as_nanos());
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    fn lost(&self) -> u64 {
        self.due.0.saturating_sub(self.counted)
    }

    fn too_many(&self) -> u64 {
        self.counted.saturating_sub(self.due.1)
    }

    pub(crate) fn is_flawless(&self) -> bool {
        self.counted > 0 && self.lost() == 0 && self.too_many() == 0
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        vec![
            ("timer", self.timer.mechanism().to_string()),
            ("expirations", self.counted.to_string()),
            ("expirations lost", self.lost().to_string()),
            ("expirations too many", self.too_many().to_string()),
        ]
    }
}
