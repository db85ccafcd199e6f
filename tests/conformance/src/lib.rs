//! The conformance suite: what every notifier must do, however it is made.
//!
//! One source for `cargo test` and for the self-test program that boots on bare
//! kernels, so it is `no_std` and never allocates: threads, processes and
//! signals are libc's. A [`Run`] is one [`Case`] against one [`Way`] of making
//! notifiers, under one [`Profile`] of a kernel, in a process of its own: what a
//! case does to its process (a filter, a limit, a crash, a hang) ends with it.

#![no_std]

mod cases;
pub mod faults;
mod isolate;
mod profile;
mod run;
mod sys;

pub use cases::{Case, CASES};
pub use isolate::{isolated, Outcome};
pub use profile::{Profile, PROFILES};
pub use sys::descriptors::{close, Open};
pub use sys::multiplexer::{Kind, Multiplexer, FOREVER};

pub use run::{runs, runs_of, Run, Subject, Way};
