//! How a run makes the objects that it tests.

use core::fmt;

use wakefd::{AutoNotifier, Counter, Error, Mechanism, Mode, Signals, Timer};

use crate::subject::Subject;

/// How a run makes the objects that it tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constructor {
    /// Leaves the choice to the crate, as most programs do.
    Auto,
    /// On one mechanism and no other.
    At(Mechanism),
}

impl Constructor {
    /// Makes a notifier.
    ///
    /// # Panics
    ///
    /// Panics if there is none.
    #[must_use]
    pub fn notifier(self) -> AutoNotifier {
        self.make()
    }

    pub(crate) fn timer(self) -> Timer {
        self.make()
    }

    /// Makes an object of whatever kind.
    pub(crate) fn make<S: Subject>(self) -> S {
        match S::create(self) {
            Ok(made) => made,
            Err(error) => panic!("not made: {error}"),
        }
    }

    /// Makes a counter. Where a kernel has no eventfd but the one without flags, a
    /// semaphore is a pipe.
    pub(crate) fn try_counter(self, mode: Mode) -> Result<Counter, Error> {
        match (self, mode) {
            (Constructor::Auto, Mode::Sum) => Counter::new(),
            (Constructor::Auto, Mode::Semaphore) => Counter::semaphore(),
            (Constructor::At(Mechanism::EventFd), Mode::Semaphore) => {
                Counter::at(Mechanism::Pipe, mode)
            }
            (Constructor::At(mechanism), mode) => Counter::at(mechanism, mode),
        }
    }

    pub(crate) fn counter(self, mode: Mode) -> Counter {
        match self.try_counter(mode) {
            Ok(counter) => counter,
            Err(error) => panic!("no counter: {error}"),
        }
    }

    /// Watches these signals.
    pub(crate) fn try_signals(self, signals: &[i32]) -> Result<Signals, Error> {
        match self {
            Constructor::Auto => Signals::new(signals),
            Constructor::At(mechanism) => Signals::at(mechanism, signals),
        }
    }

    pub(crate) fn signals(self, signals: &[i32]) -> Signals {
        match self.try_signals(signals) {
            Ok(signals) => signals,
            Err(error) => panic!("no signals: {error}"),
        }
    }
}

/// `auto`, or the mechanism.
impl fmt::Display for Constructor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Constructor::Auto => "auto",
            Constructor::At(mechanism) => mechanism.as_str(),
        })
    }
}
