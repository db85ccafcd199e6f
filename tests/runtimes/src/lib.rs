//! Tests the contract of wakefd inside the runtimes of its users.
//!
//! A runtime implements [`Loop`], and [`loop_suite!`] runs the same scenarios in each one, on
//! every mechanism. The file of a runtime in `tests/` also tests its own features.

mod ledger;
mod source;
mod suite;
mod watchdog;

pub use ledger::Ledger;
pub use source::{Source, each_mechanism, each_source};
pub use suite::{
    Loop, clear_then_look, nothing_is_lost, notified_before_registration, registered_again,
    woken_by_another_thread,
};
pub use watchdog::watched;
