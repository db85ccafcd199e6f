//! What wakers and their one consumer tell each other without a system call.
//!
//! # The invariant
//!
//! `wake() == Ok` means that a completed write made the descriptor readable after the
//! caller published, or that the consumer has still to look at what is published. No
//! waker relies on a write that another has begun: it may fail, and its thread may be
//! killed or lose the processor for long.
//!
//! One word keeps that, three flags and a generation:
//!
//! | state | the consumer | a waker |
//! | --- | --- | --- |
//! | armed (no flag) | may be asleep | writes, then confirms its write by `PENDING` |
//! | `PENDING` | will find the descriptor readable | does nothing |
//! | `AWAKE` | looks here before it sleeps | sets `PENDING`, and does not write |
//! | `AWAKE`, `PENDING` | will find that here | does nothing |
//! | `CLEARING` | is between two steps, or one has failed | writes, and confirms nothing |
//!
//! - A waker that has not written yet leaves no trace here, so there is nothing to undo
//!   when its write fails, and nothing to wait for when it never comes to it.
//! - A confirmation is for the armed state in which the waker began to write. Each arming
//!   counts the generation up, so a late confirmation, of a write that has been drained
//!   since, finds another word and does nothing. (For that it would have to be late by
//!   2²⁹ armings exactly.)
//! - The consumer drains while the word is `CLEARING`, and leaves it at that until all its
//!   steps have succeeded. Wherever it fails or ends, wakers go on writing, each for itself,
//!   until the next clear succeeds. `clear_if_empty` is awake instead, so that busy producers
//!   need not write while it drains; when it fails or panics, it goes to `CLEARING`.
//!
//! # Order
//!
//! A waker publishes, then looks at the word; a consumer changes the word, then looks at
//! what is published. With a `SeqCst` fence between the two steps, one of them sees the
//! other: if the waker's fence comes first in their one order, the consumer sees what was
//! published; if the consumer's does, the waker sees the word changed, and writes or sets
//! `PENDING`. While there is nothing to do for it, a waker only reads the word, so that
//! many wakers on many processors do not take it from each other.
//!
//! The steps themselves are relaxed read-modify-writes: all on one word have one order.

// Not core's by name: the model in tests/loom/ puts its own in this place.
use crate::atomic::{fence, AtomicU32, Ordering};

const PENDING: u32 = 1;
const AWAKE: u32 = 2;
const CLEARING: u32 = 4;
/// All flags. The rest is the generation.
const FLAGS: u32 = 7;

#[derive(Debug)]
pub(super) struct State(AtomicU32);

/// The armed word that a waker saw before it wrote.
#[derive(Clone, Copy)]
pub(super) struct Seen(u32);

/// The word as it was before a step of the consumer.
#[derive(Clone, Copy)]
pub(super) struct Before(u32);

impl State {
    pub(super) fn armed() -> Self {
        State(AtomicU32::new(0))
    }

    /// By a waker, after publishing: `None` if nobody needs to write, else what to
    /// [`confirm`](Self::confirm) when the write has succeeded.
    #[inline]
    pub(super) fn wake(&self) -> Option<Seen> {
        fence(Ordering::SeqCst);
        let seen = self.0.load(Ordering::Relaxed);
        if seen & PENDING != 0 {
            return None;
        }
        if seen & AWAKE == 0 {
            return Some(Seen(seen));
        }
        match self.replace(seen, seen | PENDING) {
            // The consumer has just changed the word: then a write is never wrong.
            Err(now) if now & PENDING == 0 => Some(Seen(now)),
            _ => None,
        }
    }

    /// By a waker, after its write. From here on others rely on it, if the consumer has
    /// not armed since, and is not clearing.
    pub(super) fn confirm(&self, Seen(seen): Seen) {
        if seen & FLAGS == 0 {
            let _ = self.replace(seen, seen | PENDING);
        }
    }

    /// By the consumer, before it drains: from here on wakers write.
    pub(super) fn begin_clear(&self) -> Before {
        let before = self.update(|word| word & !FLAGS | CLEARING);
        fence(Ordering::SeqCst);
        Before(before)
    }

    /// By the consumer, after it drained: from here on wakers write, and confirm.
    pub(super) fn arm(&self) {
        // No fence: that of `begin_clear` stands between the wakers that have relied on
        // others and the look; those since then have written.
        self.update(armed_after);
    }

    /// By the consumer, whose descriptor is readable by a write that it has not drained.
    pub(super) fn set_pending(&self) {
        self.update(|word| word & !FLAGS | PENDING);
    }

    /// By the consumer, before it looks: from here on nobody writes.
    pub(super) fn set_awake(&self) -> Before {
        let before = self.update(|word| word & !FLAGS | AWAKE);
        fence(Ordering::SeqCst);
        Before(before)
    }

    /// As [`set_awake`](Self::set_awake), but what is pending stays pending.
    pub(super) fn set_awake_pending(&self) {
        self.update(|word| match Before(word).was_pending() {
            true => word & !FLAGS | AWAKE | PENDING,
            false => word & !FLAGS | AWAKE,
        });
    }

    /// By a consumer that is awake and has looked: from here on wakers write; unless a
    /// wake-up has come meanwhile, then `false`, and nothing changes.
    pub(super) fn try_arm(&self) -> bool {
        // No fence: what a waker published is seen when its wake-up is taken, by
        // `set_awake`.
        let word = self.0.load(Ordering::Relaxed);
        !Before(word).was_pending() && self.replace(word, armed_after(word)).is_ok()
    }

    /// Whether the consumer is awake and a wake-up is pending, for which nobody has
    /// written.
    pub(super) fn is_unwritten(&self) -> bool {
        self.0.load(Ordering::Relaxed) & FLAGS == AWAKE | PENDING
    }

    /// Whether a step of the consumer has failed, so that the descriptor may be unreadable
    /// although something is there.
    #[cfg(feature = "channel")]
    pub(super) fn is_clearing(&self) -> bool {
        self.0.load(Ordering::Relaxed) & CLEARING != 0
    }

    fn replace(&self, word: u32, new: u32) -> Result<u32, u32> {
        self.0
            .compare_exchange(word, new, Ordering::Relaxed, Ordering::Relaxed)
    }

    /// Gives the word before.
    fn update(&self, new: impl Fn(u32) -> u32) -> u32 {
        let mut word = self.0.load(Ordering::Relaxed);
        // Another round only if a waker has confirmed or set `PENDING` meanwhile, which
        // it does once.
        while let Err(now) = self.replace(word, new(word)) {
            word = now;
        }
        word
    }
}

impl Before {
    /// Whether a wake-up was pending; after a step that failed nobody knows, so there was.
    pub(super) fn was_pending(self) -> bool {
        self.0 & (PENDING | CLEARING) != 0
    }

    /// Whether the descriptor was readable for certain.
    pub(super) fn is_written(self) -> bool {
        self.0 & FLAGS == PENDING
    }
}

/// The armed word of the next generation.
fn armed_after(word: u32) -> u32 {
    (word | FLAGS).wrapping_add(1)
}
