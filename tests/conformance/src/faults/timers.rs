//! Timers: made, armed, taken from, waited for, dropped, and made anew.

use core::time::Duration;

use libc::{EACCES, EAGAIN, EBADF, EFAULT, EINVAL, ENODEV, ENOMEM, ENOSYS, EPERM};
use wakefd::{Error, Mechanism, Operation, Timer, Wait};

use super::calls::{
    CLOCK, CLONE, CLOSE, DUP2, DUP3, EVENTFD2, FUTEX_WAIT, FUTEX_WAKE, F_GETFD, F_GETFL, F_SETFD,
    F_SETFL, MMAP, MMAP_STACK, MPROTECT, MUNMAP, POLL, READ, SETTIME, SIG_SETMASK, TIMERFD,
    TIMERFD_FLAGS, WRITE,
};
use super::create::leaks;
use super::reinit::{or_dup2, unflagged, unless_busy};
use super::{error, error_at_once, or_full_or_empty, Effect, Fault, Row};
use crate::sys::descriptors::{is_close_on_exec, Open};
use crate::sys::process::fork;
use crate::sys::thread::apart;
use crate::sys::{memory, time};
use Mechanism::{TimerFd, TimerFdFlags, TimerThread};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(&TIMERFD, "Timer::new", |errno| descends(errno, TimerThread), |fault| new(fault, TimerFdFlags)),
    Row::new(&TIMERFD, "Timer::new, not the first", |errno| descends(errno, TimerThread), |fault| {
        works(&Timer::new().expect("a timer"));
        new(fault, TimerFdFlags)
    }),
    Row::new(&TIMERFD_FLAGS, "Timer::new", |errno| descends(errno, TimerFd), |fault| new(fault, TimerFdFlags)),
    Row::new(&TIMERFD, "Timer::new without flags", |errno| descends(errno, TimerThread), |fault| new(fault, TimerFd))
        .without(&[&TIMERFD_FLAGS]),
    Row::new(&F_GETFD, "Timer::new", error, unverified),
    Row::new(&F_GETFL, "Timer::new", error, unverified),
    Row::new(&F_SETFD, "Timer::at timerfd", error, |fault| at(fault, TimerFd)),
    Row::new(&F_SETFL, "Timer::at timerfd", error, |fault| at(fault, TimerFd)),
    Row::new(&SETTIME, "Timer::new", does_not_expire, |fault| new(fault, TimerFdFlags)),
    Row::new(&POLL, "Timer::new", |errno| error_at_once(errno).and(does_not_expire(errno)), |fault| new(fault, TimerFdFlags)),
    Row::new(&READ, "Timer::new", does_not_expire, |fault| new(fault, TimerFdFlags)),
    Row::new(&CLOSE, "Timer::new", |_| Some(Effect::Leaks(1)), close_in_new),
    Row::new(&EVENTFD2, "Timer::at timer-thread", notifier, |fault| at(fault, TimerThread)),
    Row::new(&MMAP, "Timer::at timer-thread", error, page),
    Row::new(&MMAP_STACK, "Timer::at timer-thread", |_| Some(Effect::Ends), thread),
    Row::new(&MPROTECT, "Timer::at timer-thread", unless_without_protection, thread),
    Row::new(&CLONE, "Timer::at timer-thread", |_| Some(Effect::Ends), thread),
    Row::new(&SIG_SETMASK, "Timer::at timer-thread", error, |fault| at(fault, TimerThread)),
    Row::new(&CLOCK, "Timer::at timer-thread", |_| Some(Effect::Ends), thread),

    Row::new(&SETTIME, "arm, timerfd-flags", error, |fault| arm(fault, TimerFdFlags)),
    Row::new(&SETTIME, "arm, timerfd", error, |fault| arm(fault, TimerFd)),
    Row::new(&READ, "arm, timer-thread", or_full_or_empty, |fault| arm(fault, TimerThread)),
    Row::new(&CLOCK, "arm, timer-thread", |_| Some(Effect::Ends), arm_by_clock),
    Row::new(&FUTEX_WAKE, "arm, timer-thread", |_| Some(Effect::Unwoken), arm_unwoken),
    Row::new(&SETTIME, "disarm, timerfd-flags", error, |fault| disarm(fault, TimerFdFlags)),
    Row::new(&SETTIME, "disarm, timerfd", error, |fault| disarm(fault, TimerFd)),
    Row::new(&READ, "disarm, timer-thread", or_full_or_empty, |fault| disarm(fault, TimerThread)),
    Row::new(&WRITE, "expire, timer-thread", |_| Some(Effect::Unwoken), expire_unwoken),
    Row::new(&FUTEX_WAIT, "expire, timer-thread", |_| Some(Effect::Success), without_futex),
    Row::new(&READ, "Timer::take, timerfd-flags", or_full_or_empty, |fault| take_fails(fault, TimerFdFlags)),
    Row::new(&READ, "Timer::take, timerfd", or_full_or_empty, |fault| take_fails(fault, TimerFd)),
    Row::new(&READ, "Timer::take, timer-thread", or_full_or_empty, |fault| take_fails(fault, TimerThread)),
    Row::new(&CLOCK, "Timer::take, timer-thread", |_| Some(Effect::Ends), |fault| {
        take_fails(fault, TimerThread);
        Effect::Ends
    }),
    Row::new(&FUTEX_WAKE, "Timer::take, timer-thread", |_| Some(Effect::Unwoken), take_unwoken),
    Row::new(&POLL, "Timer::wait, timerfd-flags", error_at_once, |fault| wait(fault, TimerFdFlags)),
    Row::new(&POLL, "Timer::wait, timerfd", error_at_once, |fault| wait(fault, TimerFd)),
    Row::new(&POLL, "Timer::wait, timer-thread", error_at_once, |fault| wait(fault, TimerThread)),
    Row::new(&CLOSE, "drop, timerfd-flags", |_| Some(Effect::Leaks(1)), |fault| close(fault, TimerFdFlags)),
    Row::new(&CLOSE, "drop, timerfd", |_| Some(Effect::Leaks(1)), |fault| close(fault, TimerFd)),
    Row::new(&CLOSE, "drop, timer-thread", |_| Some(Effect::Leaks(1)), |fault| close(fault, TimerThread)),
    Row::new(&MUNMAP, "drop, timer-thread", |_| Some(Effect::Left), unmap),
    Row::new(&FUTEX_WAKE, "drop, timer-thread", |_| Some(Effect::Left), drop_unwoken),

    Row::new(&TIMERFD, "reinit, timerfd-flags", error, |fault| reinit(fault, TimerFdFlags, Operation::Create)),
    Row::new(&TIMERFD, "reinit, timerfd", error, |fault| reinit(fault, TimerFd, Operation::Create)),
    Row::new(&EVENTFD2, "reinit, timer-thread", error, |fault| reinit(fault, TimerThread, Operation::Create)),
    Row::new(&DUP3, "reinit, timerfd-flags", or_dup2, |fault| reinit(fault, TimerFdFlags, Operation::Reinit)),
    Row::new(&DUP2, "reinit, timerfd-flags", unless_busy, |fault| reinit(fault, TimerFdFlags, Operation::Reinit)).without(&[&DUP3]),
    Row::new(&DUP2, "reinit, timer-thread", unless_busy, |fault| reinit(fault, TimerThread, Operation::Reinit)).without(&[&DUP3]),
    Row::new(&F_SETFD, "reinit, timerfd, after dup2", |_| Some(Effect::Unflagged), after_dup2).without(&[&DUP3]),
    Row::new(&CLONE, "reinit, timer-thread, in a child", |_| Some(Effect::Dead), without_thread),
];

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

