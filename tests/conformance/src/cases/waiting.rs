//! `wait` and its time-outs.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use wakefd::{Notifier, Wait};

use super::make;
use crate::sys::thread::together;
use crate::sys::{alarms, time};
use crate::Way;

pub(super) fn clause_7_zero_does_not_wait(way: Way) {
    let notifier: &dyn Notifier = &make(way);
    for _ in 0..100 {
        assert_eq!(notifier.wait(Some(Duration::ZERO)), Ok(Wait::TimedOut));
    }
    assert_eq!(notifier.notify(), Ok(()));
    for _ in 0..100 {
        // A wait leaves the notification pending.
        assert_eq!(notifier.wait(Some(Duration::ZERO)), Ok(Wait::Notified));
    }
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.wait(Some(Duration::ZERO)), Ok(Wait::TimedOut));
}

pub(super) fn clause_7_never_early(way: Way) {
    let notifier: &dyn Notifier = &make(way);
    for (timeout, milliseconds) in [
        (Duration::from_nanos(1), 0),
        (Duration::from_micros(999), 0),
        (Duration::from_millis(2), 2),
        (Duration::from_micros(30_500), 30),
    ] {
        let begin = time::now();
        assert_eq!(notifier.wait(Some(timeout)), Ok(Wait::TimedOut));
        // Both readings are rounded down; that cannot hide a whole millisecond.
        assert!(time::now() - begin >= milliseconds, "{timeout:?}");
    }
}

/// Notifies from another thread while this one is in `wait`, most likely.
fn woken_from(timeout: Option<Duration>, way: Way) {
    let notifier = make(way);
    together(2, &|index| {
        if index == 0 {
            assert_eq!(notifier.wait(timeout), Ok(Wait::Notified));
        } else {
            time::sleep(20);
            assert_eq!(notifier.notify(), Ok(()));
        }
    });
    assert_eq!(notifier.clear(), Ok(true));
}

pub(super) fn clause_7_for_ever_until_notified(way: Way) {
    woken_from(None, way);
}

pub(super) fn clause_7_huge_time_outs(way: Way) {
    for timeout in [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_millis(u64::MAX),
        Duration::from_secs(i64::MAX as u64),
        Duration::from_secs(u32::MAX.into()),
        // Just beyond what one `poll` takes.
        Duration::from_millis(i32::MAX as u64 + 1),
    ] {
        woken_from(Some(timeout), way);
    }
}

pub(super) fn clause_7_goes_on_after_signals(way: Way) {
    const MILLISECONDS: u64 = 150;
    let notifier = make(way);
    let signals = AtomicU32::new(0);
    let handler = || {
        signals.fetch_add(1, Ordering::Relaxed);
    };
    // However slow the machine: in one of the waits several signals must come.
    alarms::with_alarms(5_000, &handler, || loop {
        signals.store(0, Ordering::Relaxed);
        let begin = time::now();
        let waited = notifier.wait(Some(Duration::from_millis(MILLISECONDS)));
        let elapsed = time::now() - begin;
        assert_eq!(waited, Ok(Wait::TimedOut));
        assert!(elapsed >= MILLISECONDS, "{elapsed} ms");
        // If every signal had begun the time-out anew, there would be no end;
        // the bound is wide because machines are slow, not the wait.
        assert!(elapsed < 50 * MILLISECONDS, "{elapsed} ms");
        if signals.load(Ordering::Relaxed) > 2 {
            break;
        }
    });
}

pub(super) fn clause_7_a_handler_ends_it_by_notifying(way: Way) {
    let notifier = make(way);
    let signals = AtomicU32::new(0);
    let handler = || {
        if signals.fetch_add(1, Ordering::Relaxed) == 3 {
            let _ = notifier.notify();
        }
    };
    alarms::with_alarms(5_000, &handler, || {
        assert_eq!(notifier.wait(None), Ok(Wait::Notified));
        assert!(signals.load(Ordering::Relaxed) > 3);
    });
    assert_eq!(notifier.clear(), Ok(true));
}

/// The handler notifies only when the time-out has passed: that still counts.
pub(super) fn clause_7_a_last_look_after_a_signal(way: Way) {
    let notifier = make(way);
    let begin = time::now();
    let handler = || {
        if notifier.notify().is_ok() {
            while time::now() < begin + 100 {}
        }
    };
    alarms::with_alarms(20_000, &handler, || {
        let waited = notifier.wait(Some(Duration::from_millis(60)));
        assert_eq!(waited, Ok(Wait::Notified));
    });
    assert_eq!(notifier.clear(), Ok(true));
}
