//! The waker, which coalesces in memory.

use super::no_lost_wakeups::four_producers;
use super::*;

pub(super) fn waker_coalesces(constructor: Constructor) {
    let waker = Waker::new(constructor.notifier());
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
pub(super) fn waker_clears_if_empty_what_others_notified(constructor: Constructor) {
    let waker = Waker::new(constructor.notifier());
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
pub(super) fn waker_needs_no_system_call_while_pending_or_awake(constructor: Constructor) {
    let before = Open::now();
    let pending = Waker::new(constructor.notifier());
    let looping = Waker::new(constructor.notifier());
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

fn loses_nothing(
    constructor: Constructor,
    consume: impl Fn(&Waker<AutoNotifier>, &dyn Fn() -> bool) + Sync,
) {
    four_producers(Waker::new(constructor.notifier()), 2_000, consume);
}

pub(super) fn waker_loses_nothing_with_clear(constructor: Constructor) {
    for kind in Kind::ALL {
        loses_nothing(constructor, |waker, is_missing| {
            let set = Multiplexer::new(kind, waker.as_raw_fd());
            while is_missing() {
                assert!(set.wait(FOREVER));
                waker.clear().expect("clear");
            }
        });
    }
}

pub(super) fn waker_loses_nothing_with_announced_sleep(constructor: Constructor) {
    for kind in Kind::ALL {
        loses_nothing(constructor, |waker, is_missing| {
            let set = Multiplexer::new(kind, waker.as_raw_fd());
            let mut awake = waker.awake();
            while is_missing() {
                if let Some(prepared) = awake.prepare_wait() {
                    let readable = set.wait(FOREVER);
                    prepared.finish(readable).expect("finish");
                }
            }
        });
    }
}

pub(super) fn waker_prepared_wait(constructor: Constructor) {
    loses_nothing(constructor, |waker, is_missing| {
        let mut awake = waker.awake();
        while is_missing() {
            if let Some(prepared) = awake.prepare_wait() {
                assert_eq!(prepared.wait(None), Ok(Wait::Notified));
            }
        }
    });

    let waker = Waker::new(constructor.notifier());
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

pub(super) fn waker_and_fork(constructor: Constructor) {
    let waker = Waker::new(constructor.notifier());
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
        waker.works();
    })
    .succeeds();
    assert_eq!(waker.clear(), Ok(true));
    assert_eq!(waker.clear(), Ok(false));
}

pub(super) fn waker_tries_again_after_an_error(constructor: Constructor) {
    let before = Open::now();
    let waker = Waker::new(constructor.notifier());
    Open::now().since(before).for_each(close);
    for _ in 0..3 {
        // Not silenced by a flag that the first has left.
        assert!(waker.wake().is_err());
    }
    core::mem::forget(waker);
}