/// The table of the chain.
fn descends(errno: i32, next: Mechanism) -> Option<Effect> {
    let down = [ENOSYS, EBADF, EPERM, EACCES, EINVAL, EFAULT, ENODEV];
    Some(match down.contains(&errno) {
        true => Effect::On(next),
        false => Effect::Error,
    })
}

/// What does not expire is no timerfd, whatever the reason.
fn does_not_expire(_: i32) -> Option<Effect> {
    Some(Effect::On(TimerThread))
}

/// The notifier below, which descends too.
fn notifier(errno: i32) -> Option<Effect> {
    let down = [ENOSYS, EBADF, EPERM, EACCES, EINVAL, ENODEV];
    Some(match down.contains(&errno) {
        true => Effect::On(TimerThread),
        false => Effect::Error,
    })
}

/// musl takes ENOSYS for a machine without memory protection, and goes on with a stack
/// that is none.
fn unless_without_protection(errno: i32) -> Option<Effect> {
    match errno {
        ENOSYS => None,
        _ => Some(Effect::Ends),
    }
}

fn make(mechanism: Mechanism) -> Timer {
    Timer::at(mechanism).expect("a timer")
}

fn take(timer: &Timer) -> Option<u64> {
    timer.take().expect("take").map(u64::from)
}

/// One that has expired once.
fn expired(mechanism: Mechanism) -> Timer {
    let timer = make(mechanism);
    assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    timer
}

