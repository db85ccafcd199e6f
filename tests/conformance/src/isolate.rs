//! A process of its own for each run.

use crate::sys::alarms;
use crate::sys::process::{fork_to, Ended};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every assertion held.
    Passed,
    /// An assertion did not hold; what it says is on standard error.
    Failed,
    /// A signal ended it, or it had to be killed because it hung.
    Died(i32),
    /// This kernel does not have the mechanism: the errno.
    Absent(i32),
    /// This machine cannot set up the profile: the errno.
    Skipped(i32),
}

/// How long a run may take before it counts as hung. Generous: an emulated
/// machine can be a hundred times slower than the one that runs the emulator.
pub(crate) const SECONDS: i32 = 240;

/// Runs `work` in a child process and says how it ended.
#[must_use]
pub fn isolated(work: impl FnOnce() -> Outcome) -> Outcome {
    let work = || {
        alarms::ignore_none();
        work()
    };
    // The exit status has one byte: the errno's, beside a bit for each kind.
    let child = fork_to(|| match work() {
        Outcome::Passed => 0,
        Outcome::Absent(errno) if (1..64).contains(&errno) => 128 + errno,
        Outcome::Skipped(errno) if (1..64).contains(&errno) => 192 + errno,
        // ENOSYS is 38 nearly everywhere, but 89 on MIPS.
        Outcome::Absent(libc::ENOSYS) => 128,
        Outcome::Skipped(libc::ENOSYS) => 192,
        _ => FAILED,
    });
    match child.wait_for(SECONDS) {
        Ended::Exited(0) => Outcome::Passed,
        Ended::Exited(128) => Outcome::Absent(libc::ENOSYS),
        Ended::Exited(192) => Outcome::Skipped(libc::ENOSYS),
        Ended::Exited(status @ 129..=191) => Outcome::Absent(status - 128),
        Ended::Exited(status @ 193..=255) => Outcome::Skipped(status - 192),
        Ended::Exited(_) => Outcome::Failed,
        Ended::Killed(signal) => Outcome::Died(signal),
    }
}

/// As Rust's own test harness has it.
const FAILED: i32 = 101;
