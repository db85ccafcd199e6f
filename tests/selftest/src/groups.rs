//! The groups of tests that run.
//!
//! Arguments name them: `cases`, `faults`, or `sample`, which is a part of both. Without an
//! argument everything runs. With `on=linux-2.6.27`, or another profile, the program runs under
//! that profile. The kernel passes unknown words of its own command line to PID 1.

use core::fmt;

use wakefd_conformance::faults::{faults_of, rows, sample_of, Fault};
use wakefd_conformance::{runs, Profile, Run, PROFILES};

pub const USAGE: &str = "arguments: cases, faults or sample, everything without; on=PROFILE";

/// What runs.
pub struct Groups {
    cases: Part,
    faults: Part,
    /// The kernel to run as on, if not this one.
    pub on: Option<&'static Profile>,
}

/// How much of a group runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    None,
    /// Of the cases all on the kernel as it is, and under each profile some, so that each
    /// case has its turn; of the faults each row once, with errnos that take turns.
    Sample,
    All,
}

impl Groups {
    /// Reads the arguments. PID 1 ignores those that it does not know, since they may be
    /// meant for another init.
    ///
    /// # Errors
    ///
    /// An argument that is none of these.
    pub fn parse<'a>(
        arguments: impl Iterator<Item = &'a str>,
        is_init: bool,
    ) -> Result<Self, &'a str> {
        let [mut cases, mut faults] = [Part::None; 2];
        let mut on = None;
        for argument in arguments {
            match argument {
                "cases" => cases = Part::All,
                "faults" => faults = Part::All,
                "sample" => [cases, faults] = [Part::Sample; 2],
                kernel if profile(kernel).is_some() => on = profile(kernel),
                _ if is_init => comment!("ignored, no group of tests: {}", argument),
                other => return Err(other),
            }
        }
        if [cases, faults] == [Part::None; 2] {
            [cases, faults] = [Part::All; 2];
        }
        Ok(Groups { cases, faults, on })
    }

    /// The runs of cases that are chosen.
    pub fn runs(&self) -> impl Iterator<Item = Run> {
        let part = self.cases;
        runs().filter(move |run| match part {
            Part::None => false,
            Part::Sample => run.is_in_sample(),
            Part::All => true,
        })
    }

    /// The cells of the fault matrix that are chosen.
    pub fn faults(&self) -> impl Iterator<Item = Fault> {
        let part = self.faults;
        let all = faults_of(rows()).filter(move |_| part == Part::All);
        let sample = sample_of(rows()).filter(move |_| part == Part::Sample);
        all.chain(sample)
    }
}

/// The profile of `on=PROFILE`.
fn profile(argument: &str) -> Option<&'static Profile> {
    let name = argument.strip_prefix("on=")?;
    PROFILES.iter().find(|profile| profile.name == name)
}

/// What is in the report, and what is left out.
impl fmt::Display for Groups {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "reported: {} of {} runs of cases, {} of {} faults",
            self.runs().count(),
            runs().count(),
            self.faults().count(),
            faults_of(rows()).count(),
        )
    }
}
