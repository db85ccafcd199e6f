//! The state that wakers and their one consumer share without a system call.
//!
//! # The invariant
//!
//! `wake() == Ok` means that a completed write made the descriptor readable after the
//! caller published, or that the consumer has yet to look at what was published. No waker
//! relies on a write that another waker has begun: that write may fail, and its thread may
//! be killed or lose the processor for long.
//!
//! One word keeps the invariant. It has three flags and a generation:
//!
//! | state | the consumer | a waker |
//! | --- | --- | --- |
//! | armed (no flag) | may be asleep | writes, then confirms its write by `PENDING` |
//! | `PENDING` | will find the descriptor readable | does nothing |
//! | `AWAKE` | looks at this word before it sleeps | sets `PENDING`, and does not write |
//! | `AWAKE`, `PENDING` | will find `PENDING` in this word | does nothing |
//! | `CLEARING` | is between two steps, or a step has failed | writes, and confirms nothing |
//!
//! - A waker that has not written yet leaves no trace in the word. So there is nothing to
//!   undo when its write fails, and nothing to wait for when it never writes.
//! - A confirmation holds for the armed state in which the waker began to write. Each
//!   arming increments the generation. A late confirmation, of a write that was drained
//!   since, therefore finds another word and does nothing. (It would have to be late by
//!   exactly 2²⁹ armings to be wrong.)
//! - The consumer drains while the word is `CLEARING`, and leaves the word so until all its
//!   steps have succeeded. Wherever the consumer fails or ends, every waker keeps writing
//!   until the next clear succeeds. `clear_if_empty` drains in the state `AWAKE` instead,
//!   so that busy producers need not write meanwhile; if it fails or panics, it changes to
//!   `CLEARING`.
//!
//! A consumer that is told of every write (by an edge-triggered epoll set, on an eventfd)
//! takes a `PENDING` wake-up by arming, and leaves the descriptor readable. The next write
//! is another edge. If the consumer is told of a descriptor while the word is not
//! `PENDING`, it drains, so a level-triggered set is not told of the same write for ever.
//!
//! # Order
//!
//! A waker publishes, then reads the word; a consumer changes the word, then looks at what
//! is published. With a `SeqCst` fence between the two steps on each side, at least one
//! sees the other. If the waker's fence comes first in their total order, the consumer sees
//! what was published. If the consumer's fence comes first, the waker sees the changed
//! word, and writes or sets `PENDING`. A waker that has nothing to do only reads the word,
//! so that wakers on many processors do not take its cache line from each other.
//!
//! A sender of a channel publishes by a read-modify-write and reads the word by a load, both
//! of `SeqCst` order, which have their place in the same total order as the fences.
//!
//! The steps themselves are relaxed read-modify-writes. All of them are on one word and so
//! have one order.

// Imported from `crate::sys::atomic`, so that the model in tests/loom/ can substitute its own
// atomics.
use crate::sys::atomic::{fence, fence_of_models, AtomicU32, Ordering};

const PENDING: u32 = 1;
const AWAKE: u32 = 2;
const CLEARING: u32 = 4;
/// All flags. The other bits are the generation.
const FLAGS: u32 = 7;

#[derive(Debug)]
pub(super) struct State(AtomicU32);

/// The word that a waker saw before it wrote.
#[derive(Clone, Copy)]
pub(super) struct Seen(u32);

/// The word before a step of the consumer.
#[derive(Clone, Copy)]
pub(super) struct Before(u32);

impl State {
    pub(super) fn armed() -> Self {
        State(AtomicU32::new(0))
    }

    /// Called by a waker after it has published. Returns `None` if the waker need not
    /// write, else the value to [`confirm`](Self::confirm) after the write has succeeded.
    #[inline]
    pub(super) fn wake(&self) -> Option<Seen> {
        fence(Ordering::SeqCst);
        self.wake_seeing(self.0.load(Ordering::Relaxed))
    }

    /// As [`wake`](Self::wake), for a waker that has published by a read-modify-write of
    /// `SeqCst` order. With a load of that order, it stands for the fence.
    #[inline]
    pub(super) fn wake_published(&self) -> Option<Seen> {
        fence_of_models();
        self.wake_seeing(self.0.load(Ordering::SeqCst))
    }

    #[inline]
    fn wake_seeing(&self, seen: u32) -> Option<Seen> {
        if seen & PENDING != 0 {
            return None;
        }
        if seen & AWAKE == 0 {
            return Some(Seen(seen));
        }
        match self.replace(seen, seen | PENDING) {
            // The consumer has just changed the word. A write is never wrong then.
            Err(now) if now & PENDING == 0 => Some(Seen(now)),
            _ => None,
        }
    }

