//! What the kernel told of a signal: written by signal handlers, read by whoever takes it.

// Not core's by name: the models in tests/loom/ put their own in this place.
use crate::atomic::{fence, AtomicU32, AtomicUsize, Ordering};

/// A handler is recording a signal.
const WRITING: u32 = 1;
/// Another signal came to another thread meanwhile.
const AGAIN: u32 = 2;
/// The other bits of the state count the signals that were recorded.
const ONE: u32 = 4;

/// The last signal of a number, as words. That it is pending is marked in each object that
/// watches it.
///
/// Nobody waits. A handler marks the signal in all objects, then writes the words, if it is
/// new to one of them. One that finds another handler in between leaves its signal to that
/// one, which marks once more before it is done, and notifies when it is done. So does a
/// taker: a signal that is marked while a handler is in between is not pending yet.
#[derive(Debug)]
pub(super) struct Slot<const WORDS: usize> {
    pub(super) state: AtomicU32,
    pub(super) words: [AtomicUsize; WORDS],
}

impl<const WORDS: usize> Slot<WORDS> {
    /// Called by a handler: a signal has come. `mark` marks it in all objects that watch it,
    /// and returns whether it is new to one of them. Returns whether the caller is to notify
    /// them.
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
        // The first of a kind stays, as long as nobody has taken it.
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

    /// Takes the signal. `unmark` takes the mark off the caller's object and returns whether
    /// there was one; `mark` puts it back, for the handler that is in between to notify.
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
            // What came meanwhile is one with it.
            state = now;
            unmark();
        }
    }

    /// Returns whether a handler is in between, which is going to notify.
    pub(super) fn is_busy(&self) -> bool {
        self.state.load(Ordering::Acquire) & WRITING != 0
    }

    /// Called in the child of a fork, where a thread that is not there may have been in
    /// between.
    pub(super) fn reset(&self) {
        self.state.store(0, Ordering::Relaxed);
    }
}
