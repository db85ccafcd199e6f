//! The library's waker, compiled from its own file, with loom's atomics in the
//! place of core's and with models of its users.
#![cfg(test)]
#![allow(dead_code)] // The models use the parts that share memory.

use loom::sync::atomic;
// What `src/waker/` finds in its crate.
use wakefd::*;

mod model;
// The one module of the library that is compiled twice: what is checked must be
// what is used.
#[path = "../../../src/waker/mod.rs"]
mod waker;
