//! The service thread of timers: `src/sys/{alarms,monitor,change}.rs`, compiled from
//! their own files, with loom's threads, and with models of what they ask of libc.
//!
//! A crate of its own, as its root stands for libc and as its atomics are in statics.
#![allow(dead_code)] // Of `Schedule` and of the models a part is used.

extern crate self as libc;

#[path = "../../../../src/sys/alarms.rs"]
mod alarms;
mod atomic;
#[path = "../../../../src/sys/condvar.rs"]
mod condvar;
#[path = "../../src/descriptor.rs"]
mod descriptor;
#[path = "../../../../src/sys/fork_mutex.rs"]
mod fork_mutex;
#[path = "../../../../src/timer/schedule.rs"]
mod schedule;
mod service_model;
mod system;

// What these files find in their crate, in the modules beside them, and in libc.
use descriptor::Descriptor as AutoNotifier;
use sys::clock;
use system::{errno, poll, thread};
use wakefd::*;
mod sys {
    pub(crate) use crate::system::{answer, clock, errno, poll};
}
mod timer {
    pub(crate) use crate::schedule::Schedule;
}
pub use real_libc::{
    c_int, c_long, mmap, munmap, pid_t, pthread_t, ETIMEDOUT, EXDEV, FUTEX_WAIT, FUTEX_WAKE,
    MAP_ANON, MAP_FAILED, MAP_PRIVATE, PROT_READ, PROT_WRITE,
};
pub use system::{
    getpid, pthread_mutex_lock, pthread_mutex_t, pthread_mutex_unlock, syscall, SYS_futex,
    PTHREAD_MUTEX_INITIALIZER,
};
