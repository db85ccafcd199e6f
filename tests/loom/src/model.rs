//! The waker under loom, which tries every order in which threads can run and
//! every value that a weak memory could let them read.
//!
//! What the threads pass each other is written and read without any ordering of
//! its own, so it arrives only through the waker. A wake-up that is lost leaves
//! the consumer asleep, which loom reports as a deadlock.

use core::time::Duration;

use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
use loom::sync::Arc;
use loom::thread;

use crate::descriptor::Descriptor;
use crate::waker::Waker;
use crate::{Backend, Error, Notifier, RawFd, Wait};

/// Sets its bit, then wakes.
fn produce(waker: &Waker<Descriptor>, published: &AtomicU32, bit: u32) {
    // Relaxed, and a read-modify-write only so that producers do not overwrite
    // each other.
    published.fetch_or(bit, Relaxed);
    waker.wake().unwrap();
}

/// Runs `consume` beside so many producers, in every possible order.
fn model(producers: u32, consume: impl Fn(&Waker<Descriptor>, &AtomicU32) + Sync + Send + 'static) {
    loom::model(move || {
        let waker = Arc::new(Waker::new(Descriptor::new()));
        let published = Arc::new(AtomicU32::new(0));
        let threads: std::vec::Vec<_> = (0..producers)
            .map(|index| {
                let (waker, published) = (Arc::clone(&waker), Arc::clone(&published));
                thread::spawn(move || produce(&waker, &published, 1 << index))
            })
            .collect();
        consume(&waker, &published);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        assert_eq!(published.load(Relaxed), (1 << producers) - 1);
    });
}

/// Polls and clears, as with any notifier, until all bits are there.
fn poll_and_clear(waker: &Waker<Descriptor>, published: &AtomicU32, all: u32) {
    while published.load(Relaxed) != all {
        assert_eq!(waker.wait(None), Ok(Wait::Notified));
        waker.clear().unwrap();
    }
}

/// Keeps the sleeping protocol until all bits are there.
fn announce_and_sleep(waker: &Waker<Descriptor>, published: &AtomicU32, all: u32) {
    let mut awake = waker.awake();
    while published.load(Relaxed) != all {
        if let Some(prepared) = awake.prepare_wait() {
            // A set that holds the descriptor and nothing else.
            assert_eq!(waker.notifier().wait(None), Ok(Wait::Notified));
            prepared.finish(true).unwrap();
        }
    }
}

#[test]
fn two_producers_wake_a_consumer_that_polls_and_clears() {
    model(2, |waker, published| poll_and_clear(waker, published, 0b11));
}

#[test]
fn two_producers_wake_a_consumer_that_announces_its_sleep() {
    model(2, |waker, published| {
        announce_and_sleep(waker, published, 0b11)
    });
}

#[test]
fn a_consumer_that_sleeps_in_prepared_wait_is_woken() {
    model(2, |waker, published| {
        let mut awake = waker.awake();
        while published.load(Relaxed) != 0b11 {
            if let Some(prepared) = awake.prepare_wait() {
                assert_eq!(prepared.wait(None), Ok(Wait::Notified));
            }
        }
    });
}

/// The guard goes away while wake-ups come: what it has not seen is found by
/// polling.
#[test]
fn dropping_the_guard_arms_again() {
    model(2, |waker, published| {
        {
            let mut awake = waker.awake();
            // Not finished: nothing may be lost by that.
            let _ = awake.prepare_wait();
        }
        poll_and_clear(waker, published, 0b11);
    });
}

/// A clear that nobody asked for runs beside the wake-ups.
#[test]
fn clearing_at_any_time_takes_no_wake_up_unseen() {
    model(2, |waker, published| {
        waker.clear().unwrap();
        poll_and_clear(waker, published, 0b11);
    });
}

/// The guard comes while wake-ups do.
#[test]
fn a_guard_takes_over_what_is_pending() {
    model(2, |waker, published| {
        waker.clear().unwrap();
        announce_and_sleep(waker, published, 0b11);
    });
}

/// A channel's receiver: it leaves the descriptor readable until it finds
/// nothing, and then settles.
#[test]
fn what_is_left_readable_is_cleared_if_empty() {
    model(2, |waker, published| {
        let mut seen = 0;
        while seen != 0b11 {
            let look = || Some(published.load(Relaxed)).filter(|&bits| bits != seen);
            match look().or_else(|| waker.clear_if_empty(look).unwrap()) {
                Some(bits) => seen = bits,
                None => assert_eq!(waker.wait(None), Ok(Wait::Notified)),
            }
        }
    });
}

/// A waker whose write fails leaves nothing behind that silences the others.
#[test]
fn a_write_that_fails_is_tried_again() {
    struct FailsOnce(Descriptor, AtomicU32);

    impl Notifier for FailsOnce {
        fn notify(&self) -> Result<(), Error> {
            match self.1.swap(1, Relaxed) {
                // Any error will do.
                0 => Err(crate::SelfPipe::at(crate::Mechanism::EventFd).expect_err("no pipe")),
                _ => self.0.notify(),
            }
        }

        fn clear(&self) -> Result<bool, Error> {
            self.0.clear()
        }

        fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
            self.0.wait(timeout)
        }

        fn as_raw_fd(&self) -> RawFd {
            self.0.as_raw_fd()
        }

        fn backend(&self) -> Backend {
            self.0.backend()
        }
    }

    loom::model(|| {
        let waker = Arc::new(Waker::new(FailsOnce(Descriptor::new(), AtomicU32::new(0))));
        let other = Arc::clone(&waker);
        let thread = thread::spawn(move || other.wake().is_ok());
        let mine = waker.wake().is_ok();
        let others = thread.join().unwrap();
        // The first to write failed and knows; somebody tries again.
        assert!(!(mine && others));
        waker.wake().unwrap();
        assert_eq!(waker.wait(None), Ok(Wait::Notified));
        assert_eq!(waker.clear(), Ok(true));
    });
}