    /// Called by a waker after its write. From now on other wakers rely on that write,
    /// unless the consumer has armed since or is clearing.
    pub(super) fn confirm(&self, Seen(seen): Seen) {
        if seen & FLAGS == 0 {
            let _ = self.replace(seen, seen | PENDING);
        }
    }

    /// Called by the consumer before it drains. From now on wakers write.
    pub(super) fn begin_clear(&self) -> Before {
        let before = self.update(|word| word & !FLAGS | CLEARING);
        fence(Ordering::SeqCst);
        Before(before)
    }

    /// Called by the consumer after it has drained. From now on wakers write and confirm.
    pub(super) fn arm(&self) {
        // This needs no fence. The fence of `begin_clear` stands between the consumer's
        // look and the wakers that relied on others; the wakers since then have written.
        self.update(armed_after);
    }

    /// Returns whether the descriptor is readable by a waker's write.
    pub(super) fn is_written(&self) -> bool {
        Before(self.0.load(Ordering::Relaxed)).is_written()
    }

    /// Called by a consumer that leaves the descriptor undrained, before it looks at the
    /// data. If a waker's write is pending, takes it: from now on wakers write and confirm.
    /// Otherwise returns `false` and changes nothing.
    pub(super) fn take_written(&self) -> bool {
        let word = self.0.load(Ordering::Relaxed);
        // No waker changes this word.
        let taken = Before(word).is_written() && self.replace(word, armed_after(word)).is_ok();
        fence(Ordering::SeqCst);
        taken
    }

    /// Called by the consumer if the descriptor is readable by a write that was not
    /// drained.
    pub(super) fn set_pending(&self) {
        self.update(|word| word & !FLAGS | PENDING);
    }

    /// Called by the consumer before it looks at the data. From now on wakers do not write.
    pub(super) fn set_awake(&self) -> Before {
        let before = self.update(|word| word & !FLAGS | AWAKE);
        fence(Ordering::SeqCst);
        Before(before)
    }

    /// Sets the state `AWAKE`, as [`set_awake`](Self::set_awake) does, but keeps a pending
    /// wake-up.
    pub(super) fn set_awake_pending(&self) {
        self.update(|word| match Before(word).was_pending() {
            true => word & !FLAGS | AWAKE | PENDING,
            false => word & !FLAGS | AWAKE,
        });
    }

    /// Returns whether a wake-up is pending in memory. A hint: it may come right after.
    pub(super) fn is_pending(&self) -> bool {
        Before(self.0.load(Ordering::Relaxed)).was_pending()
    }

    /// Called by a consumer that is awake and has looked. Returns `true` if wakers write
    /// from now on. Returns `false` and changes nothing if a wake-up has come meanwhile.
    pub(super) fn try_arm(&self) -> bool {
        // This needs no fence. The consumer sees what a waker published when it takes the
        // wake-up by `set_awake`.
        let word = self.0.load(Ordering::Relaxed);
        !Before(word).was_pending() && self.replace(word, armed_after(word)).is_ok()
    }

    /// Returns whether the consumer is awake and a wake-up is pending for which no waker
    /// has written.
    pub(super) fn is_unwritten(&self) -> bool {
        self.0.load(Ordering::Relaxed) & FLAGS == AWAKE | PENDING
    }

    /// Returns whether a step of the consumer has failed, so that the descriptor may be
    /// unreadable although data is there.
    #[cfg(feature = "channel")]
    pub(super) fn is_clearing(&self) -> bool {
        self.0.load(Ordering::Relaxed) & CLEARING != 0
    }

    fn replace(&self, word: u32, new: u32) -> Result<u32, u32> {
        self.0
            .compare_exchange(word, new, Ordering::Relaxed, Ordering::Relaxed)
    }

    /// Changes the word by `new`, and returns the previous word.
    fn update(&self, new: impl Fn(u32) -> u32) -> u32 {
        let mut word = self.0.load(Ordering::Relaxed);
        // Repeats only if a waker has confirmed or set `PENDING` meanwhile, which each
        // waker does once.
        while let Err(now) = self.replace(word, new(word)) {
            word = now;
        }
        word
    }
}

impl Before {
    /// Returns whether a wake-up was pending. A failed step leaves that unknown, and counts
    /// as pending.
    pub(super) fn was_pending(self) -> bool {
        self.0 & (PENDING | CLEARING) != 0
    }

    /// Returns whether the descriptor was certainly readable, by a waker's write.
    pub(super) fn is_written(self) -> bool {
        self.0 & FLAGS == PENDING
    }
}

/// Returns the armed word of the next generation.
fn armed_after(word: u32) -> u32 {
    (word | FLAGS).wrapping_add(1)
}
