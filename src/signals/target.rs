//! A descriptor that handlers write to, and that must not be closed meanwhile.

// Not core's by name: the models in tests/loom/ put their own in this place.
use crate::atomic::{fence, AtomicI32, AtomicU32, Ordering};

/// Where the handlers find the descriptor of an object.
///
/// A number that is closed may be somebody else's a moment later. So a handler pins
/// the target, then looks whether the descriptor is still there, and who closes it
/// takes it out, then waits until nobody has it pinned. With a `SeqCst` fence between
/// the two steps on each side, one sees the other.
#[derive(Debug)]
pub(super) struct Target {
    /// The process whose descriptor it is: a child shares it until it has its own.
    pub(super) process: AtomicI32,
    pub(super) descriptor: AtomicI32,
    /// How many handlers are between looking at it and having written.
    pub(super) pins: AtomicU32,
}

/// No descriptor.
pub(super) const NONE: i32 = -1;

impl Target {
    /// By a handler in this process: writes, if the descriptor is there.
    pub(super) fn with(&self, process: i32, write: impl FnOnce(i32)) {
        // First of all: a child of `vfork` shares this memory too, and must leave
        // no trace in it.
        if !self.is_of(process) {
            return;
        }
        self.pins.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        match self.descriptor.load(Ordering::Relaxed) {
            NONE => {}
            descriptor => write(descriptor),
        }
        // What the handler did with the descriptor comes before it is closed.
        self.pins.fetch_sub(1, Ordering::Release);
    }

    /// By its owner: from here on handlers write to it.
    pub(super) fn open(&self, descriptor: i32, process: i32) {
        self.descriptor.store(descriptor, Ordering::Relaxed);
        self.process.store(process, Ordering::Relaxed);
        // With that of the handler between marking and looking here: the handler sees this,
        // or its mark is found by a caller that looks now.
        fence(Ordering::SeqCst);
    }

    /// By its owner, who closes the descriptor as soon as the target
    /// [is idle](Self::is_idle).
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

    /// In the child of a fork, without the threads that had it pinned.
    pub(super) fn unpin(&self) {
        self.pins.store(0, Ordering::Relaxed);
    }
}
