//! What wakers and their one consumer tell each other without a system call.

// Not core's by name: the model in tests/loom/ puts its own in this place.
use crate::atomic::{fence, AtomicU32, Ordering};

/// The consumer may be asleep: who wakes it writes to the descriptor.
const ARMED: u32 = 0;
/// A wake-up is pending; if the consumer was armed, the descriptor has been, or
/// is just being, written.
const WOKEN: u32 = 1;
/// The consumer is awake and looks here before it sleeps: nobody writes.
const AWAKE: u32 = 2;

/// One word, and a fence on each side of it.
///
/// A waker publishes, then looks at the word; a consumer changes the word, then
/// looks at what is published. With a `SeqCst` fence between the two steps, one of
/// them sees the other: if the waker's fence comes first in their one order, the
/// consumer sees what was published; if the consumer's does, the waker sees the
/// word changed, swaps in `WOKEN`, and writes if the consumer was armed. While it
/// is `WOKEN` anyway, a waker only reads the word, so that many wakers on many
/// processors do not take it from each other.
///
/// The steps themselves are relaxed read-modify-writes: all on one word have one
/// order, so that of two wakers who find it armed one alone has to write.
#[derive(Debug)]
pub(super) struct State(AtomicU32);

impl State {
    pub(super) fn armed() -> Self {
        State(AtomicU32::new(ARMED))
    }

    /// By a waker, after publishing: whether it must write to the descriptor.
    pub(super) fn wake(&self) -> bool {
        fence(Ordering::SeqCst);
        self.0.load(Ordering::Relaxed) != WOKEN && self.0.swap(WOKEN, Ordering::Relaxed) == ARMED
    }

    /// By a waker that could not write: the next one tries again.
    pub(super) fn take_back(&self) {
        // Relaxed: nothing is published or seen. If the consumer has been here
        // meanwhile, there is nothing to take back.
        let _ = self
            .0
            .compare_exchange(WOKEN, ARMED, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// By the consumer, after it drained the descriptor, before it looks: from
    /// here on wakers write. Says whether a wake-up was pending.
    pub(super) fn rearm(&self) -> bool {
        let before = self.0.swap(ARMED, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        before == WOKEN
    }

    /// By the consumer, before it looks: from here on nobody writes. Says
    /// whether a wake-up was pending.
    pub(super) fn stay_awake(&self) -> bool {
        let before = self.0.swap(AWAKE, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        before == WOKEN
    }

    /// By a consumer that is awake and has looked: from here on wakers write;
    /// unless a wake-up has come meanwhile, then `false`, and nothing changes.
    pub(super) fn arm(&self) -> bool {
        // No fence: what a waker published is seen when its wake-up is taken, by
        // `stay_awake`. The load saves a step that would fail.
        self.0.load(Ordering::Relaxed) != WOKEN
            && self
                .0
                .compare_exchange(AWAKE, ARMED, Ordering::Relaxed, Ordering::Relaxed)
                != Err(WOKEN)
    }
}
