//! Many timers, and timers in several threads and processes.

use super::descriptors::operations_fail;
use super::timer::{take, HOUR};
use super::*;

pub(super) fn timer_fifty_at_once(constructor: Constructor) {
    let before = Open::now();
    let timers: [_; 50] = core::array::from_fn(|_| constructor.timer());
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

pub(super) fn timer_and_fork(constructor: Constructor) {
    let timer = constructor.timer();
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
        // The thread is the parent's.
        operations_fail(&timer, libc::EXDEV, |operation| {
            operation != Operation::Wait
        });
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
        let [one, other] = [(); 2].map(|()| constructor.timer());
        one.works();
        other.works();
        drop((one, other));
        assert!(Open::now().count() < before.count());
        // And its child as well.
        fork(|| constructor.timer().works()).succeeds();
    })
    .succeeds();
    let timer = share.expect("the parent's share");
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    assert_eq!(take(&timer), Some(1));
    timer.works();
}

/// A child that inherits a lock which is held must not wait for it.
pub(super) fn timer_fork_while_others_hold_the_lock(constructor: Constructor) {
    let timers = [(); 3].map(|()| constructor.timer());
    let [busy, done] = [(); 2].map(|()| AtomicU32::new(0));
    run_threads(3, &|index| {
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
                timers[0].works();
            })
            .succeeds();
        }
        done.store(1, Ordering::Relaxed);
    });
    timers[1].works();
}
