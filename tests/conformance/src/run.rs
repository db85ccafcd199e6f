//! Which case runs against what.

use core::fmt;

use wakefd::{AutoNotifier, Counter, Error, Mechanism, Mode, Signals, Timer};

use crate::isolate::{isolated, Outcome};
use crate::profile::MechanismSet;
use crate::{Case, Profile, CASES, PROFILES};

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Notifiers, and what is made of them.
    Notifier,
    /// Counters whose `take` takes one, which a build without the pipe cannot make
    /// everywhere.
    Semaphore,
    /// Timers.
    Timer,
    /// Signals as a descriptor.
    Signals,
}

impl Subject {
    pub(crate) const ALL: [Subject; 4] = [
        Subject::Notifier,
        Subject::Semaphore,
        Subject::Timer,
        Subject::Signals,
    ];

    /// Its mechanisms, best first.
    #[must_use]
    pub const fn mechanisms(self) -> &'static [Mechanism] {
        match self {
            Subject::Notifier | Subject::Semaphore => &Mechanism::FOR_NOTIFIERS,
            Subject::Timer => &Mechanism::FOR_TIMERS,
            Subject::Signals => &Mechanism::FOR_SIGNALS,
        }
    }

    /// Makes one of it this way, and says on which mechanism it stands.
    pub(crate) fn try_out(self, way: Way) -> Result<Mechanism, Error> {
        match self {
            Subject::Notifier => way.notifier().map(|made| made.mechanism()),
            Subject::Semaphore => {
                way.counter(Mode::Semaphore)?;
                way.notifier().map(|made| made.mechanism())
            }
            // Any signal will do.
            Subject::Signals => way.signals(&[libc::SIGURG]).map(|made| made.mechanism()),
            Subject::Timer => way.timer().map(|made| made.mechanism()),
        }
    }
}

/// A way of making what a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// As a program does that leaves the choice to the crate.
    Auto,
    /// On one mechanism and no other.
    At(Mechanism),
}

impl Way {
    /// Makes a notifier this way.
    ///
    /// # Errors
    ///
    /// Those of the constructor.
    pub fn notifier(self) -> Result<AutoNotifier, Error> {
        match self {
            Way::Auto => AutoNotifier::new(),
            Way::At(mechanism) => AutoNotifier::at(mechanism),
        }
    }

    /// Makes a counter this way. Where a kernel has no eventfd but the one
    /// without flags, a semaphore is a pipe.
    ///
    /// # Errors
    ///
    /// Those of the constructor.
    pub fn counter(self, mode: Mode) -> Result<Counter, Error> {
        match (self, mode) {
            (Way::Auto, Mode::Sum) => Counter::new(),
            (Way::Auto, Mode::Semaphore) => Counter::semaphore(),
            (Way::At(Mechanism::EventFd), Mode::Semaphore) => Counter::at(Mechanism::Pipe, mode),
            (Way::At(mechanism), mode) => Counter::at(mechanism, mode),
        }
    }

    /// Makes a timer this way.
    ///
    /// # Errors
    ///
    /// Those of the constructor.
    pub fn timer(self) -> Result<Timer, Error> {
        match self {
            Way::Auto => Timer::new(),
            Way::At(mechanism) => Timer::at(mechanism),
        }
    }

    /// Watches these signals this way.
    ///
    /// # Errors
    ///
    /// Those of the constructor.
    pub fn signals(self, signals: &[i32]) -> Result<Signals, Error> {
        match self {
            Way::Auto => Signals::new(signals),
            Way::At(mechanism) => Signals::at(mechanism, signals),
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Way::Auto => f.write_str("auto"),
            Way::At(mechanism) => f.write_str(mechanism.as_str()),
        }
    }
}

/// One case, against one way, under one profile.
#[derive(Clone, Copy)]
pub struct Run {
    /// What the kernel answers.
    pub profile: &'static Profile,
    /// How the notifiers are made.
    pub way: Way,
    /// What is tested.
    pub case: &'static Case,
}

/// Every run of the suite: see [`runs_of`].
pub fn runs() -> impl Iterator<Item = Run> {
    runs_of(CASES)
}

/// Every run of these cases: every mechanism of the case's subject and the automatic
/// choice on the kernel as it is, then the automatic choice under every other
/// profile.
pub fn runs_of(cases: &'static [Case]) -> impl Iterator<Item = Run> {
    let as_it_is = Subject::ALL.into_iter().flat_map(move |subject| {
        let ways = subject
            .mechanisms()
            .iter()
            .copied()
            .map(Way::At)
            .chain([Way::Auto]);
        ways.flat_map(move |way| {
            let own = cases.iter().filter(move |case| case.subject == subject);
            own.map(move |case| (&Profile::NATIVE, way, case))
        })
    });
    let profiles = PROFILES.iter();
    let elsewhere = profiles.flat_map(move |profile| {
        let own = cases
            .iter()
            .filter(move |case| profile.is_for(case.subject));
        own.map(move |case| (profile, Way::Auto, case))
    });
    as_it_is
        .chain(elsewhere)
        .map(|(profile, way, case)| Run { profile, way, case })
}

impl Run {
    /// Runs it in a child process.
    #[must_use]
    pub fn execute(&self) -> Outcome {
        let subject = self.case.subject;
        let here = MechanismSet::here(subject);
        isolated(|| {
            if let Err(reason) = self.profile.enter() {
                return Outcome::Skipped(reason);
            }
            match (self.way, subject.try_out(self.way)) {
                // Is the mechanism here at all? For an old kernel that is no failure.
                (Way::At(_), Err(error)) => return Outcome::Absent(error.raw_os_error()),
                (Way::At(mechanism), Ok(made)) => assert_eq!(made, mechanism),
                (Way::Auto, made) => {
                    if let Err(errno) = self.profile.check(subject, here, made) {
                        return Outcome::Absent(errno);
                    }
                }
            }
            (self.case.run)(self.way);
            Outcome::Passed
        })
    }
}

/// `profile/way/case`.
impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.profile.name, self.way, self.case.name)
    }
}
