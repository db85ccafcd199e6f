//! The waker, which coalesces in memory.

use wakefd::{Error, Prepared};

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

/// Watches the waker in this way and clears it by `clear`, until nothing is missing.
fn clears(
    constructor: Constructor,
    kind: Kind,
    clear: fn(&Waker<AutoNotifier>) -> Result<bool, Error>,
) {
    loses_nothing(constructor, |waker, is_missing| {
        let set = Multiplexer::new(kind, waker.as_raw_fd());
        while is_missing() {
            assert!(set.wait(FOREVER));
            clear(waker).expect("clear");
        }
    });
}

/// The same with an announced sleep, which `finish` ends.
fn announces(
    constructor: Constructor,
    kind: Kind,
    finish: fn(Prepared<'_, AutoNotifier>, bool) -> Result<bool, Error>,
) {
    loses_nothing(constructor, |waker, is_missing| {
        let set = Multiplexer::new(kind, waker.as_raw_fd());
        let mut awake = waker.awake();
        while is_missing() {
            if let Some(prepared) = awake.prepare_wait() {
                let readable = set.wait(FOREVER);
                finish(prepared, readable).expect("finish");
            }
        }
    });
}

pub(super) fn waker_loses_nothing_with_clear(constructor: Constructor) {
    for kind in Kind::ALL {
        clears(constructor, kind, Waker::clear);
    }
}

pub(super) fn waker_loses_nothing_with_announced_sleep(constructor: Constructor) {
    for kind in Kind::ALL {
        announces(constructor, kind, |prepared, readable| {
            prepared.finish(readable)
        });
    }
}

pub(super) fn waker_loses_nothing_edge_triggered(constructor: Constructor) {
    clears(constructor, Kind::EpollEdge, Waker::clear_edge_triggered);
    announces(constructor, Kind::EpollEdge, |prepared, readable| {
        prepared.finish_edge_triggered(readable)
    });
}

/// Producers that publish by a read-modify-write need no fence of the waker's.
pub(super) fn waker_loses_nothing_if_the_producer_has_a_fence(constructor: Constructor) {
    const EACH: u32 = 2_000;
    let waker = Waker::new(constructor.notifier());
    let published = AtomicU32::new(0);
    run_threads(5, &|index| match index {
        0 => {
            let mut awake = waker.awake();
            while published.load(Ordering::Relaxed) < 4 * EACH {
                if let Some(prepared) = awake.prepare_wait() {
                    assert_eq!(prepared.wait(None), Ok(Wait::Notified));
                }
            }
        }
        _ => {
            for _ in 0..EACH {
                published.fetch_add(1, Ordering::SeqCst);
                assert_eq!(waker.wake_published(), Ok(()));
            }
        }
    });
}

/// A loop that is level-triggered against the documentation is told of a wake-up at most
/// twice, on every mechanism and in every multiplexer.
pub(super) fn waker_left_undrained_does_not_spin(constructor: Constructor) {
    for kind in Kind::ALL {
        let waker = Waker::new(constructor.notifier());
        let set = Multiplexer::new(kind, waker.as_raw_fd());
        let is_undrained = waker.backend() == Backend::EventFd && kind != Kind::EpollEdge;
        for _ in 0..3 {
            assert_eq!(waker.wake(), Ok(()));
            assert!(set.wait(0), "{kind:?}");
            assert_eq!(waker.clear_edge_triggered(), Ok(true));
            assert_eq!(set.wait(0), is_undrained, "{kind:?}");
            let is_readable = is_pending(&waker);
            assert_eq!(waker.clear_edge_triggered(), Ok(is_readable));
            assert!(!set.wait(0), "{kind:?}");

            // The same with an announced sleep, and the next write counts.
            let mut awake = waker.awake();
            let prepared = awake.prepare_wait().expect("nothing is pending");
            assert_eq!(waker.wake(), Ok(()));
            assert!(set.wait(0), "{kind:?}");
            assert_eq!(prepared.finish_edge_triggered(true), Ok(true));
            let prepared = awake.prepare_wait().expect("it was taken");
            let readable = set.wait(0);
            assert_eq!(readable, is_undrained, "{kind:?}");
            assert_eq!(prepared.finish_edge_triggered(readable), Ok(readable));
            drop(awake);
            assert!(!set.wait(0), "{kind:?}");
        }
        // What other processes notify is not in the word.
        for _ in 0..3 {
            assert_eq!(waker.notifier().notify(), Ok(()));
            assert!(set.wait(0), "{kind:?}");
            assert_eq!(waker.clear_edge_triggered(), Ok(true));
            assert!(!set.wait(0), "{kind:?}");
        }
    }
}

/// Another process has filled the descriptor, which the consumer leaves so: the next write
/// is an edge all the same.
pub(super) fn waker_of_a_full_descriptor_gives_another_edge(constructor: Constructor) {
    let waker = Waker::new(constructor.notifier());
    let set = Multiplexer::new(Kind::EpollEdge, waker.as_raw_fd());
    for _ in 0..3 {
        assert_eq!(waker.wake(), Ok(()));
        match waker.backend() {
            // With the waker's one, the highest value that an eventfd can hold.
            Backend::EventFd => write_u64(waker.as_raw_fd(), u64::MAX - 2),
            _ => (0..65_536).for_each(|_| waker.notifier().notify().expect("notify")),
        }
        assert!(set.wait(0));
        assert_eq!(waker.clear_edge_triggered(), Ok(true));
        assert!(!set.wait(0));
        for _ in 0..3 {
            assert_eq!(waker.wake(), Ok(()));
            assert!(set.wait(0), "an edge");
            assert_eq!(waker.clear_edge_triggered(), Ok(true));
        }
        assert_eq!(waker.clear(), Ok(waker.backend() == Backend::EventFd));
    }
}

pub(super) fn waker_is_woken(constructor: Constructor) {
    let waker = Waker::new(constructor.notifier());
    assert_eq!(waker.wake(), Ok(()));
    let mut awake = waker.awake();
    assert!(awake.is_woken(), "by what came before");
    assert!(awake.prepare_wait().is_none());
    assert!(!awake.is_woken());
    run_threads(1, &|_| waker.wake().expect("wake"));
    assert!(awake.is_woken() && awake.is_woken());
    assert!(awake.prepare_wait().is_none());
    assert!(awake.prepare_wait().is_some());
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
