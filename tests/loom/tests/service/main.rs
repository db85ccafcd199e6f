//! The timers' service thread: `src/timer/service.rs` and the heap, the lock and the condition
//! variable below it, compiled from the library's files, with loom's threads and models of the
//! functions of libc.
//!
//! This is a separate crate, because its root stands for libc and its atomics are in statics.
#![allow(dead_code)] // Of `Schedule` and of the models a part is used.

extern crate alloc;
extern crate self as libc;

mod atomic;
#[path = "../../../../src/sys/condvar.rs"]
mod condvar;
#[path = "../../src/descriptor.rs"]
mod descriptor;
#[path = "../../../../src/sys/fork_mutex.rs"]
mod fork_mutex;
#[path = "../channel/futex.rs"]
mod futex;
#[path = "../../../../src/sys/page.rs"]
mod page;
#[path = "../../../../src/timer/schedule.rs"]
mod schedule;
#[path = "../../../../src/timer/service.rs"]
mod service;
mod service_model;
#[path = "../../../../src/sys/shared_heap.rs"]
mod shared_heap;
mod system;

// What these files find in their crate, in the modules beside them, and in libc.
use sys::clock;
use system::{errno, poll, process};
use wakefd::*;
mod backend {
    pub(crate) use crate::descriptor::Descriptor as AutoNotifier;
}
impl descriptor::Descriptor {
    /// As the library's notifiers have it without the trait.
    fn notify(&self) -> Result<(), Error> {
        Notifier::notify(self)
    }
}
mod sys {
    pub(crate) use crate::system::{clock, errno, process, thread};
    pub(crate) use crate::{atomic, fork_mutex, shared_heap};
}
pub use real_libc::{
    mmap, munmap, pid_t, EXDEV, MAP_ANON, MAP_FAILED, MAP_PRIVATE, PROT_READ, PROT_WRITE,
};
pub use system::{
    pthread_mutex_lock, pthread_mutex_t, pthread_mutex_unlock, PTHREAD_MUTEX_INITIALIZER,
};