/// It expires when it is armed, once, and not when it is disarmed.
fn works(timer: &Timer) {
    assert_eq!(timer.disarm(), Ok(()));
    assert_eq!(take(timer), None);
    assert_eq!(timer.arm_after(MILLISECOND, None), Ok(()));
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    assert_eq!(take(timer), Some(1));
    assert_eq!(take(timer), None);
    assert_eq!(timer.wait(Some(Duration::ZERO)), Ok(Wait::TimedOut));
}

/// Makes one by choice. If that fails, it is on `mechanism`.
fn new(fault: Fault, mechanism: Mechanism) -> Effect {
    made(fault, Timer::new, |error| {
        fault.is(error, Operation::Create, mechanism)
    })
}

/// Makes one on this mechanism.
fn at(fault: Fault, mechanism: Mechanism) -> Effect {
    let make = move || Timer::at(mechanism);
    made(fault, make, |error| {
        fault.is(error, Operation::Create, mechanism)
    })
}

fn made(
    fault: Fault,
    make: impl Fn() -> Result<Timer, Error> + Copy + Send,
    failed: impl Fn(Error) -> Effect,
) -> Effect {
    let before = Open::now();
    let effect = match fault.during(make) {
        Ok(timer) => {
            works(&timer);
            Effect::On(timer.mechanism())
        }
        Err(error) => failed(error),
    };
    assert_eq!(Open::now(), before, "a descriptor has leaked");
    works(&make().expect("a timer afterwards"));
    assert_eq!(Open::now(), before);
    effect
}

/// Makes one by choice, where no mechanism is left.
fn unverified(fault: Fault) -> Effect {
    made(fault, Timer::new, |error| fault.has_errno(error))
}

/// Makes one on the thread, where the libc may give this errno instead.
fn on_thread(fault: Fault, instead: i32) -> Effect {
    made(
        fault,
        || Timer::at(TimerThread),
        |error| {
            let named = (error.operation(), error.mechanism());
            assert_eq!(named, (Operation::Create, TimerThread));
            assert!([fault.errno, instead].contains(&error.raw_os_error()));
            Effect::Error
        },
    )
}

/// The page of the timer. musl says ENOMEM for EPERM.
fn page(fault: Fault) -> Effect {
    on_thread(fault, ENOMEM)
}

/// The libc may do without the call, and may say of any failure that there is no thread
/// to be had.
fn thread(fault: Fault) -> Effect {
    on_thread(fault, EAGAIN);
    Effect::Ends
}

/// The second one, which was made to verify the first.
fn close_in_new(fault: Fault) -> Effect {
    let before = Open::now();
    let timer = fault.during(Timer::new).expect("a timerfd");
    works(&timer);
    drop(timer);
    leaks(before)
}

