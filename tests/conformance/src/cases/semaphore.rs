//! The semaphore: a counter that gives one at a time.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use wakefd::{Backend, Counter, Mechanism, Mode};

use super::counter::{agree, forked, take, LIMIT};
use crate::sys::thread::run_threads;
use crate::Constructor;

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
    let semaphore = constructor.counter(Mode::Semaphore);
    let taken = AtomicU32::new(0);
    run_threads(5, &|index| match index {
        0 | 1 => (0..EACH).for_each(|n| {
            assert_eq!(semaphore.add(u64::from(n % 3) + 1), Ok(()));
        }),
        // Each takes what is certain to come, sleeping in between.
        _ => {
            for _ in 0..EACH {
                while take(&semaphore).is_none() {
                    let _ = semaphore
                        .wait(Some(Duration::from_millis(1)))
                        .expect("wait");
                }
                taken.fetch_add(1, Ordering::Relaxed);
            }
        }
    });
    let mut rest = 0;
    while let Some(n) = take(&semaphore) {
        assert_eq!(n, 1);
        rest += 1;
    }
    // 1, 2, 3, 1, 2, 3: two on average.
    assert_eq!(taken.into_inner() + rest, 2 * EACH * 2);
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
