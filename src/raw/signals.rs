//! Signals on some of their rungs.

use crate::signals::LADDER;
use crate::{Error, Rung, Signals};

use super::Ladder;

/// All of them.
pub const AUTO: Ladder = LADDER;

/// A signalfd.
pub const DESCRIPTOR: Ladder = Ladder {
    last: Rung::SignalFd,
    ..LADDER
};

/// Handlers.
pub const HANDLER: Ladder = Ladder {
    best: Rung::SignalHandler,
    ..LADDER
};

/// On the best of these that is here.
pub fn open(ladder: Ladder, numbers: &[libc::c_int]) -> Result<Signals, Error> {
    Signals::on(ladder, numbers)
}
