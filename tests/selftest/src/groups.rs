//! Which groups of tests run.
//!
//! Arguments name the groups: `cases`, `faults`, or `faults=sample`. Without any of them
//! everything runs. The kernel passes on to PID 1 what it does not know of its own command
//! line: a word as an argument, and `faults=sample` as an environment variable.

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

impl Faults {
    pub fn description(self) -> &'static str {
        match self {
            Faults::Sample => ": a sample, each row with one errno",
            Faults::None | Faults::All => "",
        }
    }
}
