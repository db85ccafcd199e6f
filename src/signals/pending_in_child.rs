//! A signal that comes in a child of `fork` before the child owns the slots.

// Imported from `crate::sys::atomic`, so that the models in tests/loom/ can substitute their own
// atomics.
use crate::sys::atomic::{AtomicI32, Ordering};

/// The process in which such a signal came, or 0.
///
/// A handler stores the process id here, then checks once more which process owns the
/// slots. The thread that resets the slots for the child stores the new owner, then looks
/// here. Both exchange this one word, so the second one sees what the first did, and only
/// one of them takes the signal.
#[derive(Debug)]
pub(super) struct PendingInChild(pub(super) AtomicI32);

impl PendingInChild {
    /// Called by a handler that found the slots owned by another process. Returns whether
    /// its own process owns them by now, so that the handler has to record the signal after
    /// all.
    pub(super) fn leave(&self, process: i32, owner: &AtomicI32) -> bool {
        self.0.swap(process, Ordering::Acquire);
        owner.load(Ordering::Acquire) == process && self.take(process)
    }

    /// Called by the thread that has stored the new owner. Returns whether a signal came in
    /// this process, and only once.
    pub(super) fn take(&self, process: i32) -> bool {
        self.0.swap(0, Ordering::Release) == process
    }

    pub(super) fn is_of(&self, process: i32) -> bool {
        self.0.load(Ordering::Relaxed) == process
    }
}
