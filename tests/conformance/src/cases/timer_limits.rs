//! Timers: descriptors, many of them, threads and processes.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use wakefd::{Backend, Mechanism, Operation, Timer, Wait};

use super::timer::{is_readable, make, take, HOUR};
use crate::sys::descriptors::{close, is_close_on_exec, is_non_blocking, limit_to, Open};
use crate::sys::multiplexer::{Kind, Multiplexer};
use crate::sys::process::{fork, fork_to, Ended};
use crate::sys::thread::together;
use crate::sys::time;
use crate::Way;

/// Arms it, waits for it, and takes the one expiration.
fn works(timer: &Timer) {
    assert_eq!(timer.arm_after(Duration::from_millis(1), None), Ok(()));
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    assert_eq!(take(timer), Some(1));
    assert_eq!(take(timer), None);
}

pub(super) fn timer_descriptors_have_their_flags(way: Way) {
    let before = Open::now();
    // The first is checked on its way; the others are not.
    let timers = [(); 3].map(|()| make(way));
    let mut own = false;
    for number in Open::now().since(before) {
        assert!(is_close_on_exec(number) && is_non_blocking(number));
        own |= number == timers[0].as_raw_fd();
    }
    assert!(own);
    timers[0].reinit_after_fork().expect("reinit_after_fork");
    for number in Open::now().since(before) {
        assert!(is_close_on_exec(number) && is_non_blocking(number));
    }
}

pub(super) fn timer_fifty_at_once(way: Way) {
    let before = Open::now();
    let timers: [_; 50] = core::array::from_fn(|_| make(way));
    let begin = time::exact();
    // In an order that is not that of their times: 7 and 50 have no common factor.
    let due = |index: usize| begin + Duration::from_micros(200 * (index * 7 % 50) as u64);
    for (index, timer) in timers.iter().enumerate() {
        assert_eq!(timer.arm_at(due(index), None), Ok(()));
    }
    for (index, timer) in timers.iter().enumerate() {
        assert_eq!(timer.wait(None), Ok(Wait::Notified));
        assert!(time::exact() >= due(index), "timer {index}");
        assert_eq!(take(timer), Some(1), "timer {index}");
    }
    time::sleep(2);
    assert!(timers.iter().all(|timer| take(timer).is_none()));
    // The middle ones go first.
    let mut timers = timers.map(Some);
    for index in (0..50).map(|index| index * 7 % 50) {
        drop(timers[index].take());
        if let Some(timer) = timers.iter().flatten().next() {
            assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
            assert_eq!(timer.wait(None), Ok(Wait::Notified));
        }
    }
    assert_eq!(Open::now(), before);
}

/// The descriptors that a timer has.
fn needed(timer: &Timer, before: Open) -> usize {
    let needed = Open::now().count() - before.count();
    match timer.backend() {
        Backend::TimerFd => assert_eq!(needed, 1),
        // Those of a notifier.
        _ => assert!((1..=2).contains(&needed)),
    }
    needed
}

pub(super) fn timer_drop_closes_each_descriptor_once(way: Way) {
    let before = Open::now();
    for round in 0..200 {
        let timer = make(way);
        needed(&timer, before);
        match round % 3 {
            0 => assert_eq!(timer.arm_after(HOUR, None), Ok(())),
            1 => works(&timer),
            _ => {}
        }
    }
    assert_eq!(Open::now(), before);
}

pub(super) fn timer_errors_name_the_lack_of_descriptors(way: Way) {
    let before = Open::now();
    // What it would be if there were descriptors; in a child, so that here the
    // first use is the one that fails.
    let child = fork_to(|| {
        let timer = make(way);
        let mechanism = Mechanism::FOR_TIMERS
            .iter()
            .position(|&mechanism| mechanism == timer.mechanism());
        (mechanism.expect("a timer's mechanism") * 4 + needed(&timer, before)) as i32
    });
    let (mechanism, needed) = match child.wait() {
        Ended::Exited(status @ 0..=11) => {
            let status = status as usize;
            (Mechanism::FOR_TIMERS[status / 4], status % 4)
        }
        ended => panic!("{ended:?}"),
    };
    let first_free = (0..).find(|&number| !before.is_open(number)).unwrap_or(0);
    for available in 0..needed {
        limit_to(first_free as usize + available);
        let error = way.timer().expect_err("too few descriptors");
        assert_eq!(error.raw_os_error(), libc::EMFILE, "{error}");
        assert_eq!(error.operation(), Operation::Create);
        assert_eq!(error.mechanism(), mechanism, "{error}");
        assert_eq!(Open::now(), before, "a descriptor has leaked");
    }
    // With just enough it works, also the first time.
    limit_to(first_free as usize + needed);
    let timer = make(way);
    assert_eq!(timer.mechanism(), mechanism);
    works(&timer);
    assert!(way.timer().is_err());
}

