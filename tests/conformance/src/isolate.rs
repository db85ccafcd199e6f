//! Runs each run in a process of its own.

use crate::sys::process::{fork_to, Ended};
use crate::sys::signals::ignore_none;

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
    /// This machine cannot set up the profile or the fault: the errno.
    Skipped(i32),
}

/// How long a run may take before it counts as hung. Generous: an emulated
/// machine can be a hundred times slower than the one that runs the emulator.
const SECONDS: i32 = 240;

/// Runs `work` in a child process and says how it ended.
#[must_use]
pub fn isolated(work: impl FnOnce() -> Outcome) -> Outcome {
    // The exit status has one byte, in which an errno has seven bits: ENOSYS is 38
    // nearly everywhere, but 89 on MIPS.
    const ABSENT: i32 = 128;
    let child = fork_to(|| {
        ignore_none();
        match work() {
            Outcome::Passed => 0,
            Outcome::Absent(errno @ 1..=127) => ABSENT + errno,
            _ => FAILED,
        }
    });
    match child.wait_for(SECONDS) {
        Ended::Exited(0) => Outcome::Passed,
        Ended::Exited(status) if status > ABSENT => Outcome::Absent(status - ABSENT),
        Ended::Exited(_) => Outcome::Failed,
        Ended::Killed(signal) => Outcome::Died(signal),
    }
}

/// As Rust's own test harness has it.
const FAILED: i32 = 101;
