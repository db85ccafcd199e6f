//! The waker, which coalesces in memory.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use wakefd::{AutoNotifier, Notifier, Wait, Waker};

use super::{is_pending, make};
use crate::sys::descriptors::{close, Open};
use crate::sys::multiplexer::{Kind, Multiplexer, FOREVER};
use crate::sys::process::fork;
use crate::sys::thread::together;
use crate::sys::{alarms, errno, time};
use crate::Way;

pub(super) fn waker_coalesces(way: Way) {
    let waker = Waker::new(make(way));
    for _ in 0..3 {
        assert!(!is_pending(&waker));
        assert_eq!(waker.clear(), Ok(false));
        for _ in 0..70_000 {
            assert_eq!(waker.wake(), Ok(()));
        }
        assert!(is_pending(&waker));
        assert_eq!(waker.clear(), Ok(true));
    }
    // The bare notifier wakes as well.
    assert_eq!(waker.notifier().notify(), Ok(()));
    assert_eq!(waker.clear(), Ok(true));
    assert_eq!(waker.clear(), Ok(false));
}

/// Another process notifies past the word, and so does a late `wake`: nothing is
/// pending here, and yet the descriptor is readable.
pub(super) fn waker_clears_if_empty_what_others_notified(way: Way) {
    let waker = Waker::new(make(way));
    let nothing = || true;
    assert_eq!(waker.clear_if_empty(nothing), Ok(true));
    for _ in 0..3 {
        fork(|| waker.notifier().notify().expect("notify")).succeeds();
        assert!(is_pending(&waker));
        assert_eq!(waker.clear_if_empty(nothing), Ok(true));
        assert!(!is_pending(&waker));
        // And wakers write as before.
        assert_eq!(waker.wake(), Ok(()));
        assert!(is_pending(&waker));
        assert_eq!(waker.clear_if_empty(nothing), Ok(true));
        assert!(!is_pending(&waker));
    }
}

/// With the descriptors gone every system call fails, so what succeeds made
/// none.
pub(super) fn waker_needs_no_system_call_while_pending_or_awake(way: Way) {
    let before = Open::now();
    let pending = Waker::new(make(way));
    let looping = Waker::new(make(way));
    assert_eq!(pending.wake(), Ok(()));
    let mut awake = looping.awake();
    Open::now().since(before).for_each(close);

    for _ in 0..100 {
        assert_eq!(pending.wake(), Ok(()));
    }
    for _ in 0..100 {
        assert_eq!(looping.wake(), Ok(()));
        assert_eq!(looping.wake(), Ok(()));
        assert!(awake.prepare_wait().is_none(), "a wake-up is pending");
        let prepared = awake.prepare_wait().expect("it was taken");
        assert_eq!(prepared.finish(false), Ok(false));
    }
    // And the other way round: asleep, it writes.
    assert!(awake.prepare_wait().is_some());
    assert!(looping.wake().is_err());
    drop(awake);
    core::mem::forget((pending, looping));
}

const EACH: u32 = 2_000;

fn produce(waker: &Waker<AutoNotifier>, done: &AtomicU32) {
    for _ in 0..EACH {
        // Relaxed: it is the waker that brings it to the consumer.
        done.fetch_add(1, Ordering::Relaxed);
        assert_eq!(waker.wake(), Ok(()));
    }
}

pub(super) fn waker_loses_nothing_with_clear(way: Way) {
    for kind in Kind::ALL {
        let waker = Waker::new(make(way));
        let done = AtomicU32::new(0);
        together(5, &|index| {
            if index > 0 {
                return produce(&waker, &done);
            }
            let set = Multiplexer::new(kind, waker.as_raw_fd());
            while done.load(Ordering::Relaxed) < 4 * EACH {
                assert!(set.wait(FOREVER));
                waker.clear().expect("clear");
            }
        });
    }
}

