//! A descriptor that handlers write to, and that must not be closed while they do.

// Imported from `crate::sys::atomic`, so that the models in tests/loom/ can substitute their own
// atomics.
use crate::sys::atomic::{fence, AtomicI32, AtomicU32, Ordering};

/// The place where handlers find the descriptor of an object.
///
/// The number of a closed descriptor may belong to other code a moment later. So a handler
/// pins the target, then checks whether the descriptor is still there, and the owner
/// removes the descriptor, then waits until no handler has the target pinned. With a
/// `SeqCst` fence between the two steps on each side, at least one sees the other.
#[derive(Debug)]
pub(super) struct Target {
    /// The process that owns the descriptor. A child shares the descriptor until it has its
    /// own.
    pub(super) process: AtomicI32,
    pub(super) descriptor: AtomicI32,
    /// The number of handlers that have started to look at the descriptor and have not
    /// finished writing.
    pub(super) pins: AtomicU32,
}

/// The value for no descriptor.
pub(super) const NONE: i32 = -1;

impl Target {
    /// Called by a handler in this process. Calls `write` with the descriptor, if there is
    /// one.
    pub(super) fn with(&self, process: i32, write: impl FnOnce(i32)) {
        // This comes first: a child of `vfork` shares this memory too, and must leave no
        // trace in it.
        if !self.is_of(process) {
            return;
        }
        self.pins.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        match self.descriptor.load(Ordering::Relaxed) {
            NONE => {}
            descriptor => write(descriptor),
        }
        // The handler's use of the descriptor comes before the close.
        self.pins.fetch_sub(1, Ordering::Release);
    }

    /// Called by the owner: from now on handlers write to the descriptor.
    pub(super) fn open(&self, descriptor: i32, process: i32) {
        self.descriptor.store(descriptor, Ordering::Relaxed);
        self.process.store(process, Ordering::Relaxed);
        // With that of the handler between marking and looking here: the handler sees this,
        // or its mark is found by a caller that looks now.
        fence(Ordering::SeqCst);
    }

    /// Called by the owner, which closes the descriptor as soon as the target [is
    /// idle](Self::is_idle).
    pub(super) fn close(&self) {
        self.descriptor.store(NONE, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    pub(super) fn is_idle(&self) -> bool {
        self.pins.load(Ordering::Acquire) == 0
    }

    pub(super) fn is_free(&self) -> bool {
        self.descriptor.load(Ordering::Relaxed) == NONE
    }

    pub(super) fn is_of(&self, process: i32) -> bool {
        self.process.load(Ordering::Relaxed) == process
    }

    /// Called in a child of `fork`, where the threads that had pinned it do not exist.
    pub(super) fn unpin(&self) {
        self.pins.store(0, Ordering::Relaxed);
    }
}
