//! Safe functions for the system calls of the suite, without std.
#![allow(unsafe_code)]

pub(crate) mod alarms;
pub mod calls;
pub(crate) mod descriptors;
pub(crate) mod errno;
pub(crate) mod limits;
pub(crate) mod memory;
pub(crate) mod multiplexer;
pub(crate) mod process;
pub(crate) mod seccomp;
pub(crate) mod signals;
pub(crate) mod socket;
pub(crate) mod thread;
pub(crate) mod time;
