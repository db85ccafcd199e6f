//! The capacity of a bounded channel, and the place where senders wait for room.

use crate::sys::atomic::{fence, AtomicU32, AtomicUsize, Ordering};
use crate::sys::futex;

/// Counts free places, and lets senders sleep until there is one. The receiver does not
/// wait for a sender, and makes a system call only if a sender may be asleep.
///
/// A sender increments `waiting`, then looks for room; the receiver makes room, then looks
/// at `waiting`. With a fence between the two steps on each side, at least one sees the
/// other.
pub(super) struct Capacity {
    /// The number of free places. Relaxed order is enough, because it publishes nothing.
    free: AtomicUsize,
    waiting: AtomicUsize,
    /// Changes with each wake-up, so that no sender starts to sleep after a wake-up that
    /// was meant for it.
    wake_ups: AtomicU32,
}

impl Capacity {
    pub(super) fn new(places: usize) -> Self {
        Capacity {
            free: AtomicUsize::new(places),
            waiting: AtomicUsize::new(0),
            wake_ups: AtomicU32::new(0),
        }
    }

    /// Takes a place, if there is one.
    pub(super) fn try_acquire(&self) -> bool {
        let (order, less) = (Ordering::Relaxed, |free: usize| free.checked_sub(1));
        self.free.fetch_update(order, order, less).is_ok()
    }

    /// Takes a place, and sleeps until there is one. Returns `false` if `is_closed` returns
    /// `true` first.
    pub(super) fn acquire(&self, is_closed: impl Fn() -> bool) -> bool {
        if self.try_acquire() {
            return true;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        let acquired = loop {
            let seen = self.wake_ups.load(Ordering::Relaxed);
            fence(Ordering::SeqCst);
            if is_closed() {
                break false;
            }
            if self.try_acquire() {
                break true;
            }
            futex::wait(&self.wake_ups, seen, u64::MAX);
        };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        acquired
    }

    /// Gives a place back, and wakes one sender that waits for a place.
    pub(super) fn release(&self) {
        self.free.fetch_add(1, Ordering::Relaxed);
        self.wake(1);
    }

    /// Wakes all waiting senders, after the channel was closed.
    pub(super) fn wake_all(&self) {
        const ALL: u32 = i32::MAX as u32;
        self.wake(ALL);
    }

    fn wake(&self, count: u32) {
        fence(Ordering::SeqCst);
        if self.waiting.load(Ordering::Relaxed) > 0 {
            self.wake_ups.fetch_add(1, Ordering::Relaxed);
            let _ = futex::wake(&self.wake_ups, count);
        }
    }
}
