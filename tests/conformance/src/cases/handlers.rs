//! `notify` in signal handlers.

use core::sync::atomic::{AtomicU32, Ordering};

use wakefd::Notifier;

use super::{is_pending, make};
use crate::sys::descriptors::{close, Open};
use crate::sys::{alarms, errno, time};
use crate::Way;

/// No call gives this one.
const MARK: i32 = 4242;

pub(super) fn clause_4_errno_is_kept(way: Way) {
    let before = Open::now();
    let notifier = make(way);
    errno::set(MARK);
    // Until the pipe is full, and beyond.
    for _ in 0..70_000 {
        assert_eq!(notifier.notify(), Ok(()));
        assert_eq!(errno::get(), MARK);
    }
    // Also when it fails.
    Open::now().since(before).for_each(close);
    errno::set(MARK);
    assert!(notifier.notify().is_err());
    assert_eq!(errno::get(), MARK);
    core::mem::forget(notifier);
}

pub(super) fn clause_4_signal_storm(way: Way) {
    let notifier = make(way);
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
    alarms::with_alarms(50, &handler, || {
        let end = time::now() + 300;
        // However slow the machine: some signals must come.
        while time::now() < end || signals.load(Ordering::Relaxed) < 20 {
            errno::set(MARK);
            assert_eq!(notifier.notify(), Ok(()));
            assert_eq!(errno::get(), MARK, "a handler came in between");
            // Whether it takes one depends on the handler; it must not fail.
            assert!(notifier.clear().is_ok());
        }
        // A notification by a handler stays pending until a clear reports it.
        assert!(notifier.clear().is_ok());
        let seen = signals.load(Ordering::Relaxed);
        while signals.load(Ordering::Relaxed) == seen {}
        assert!(is_pending(&notifier));
        assert_eq!(notifier.clear(), Ok(true));
    });
    assert_eq!(faults.load(Ordering::Relaxed), 0);
    assert!(notifier.clear().is_ok());
    assert_eq!(notifier.clear(), Ok(false));
}
