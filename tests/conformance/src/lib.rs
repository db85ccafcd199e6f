//! The conformance suite.

#![no_std]

mod cases;
mod constructor;
pub mod faults;
mod isolate;
mod profile;
mod run;
mod subject;
mod sys;

pub use cases::{Case, CASES};
pub use constructor::Constructor;
pub use isolate::{isolated, Outcome};
pub use profile::{Profile, PROFILES};
pub use run::{runs, runs_of, Run};
pub use subject::Object;
pub use sys::calls::NO_OLD_CALLS;
pub use sys::descriptors::{close, Open};
pub use sys::multiplexer::{Kind, Multiplexer, FOREVER};
