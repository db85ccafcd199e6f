//! The conformance suite: what notifiers, counters, timers and signals must do on every
//! mechanism, on every kernel.
//!
//! One source serves `cargo test` (`tests/conformance.rs`, `tests/faults.rs`) and the
//! self-test program that boots on bare kernels (`tests/selftest`), so the crate is
//! `no_std`, depends on libc alone and never allocates.
//!
//! A [`Run`] is one [`Case`], with one [`Constructor`], under one [`Profile`] of a kernel,
//! in a process of its own: what a case does to its process (a filter, a limit, a crash, a
//! hang) ends with it. A [`Fault`](faults::Fault) is one system call that fails with one
//! errno while the crate does something, also in a process of its own.
//!
//! # Adding a case
//!
//! Write a `pub(super) fn name(constructor: Constructor)` in the module of `cases/` that is
//! about the same subject. It makes its objects with the constructor and panics if they do
//! not do what they must. Then list its name in `cases!` in `cases/mod.rs`, in the block of
//! the module and of the [`Object`] that must be available. A case that several kinds of
//! objects share is generic over `Subject` and is listed once for each, as
//! `name = function<Type>`. A case about a clause of the contract of [`wakefd::Notifier`]
//! has a name that begins with the clause.
//!
//! # Adding a row to the fault matrix
//!
//! Add a `Row` to the table of the object in `faults/`: the call (from `sys/calls.rs`),
//! what is done, the mechanism that an error names, what is [`Expected`](faults::Expected)
//! of each errno, and a function that does it and says what came of it. `faults/generic.rs`
//! has the functions for what all objects do: make, take, wait, reinitialise, drop.
//! `.without(…)` makes other calls unavailable, so that the crate gets to the one that
//! fails. `ci/faults.sh --write` puts the row into `tests/faults.md`.
//!
//! # Adding a profile
//!
//! Add a [`Profile`] to `PROFILES` in `profile.rs`: a name, and lists of calls, each with the
//! errno that they give (0 for success). Which mechanism the crate must choose follows from
//! the calls that each mechanism needs.
//!
//! # Adding a mechanism
//!
//! When `wakefd::Mechanism` has a new variant and the object's list of mechanisms has it,
//! all cases of the object run on it. Say in `Profile::leaves` which calls it needs, in
//! `cases/descriptors.rs` how many descriptors it has, and add its rows to the fault matrix.
//!
//! # Adding a kind of object
//!
//! Implement `Subject` in `subject.rs` for it: how it is made, what makes it readable, what
//! takes that, every operation that can fail. Then all generic cases and faults apply.

#![no_std]

mod cases;
mod constructor;
pub mod faults;
mod isolate;
mod profile;
mod run;
mod subject;
mod sys;

pub use cases::{random_operations, Case, CASES};
pub use constructor::Constructor;
pub use isolate::{isolated, Outcome};
pub use profile::{Profile, PROFILES};
pub use run::{runs, runs_of, Run};
pub use subject::Object;
pub use sys::calls;
pub use sys::descriptors::{close, Open};
pub use sys::multiplexer::{Kind, Multiplexer, FOREVER};

/// Does so many random operations on signals, in a process of its own, and compares them with a
/// model of the mechanism. The suite does a thousand.
#[must_use]
pub fn signals_agree_with_a_model(constructor: Constructor, operations: u32, seed: u64) -> Outcome {
    isolated(|| {
        if let (Constructor::At(_), Err(error)) = (constructor, constructor.try_signals(&[])) {
            return Outcome::Absent(error.raw_os_error());
        }
        cases::signal_model::agrees_with_a_model(constructor, operations, seed);
        Outcome::Passed
    })
}
