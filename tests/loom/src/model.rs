//! The waker under loom, which tries every order in which threads can run and
//! every value that a weak memory could let them read.
//!
//! The threads write and read the data without any ordering, so only the waker makes it
//! visible. After a lost wake-up the consumer sleeps, which loom reports as a deadlock.

use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::panic::{catch_unwind, resume_unwind};

use loom::sync::atomic::{AtomicU32, Ordering::Relaxed};
use loom::sync::Arc;
use loom::thread;

use crate::descriptor::Descriptor;
use crate::waker::Waker;
use crate::{Error, Mechanism, Notifier, RawFd, Wait};

/// Sets its bit, then wakes.
fn produce(waker: &Waker<Descriptor>, published: &AtomicU32, bit: u32) {
    // Relaxed, and a read-modify-write only so that producers do not overwrite
    // each other.
    published.fetch_or(bit, Relaxed);
    waker.wake().unwrap();
}

/// Runs `consume` beside so many producers, in every possible order.
fn model(producers: u32, consume: impl Fn(&Waker<Descriptor>, &AtomicU32) + Sync + Send + 'static) {
    model_on(Descriptor::new, producers, consume);
}

/// The same on another descriptor.
fn model_on(
    descriptor: fn() -> Descriptor,
    producers: u32,
    consume: impl Fn(&Waker<Descriptor>, &AtomicU32) + Sync + Send + 'static,
) {
    loom::model(move || {
        let waker = Arc::new(Waker::new(descriptor()));
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

/// It goes away without having asked.
#[test]
fn dropping_the_guard_makes_readable_what_is_pending() {
    model(2, |waker, published| {
        drop(waker.awake());
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

fn wait_and_leave_undrained(waker: &Waker<Descriptor>, published: &AtomicU32) {
    while published.load(Relaxed) != 0b11 {
        assert_eq!(waker.wait(None), Ok(Wait::Notified));
        waker.clear_edge_triggered().unwrap();
    }
}

#[test]
fn an_edge_wakes_without_a_drain() {
    model_on(
        Descriptor::edge_triggered_eventfd,
        2,
        wait_and_leave_undrained,
    );
}

#[test]
fn an_edge_ends_an_announced_sleep_without_a_drain() {
    model_on(Descriptor::edge_triggered_eventfd, 2, |waker, published| {
        let mut awake = waker.awake();
        while published.load(Relaxed) != 0b11 {
            if let Some(prepared) = awake.prepare_wait() {
                assert_eq!(waker.notifier().wait(None), Ok(Wait::Notified));
                prepared.finish_edge_triggered(true).unwrap();
            }
        }
    });
}

/// A level-triggered set is told of a write once more, and no more. A consumer that spins
/// exceeds loom's bound on a run.
#[test]
fn a_level_triggered_consumer_that_leaves_undrained_does_not_spin() {
    model_on(
        Descriptor::level_triggered_eventfd,
        2,
        wait_and_leave_undrained,
    );
}

/// A channel's receiver: it leaves the descriptor readable until it finds nothing.
#[test]
fn what_is_left_readable_is_cleared_if_empty() {
    model(2, |waker, published| {
        let mut seen = 0;
        while seen != 0b11 {
            let bits = published.load(Relaxed);
            if bits != seen {
                seen = bits;
            } else if waker
                .clear_if_empty(|| published.load(Relaxed) == seen)
                .unwrap()
            {
                assert_eq!(waker.wait(None), Ok(Wait::Notified));
            }
        }
    });
}

/// A consumer that is told that something is left stops all the same, and polls.
#[test]
fn what_a_consumer_leaves_stays_readable() {
    model(2, |waker, published| {
        let mut seen = 0;
        while seen != 0b11 {
            assert_eq!(waker.wait(None), Ok(Wait::Notified));
            // One item at a time.
            let new = published.load(Relaxed) & !seen;
            seen |= new & new.wrapping_neg();
            waker
                .clear_if_empty(|| published.load(Relaxed) == seen)
                .unwrap();
        }
    });
}

/// A descriptor of which one call fails, whoever makes it.
struct Faulty {
    descriptor: Descriptor,
    calls: AtomicU32,
    /// The index of the call among all.
    fails: u32,
    how: Failure,
}

#[derive(Clone, Copy, PartialEq)]
enum Failure {
    /// Nothing is written or read.
    Error,
    /// The thread ends before the call or after it, and does nothing more.
    KilledBefore,
    KilledAfter,
}

const FAILURES: [Failure; 3] = [Failure::Error, Failure::KilledBefore, Failure::KilledAfter];

impl Faulty {
    fn call<R>(&self, call: impl FnOnce() -> Result<R, Error>) -> Result<R, Error> {
        if self.calls.fetch_add(1, Relaxed) != self.fails {
            return call();
        }
        match self.how {
            // Any error will do.
            Failure::Error => {
                return Err(crate::SelfPipe::at(crate::Mechanism::EventFd).expect_err("no pipe"))
            }
            Failure::KilledBefore => {}
            Failure::KilledAfter => drop(call()),
        }
        resume_unwind(std::boxed::Box::new(()))
    }
}

impl Notifier for Faulty {
    fn notify(&self) -> Result<(), Error> {
        self.call(|| self.descriptor.notify())
    }

    fn clear(&self) -> Result<bool, Error> {
        self.call(|| self.descriptor.clear())
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.descriptor.wait(timeout)
    }

    fn as_raw_fd(&self) -> RawFd {
        self.descriptor.as_raw_fd()
    }

    fn mechanism(&self) -> Mechanism {
        self.descriptor.mechanism()
    }

    fn reinit_after_fork(&self) -> Result<(), Error> {
        self.descriptor.reinit_after_fork()
    }
}

/// Runs `consume` beside two producers, with a call that fails: each call in turn, in each
/// way. `consume` gives what it has seen; if it is killed, the next consumer begins with a
/// look. Where something is not seen and its wake-up has succeeded, the descriptor must be
/// readable.
fn model_of_failures(
    consume: impl Fn(&Waker<Faulty>, &AtomicU32) -> u32 + Copy + Sync + Send + 'static,
) {
    for (fails, &how) in (0..4).flat_map(|index| FAILURES.iter().map(move |how| (index, how))) {
        loom::model(move || {
            let waker = Arc::new(Waker::new(Faulty {
                descriptor: Descriptor::new(),
                calls: AtomicU32::new(0),
                fails,
                how,
            }));
            let published = Arc::new(AtomicU32::new(0));
            let threads = [1, 2].map(|bit| {
                let (waker, published) = (Arc::clone(&waker), Arc::clone(&published));
                thread::spawn(move || {
                    published.fetch_or(bit, Relaxed);
                    if wakes(&waker) {
                        bit
                    } else {
                        0
                    }
                })
            });
            let consumed = catch_unwind(AssertUnwindSafe(|| consume(&waker, &published)));
            let seen = consumed.unwrap_or_else(|_| published.load(Relaxed));
            let announced = threads
                .into_iter()
                .fold(0, |all, thread| all | thread.join().unwrap());
            if announced & !seen != 0 {
                assert_eq!(waker.wait(None), Ok(Wait::Notified));
            }
            // And all goes on.
            assert!(wakes(&waker) || wakes(&waker));
            assert_eq!(waker.wait(None), Ok(Wait::Notified));
        });
    }
}

/// Whether a wake-up succeeds, by a thread that may be killed in it.
fn wakes(waker: &Waker<Faulty>) -> bool {
    matches!(catch_unwind(AssertUnwindSafe(|| waker.wake())), Ok(Ok(())))
}

#[test]
fn nobody_relies_on_a_write_that_fails() {
    model_of_failures(|_, _| 0);
}

#[test]
fn a_clear_that_fails_loses_nothing() {
    model_of_failures(clear_and_look);
}

fn clear_and_look(waker: &Waker<Faulty>, published: &AtomicU32) -> u32 {
    match waker.clear() {
        Ok(false) => 0,
        // After an error too.
        _ => published.load(Relaxed),
    }
}

#[test]
fn a_conditional_clear_that_fails_loses_nothing() {
    model_of_failures(|waker, published| {
        match waker.clear_if_empty(|| published.load(Relaxed) == 0) {
            // It has seen nothing, or that there is something, which it leaves.
            Ok(_) => 0,
            Err(_) => published.load(Relaxed),
        }
    });
}

#[test]
fn a_look_that_panics_loses_nothing() {
    model(2, |waker, published| {
        let look = || resume_unwind(std::boxed::Box::new(()));
        let caught = catch_unwind(AssertUnwindSafe(|| waker.clear_if_empty(look)));
        assert!(caught.is_err());
        poll_and_clear(waker, published, 0b11);
    });
}

/// A guard whose drop cannot write is followed by a clear that says so.
#[test]
fn a_guard_whose_drop_fails_loses_nothing() {
    model_of_failures(|waker, published| {
        drop(waker.awake());
        clear_and_look(waker, published)
    });
}

/// And the next wake-up writes, also without a clear.
#[test]
fn a_guard_whose_drop_fails_silences_nobody() {
    model_of_failures(|waker, _| {
        drop(waker.awake());
        u32::MAX
    });
}

/// A sleep that ends with an error is followed by a look.
#[test]
fn a_finish_that_fails_loses_nothing() {
    model_of_failures(|waker, published| {
        let mut awake = waker.awake();
        let woken = match awake.prepare_wait() {
            Some(prepared) => prepared.finish(true) != Ok(false),
            None => true,
        };
        let seen = if woken { published.load(Relaxed) } else { 0 };
        drop(awake);
        seen | clear_and_look(waker, published)
    });
}
