//! Many producers, one consumer.

use core::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use wakefd::{AutoNotifier, Counter, Mode, Notifier, Wait, Waker};

use crate::BEST;

const PRODUCERS: u64 = 64;

/// Of each kind.
pub fn run(wakes: u32) {
    for mechanism in BEST {
        let notifier = || AutoNotifier::at(mechanism).expect("a notifier");
        let waker = Waker::new(notifier());
        let name = |what| format!("{what}, {mechanism}");
        storm(&name("Waker::wake"), wakes, &waker, || {
            waker.wake().expect("wake")
        });
        let bare = notifier();
        storm(&name("notify"), wakes, &bare, || {
            bare.notify().expect("notify")
        });
        count(
            &name("Counter::add"),
            wakes,
            &Counter::at(mechanism, Mode::Sum).expect("a counter"),
        );
    }
}

/// One producer's account, in a cache line of its own.
#[repr(align(128))]
#[derive(Default)]
struct Account(AtomicU64);

/// Each wake announces one item. The consumer sleeps without a time-out, so a wake
/// that is lost is a hang, and takes what there is; all of it must come, once.
fn storm(name: &str, wakes: u32, notifier: &dyn Notifier, wake: impl Fn() + Sync) {
    let accounts: Vec<Account> = (0..PRODUCERS).map(|_| Account::default()).collect();
    let all = PRODUCERS * u64::from(wakes);
    let begin = Instant::now();
    let mut rounds = 0_u64;
    std::thread::scope(|scope| {
        for account in &accounts {
            let wake = &wake;
            scope.spawn(move || {
                for _ in 0..wakes {
                    // Relaxed: it is the wake that brings it to the consumer.
                    account.0.fetch_add(1, Ordering::Relaxed);
                    wake();
                }
            });
        }
        let mut taken = 0;
        while taken < all {
            assert_eq!(notifier.wait(None), Ok(Wait::Notified));
            notifier.clear().expect("clear");
            let now = accounts
                .iter()
                .map(|account| account.0.load(Ordering::Relaxed))
                .sum();
            assert!(now >= taken);
            taken = now;
            rounds += 1;
        }
    });
    let taken: u64 = accounts
        .into_iter()
        .map(|account| account.0.into_inner())
        .sum();
    assert_eq!(taken, all);
    report(name, all, begin, &format!("taken in {rounds} rounds"));
}

/// Every count must come out, and no more.
fn count(name: &str, wakes: u32, counter: &Counter) {
    let all = PRODUCERS * u64::from(wakes);
    let begin = Instant::now();
    let mut rounds = 0_u64;
    std::thread::scope(|scope| {
        for _ in 0..PRODUCERS {
            scope.spawn(|| (0..wakes).for_each(|_| counter.add(1).expect("add")));
        }
        let mut taken = 0;
        while taken < all {
            assert_eq!(counter.wait(None), Ok(Wait::Notified));
            taken += counter.take().expect("take").map_or(0, u64::from);
            rounds += 1;
        }
        assert_eq!(taken, all);
    });
    assert_eq!(counter.take(), Ok(None));
    report(name, all, begin, &format!("taken in {rounds} rounds"));
}

fn report(name: &str, all: u64, begin: Instant, more: &str) {
    let time = begin.elapsed().as_secs_f64();
    let each = time * 1e9 / all as f64;
    println!("{name}: {PRODUCERS} producers, {all} in all, {time:.1} s, {each:.0} ns each, {more}");
}
