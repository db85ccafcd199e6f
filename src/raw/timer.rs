//! A timer on some of its rungs.

use crate::timer::LADDER;
use crate::{Error, Rung, Timer};

use super::Ladder;

/// All of them.
pub const AUTO: Ladder = LADDER;

/// A timerfd.
pub const DESCRIPTOR: Ladder = Ladder {
    last: Rung::TimerFd,
    ..LADDER
};

/// The thread.
pub const THREAD: Ladder = Ladder {
    best: Rung::TimerThread,
    ..LADDER
};

/// On the best of these that is here.
pub fn open(ladder: Ladder) -> Result<Timer, Error> {
    Timer::on(ladder)
}