/// After an error the old times count.
fn arm(fault: Fault, mechanism: Mechanism) -> Effect {
    let timer = make(mechanism);
    assert_eq!(timer.arm_after(10 * MILLISECOND, None), Ok(()));
    let effect = match fault.during(|| timer.arm_after(HOUR, None)) {
        Ok(()) => {
            // Perhaps readable, as the read that should have cleared it did not; but
            // nothing counts.
            time::sleep(20);
            assert_eq!(take(&timer), None);
            Effect::Success
        }
        Err(error) => {
            let timeout = Some(Duration::from_secs(10));
            assert_eq!(timer.wait(timeout), Ok(Wait::Notified));
            assert_eq!(take(&timer), Some(1));
            fault.is(error, Operation::Arm, mechanism)
        }
    };
    works(&timer);
    effect
}

/// Without a clock it would expire at once, on a machine that is up for longer.
fn arm_by_clock(fault: Fault) -> Effect {
    let timer = make(TimerThread);
    let result = fault.during(|| timer.arm_after(Duration::from_secs(5), None));
    assert_eq!(timer.wait(Some(5 * MILLISECOND)), Ok(Wait::TimedOut));
    if let Err(error) = result {
        fault.is(error, Operation::Arm, TimerThread);
    }
    works(&timer);
    Effect::Ends
}

/// It is armed, but the thread sleeps.
fn arm_unwoken(fault: Fault) -> Effect {
    let timer = make(TimerThread);
    // So that it does sleep.
    works(&timer);
    let result = fault.during(|| timer.arm_after(Duration::ZERO, None));
    fault.is(result.expect_err("unwoken"), Operation::Arm, TimerThread);
    works(&timer);
    Effect::Unwoken
}

/// After an error what has expired is still there.
fn disarm(fault: Fault, mechanism: Mechanism) -> Effect {
    let timer = expired(mechanism);
    let effect = match fault.during(|| timer.disarm()) {
        Ok(()) => {
            assert_eq!(take(&timer), None);
            Effect::Success
        }
        Err(error) => {
            assert_eq!(take(&timer), Some(1));
            fault.is(error, Operation::Disarm, mechanism)
        }
    };
    works(&timer);
    effect
}

/// The thread has inherited the filter of the one that made it, and cannot notify.
fn expire_unwoken(fault: Fault) -> Effect {
    let timer = fault.during(|| Timer::at(TimerThread)).expect("a timer");
    assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
    assert_eq!(timer.wait(Some(5 * MILLISECOND)), Ok(Wait::TimedOut));
    while take(&timer).is_none() {}
    assert_eq!(timer.disarm(), Ok(()));
    drop(timer);
    works(&make(TimerThread));
    Effect::Unwoken
}

/// The thread sleeps nevertheless.
fn without_futex(fault: Fault) -> Effect {
    let timer = fault.during(|| Timer::at(TimerThread)).expect("a timer");
    works(&timer);
    assert_eq!(timer.arm_after(HOUR, None), Ok(()));
    let (before, begin) = (time::used(), time::exact());
    time::sleep(50);
    let (used, passed) = (time::used() - before, time::exact() - begin);
    assert!(used < passed / 5, "{used:?} of {passed:?}");
    drop(timer);
    works(&make(TimerThread));
    Effect::Success
}

/// What has expired is taken once, now or later.
fn take_fails(fault: Fault, mechanism: Mechanism) -> Effect {
    let timer = expired(mechanism);
    let result = fault.during(|| timer.take());
    let later = take(&timer);
    let effect = match result {
        Ok(now) => {
            assert_eq!(
                (now.is_some(), later.is_some()),
                (later.is_none(), now.is_none())
            );
            Effect::Success
        }
        Err(error) => {
            assert_eq!(later, Some(1));
            fault.is(error, Operation::Take, mechanism)
        }
    };
    works(&timer);
    effect
}

