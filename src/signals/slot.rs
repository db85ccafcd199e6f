//! The kernel's information about a signal: written by signal handlers, read by the thread
//! that takes the signal.

// Imported from `crate::sys::atomic`, so that the models in tests/loom/ can substitute their own
// atomics.
use crate::sys::atomic::{fence, AtomicU32, AtomicUsize, Ordering};

/// The flag of the state while a handler is recording a signal.
const WRITING: u32 = 1;
/// The flag that another signal came to another thread while a handler was recording.
const AGAIN: u32 = 2;
/// The other bits of the state count the recorded signals.
const ONE: u32 = 4;

/// The last signal of a number, as words. Each object that watches the signal has a mark if
/// it is pending.
///
/// No thread waits. A handler marks the signal in all objects, then writes the words if the
/// signal is new to one of them. A handler that finds another handler recording leaves its
/// signal to that one, which marks again before it finishes, and notifies afterwards. A
/// taker leaves the signal too: a signal that is marked while a handler is recording is not
/// pending yet.
#[derive(Debug)]
pub(super) struct Slot<const WORDS: usize> {
    pub(super) state: AtomicU32,
    pub(super) words: [AtomicUsize; WORDS],
}

impl<const WORDS: usize> Slot<WORDS> {
    /// Called by a handler when a signal has come. `mark` marks the signal in all objects
    /// that watch it, and returns whether it is new to one of them. Returns whether the
    /// caller has to notify the objects.
    pub(super) fn record(&self, words: &[usize; WORDS], mut mark: impl FnMut() -> bool) -> bool {
        let mut state = self.state.load(Ordering::Relaxed);
        loop {
            let flag = if state & WRITING == 0 { WRITING } else { AGAIN };
            let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
            let changed = self
                .state
                .compare_exchange_weak(state, state | flag, success, failure);
            match changed {
                Ok(_) if flag == AGAIN => return false,
                Ok(_) => break,
                Err(now) => state = now,
            }
        }
        // The words of the first signal stay until the signal is taken.
        if mark() {
            fence(Ordering::Release);
            for (to, &from) in self.words.iter().zip(words) {
                to.store(from, Ordering::Relaxed);
            }
        }
        let (held, next) = (state | WRITING, state.wrapping_add(ONE));
        let (success, failure) = (Ordering::AcqRel, Ordering::Relaxed);
        while self
            .state
            .compare_exchange(held, next, success, failure)
            .is_err()
        {
            self.state.fetch_and(!AGAIN, Ordering::Acquire);
            mark();
        }
        true
    }

    /// Takes the signal. `unmark` removes the mark from the caller's object and returns
    /// whether there was one; `mark` restores it, and the handler that is recording then
    /// notifies.
    pub(super) fn take(
        &self,
        unmark: impl Fn() -> bool,
        mark: impl FnOnce(),
    ) -> Option<[usize; WORDS]> {
        let mut state = self.state.load(Ordering::Acquire);
        if state & WRITING != 0 || !unmark() {
            return None;
        }
        loop {
            let mut words = [0; WORDS];
            for (to, from) in words.iter_mut().zip(&self.words) {
                *to = from.load(Ordering::Relaxed);
            }
            fence(Ordering::Acquire);
            let now = self.state.load(Ordering::Acquire);
            if now == state {
                return Some(words);
            }
            if now & WRITING != 0 {
                mark();
                return None;
            }
            // A signal that came meanwhile counts as the same one.
            state = now;
            unmark();
        }
    }

    /// Returns whether a handler is recording. It is going to notify.
    pub(super) fn is_busy(&self) -> bool {
        self.state.load(Ordering::Acquire) & WRITING != 0
    }

    /// Called in a child of `fork`, where the thread that was recording may not exist.
    pub(super) fn reset(&self) {
        self.state.store(0, Ordering::Relaxed);
    }
}
