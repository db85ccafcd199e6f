//! Other processes that hold the descriptors, an attacker among them: the claims of
//! docs/security.md.

use super::*;

pub(super) fn hostile_reads_and_writes_never_block_notify(constructor: Constructor) {
    let before = Open::now();
    let notifier: &dyn Notifier = &constructor.notifier();
    let held = Open::now();
    let child = fork(|| loop {
        // Sixteen fill a pipe, and drain it again.
        for _ in 0..20 {
            held.since(before).for_each(write_any);
        }
        for _ in 0..20 {
            held.since(before).for_each(read_any);
        }
    });
    for _ in 0..50_000 {
        assert_eq!(notifier.notify(), Ok(()));
    }
    for _ in 0..100 {
        assert_eq!(notifier.clear().err(), None);
    }
    assert_eq!(child.wait_for(0), Ended::Killed(libc::SIGKILL));
    // Whatever it left, it is a notifier.
    notifier.clear().expect("clear");
    assert!(!is_pending(notifier));
    assert_eq!(notifier.notify(), Ok(()));
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));
}

/// The descriptor flag is each process's own, the status flags are everybody's.
pub(super) fn hostile_flags_are_shared_until_reinit(constructor: Constructor) {
    let before = Open::now();
    let notifier = constructor.notifier();
    let held = Open::now();
    let numbers = || held.since(before);
    fork(|| numbers().for_each(set_blocking)).succeeds();
    assert!(!numbers().any(is_non_blocking));
    // What the other cannot reach any more.
    assert_eq!(notifier.reinit_after_fork(), Ok(()));
    assert!(numbers().all(is_non_blocking));
    assert_eq!(notifier.clear(), Ok(false));
}

pub(super) fn hostile_holder_after_drop_still_reports_in_epoll(constructor: Constructor) {
    let before = Open::now();
    let notifier = constructor.notifier();
    let held = Open::now();
    let mut duplicates = [-1; 2];
    for (duplicate, number) in duplicates.iter_mut().zip(held.since(before)) {
        *duplicate = dup(number);
    }
    let set = Multiplexer::new(Kind::EpollLevel, notifier.as_raw_fd());
    drop(notifier);
    assert!(!set.wait(0));
    duplicates.into_iter().for_each(write_any);
    assert!(set.wait(FOREVER));
}

/// As a user has who is over `/proc/sys/fs/pipe-user-pages-soft`.
pub(super) fn hostile_limit_of_one_page(constructor: Constructor) {
    let before = Open::now();
    let notifier: &dyn Notifier = &constructor.notifier();
    let counter = constructor.counter(Mode::Sum);
    Open::now().since(before).for_each(one_page);
    for times in [1, 4095, 4096, 4097, 20_000] {
        (0..times).for_each(|_| notifier.notify().expect("notify"));
        assert_eq!(notifier.clear(), Ok(true));
        assert_eq!(notifier.clear(), Ok(false));
        (0..times).for_each(|_| counter.add(times).expect("add"));
        let taken = counter.take().expect("take").map(u64::from);
        assert_eq!(taken, Some(times * times));
        assert_eq!(counter.take(), Ok(None));
    }
}
