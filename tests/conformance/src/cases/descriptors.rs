//! Descriptors: their flags, their number, when they are closed, and a lack of them.

use core::ops::RangeInclusive;

use super::*;
use crate::sys::limits::limit_descriptors;

/// How many an object on this mechanism has.
fn needed(mechanism: Mechanism) -> RangeInclusive<usize> {
    match mechanism {
        Mechanism::Pipe2 | Mechanism::Pipe => 2..=2,
        // The descriptors of the notifier below.
        Mechanism::TimerThread | Mechanism::SignalHandler => 1..=2,
        _ => 1..=1,
    }
}

/// All that have been opened since `before`, by so many objects on this mechanism.
fn check_number(before: Open, objects: usize, mechanism: Mechanism) {
    let opened = Open::now().since(before).count();
    assert_eq!(opened % objects, 0);
    assert!(needed(mechanism).contains(&(opened / objects)));
}

pub(super) fn flags<S: Subject>(constructor: Constructor) {
    let before = Open::now();
    // The first is checked on its way; the others are not.
    let subjects: [S; 3] = [(); 3].map(|()| constructor.make());
    let made = Open::now();
    let check = || {
        for number in Open::now().since(before) {
            assert!(is_close_on_exec(number), "descriptor {number}");
            assert!(is_non_blocking(number), "descriptor {number}");
        }
    };
    check();
    check_number(before, subjects.len(), subjects[0].mechanism());
    for subject in &subjects {
        assert!(made.is_open(subject.as_raw_fd()));
        subject.reinit_after_fork().expect("reinit_after_fork");
    }
    assert_eq!(Open::now(), made);
    check();
}

pub(super) fn drop_closes_each_once<S: Subject>(constructor: Constructor) {
    let before = Open::now();
    for round in 0..300 {
        let subject: S = constructor.make();
        check_number(before, 1, subject.mechanism());
        match round % 3 {
            0 => subject.trigger(),
            1 => subject.works(),
            _ => {}
        }
    }
    assert_eq!(Open::now(), before);

    let many: [S; 30] = [(); 30].map(|()| constructor.make());
    check_number(before, many.len(), many[0].mechanism());
    drop(many);
    assert_eq!(Open::now(), before);
}

pub(super) fn signal_descriptors_and_flags(constructor: Constructor) {
    flags::<Signals>(constructor);
    drop_closes_each_once::<Signals>(constructor);
}

pub(super) fn lack_is_named<S: Subject>(constructor: Constructor) {
    let before = Open::now();
    // What it would be if there were descriptors; in a child, so that here the
    // first use is the one that fails.
    let child = fork_to(|| {
        let subject: S = constructor.make();
        let count = Open::now().since(before).count();
        (4 * subject.mechanism() as usize + count) as i32
    });
    let (mechanism, needed) = match child.wait() {
        Ended::Exited(status) => {
            let all = [
                &Mechanism::FOR_NOTIFIERS[..],
                &Mechanism::FOR_TIMERS,
                &Mechanism::FOR_SIGNALS,
            ];
            let is_it = |mechanism: &&Mechanism| **mechanism as i32 == status / 4;
            let mechanism = all.into_iter().flatten().find(is_it);
            (*mechanism.expect("a mechanism"), status as usize % 4)
        }
        ended => panic!("{ended:?}"),
    };
    let first_free = before.first_free() as usize;
    for available in 0..needed {
        limit_descriptors(first_free + available);
        let error = match S::create(constructor) {
            Ok(made) => panic!("{} with {available} descriptors", made.mechanism()),
            Err(error) => error,
        };
        assert_eq!(error.raw_os_error(), libc::EMFILE, "{error}");
        assert_eq!(error.operation(), Operation::Create);
        assert_eq!(error.mechanism(), mechanism, "{error}");
        assert_eq!(Open::now(), before, "a descriptor has leaked");
        assert!(!is_blocked(libc::SIGUSR1), "the mask");
    }
    // With just enough it works, also the first time.
    limit_descriptors(first_free + needed);
    let subject: S = constructor.make();
    assert_eq!(subject.mechanism(), mechanism);
    subject.works();
    assert!(S::create(constructor).is_err());
}

/// Makes an object whose descriptors are closed by somebody else. Every operation fails.
fn closed_by_others<S: Subject>(make: impl FnOnce() -> S) {
    let before = Open::now();
    let subject = make();
    Open::now().since(before).for_each(close);
    // What is left of a timer's time the thread knows without the descriptor.
    operations_fail(&subject, libc::EBADF, |operation| {
        operation != Operation::Remaining || subject.mechanism() != Mechanism::TimerThread
    });
    // Its numbers are not open any more, and may be somebody else's by now.
    core::mem::forget(subject);
}

/// Every operation that is chosen fails with this errno, and says which it was.
pub(super) fn operations_fail<S: Subject>(
    subject: &S,
    errno: i32,
    is_chosen: impl Fn(Operation) -> bool,
) {
    for &(operation, call) in S::OPERATIONS {
        if is_chosen(operation) {
            let error = call(subject).expect_err("no success");
            assert_eq!(error.raw_os_error(), errno, "{error}");
            assert_eq!(error.operation(), operation);
            assert_eq!(error.mechanism(), subject.mechanism());
        }
    }
}

pub(super) fn errors_name_a_descriptor_closed_by_others(constructor: Constructor) {
    closed_by_others::<AutoNotifier>(|| constructor.make());
}

pub(super) fn counter_errors(constructor: Constructor) {
    let counter: Counter = constructor.make();
    let error = counter.add(u64::MAX).expect_err("too high");
    assert_eq!(error.raw_os_error(), libc::EINVAL);
    assert_eq!(counter.take(), Ok(None));
    closed_by_others::<Counter>(|| constructor.make());
}

pub(super) fn timer_errors_name_a_descriptor_closed_by_others(constructor: Constructor) {
    closed_by_others::<Timer>(|| {
        let timer = constructor.timer();
        timer.trigger();
        timer
    });
    let error = Timer::at(Mechanism::Pipe).expect_err("no mechanism of a timer");
    assert_eq!(error.raw_os_error(), libc::EINVAL);
}

pub(super) fn signal_descriptor_closed_by_others(constructor: Constructor) {
    closed_by_others::<Signals>(|| constructor.make());
}
