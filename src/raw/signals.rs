//! Signals on some of their mechanisms.

use crate::signals::CHAIN;
use crate::{Error, Mechanism, Signals};

use super::Chain;

/// All of them.
pub const AUTO: Chain = CHAIN;

/// A signalfd.
pub const DESCRIPTOR: Chain = Chain {
    last: Mechanism::SignalFd,
    ..CHAIN
};

/// Handlers.
pub const HANDLER: Chain = Chain {
    best: Mechanism::SignalHandler,
    ..CHAIN
};

/// On the best of these that is here.
pub fn open(chain: Chain, numbers: &[libc::c_int]) -> Result<Signals, Error> {
    Signals::on(chain, numbers)
}