pub(super) fn timer_errors_name_a_descriptor_closed_by_others(way: Way) {
    let before = Open::now();
    let timer = make(way);
    assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    Open::now().since(before).for_each(close);
    let errors = [
        (timer.arm_after(HOUR, None).err(), Operation::Arm),
        (timer.arm_at(HOUR, None).err(), Operation::Arm),
        (timer.disarm().err(), Operation::Disarm),
        (timer.take().err(), Operation::Take),
        (timer.wait(None).err(), Operation::Wait),
    ];
    for (error, operation) in errors {
        let error = error.expect("the descriptor is closed");
        assert_eq!(error.raw_os_error(), libc::EBADF, "{error}");
        assert_eq!(error.operation(), operation);
        assert_eq!(error.mechanism(), timer.mechanism());
    }
    // Its numbers are not open any more, and may be somebody else's by now.
    core::mem::forget(timer);

    let error = Timer::at(Mechanism::Pipe).expect_err("no mechanism of a timer");
    assert_eq!(error.raw_os_error(), libc::EINVAL);
}

pub(super) fn timer_first_use_by_many_threads(way: Way) {
    let before = Open::now();
    for _ in 0..5 {
        together(16, &|_| works(&make(way)));
    }
    assert_eq!(Open::now(), before);
}

pub(super) fn timer_and_fork(way: Way) {
    let timer = make(way);
    let is_shared = timer.backend() == Backend::TimerFd;
    // A child sees the parent's timer expire.
    assert_eq!(timer.arm_after(Duration::from_millis(10), None), Ok(()));
    fork(|| assert_eq!(timer.wait(None), Ok(Wait::Notified))).succeeds();
    assert_eq!(take(&timer), Some(1));

    // It takes from the parent and arms for it, or is told that it cannot.
    assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    fork(|| {
        if is_shared {
            assert_eq!(take(&timer), Some(1));
            assert_eq!(timer.arm_after(Duration::from_millis(1), None), Ok(()));
            return;
        }
        let errors = [
            (timer.take().err(), Operation::Take),
            (timer.arm_after(HOUR, None).err(), Operation::Arm),
            (timer.arm_at(HOUR, None).err(), Operation::Arm),
            (timer.disarm().err(), Operation::Disarm),
        ];
        for (error, operation) in errors {
            let error = error.expect("the thread is the parent's");
            assert_eq!(error.raw_os_error(), libc::EXDEV, "{error}");
            assert_eq!(error.operation(), operation);
        }
    })
    .succeeds();
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    assert_eq!(take(&timer), Some(1));

    // A child drops its share, makes timers of its own, and disturbs nobody.
    assert_eq!(timer.arm_after(Duration::from_millis(20), None), Ok(()));
    let mut share = Some(timer);
    fork(|| {
        let before = Open::now();
        drop(share.take());
        let [one, other] = [(); 2].map(|()| make(way));
        works(&one);
        works(&other);
        drop((one, other));
        assert!(Open::now().count() < before.count());
        // And its child as well.
        fork(|| works(&make(way))).succeeds();
    })
    .succeeds();
    let timer = share.expect("the parent's share");
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    assert_eq!(take(&timer), Some(1));
    works(&timer);
}

pub(super) fn timer_reinit_keeps_the_numbers(way: Way) {
    let timer = make(way);
    // Sets that were made before the fork.
    let poll = Multiplexer::new(Kind::Poll, timer.as_raw_fd());
    let select = Multiplexer::new(Kind::Select, timer.as_raw_fd());
    assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    fork(|| {
        let before = Open::now();
        for _ in 0..2 {
            timer.reinit_after_fork().expect("reinit_after_fork");
            assert_eq!(Open::now(), before, "the numbers");
            // What is pending belongs to the parent.
            assert!(!poll.wait(0) && !select.wait(0));
            assert_eq!(take(&timer), None);
            works(&timer);
            assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
            assert!(poll.wait(10_000) && select.wait(10_000));
        }
        // A child of the child's begins anew.
        fork(|| {
            timer.reinit_after_fork().expect("reinit_after_fork");
            works(&timer);
        })
        .succeeds();
    })
    .succeeds();
    // The child's takes took nothing, and its last expiration is its own.
    assert_eq!(take(&timer), Some(1));
    time::sleep(5);
    assert!(!is_readable(&timer));

    // In one and the same process it is as new.
    assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
    timer.reinit_after_fork().expect("reinit_after_fork");
    time::sleep(5);
    assert!(!is_readable(&timer));
    works(&timer);
}

/// A child that inherits a lock which is held must not wait for it.
pub(super) fn timer_fork_while_others_hold_the_lock(way: Way) {
    let timers = [(); 3].map(|()| make(way));
    let [busy, done] = [(); 2].map(|()| AtomicU32::new(0));
    together(3, &|index| {
        if index > 0 {
            busy.fetch_add(1, Ordering::Relaxed);
            while done.load(Ordering::Relaxed) == 0 {
                assert_eq!(timers[index].arm_after(HOUR, None), Ok(()));
                assert_eq!(timers[index].disarm(), Ok(()));
            }
            return;
        }
        // libc has locks of its own for making threads: a child whose parent was at that
        // could not make one itself.
        while busy.load(Ordering::Relaxed) < 2 {
            core::hint::spin_loop();
        }
        for _ in 0..20 {
            fork(|| {
                timers[0].reinit_after_fork().expect("reinit_after_fork");
                works(&timers[0]);
            })
            .succeeds();
        }
        done.store(1, Ordering::Relaxed);
    });
    works(&timers[1]);
}
