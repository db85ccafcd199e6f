//! `notify` in signal handlers.

use super::*;

pub(super) fn clause_4_errno_is_kept(constructor: Constructor) {
    let before = Open::now();
    let notifier = constructor.notifier();
    // Until the pipe is full, and beyond.
    for _ in 0..70_000 {
        assert_eq!(errno::kept(|| notifier.notify()), Ok(()));
    }
    // Also when it fails.
    Open::now().since(before).for_each(close);
    assert!(errno::kept(|| notifier.notify()).is_err());
    core::mem::forget(notifier);
}

pub(super) fn clause_4_signal_storm(constructor: Constructor) {
    storm(&constructor.notifier());
}

/// The flag in memory and the descriptor agree at any time.
pub(super) fn waker_signal_storm(constructor: Constructor) {
    storm(&Waker::new(constructor.notifier()));
}

fn storm(notifier: &dyn Notifier) {
    let faults = AtomicU32::new(0);
    let signals = AtomicU32::new(0);
    let handler = || {
        let before = errno::get();
        let notified = notifier.notify();
        if notified != Ok(()) || errno::get() != before {
            faults.fetch_add(1, Ordering::Relaxed);
        }
        signals.fetch_add(1, Ordering::Relaxed);
    };
    with_alarms(50, &handler, || {
        let end = time::now() + 300;
        // However slow the machine: some signals must come.
        while time::now() < end || signals.load(Ordering::Relaxed) < 20 {
            // Perhaps a handler comes in between.
            assert_eq!(errno::kept(|| notifier.notify()), Ok(()));
            progress();
            // Whether it takes one depends on the handler; it must not fail.
            assert!(notifier.clear().is_ok());
        }
        // A notification by a handler stays pending until a clear reports it.
        assert!(notifier.clear().is_ok());
        let seen = signals.load(Ordering::Relaxed);
        while signals.load(Ordering::Relaxed) == seen {
            progress();
        }
        assert!(is_pending(notifier));
        assert_eq!(notifier.clear(), Ok(true));
    });
    assert_eq!(faults.load(Ordering::Relaxed), 0);
    assert!(notifier.clear().is_ok());
    assert_eq!(notifier.clear(), Ok(false));
}
