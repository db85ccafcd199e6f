//! Runs random operations on both backends and compares them with a model after each.
//!
//! The fuzzer's bytes are a program: each operation is a byte, perhaps followed by
//! its argument, and acts on one of a few slots. A slot holds an object twice, once
//! on an eventfd and once on a pipe, and the model of what both must do.
#![no_main]

mod object;
mod sys;

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::Once;

use libfuzzer_sys::fuzz_target;
use object::Object;

/// How many operations there were, each on both backends.
static OPERATIONS: AtomicU64 = AtomicU64::new(0);

extern "C" fn report() {
    eprintln!("operations: {}", OPERATIONS.load(Ordering::Relaxed));
}

/// What is left of the fuzzer's bytes; zeros, once they are over.
struct Bytes<'a>(core::slice::Iter<'a, u8>);

impl Bytes<'_> {
    fn next(&mut self) -> u8 {
        self.0.next().copied().unwrap_or(0)
    }

    /// Of every size, most of them small.
    fn number(&mut self) -> u64 {
        let size = self.next();
        let bits = u64::from_le_bytes(core::array::from_fn(|_| {
            if size & 1 == 0 {
                0xff
            } else {
                self.next()
            }
        }));
        bits >> (size >> 2)
    }
}

fuzz_target!(|data: &[u8]| {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        sys::at_exit(report);
        sys::handle_signals();
    });
    let before = sys::lowest_free();
    let mut slots: [Option<Object>; 3] = Default::default();
    let mut bytes = Bytes(data.iter());
    let mut operations = 0;
    while !bytes.0.as_slice().is_empty() {
        let operation = bytes.next();
        let slot = &mut slots[usize::from(operation >> 6) % 3];
        operations += 1;
        match slot {
            None => *slot = Some(Object::new(operation)),
            // Dropped, in the middle of whatever it is in.
            Some(_) if operation & 63 == 63 => *slot = None,
            Some(object) => object.apply(operation & 63, &mut bytes),
        }
    }
    OPERATIONS.fetch_add(operations, Ordering::Relaxed);
    drop(slots);
    assert_eq!(sys::lowest_free(), before, "a descriptor has leaked");
});
