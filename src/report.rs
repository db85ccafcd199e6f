//! What was asked, what it answered, and why this is the choice.

use core::fmt;

use crate::fallback::{decide, Chain, Decision};
use crate::sys::errno;
use crate::sys::utsname::{self, Libc, UtsString};
use crate::{backend, AutoNotifier, Error, Mechanism, Operation};

/// Asks every mechanism of this build, and reports what
/// [`AutoNotifier::new`](crate::AutoNotifier::new) chooses and why.
///
/// It makes each kind of descriptor once and closes it again, also on mechanisms
/// that the process has found absent before.
#[must_use]
pub fn probe() -> Report {
    Report::new(backend::plan())
}

/// The answer of [`probe`]. Shown with `{}` it is a report for a person.
#[derive(Clone, Copy)]
pub struct Report {
    kernel: UtsString,
    machine: UtsString,
    libc: Libc,
    /// In the order of [`Mechanism::FOR_NOTIFIERS`].
    outcomes: [Outcome; 4],
    choice: Result<Mechanism, Error>,
    why: Why,
}

/// What a mechanism answered to a [`probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gave working descriptors.
    Works,
    /// It failed.
    Failed(Error),
    /// The selection rules it out, or this build does not have it.
    NotAsked,
}

/// What to ask, and what to choose from.
pub(crate) struct Plan {
    pub(crate) ask: Chain,
    pub(crate) candidates: Chain,
    pub(crate) why: Why,
}

/// Why these candidates and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // Which of them there are is a matter of features.
pub(crate) enum Why {
    /// All mechanisms were candidates.
    Best,
    /// The glibc is too old for eventfd.
    OldGlibc,
    /// The caller selected one backend.
    Selected,
    /// This build has one backend.
    OnlyBackend,
}

impl Report {
    pub(crate) fn new(plan: Plan) -> Self {
        let (kernel, machine) = utsname::uname();
        let outcomes = Mechanism::FOR_NOTIFIERS.map(|mechanism| {
            if !plan.ask.contains(mechanism) {
                return Outcome::NotAsked;
            }
            match AutoNotifier::at(mechanism) {
                Ok(_) => Outcome::Works,
                Err(error) => Outcome::Failed(error),
            }
        });
        Report {
            kernel,
            machine,
            libc: Libc::running(),
            outcomes,
            choice: choose(plan.candidates, &outcomes),
            why: plan.why,
        }
    }

    /// The kernel's release, as `uname -r` prints it.
    #[must_use]
    pub fn kernel(&self) -> &str {
        self.kernel.as_str()
    }

    /// The machine, as `uname -m` prints it.
    #[must_use]
    pub fn machine(&self) -> &str {
        self.machine.as_str()
    }

    /// The C library.
    #[must_use]
    pub const fn libc(&self) -> Libc {
        self.libc
    }

    /// What each mechanism answered, best mechanism first.
    pub fn outcomes(&self) -> impl Iterator<Item = (Mechanism, Outcome)> + '_ {
        Mechanism::FOR_NOTIFIERS.into_iter().zip(self.outcomes)
    }

    /// The mechanism of the notifier that would be made, or the error.
    ///
    /// # Errors
    ///
    /// What making the notifier would give.
    pub const fn choice(&self) -> Result<Mechanism, Error> {
        self.choice
    }

    /// Why this is the choice: a sentence to be shown with `{}`.
    #[must_use]
    pub const fn reason(&self) -> Reason<'_> {
        Reason(self)
    }
}

/// What the chain does, on answers that are in already.
fn choose(candidates: Chain, outcomes: &[Outcome; 4]) -> Result<Mechanism, Error> {
    let mut last = Error::new(Operation::Create, Mechanism::Pipe, libc::ENOSYS);
    for (mechanism, outcome) in Mechanism::FOR_NOTIFIERS.into_iter().zip(outcomes) {
        match outcome {
            _ if !candidates.contains(mechanism) => {}
            Outcome::Works => return Ok(mechanism),
            Outcome::NotAsked => {}
            Outcome::Failed(error) => {
                last = *error;
                if decide(mechanism, error.raw_os_error()) == Decision::Fail {
                    break;
                }
            }
        }
    }
    Err(last)
}

/// Shows the reason for a [`Report::choice`].
#[derive(Clone, Copy)]
pub struct Reason<'a>(&'a Report);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let chosen = match report.choice {
            Ok(mechanism) => mechanism,
            Err(error) => return write!(f, "{error}"),
        };
        match report.why {
            Why::Best => {}
            Why::OldGlibc => write!(
                f,
                "{} is older than 2.8, the first with a working eventfd; ",
                report.libc
            )?,
            Why::Selected => write!(f, "the {} was selected; ", chosen.backend())?,
            Why::OnlyBackend => write!(f, "this build has only the {}; ", chosen.backend())?,
        }
        for (mechanism, outcome) in report.outcomes() {
            match outcome {
                _ if mechanism == chosen => break,
                // What the libc ruled out had no part in the choice.
                _ if report.why == Why::OldGlibc && mechanism.backend() != chosen.backend() => {}
                Outcome::Failed(_) => write!(f, "{mechanism}: {outcome}; ")?,
                Outcome::Works | Outcome::NotAsked => {}
            }
        }
        write!(f, "{chosen} works")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Works => f.write_str("available"),
            Outcome::NotAsked => f.write_str("not asked"),
            Outcome::Failed(error) if error.operation() == Operation::Verify => {
                f.write_str("answered, but not as documented")
            }
            // The mechanism is the caller's to name.
            Outcome::Failed(error) => write!(f, "{}", errno::Description(error.raw_os_error())),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "kernel: {} ({})", self.kernel(), self.machine())?;
        writeln!(f, "libc: {}", self.libc)?;
        for (mechanism, outcome) in self.outcomes() {
            writeln!(f, "{mechanism}: {outcome}")?;
        }
        match self.choice {
            Ok(mechanism) => writeln!(f, "choice: {} ({mechanism})", mechanism.backend())?,
            Err(_) => writeln!(f, "choice: none")?,
        }
        write!(f, "reason: {}", self.reason())
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Report")
            .field("kernel", &format_args!("{}", self.kernel()))
            .field("machine", &format_args!("{}", self.machine()))
            .field("libc", &self.libc)
            .field("outcomes", &self.outcomes)
            .field("choice", &self.choice)
            .field("why", &self.why)
            .finish()
    }
}
