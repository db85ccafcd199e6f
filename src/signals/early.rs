//! A signal that comes in a child of `fork` before the slots are the child's.

// Not core's by name: the models in tests/loom/ put their own in this place.
use crate::atomic::{AtomicU32, Ordering};

/// The process in which one came, or 0.
///
/// A handler leaves it here, then looks once more whose the slots are; who makes them
/// the child's own says so, then looks here. Both exchange this one word, so one comes
/// second and sees what the first did; and one alone takes the signal.
#[derive(Debug)]
pub(super) struct Early(pub(super) AtomicU32);

impl Early {
    /// By a handler that found the slots another process's: says whether they are its
    /// own by now, so that it has to record the signal after all.
    pub(super) fn leave(&self, process: u32, owner: &AtomicU32) -> bool {
        self.0.swap(process, Ordering::Acquire);
        owner.load(Ordering::Acquire) == process && self.take(process)
    }

    /// By who has said whose the slots are: whether one came in this process. Says so
    /// once.
    pub(super) fn take(&self, process: u32) -> bool {
        self.0.swap(0, Ordering::Release) == process
    }

    pub(super) fn is_of(&self, process: u32) -> bool {
        self.0.load(Ordering::Relaxed) == process
    }
}
