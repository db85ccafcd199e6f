//! The room that a bounded channel has, and where senders wait for it.

use std::sync::{Condvar, Mutex, PoisonError};

use crate::atomic::{fence, AtomicUsize, Ordering};

/// Counts places, and lets senders wait for one, which costs the receiver a fence
/// and a load while nobody does.
///
/// A sender announces itself, then looks whether there is room; the receiver
/// makes room, then looks whether somebody has announced itself. With a fence
/// between the two steps on each side, one of them sees the other.
pub(super) struct Gate {
    /// Places that are free. Relaxed: it counts, and publishes nothing.
    room: AtomicUsize,
    waiting: AtomicUsize,
    lock: Mutex<()>,
    changed: Condvar,
}

impl Gate {
    pub(super) fn new(room: usize) -> Self {
        Gate {
            room: AtomicUsize::new(room),
            waiting: AtomicUsize::new(0),
            lock: Mutex::new(()),
            changed: Condvar::new(),
        }
    }

    /// Takes a place, if there is one.
    pub(super) fn pass(&self) -> bool {
        let (order, less) = (Ordering::Relaxed, |room: usize| room.checked_sub(1));
        self.room.fetch_update(order, order, less).is_ok()
    }

    /// Waits until `attempt` gives something.
    pub(super) fn wait_for<R>(&self, mut attempt: impl FnMut() -> Option<R>) -> R {
        // What is locked is nothing, so a panic cannot have left it half done.
        let mut locked = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        let result = loop {
            if let Some(result) = attempt() {
                break result;
            }
            // The lock is held from the attempt until the sleep, and to notify
            // one needs it: no notification falls in between.
            locked = self
                .changed
                .wait(locked)
                .unwrap_or_else(PoisonError::into_inner);
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        result
    }

    /// Gives a place back, and wakes one that waits for it.
    pub(super) fn make_room(&self) {
        self.room.fetch_add(1, Ordering::Relaxed);
        self.wake(Condvar::notify_one);
    }

    /// Wakes all that wait, after the receiver has gone.
    pub(super) fn open(&self) {
        self.wake(Condvar::notify_all);
    }

    fn wake(&self, notify: fn(&Condvar)) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) > 0 {
            let _locked = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
            notify(&self.changed);
        }
    }
}
