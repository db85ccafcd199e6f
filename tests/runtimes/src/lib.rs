//! wakefd's promises, kept inside the runtimes that its users have.
//!
//! [`Loop`] is what a runtime has to do here, and [`loop_suite!`] runs the same
//! scenarios in each, on every mechanism. What only one runtime has is tested beside its
//! `Loop`, in `tests/`. The recipes of `docs/loops.md` are tests of this crate too.

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

/// The recipes are tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/loops.md")]
struct Recipes;
