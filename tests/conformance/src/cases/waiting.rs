//! `wait` and its time-outs.

use super::*;
use crate::sys::limits::limit_descriptors;
use crate::sys::multiplexer::readable;

pub(super) fn clause_7_zero_does_not_wait(constructor: Constructor) {
    let notifier: &dyn Notifier = &constructor.notifier();
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

pub(super) fn clause_7_never_early(constructor: Constructor) {
    never_early(&constructor.notifier());
}

/// What is not readable times out, not before the time.
pub(super) fn never_early(subject: &impl Subject) {
    for microseconds in [0, 1, 999, 2_000, 30_500] {
        let timeout = Duration::from_micros(microseconds);
        let begin = time::exact();
        assert_eq!(subject.wait_readable(Some(timeout)), Ok(Wait::TimedOut));
        assert!(time::exact() - begin >= timeout, "{timeout:?}");
    }
}

/// Linux refuses to `poll` more descriptors than the limit allows, and some programs set
/// the limit to zero when they have all that they need.
pub(super) fn no_descriptors<S: Subject>(constructor: Constructor) {
    let subject: S = constructor.make();
    limit_descriptors(0);
    never_early(&subject);
    subject.trigger();
    for timeout in [None, Some(Duration::ZERO), Some(Duration::from_secs(5))] {
        assert_eq!(subject.wait_readable(timeout), Ok(Wait::Notified));
    }
    assert_eq!(subject.consume(), Ok(true));
    never_early(&subject);
}

/// Triggers from another thread while this one waits, most likely.
pub(super) fn woken_from<S: Subject>(timeout: Option<Duration>, constructor: Constructor) {
    let subject: S = constructor.make();
    run_threads(2, &|index| {
        if index == 0 {
            assert_eq!(subject.wait_readable(timeout), Ok(Wait::Notified));
        } else {
            time::sleep(20);
            subject.trigger();
        }
    });
    assert_eq!(subject.consume(), Ok(true));
}

/// A thread polls it and a notifier, by which another thread ends the wait.
pub(super) fn ended_by_a_notifier(subject: &impl Subject) {
    let notifier = match AutoNotifier::new() {
        Ok(notifier) => notifier,
        // A build with one backend may have none here.
        Err(error) => return assert_eq!(error.raw_os_error(), libc::ENOSYS, "{error}"),
    };
    run_threads(2, &|index| match index {
        0 => {
            let watched = [subject.as_raw_fd(), notifier.as_raw_fd()];
            assert_eq!(readable(watched), [false, true]);
        }
        _ => {
            time::sleep(20);
            assert_eq!(notifier.notify(), Ok(()));
        }
    });
}

pub(super) fn clause_7_for_ever_until_notified(constructor: Constructor) {
    woken_from::<AutoNotifier>(None, constructor);
}

pub(super) fn clause_7_huge_time_outs(constructor: Constructor) {
    for timeout in [
        Duration::MAX,
        Duration::from_secs(u64::MAX),
        Duration::from_millis(u64::MAX),
        Duration::from_secs(i64::MAX as u64),
        Duration::from_secs(u32::MAX.into()),
        // Just beyond what one `poll` takes.
        Duration::from_millis(i32::MAX as u64 + 1),
    ] {
        woken_from::<AutoNotifier>(Some(timeout), constructor);
    }
}

pub(super) fn clause_7_goes_on_after_signals(constructor: Constructor) {
    const TIMEOUT: Duration = Duration::from_millis(150);
    let notifier = constructor.notifier();
    interrupted(|| {
        let begin = time::exact();
        assert_eq!(notifier.wait(Some(TIMEOUT)), Ok(Wait::TimedOut));
        let elapsed = time::exact() - begin;
        // If every signal had begun the time-out anew, there would be no end; the bound
        // is wide because machines are slow, not the wait.
        assert!((TIMEOUT..50 * TIMEOUT).contains(&elapsed), "{elapsed:?}");
    });
}

pub(super) fn clause_7_a_handler_ends_it_by_notifying(constructor: Constructor) {
    let notifier = constructor.notifier();
    let signals = AtomicU32::new(0);
    let handler = || {
        if signals.fetch_add(1, Ordering::Relaxed) == 3 {
            let _ = notifier.notify();
        }
    };
    with_alarms(5_000, &handler, || {
        assert_eq!(notifier.wait(None), Ok(Wait::Notified));
        assert!(signals.load(Ordering::Relaxed) > 3);
    });
    assert_eq!(notifier.clear(), Ok(true));
}

/// The handler notifies only when the time-out has passed: that still counts.
pub(super) fn clause_7_a_last_look_after_a_signal(constructor: Constructor) {
    let notifier = constructor.notifier();
    let begin = time::now();
    let handler = || {
        if notifier.notify().is_ok() {
            while time::now() < begin + 100 {}
        }
    };
    with_alarms(20_000, &handler, || {
        let waited = notifier.wait(Some(Duration::from_millis(60)));
        assert_eq!(waited, Ok(Wait::Notified));
    });
    assert_eq!(notifier.clear(), Ok(true));
}
