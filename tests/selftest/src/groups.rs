//! Which groups of tests run.
//!
//! Arguments name the groups: `cases`, `faults`, or `faults=sample`. Without any of them
//! everything runs. The kernel passes on to PID 1 what it does not know of its own command
//! line: a word as an argument, and `faults=sample` as an environment variable.

use core::fmt;

use wakefd_conformance::faults::{faults_of, rows, sample_of, Fault};
use wakefd_conformance::runs;

use crate::sys;

pub const USAGE: &str = "arguments: cases, faults or faults=sample; everything without";

/// What runs.
pub struct Groups {
    pub cases: bool,
    pub faults: Faults,
}

/// Which cells of the fault matrix run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Faults {
    None,
    /// Each row once. The errnos take turns, from row to row.
    Sample,
    All,
}

impl Groups {
    /// Reads the arguments. PID 1 also reads its environment, and ignores arguments that
    /// it does not know, since they may be meant for another init.
    ///
    /// # Errors
    ///
    /// An argument that is none of these.
    pub fn parse<'a>(
        arguments: impl Iterator<Item = &'a str>,
        is_init: bool,
    ) -> Result<Self, &'a str> {
        let mut groups = Groups {
            cases: false,
            faults: Faults::None,
        };
        if is_init && sys::variable(b"faults\0") == Some("sample") {
            groups.faults = Faults::Sample;
        }
        for argument in arguments {
            match argument {
                "cases" => groups.cases = true,
                "faults" => groups.faults = Faults::All,
                "faults=sample" => groups.faults = Faults::Sample,
                _ if is_init => comment!("ignored, no group of tests: {}", argument),
                other => return Err(other),
            }
        }
        if !groups.cases && groups.faults == Faults::None {
            groups = Groups {
                cases: true,
                faults: Faults::All,
            };
        }
        Ok(groups)
    }
}

/// What is in the report, and what is left out.
impl fmt::Display for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cases, faults] = [runs().count(), Faults::All.cells().count()];
        match self.cases {
            true => write!(f, "reported: all {} runs of cases", cases)?,
            false => write!(f, "reported: none of {} runs of cases", cases)?,
        }
        match self.faults {
            Faults::All => write!(f, ", all {} faults", faults),
            Faults::None => write!(f, ", none of {} faults", faults),
            Faults::Sample => write!(
                f,
                ", {} of {} faults: each row with one errno, which rotates",
                self.faults.cells().count(),
                faults
            ),
        }
    }
}

impl Faults {
    /// The cells of this choice.
    pub fn cells(self) -> impl Iterator<Item = Fault> {
        let all = faults_of(rows()).filter(move |_| self == Faults::All);
        let sample = sample_of(rows()).filter(move |_| self == Faults::Sample);
        all.chain(sample)
    }
}
