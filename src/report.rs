//! What was asked, what it answered, and why this is the choice.

use core::fmt;

use crate::ladder::{decide, Decision, Ladder};
use crate::sys::errno;
use crate::sys::identity::{self, Libc, Name};
use crate::{backend, AutoNotifier, Error, Operation, Rung};

/// Asks every rung of this build, and reports what
/// [`AutoNotifier::new`](crate::AutoNotifier::new) chooses and why.
///
/// It makes each kind of descriptor once and closes it again, also on rungs
/// that the process has found absent before.
#[must_use]
pub fn probe() -> Report {
    Report::new(backend::plan())
}

/// The answer of [`probe`]. Shown with `{}` it is a report for a person.
#[derive(Clone, Copy)]
pub struct Report {
    kernel: Name,
    machine: Name,
    libc: Libc,
    /// In the order of [`Rung::OF_NOTIFIERS`].
    outcomes: [Outcome; 4],
    choice: Result<Rung, Error>,
    why: Why,
}

/// What a rung answered to a [`probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It gave working descriptors.
    Here,
    /// It failed.
    Failed(Error),
    /// The selection rules it out, or this build does not have it.
    NotAsked,
}

/// What to ask, and what to choose from.
pub(crate) struct Plan {
    pub(crate) ask: Ladder,
    pub(crate) candidates: Ladder,
    pub(crate) why: Why,
}

/// Why these candidates and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // Which of them there are is a matter of features.
pub(crate) enum Why {
    /// All rungs were candidates.
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
        let (kernel, machine) = identity::uname();
        let outcomes = Rung::OF_NOTIFIERS.map(|rung| {
            if !plan.ask.contains(rung) {
                return Outcome::NotAsked;
            }
            match AutoNotifier::at(rung) {
                Ok(_) => Outcome::Here,
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

    /// What each rung answered, best rung first.
    pub fn outcomes(&self) -> impl Iterator<Item = (Rung, Outcome)> + '_ {
        Rung::OF_NOTIFIERS.into_iter().zip(self.outcomes)
    }

    /// The rung of the notifier that would be made, or the error.
    ///
    /// # Errors
    ///
    /// What making the notifier would give.
    pub const fn choice(&self) -> Result<Rung, Error> {
        self.choice
    }

    /// Why this is the choice: a sentence to be shown with `{}`.
    #[must_use]
    pub const fn reason(&self) -> Reason<'_> {
        Reason(self)
    }
}

/// What the ladder does, on answers that are in already.
fn choose(candidates: Ladder, outcomes: &[Outcome; 4]) -> Result<Rung, Error> {
    let mut last = Error::new(Operation::Create, Rung::Pipe, libc::ENOSYS);
    for (rung, outcome) in Rung::OF_NOTIFIERS.into_iter().zip(outcomes) {
        match outcome {
            _ if !candidates.contains(rung) => {}
            Outcome::Here => return Ok(rung),
            Outcome::NotAsked => {}
            Outcome::Failed(error) => {
                last = *error;
                if decide(rung, error.raw_os_error()) == Decision::Refuse {
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
            Ok(rung) => rung,
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
        for (rung, outcome) in report.outcomes() {
            match outcome {
                _ if rung == chosen => break,
                // What the libc ruled out had no part in the choice.
                _ if report.why == Why::OldGlibc && rung.backend() != chosen.backend() => {}
                Outcome::Failed(_) => write!(f, "{rung}: {outcome}; ")?,
                Outcome::Here | Outcome::NotAsked => {}
            }
        }
        write!(f, "{chosen} works")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Here => f.write_str("here"),
            Outcome::NotAsked => f.write_str("not asked"),
            Outcome::Failed(error) if error.operation() == Operation::Verify => {
                f.write_str("answered, but not as documented")
            }
            // The rung is the caller's to name.
            Outcome::Failed(error) => write!(f, "{}", errno::Words(error.raw_os_error())),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "kernel: {} ({})", self.kernel(), self.machine())?;
        writeln!(f, "libc: {}", self.libc)?;
        for (rung, outcome) in self.outcomes() {
            writeln!(f, "{rung}: {outcome}")?;
        }
        match self.choice {
            Ok(rung) => writeln!(f, "choice: {} ({rung})", rung.backend())?,
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
