//! Models of the users of the waker, and of the state that a signal handler shares with the
//! program. Both are compiled from the library's files, with loom's atomics instead of
//! core's.
//!
//! These atomics have no model:
//!
//! - `src/fallback.rs`: bits that are only set and publish nothing; for a lost one the kernel is
//!   asked again.
//! - `src/signals/table.rs`: the registry writes under its lock; what handlers read is written
//!   before the call that lets the signal come.
//! - `src/sys/sigaction.rs`: what our handler calls is written before the call that installs it;
//!   each of the two addresses is whole.
//! - `src/channel/boxed.rs`: one flag, that the receiver is gone. A sender that sees it late
//!   writes into a pipe whose content is dropped with it.
//! - `Node::process` in `src/sys/shared_heap.rs`: one word, written by one process alone.
#![cfg(test)]
#![allow(dead_code)] // The models use the parts that share memory.

// What these files find in their crate.
use wakefd::*;
mod error {
    pub(crate) use wakefd::Error;
}
mod mechanism {
    pub(crate) use wakefd::{Backend, Mechanism};
}
mod notifier {
    pub(crate) use wakefd::{Notifier, Wait};
}
mod sys {
    pub(crate) mod atomic {
        pub(crate) use loom::sync::atomic::*;

        pub(crate) fn fence_of_models() {
            fence(Ordering::SeqCst);
        }
    }
    pub(crate) mod errno {
        pub(crate) type Errno = i32;
    }
    pub(crate) mod fd {
        pub(crate) use wakefd::RawFd;
    }
}
mod descriptor;
mod model;
mod signal_model;
// The modules of the library that are compiled twice: what is checked must be what
// is used.
#[path = "../../../src/signals/pending.rs"]
mod pending;
#[path = "../../../src/signals/pending_in_child.rs"]
mod pending_in_child;
#[path = "../../../src/signals/slot.rs"]
mod slot;
#[path = "../../../src/signals/target.rs"]
mod target;
#[path = "../../../src/waker/mod.rs"]
mod waker;
