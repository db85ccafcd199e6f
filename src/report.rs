//! The report of [`probe`]: the result of each mechanism, the choice, and the reason for
//! it.

use core::fmt;

use crate::backend::{AutoNotifier, Primitive};
use crate::error::{Error, Operation};
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::Mechanism;
use crate::sys::errno;
use crate::sys::libc_version::Libc;
use crate::sys::utsname::{self, UtsString};

#[cfg(all(
    feature = "eventfd",
    feature = "pipe",
    any(target_os = "linux", target_os = "android"),
))]
use crate::backend::{is_old_glibc, Selection};

/// Tries every mechanism of this build, and reports which one
/// [`AutoNotifier::new`](crate::AutoNotifier::new) chooses and why.
///
/// Creates each kind of descriptor once and closes it again, also on mechanisms that the
/// process has cached as unavailable.
///
/// ```
/// let report = wakefd::probe();
/// println!("{report}");
/// let notifier = wakefd::AutoNotifier::new();
/// assert_eq!(report.choice().ok(), notifier.ok().map(|notifier| notifier.mechanism()));
/// ```
#[must_use]
pub fn probe() -> Report {
    Report::new(Candidates::default())
}

/// Tries the mechanisms that `selection` allows, and reports which one
/// [`AutoNotifier::with`] chooses and why. [`probe`] does this for [`Selection::Auto`].
#[cfg(all(
    feature = "eventfd",
    feature = "pipe",
    any(target_os = "linux", target_os = "android"),
))]
#[must_use]
pub fn probe_with(selection: Selection) -> Report {
    Report::new(selection.into())
}

/// The result of [`probe`]. `{}` formats it as a report for a person.
#[derive(Clone, Copy)]
pub struct Report {
    kernel: UtsString,
    machine: UtsString,
    libc: Libc,
    /// One outcome for each of [`Mechanism::FOR_NOTIFIERS`], in that order.
    outcomes: [Outcome; 4],
    choice: Result<Mechanism, Error>,
    cause: Cause,
}

/// The result of one mechanism in a [`probe`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The mechanism created working descriptors.
    Works,
    /// The mechanism failed with this error.
    Failed(Error),
    /// The mechanism was not tried: the selection rules it out, or this build does not have
    /// it.
    NotAsked,
}

/// The mechanisms to try, and those to choose from.
struct Candidates {
    ask: Chain,
    choose: Chain,
    cause: Cause,
}

cfg_if::cfg_if! {
    if #[cfg(all(
        feature = "eventfd",
        feature = "pipe",
        any(target_os = "linux", target_os = "android"),
    ))] {
        impl Default for Candidates {
            fn default() -> Self {
                Selection::Auto.into()
            }
        }

        impl From<Selection> for Candidates {
            fn from(selection: Selection) -> Self {
                let choose = selection.chain();
                let (ask, cause) = match selection {
                    Selection::EventFd | Selection::Pipe => (choose, Cause::Selected),
                    Selection::Auto if is_old_glibc() => (AutoNotifier::CHAIN, Cause::OldGlibc),
                    Selection::Auto | Selection::Kernel => (AutoNotifier::CHAIN, Cause::Best),
                };
                Candidates { ask, choose, cause }
            }
        }
    } else {
        impl Default for Candidates {
            fn default() -> Self {
                Candidates {
                    ask: AutoNotifier::CHAIN,
                    choose: AutoNotifier::CHAIN,
                    cause: Cause::OnlyBackend,
                }
            }
        }
    }
}

/// The reason for the set of candidates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code)] // The features of the build decide which values are used.
enum Cause {
    /// All mechanisms were candidates.
    Best,
    /// The glibc is older than 2.8, so an eventfd was not a candidate.
    OldGlibc,
    /// The caller selected one backend.
    Selected,
    /// This build has one backend.
    OnlyBackend,
}

impl Report {
    fn new(candidates: Candidates) -> Self {
        let (kernel, machine) = utsname::uname();
        let outcomes = Mechanism::FOR_NOTIFIERS.map(|mechanism| {
            if !candidates.ask.contains(mechanism) {
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
            choice: choose(candidates.choose, &outcomes),
            cause: candidates.cause,
        }
    }

    /// Returns the kernel's release, as `uname -r` prints it.
    #[must_use]
    pub fn kernel(&self) -> &str {
        self.kernel.as_str()
    }

    /// Returns the machine, as `uname -m` prints it.
    #[must_use]
    pub fn machine(&self) -> &str {
        self.machine.as_str()
    }

    /// Returns the C library that this process runs on.
    #[must_use]
    pub const fn libc(&self) -> Libc {
        self.libc
    }

    /// Returns the outcome of each mechanism, best mechanism first.
    pub fn outcomes(&self) -> impl Iterator<Item = (Mechanism, Outcome)> + '_ {
        Mechanism::FOR_NOTIFIERS.into_iter().zip(self.outcomes)
    }

    /// Returns the mechanism of the notifier that would be created.
    ///
    /// # Errors
    ///
    /// Returns the error with which creating the notifier would fail.
    pub const fn choice(&self) -> Result<Mechanism, Error> {
        self.choice
    }

    /// Returns the reason for the choice. `{}` formats it as a sentence.
    #[must_use]
    pub const fn reason(&self) -> Reason<'_> {
        Reason(self)
    }
}

/// Chooses as the fallback chain does, from the outcomes at hand.
fn choose(chain: Chain, outcomes: &[Outcome; 4]) -> Result<Mechanism, Error> {
    fallback::first_available(chain, Unavailable::AskAgain, |mechanism| {
        match outcomes.get(mechanism as usize) {
            Some(Outcome::Works) => Ok(mechanism),
            Some(Outcome::Failed(error)) => Err(*error),
            Some(Outcome::NotAsked) | None => {
                Err(Error::new(Operation::Create, mechanism, libc::ENOSYS))
            }
        }
    })
}

/// The reason for a [`Report::choice`], to be formatted with `{}`.
#[derive(Clone, Copy)]
pub struct Reason<'a>(&'a Report);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let report = self.0;
        let chosen = match report.choice {
            Ok(mechanism) => mechanism,
            Err(error) => return write!(f, "{error}"),
        };
        match report.cause {
            Cause::Best => {}
            Cause::OldGlibc => write!(
                f,
                "{} is older than 2.8, the first version with a working eventfd; ",
                report.libc
            )?,
            Cause::Selected => write!(f, "the {} backend was selected; ", chosen.backend())?,
            Cause::OnlyBackend => {
                write!(f, "this build has only the {} backend; ", chosen.backend())?
            }
        }
        for (mechanism, outcome) in report.outcomes() {
            match outcome {
                _ if mechanism == chosen => break,
                // A mechanism that the version of the libc rules out had no part in the
                // choice.
                _ if report.cause == Cause::OldGlibc && mechanism.backend() != chosen.backend() => {
                }
                Outcome::Failed(_) => write!(f, "{mechanism}: {outcome}; ")?,
                Outcome::Works | Outcome::NotAsked => {}
            }
        }
        write!(f, "{chosen} is available")
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Works => f.write_str("available"),
            Outcome::NotAsked => f.write_str("not tried"),
            Outcome::Failed(error)
                if (error.operation(), error.raw_os_error())
                    == (Operation::Verify, libc::ENOSYS) =>
            {
                f.write_str("the call does not behave as documented")
            }
            // The caller prints the mechanism's name.
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
            .field("cause", &self.cause)
            .finish()
    }
}
