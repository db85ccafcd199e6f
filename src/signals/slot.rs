//! What a signal handler leaves for whoever asks: one slot for each signal.

// Not core's by name: the models in tests/loom/ put their own in this place.
use crate::atomic::{fence, AtomicU32, Ordering};

/// The phase of a slot: the two lowest bits of its state. The others count how
/// often it was emptied.
const PHASE: u32 = 3;
const EMPTY: u32 = 0;
/// A handler fills it in.
const WRITING: u32 = 1;
/// A signal waits to be taken.
const FULL: u32 = 2;

/// One signal that came, or none, and who wants to know.
///
/// Nobody ever waits here, so a handler may interrupt anybody at any step, on the
/// same thread too. A handler that finds the slot empty fills it. One that finds it
/// full, or being filled by a handler on another thread, leaves it: the kernel keeps
/// one signal of a kind, too. Its exchange, which changes nothing, is a release, so
/// that whoever takes the slot sees what was published before the second signal.
///
/// A taker reads the words first and empties the slot by compare-and-exchange. Who
/// succeeds read them whole, since a full slot does not change and is emptied once:
/// for that the state counts.
#[derive(Debug)]
pub(super) struct Slot<const WORDS: usize> {
    pub(super) state: AtomicU32,
    /// What describes the signal.
    pub(super) words: [AtomicU32; WORDS],
    /// One bit for each object that is to be told.
    pub(super) watchers: AtomicU32,
}

impl<const WORDS: usize> Slot<WORDS> {
    /// By a handler: a signal has come. Says who must be told.
    pub(super) fn record(&self, words: &[u32; WORDS]) -> u32 {
        // Nobody watches: a handler that was left because others chain to it.
        if self.watchers.load(Ordering::Relaxed) == 0 {
            return 0;
        }
        if self.begin() {
            for (to, &from) in self.words.iter().zip(words) {
                to.store(from, Ordering::Relaxed);
            }
            // Goes on with the release of a handler that found it being written.
            self.state.fetch_add(FULL - WRITING, Ordering::Release);
        }
        // With the fence of `watch`: a new watcher is told, or finds it full.
        fence(Ordering::SeqCst);
        self.watchers.load(Ordering::Relaxed)
    }

    /// Whether the slot is the caller's to fill.
    fn begin(&self) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let ours = state & PHASE == EMPTY;
            let next = if ours { state | WRITING } else { state };
            match self
                .state
                .compare_exchange_weak(state, next, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return ours,
                Err(now) => state = now,
            }
        }
    }

    /// Takes the signal, if there is one.
    pub(super) fn take(&self) -> Option<[u32; WORDS]> {
        let mut state = self.state.load(Ordering::Acquire);
        while state & PHASE == FULL {
            let mut words = [0; WORDS];
            for (to, from) in words.iter_mut().zip(&self.words) {
                *to = from.load(Ordering::Relaxed);
            }
            match self.state.compare_exchange_weak(
                state,
                // Empty, and counted once more.
                state.wrapping_add(FULL),
                Ordering::AcqRel,
                Ordering::Acquire,
            ) {
                Ok(_) => return Some(words),
                Err(now) => state = now,
            }
        }
        None
    }

    pub(super) fn is_full(&self) -> bool {
        self.state.load(Ordering::Acquire) & PHASE == FULL
    }

    /// Adds a watcher, and says whether a signal has come that it may not be told of.
    pub(super) fn watch(&self, watcher: u32) -> bool {
        self.watchers.fetch_or(watcher, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        self.is_full()
    }

    pub(super) fn unwatch(&self, watcher: u32) {
        self.watchers.fetch_and(!watcher, Ordering::Relaxed);
    }

    /// In the child of a fork, where what is here is the parent's, and may have been
    /// left half written by a thread that is not here.
    pub(super) fn reset(&self) {
        self.state.store(EMPTY, Ordering::Relaxed);
    }
}
