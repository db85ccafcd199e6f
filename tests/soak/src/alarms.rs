//! Signals at the highest rate that the machine reaches.

use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use core::time::Duration;
use std::time::Instant;

use wakefd::{AutoNotifier, Counter, Mechanism, Mode, Wait};

use crate::sys::{errno, set_errno, with_alarms};

/// No call gives this one.
const MARK: i32 = 4242;

pub fn run(seconds: u32) {
    let each = Duration::from_secs(seconds.into()) / 8;
    for mechanism in Mechanism::FOR_NOTIFIERS {
        reinit(mechanism, each);
        count(mechanism, each);
    }
}

/// A handler notifies while its notifier is notified, cleared, and replaced.
fn reinit(mechanism: Mechanism, time: Duration) {
    let Ok(notifier) = AutoNotifier::at(mechanism) else {
        return println!("alarms, {mechanism}: unavailable");
    };
    let (signals, faults) = (AtomicU64::new(0), AtomicU64::new(0));
    let handler = || {
        let before = errno();
        if notifier.notify().is_err() || errno() != before {
            faults.fetch_add(1, Ordering::Relaxed);
        }
        signals.fetch_add(1, Ordering::Relaxed);
    };
    let rounds = AtomicU32::new(0);
    let interval = with_alarms(&rounds, &handler, || {
        let begin = Instant::now();
        while begin.elapsed() < time {
            set_errno(MARK);
            notifier.notify().expect("notify");
            assert_eq!(errno(), MARK);
            notifier.clear().expect("clear");
            notifier.reinit_after_fork().expect("reinit_after_fork");
            notifier.clear().expect("clear");
            rounds.fetch_add(1, Ordering::Relaxed);
        }
        // Nothing is lost now: the next signal shows.
        assert_eq!(notifier.wait(None), Ok(Wait::Notified));
    });
    assert_eq!(faults.into_inner(), 0);
    println!(
        "alarms, {mechanism}: every {interval} us, {} signals during {} rounds of notify, clear, reinit, clear",
        signals.into_inner(),
        rounds.into_inner(),
    );
}

/// A handler adds while its counter is added to and taken from.
fn count(mechanism: Mechanism, time: Duration) {
    let Ok(counter) = Counter::at(mechanism, Mode::Sum) else {
        return println!("alarms, {mechanism}: unavailable");
    };
    let by_handler = AtomicU64::new(0);
    let (mut added, mut taken) = (0_u64, 0_u64);
    let rounds = AtomicU32::new(0);
    let interval = with_alarms(&rounds, &|| by_handler_adds(&counter, &by_handler), || {
        let begin = Instant::now();
        while begin.elapsed() < time {
            for _ in 0..1000 {
                counter.add(3).expect("add");
                added += 3;
                rounds.fetch_add(1, Ordering::Relaxed);
            }
            if added % 7 == 0 {
                taken += counter.take().expect("take").map_or(0, u64::from);
            }
        }
    });
    taken += counter.take().expect("take").map_or(0, u64::from);
    let signals = by_handler.into_inner();
    assert_eq!(taken, added + signals);
    println!(
        "alarms, {mechanism}: every {interval} us, {added} added, {signals} by handlers, {taken} taken"
    );
}

fn by_handler_adds(counter: &Counter, by_handler: &AtomicU64) {
    if counter.add(1).is_ok() {
        by_handler.fetch_add(1, Ordering::Relaxed);
    }
}