/// The thread has looked twice, and waits to be told that somebody takes.
fn take_unwoken(fault: Fault) -> Effect {
    let timer = make(TimerThread);
    let unwoken = || {
        let armed = timer.arm_after(Duration::ZERO, Some(MILLISECOND));
        assert_eq!(armed, Ok(()));
        time::sleep(50);
        let taken = fault.during(|| timer.take()).expect("take");
        assert!(u64::from(taken.expect("expired")) > 1);
        timer.wait(Some(5 * MILLISECOND)) == Ok(Wait::TimedOut)
    };
    // On a busy machine it may be late, and awake.
    assert!((0..100).any(|_| unwoken()));
    // Who looks tells it.
    let _ = take(&timer);
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    works(&timer);
    Effect::Unwoken
}

fn wait(fault: Fault, mechanism: Mechanism) -> Effect {
    let timer = expired(mechanism);
    let timeouts = [None, Some(Duration::ZERO), Some(5 * MILLISECOND)];
    let results = fault.during(|| timeouts.map(|timeout| timer.wait(timeout)));
    assert_eq!(take(&timer), Some(1));
    works(&timer);
    for result in results {
        fault.is(result.expect_err("no poll"), Operation::Wait, mechanism);
    }
    Effect::Error
}

fn close(fault: Fault, mechanism: Mechanism) -> Effect {
    let timer = make(mechanism);
    let before = Open::now();
    let more = make(mechanism);
    fault.during(move || drop(more));
    works(&timer);
    leaks(before)
}

/// The page stays.
fn unmap(fault: Fault) -> Effect {
    let timer = make(TimerThread);
    let drop_apart = || {
        let more = make(TimerThread);
        apart(move || drop(more));
        memory::mapped()
    };
    // With what a libc keeps of a thread, for the next.
    let before = drop_apart();
    assert_eq!(drop_apart(), before);
    let more = make(TimerThread);
    fault.during(move || drop(more));
    let after = memory::mapped();
    works(&timer);
    match after > before {
        true => Effect::Left,
        false => Effect::Success,
    }
}

/// The thread sleeps on, and nobody waits for its end. The next timer has another one.
fn drop_unwoken(fault: Fault) -> Effect {
    let timer = make(TimerThread);
    works(&timer);
    let before = Open::now();
    fault.during(move || drop(timer));
    assert!(Open::now().count() < before.count());
    for _ in 0..3 {
        works(&make(TimerThread));
    }
    Effect::Left
}

/// After an error all is as it was; after success, new.
fn reinit(fault: Fault, mechanism: Mechanism, operation: Operation) -> Effect {
    let timer = expired(mechanism);
    let before = Open::now();
    let result = fault.during(|| timer.reinit_after_fork());
    assert_eq!(Open::now(), before, "the numbers");
    let (effect, left) = match result {
        Ok(()) => (Effect::Success, None),
        Err(error) => (fault.is(error, operation, mechanism), Some(1)),
    };
    assert_eq!(take(&timer), left);
    works(&timer);
    assert!(is_close_on_exec(timer.as_raw_fd()));
    effect
}

/// The new timerfd is in its place, but the flag is not.
fn after_dup2(fault: Fault) -> Effect {
    let timer = expired(TimerFd);
    let number = timer.as_raw_fd();
    let effect = unflagged(fault, TimerFd, number, || timer.reinit_after_fork());
    works(&timer);
    effect
}

/// The descriptors are the child's, but there is no thread.
fn without_thread(fault: Fault) -> Effect {
    let timer = expired(TimerThread);
    let child = fork(|| {
        let result = fault.during(|| timer.reinit_after_fork());
        let error = result.expect_err("no thread");
        let named = (error.operation(), error.mechanism());
        assert_eq!(named, (Operation::Reinit, TimerThread));
        assert!([fault.errno, EAGAIN].contains(&error.raw_os_error()));
        let taken = timer.take().map_err(|error| error.raw_os_error());
        assert_eq!(taken, Err(libc::EXDEV));
        assert_eq!(timer.reinit_after_fork(), Ok(()));
        works(&timer);
    });
    child.succeeds();
    assert_eq!(take(&timer), Some(1));
    works(&timer);
    Effect::Dead
}
