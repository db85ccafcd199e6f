//! loom's atomics in statics. loom's atomics belong to one execution and must be created in it,
//! so each of these is created at its first use, in each execution again.
//!
//! The first use must happen before the others by an ordering other than the atomic's own;
//! otherwise loom reports an error.

use core::cell::Cell;
use core::ops::Deref;

pub use loom::sync::atomic::Ordering;

use crate::system::execution;

macro_rules! atomics {
    ($($name:ident of $value:ty;)*) => {$(
        pub struct $name {
            initial: $value,
            /// And in which execution it was made.
            made: Cell<(i32, Option<&'static loom::sync::atomic::$name>)>,
        }

        // SAFETY: all of loom's threads are one thread of the system.
        unsafe impl Sync for $name {}

        impl $name {
            pub const fn new(initial: $value) -> Self {
                $name { initial, made: Cell::new((0, None)) }
            }
        }

        impl Deref for $name {
            type Target = loom::sync::atomic::$name;

            fn deref(&self) -> &Self::Target {
                match self.made.get() {
                    (made_in, Some(made)) if made_in == execution() => made,
                    _ => {
                        let made = Box::leak(Box::new(Self::Target::new(self.initial)));
                        self.made.set((execution(), Some(made)));
                        made
                    }
                }
            }
        }
    )*};
}

atomics! {
    AtomicI32 of i32;
    AtomicU32 of u32;
}
