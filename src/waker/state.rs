//! What wakers and their one consumer tell each other without a system call.

// Not core's by name: the model in ci/loom/ puts its own in this place.
use crate::atomic::{AtomicU32, Ordering};

/// The consumer may be asleep: who wakes it writes to the descriptor.
const ARMED: u32 = 0;
/// A wake-up is pending; if the consumer was armed, the descriptor has been, or
/// is just being, written.
const WOKEN: u32 = 1;
/// The consumer is awake and looks here before it sleeps: nobody writes.
const AWAKE: u32 = 2;

/// One word, in which every step is a read-modify-write.
///
/// That is what the correctness rests on. All steps on one word have one order.
/// A waker publishes, then swaps in `WOKEN`; a consumer swaps that out, then
/// looks. Either the consumer's swap comes second, and then it reads from the
/// waker's (or from a later waker's, which carries on its release sequence), so
/// that acquire sees what was published. Or it comes first, and then the waker
/// finds `ARMED` and writes, or finds `AWAKE`, and the consumer's next step finds
/// `WOKEN`. A plain load in `wake`, to save the swap, would break that: it may
/// be carried out before the publishing store is seen.
#[derive(Debug)]
pub(super) struct State(AtomicU32);

impl State {
    pub(super) fn armed() -> Self {
        State(AtomicU32::new(ARMED))
    }

    /// By a waker, after publishing: whether it must write to the descriptor.
    ///
    /// Release publishes; acquire would have nothing to see.
    pub(super) fn wake(&self) -> bool {
        self.0.swap(WOKEN, Ordering::Release) == ARMED
    }

    /// By the consumer: whether nobody has woken it since it armed.
    pub(super) fn is_armed(&self) -> bool {
        // Relaxed: a waker that is not seen here has yet to write.
        self.0.load(Ordering::Relaxed) == ARMED
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
        self.0.swap(ARMED, Ordering::Acquire) == WOKEN
    }

    /// By the consumer, before it looks: from here on nobody writes. Says
    /// whether a wake-up was pending.
    pub(super) fn stay_awake(&self) -> bool {
        self.0.swap(AWAKE, Ordering::Acquire) == WOKEN
    }

    /// By a consumer that is awake and has looked: from here on wakers write;
    /// unless a wake-up has come meanwhile, then `false`, and nothing changes.
    pub(super) fn arm(&self) -> bool {
        // Relaxed: what a waker published is seen when its wake-up is taken, by
        // `stay_awake`.
        self.0
            .compare_exchange(AWAKE, ARMED, Ordering::Relaxed, Ordering::Relaxed)
            != Err(WOKEN)
    }
}
