//! What the ends of a channel share: `src/channel/{link,gate}.rs`, compiled from their
//! own files, with loom's atomics and locks, and with a model of the queue.
//!
//! A crate of its own, as its root stands for `std` and for the crate of the queue.
#![no_std]
#![allow(dead_code)] // Of the errors and of the waker a part is used.

extern crate self as crossbeam_queue;
extern crate self as std;
extern crate std as real_std;

mod channel;
#[path = "../../src/descriptor.rs"]
mod descriptor;
mod queue;
#[path = "../../../../src/waker/mod.rs"]
mod waker;

// What these files find in their crate, in that of the queue, and in std.
use descriptor::Descriptor as AutoNotifier;
use loom::sync::atomic;
pub use queue::SegQueue;
use wakefd::*;
use waker::Waker;
pub mod sync {
    pub use loom::sync::{Condvar, Mutex};
    pub use real_std::sync::PoisonError;
}
pub mod error {
    pub use real_std::error::Error;
}