pub(super) fn waker_loses_nothing_with_announced_sleep(way: Way) {
    for kind in Kind::ALL {
        let waker = Waker::new(make(way));
        let done = AtomicU32::new(0);
        together(5, &|index| {
            if index > 0 {
                return produce(&waker, &done);
            }
            let set = Multiplexer::new(kind, waker.as_raw_fd());
            let mut awake = waker.awake();
            while done.load(Ordering::Relaxed) < 4 * EACH {
                if let Some(prepared) = awake.prepare_wait() {
                    let readable = set.wait(FOREVER);
                    prepared.finish(readable).expect("finish");
                }
            }
        });
    }
}

pub(super) fn waker_prepared_wait(way: Way) {
    let waker = Waker::new(make(way));
    let done = AtomicU32::new(0);
    together(5, &|index| {
        if index > 0 {
            return produce(&waker, &done);
        }
        let mut awake = waker.awake();
        while done.load(Ordering::Relaxed) < 4 * EACH {
            if let Some(prepared) = awake.prepare_wait() {
                assert_eq!(prepared.wait(None), Ok(Wait::Notified));
            }
        }
    });

    // What nobody has taken is found by polling when the guard is gone.
    let awake = waker.awake();
    assert_eq!(waker.wake(), Ok(()));
    drop(awake);
    assert!(is_pending(&waker));
    assert_eq!(waker.clear(), Ok(true));
    assert_eq!(waker.clear(), Ok(false));

    // A sleep that is over in time.
    let mut awake = waker.awake();
    let prepared = awake.prepare_wait().expect("nothing is pending");
    assert_eq!(
        prepared.wait(Some(Duration::from_millis(5))),
        Ok(Wait::TimedOut)
    );
}

pub(super) fn waker_signal_storm(way: Way) {
    const MARK: i32 = 4242;
    let waker = Waker::new(make(way));
    let (signals, faults) = (AtomicU32::new(0), AtomicU32::new(0));
    let handler = || {
        let before = errno::get();
        if waker.wake() != Ok(()) || errno::get() != before {
            faults.fetch_add(1, Ordering::Relaxed);
        }
        signals.fetch_add(1, Ordering::Relaxed);
    };
    alarms::with_alarms(50, &handler, || {
        let end = time::now() + 200;
        while time::now() < end || signals.load(Ordering::Relaxed) < 20 {
            errno::set(MARK);
            assert_eq!(waker.wake(), Ok(()));
            assert_eq!(errno::get(), MARK);
            assert!(waker.clear().is_ok());
        }
        // The flag and the descriptor still agree: a signal shows.
        assert!(waker.clear().is_ok());
        let seen = signals.load(Ordering::Relaxed);
        while signals.load(Ordering::Relaxed) == seen {}
        assert!(is_pending(&waker));
    });
    assert_eq!(faults.load(Ordering::Relaxed), 0);
}

pub(super) fn waker_and_fork(way: Way) {
    let waker = Waker::new(make(way));
    // From a child by the bare notifier, as often as it likes.
    for _ in 0..3 {
        let child = fork(|| waker.notifier().notify().expect("notify"));
        assert_eq!(waker.wait(None), Ok(Wait::Notified));
        assert_eq!(waker.clear(), Ok(true));
        child.succeeds();
    }
    // A child with a waker of its own, made while one was pending.
    assert_eq!(waker.wake(), Ok(()));
    fork(|| {
        waker.reinit_after_fork().expect("reinit_after_fork");
        assert_eq!(waker.clear(), Ok(false));
        assert_eq!(waker.wake(), Ok(()));
        assert!(is_pending(&waker));
        assert_eq!(waker.clear(), Ok(true));
    })
    .succeeds();
    assert_eq!(waker.clear(), Ok(true));
    assert_eq!(waker.clear(), Ok(false));
}

pub(super) fn waker_tries_again_after_an_error(way: Way) {
    let before = Open::now();
    let waker = Waker::new(make(way));
    Open::now().since(before).for_each(close);
    for _ in 0..3 {
        // Not silenced by a flag that the first has left.
        assert!(waker.wake().is_err());
    }
    core::mem::forget(waker);
}
