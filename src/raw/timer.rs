//! A timer on some of its mechanisms.

use crate::timer::CHAIN;
use crate::{Error, Mechanism, Timer};

use super::Chain;

/// All of them.
pub const AUTO: Chain = CHAIN;

/// A timerfd.
pub const DESCRIPTOR: Chain = Chain {
    last: Mechanism::TimerFd,
    ..CHAIN
};

/// The thread.
pub const THREAD: Chain = Chain {
    best: Mechanism::TimerThread,
    ..CHAIN
};

/// On the best of these that is here.
pub fn open(chain: Chain) -> Result<Timer, Error> {
    Timer::on(chain)
}
