//! The least that a queue promises: what was written before a push is there after the
//! pop that gives it. One that finds none, or no room, may have looked too early, and is
//! ordered with nothing.

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

/// A place for a message. Empty, being written, or full.
struct Place<T> {
    state: AtomicU32,
    message: UnsafeCell<Option<T>>,
}

const EMPTY: u32 = 0;
const WRITING: u32 = 1;
const FULL: u32 = 2;

// SAFETY: whoever has made it `WRITING` has the message, then whoever finds it `FULL`,
// which is the one receiver.
unsafe impl<T: Send> Sync for Place<T> {}

impl<T> Place<T> {
    fn new() -> Self {
        Place {
            state: AtomicU32::new(EMPTY),
            message: UnsafeCell::new(None),
        }
    }

    fn put(&self, message: T) -> Result<(), T> {
        let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
        match self
            .state
            .compare_exchange(EMPTY, WRITING, success, failure)
        {
            Ok(_) => {
                // SAFETY: see above.
                self.message
                    .with_mut(|place| unsafe { *place = Some(message) });
                self.state.store(FULL, Ordering::Release);
                Ok(())
            }
            Err(_) => Err(message),
        }
    }

    fn take(&self) -> Option<T> {
        if !self.is_full() {
            return None;
        }
        // SAFETY: see above.
        let message = self.message.with_mut(|place| unsafe { (*place).take() });
        self.state.store(EMPTY, Ordering::Release);
        message
    }

    fn is_full(&self) -> bool {
        self.state.load(Ordering::Acquire) == FULL
    }
}

/// As many messages as a model sends.
pub struct SegQueue<T> {
    places: [Place<T>; 2],
    pushed: AtomicUsize,
    popped: AtomicUsize,
}

impl<T> SegQueue<T> {
    pub fn new() -> Self {
        SegQueue {
            places: [(); 2].map(|()| Place::new()),
            pushed: AtomicUsize::new(0),
            popped: AtomicUsize::new(0),
        }
    }

    pub fn push(&self, message: T) {
        let index = self.pushed.fetch_add(1, Ordering::Relaxed);
        assert!(self.places[index].put(message).is_ok());
    }

    pub fn pop(&self) -> Option<T> {
        let index = self.popped.load(Ordering::Relaxed);
        let message = self.places.get(index)?.take()?;
        self.popped.store(index + 1, Ordering::Relaxed);
        Some(message)
    }

    pub fn is_empty(&self) -> bool {
        let next = self.places.get(self.popped.load(Ordering::Relaxed));
        !next.map_or(false, Place::is_full)
    }
}
