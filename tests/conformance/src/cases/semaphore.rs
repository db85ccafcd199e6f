//! The semaphore: a counter that gives one at a time.

use super::counter::{agree, forked, take, Account, LIMIT};
use super::*;

pub(super) fn semaphore_agrees_with_a_model(constructor: Constructor) {
    agree(constructor, Mode::Semaphore, 10);
}

pub(super) fn semaphore_at_its_limit(constructor: Constructor) {
    let semaphore = constructor.counter(Mode::Semaphore);
    assert_eq!(semaphore.add(LIMIT), Ok(()));
    assert!(semaphore.add(1).is_err());
    for _ in 0..3 {
        assert_eq!(take(&semaphore), Some(1));
    }
    assert_eq!(semaphore.add(3), Ok(()));
    assert!(semaphore.add(1).is_err());
}

pub(super) fn semaphore_when_the_pipe_is_full(constructor: Constructor) {
    let semaphore = constructor.counter(Mode::Semaphore);
    for _ in 0..10_000 {
        assert_eq!(semaphore.add(1), Ok(()));
    }
    for _ in 0..10_000 {
        assert_eq!(take(&semaphore), Some(1));
    }
    assert_eq!(take(&semaphore), None);
}

pub(super) fn semaphore_is_exact_between_threads(constructor: Constructor) {
    const EACH: u32 = 1_500;
    let semaphore = &constructor.counter(Mode::Semaphore);
    let account = Account::new(semaphore);
    run_threads(5, &|index| match index {
        // 1, 2, 3, 1, 2, 3: two on average.
        0 | 1 => account.adder(|| {
            let add = |n| assert_eq!(semaphore.add(u64::from(n % 3) + 1), Ok(()));
            (0..EACH).for_each(add);
            2 * EACH
        }),
        _ => account.taker(2),
    });
    account.balances();
}

pub(super) fn semaphore_and_fork(constructor: Constructor) {
    forked(constructor, Mode::Semaphore, |_| 1);
}

/// A kernel without the flag has one nevertheless, and keeps its eventfds.
pub(super) fn semaphore_on_the_right_mechanism(constructor: Constructor) {
    assert_eq!(constructor.counter(Mode::Semaphore).mode(), Mode::Semaphore);
    // A kernel that has the call but not yet the flag.
    if let Err(error) = Counter::at(Mechanism::EventFd2, Mode::Semaphore) {
        assert_ne!(
            Constructor::Auto.counter(Mode::Semaphore).mechanism(),
            Mechanism::EventFd2
        );
        // That is no reason to make other counters of a pipe.
        if error.raw_os_error() == libc::EINVAL
            && Counter::at(Mechanism::EventFd2, Mode::Sum).is_ok()
        {
            assert_eq!(
                Constructor::Auto.counter(Mode::Sum).mechanism(),
                Mechanism::EventFd2
            );
        }
    }

    // No flags, no semaphore; never a pipe where one mechanism was asked for.
    let error = Counter::at(Mechanism::EventFd, Mode::Semaphore).expect_err("no such thing");
    // EINVAL: not in this build.
    assert!(matches!(error.raw_os_error(), libc::ENOSYS | libc::EINVAL));
    if let Ok(semaphore) = Counter::semaphore() {
        assert_ne!(semaphore.mechanism(), Mechanism::EventFd);
        assert_eq!(
            semaphore.backend() == Backend::EventFd,
            semaphore.mechanism() == Mechanism::EventFd2
        );
    }
}
