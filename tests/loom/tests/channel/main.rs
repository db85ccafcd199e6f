//! The state that the ends of a channel share (`src/channel/{shared,capacity}.rs`) and the queue
//! (`src/sys/mpsc.rs`), compiled from the library's files, with loom's atomics and a model of
//! the kernel's futex.
//!
//! This is a separate crate, because its root stands for `std`.
#![no_std]
#![allow(dead_code)] // Of the errors and of the waker a part is used.

extern crate alloc;
extern crate self as std;
extern crate std as real_std;

mod channel;
#[path = "../../src/descriptor.rs"]
mod descriptor;
mod futex;
#[path = "../../../../src/sys/mpsc.rs"]
mod mpsc;
mod mpsc_model;
#[path = "../../../../src/waker/mod.rs"]
mod waker;

// What these files find in their crate, and in std.
use wakefd::*;
mod backend {
    pub(crate) use crate::descriptor::Descriptor as AutoNotifier;
}
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
    pub(crate) use crate::{futex, mpsc};
    pub(crate) mod atomic {
        pub(crate) use loom::sync::atomic::*;

        pub(crate) fn fence_of_models() {
            fence(Ordering::SeqCst);
        }
    }
    pub(crate) mod fd {
        pub(crate) use wakefd::RawFd;
    }
}
