//! Operations of timers: creating, arming, taking, waiting, dropping, and
//! `reinit_after_fork`.

use core::time::Duration;

use libc::{EACCES, EAGAIN, EBADF, EFAULT, EINTR, EINVAL, ENODEV, ENOMEM, ENOSYS, EPERM};
use wakefd::{Clock, Mechanism, Operation, Timer, Wait};

use super::generic::{
    at, close, close_in_new, consume, made, made_with_fault, new, new_again, new_on_any,
    on_mechanism, pending, reinit, reinit_without_flag, wait,
};
use super::notifiers::{OR_DUP2, UNLESS_BUSY};
use super::{Effect, Expected, Fault, Row};
use crate::subject::Subject;
use crate::sys::calls::*;
use crate::sys::descriptors::Open;
use crate::sys::limits::mapped;
use crate::sys::process::fork;
use crate::sys::thread::on_thread;
use crate::sys::time;
use crate::Constructor;
use Effect::{Dead, Ends, Leaks, Left, On, Success, Unflagged, Unwoken};
use Mechanism::{TimerFd, TimerFdFlags, TimerThread};
use Operation::Create;

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(TIMERFD, "Timer::new", TimerFdFlags, AFTER_TIMERFD, new::<Timer>),
    Row::new(TIMERFD, "Timer::new, not the first", TimerFdFlags, AFTER_TIMERFD, new_again::<Timer>),
    Row::new(TIMERFD_FLAGS, "Timer::new", TimerFdFlags, AFTER_FLAGS, new::<Timer>),
    Row::new(TIMERFD, "Timer::new", TimerFd, AFTER_TIMERFD, new::<Timer>).without(&[TIMERFD_FLAGS]),
    Row::new(F_GETFD, "Timer::new", TimerFdFlags, Expected::ERROR, new_on_any::<Timer>),
    Row::new(F_GETFL, "Timer::new", TimerFdFlags, Expected::ERROR, new_on_any::<Timer>),
    Row::new(F_SETFD, "Timer::at", TimerFd, Expected::ERROR, at::<Timer>),
    Row::new(F_SETFL, "Timer::at", TimerFd, Expected::ERROR, at::<Timer>),
    Row::new(SETTIME, "Timer::new", TimerFdFlags, DOES_NOT_EXPIRE, new::<Timer>),
    Row::new(POLL, "Timer::new", TimerFdFlags, DOES_NOT_EXPIRE.untried(&[EINTR]).but(&[EINVAL], On(TimerFdFlags)), new::<Timer>),
    Row::new(READ, "Timer::new", TimerFdFlags, DOES_NOT_EXPIRE, new::<Timer>),
    Row::new(CLOSE, "Timer::new", TimerFdFlags, Expected::always(Leaks(1)), close_in_new::<Timer>),
    Row::new(TIMERFD, "Timer::with_clock", TimerFdFlags, UNLESS_UNSUPPORTED, boottime),
    Row::new(TIMERFD_FLAGS, "Timer::with_clock", TimerFdFlags, AFTER_FLAGS, boottime),
    Row::new(EVENTFD2, "Timer::at", TimerThread, AFTER_NOTIFIER, at::<Timer>),
    Row::new(MMAP, "Timer::at", TimerThread, Expected::ERROR, page),
    Row::new(MMAP_STACK, "Timer::at", TimerThread, Expected::always(Ends), thread),
    Row::new(MPROTECT, "Timer::at", TimerThread, UNLESS_WITHOUT_PROTECTION, thread),
    Row::new(CLONE, "Timer::at", TimerThread, Expected::always(Ends), thread),
    Row::new(SIG_SETMASK, "Timer::at", TimerThread, Expected::ERROR, at::<Timer>),
    Row::new(CLOCK, "Timer::at", TimerThread, Expected::always(Ends), thread),

    Row::new(SETTIME, "arm", TimerFdFlags, Expected::ERROR, arm),
    Row::new(SETTIME, "arm", TimerFd, Expected::ERROR, arm),
    Row::new(READ, "arm", TimerThread, Expected::OR_FULL_OR_EMPTY, arm),
    Row::new(CLOCK, "arm", TimerThread, Expected::always(Ends), arm_by_clock),
    Row::new(FUTEX_WAKE, "arm", TimerThread, Expected::always(Unwoken), arm_unwoken),
    Row::new(SETTIME, "disarm", TimerFdFlags, Expected::ERROR, disarm),
    Row::new(SETTIME, "disarm", TimerFd, Expected::ERROR, disarm),
    Row::new(READ, "disarm", TimerThread, Expected::OR_FULL_OR_EMPTY, disarm),
    Row::new(WRITE, "expire", TimerThread, Expected::always(Unwoken), expire_unwoken),
    Row::new(FUTEX_WAIT, "expire", TimerThread, Expected::always(Success), without_futex),
    Row::new(GETTIME, "remaining", TimerFdFlags, Expected::ERROR, remaining),
    Row::new(GETTIME, "remaining", TimerFd, Expected::ERROR, remaining),
    Row::new(CLOCK, "remaining", TimerThread, Expected::always(Ends), remaining_by_clock),
    Row::new(GETRES, "arm", TimerThread, Expected::always(Success), arm_by_resolution),
    Row::new(READ, "Timer::take", TimerFdFlags, Expected::OR_FULL_OR_EMPTY, consume::<Timer>),
    Row::new(READ, "Timer::take", TimerFd, Expected::OR_FULL_OR_EMPTY, consume::<Timer>),
    Row::new(READ, "Timer::take", TimerThread, Expected::OR_FULL_OR_EMPTY, consume::<Timer>),
    Row::new(CLOCK, "Timer::take", TimerThread, Expected::always(Ends), take_by_clock),
    Row::new(FUTEX_WAKE, "Timer::take", TimerThread, Expected::always(Unwoken), take_unwoken),
    Row::new(POLL, "Timer::wait", TimerFdFlags, Expected::WAIT, wait::<Timer>),
    Row::new(POLL, "Timer::wait", TimerFd, Expected::WAIT, wait::<Timer>),
    Row::new(POLL, "Timer::wait", TimerThread, Expected::WAIT, wait::<Timer>),
    Row::new(CLOSE, "drop", TimerFdFlags, Expected::always(Leaks(1)), close::<Timer>),
    Row::new(CLOSE, "drop", TimerFd, Expected::always(Leaks(1)), close::<Timer>),
    Row::new(CLOSE, "drop", TimerThread, Expected::always(Leaks(1)), close::<Timer>),
    Row::new(MUNMAP, "drop", TimerThread, Expected::always(Left), unmap),
    Row::new(FUTEX_WAKE, "drop", TimerThread, Expected::always(Left), drop_unwoken),

    Row::new(TIMERFD, "reinit", TimerFdFlags, Expected::ERROR, reinit::<Timer>).names(Create),
    Row::new(TIMERFD, "reinit", TimerFd, Expected::ERROR, reinit::<Timer>).names(Create),
    Row::new(EVENTFD2, "reinit", TimerThread, Expected::ERROR, reinit::<Timer>).names(Create),
    Row::new(DUP3, "reinit", TimerFdFlags, OR_DUP2, reinit::<Timer>),
    Row::new(DUP2, "reinit", TimerFdFlags, UNLESS_BUSY, reinit::<Timer>).without(&[DUP3]),
    Row::new(DUP2, "reinit", TimerThread, UNLESS_BUSY, reinit::<Timer>).without(&[DUP3]),
    Row::new(F_SETFD, "reinit, after dup2", TimerFd, Expected::always(Unflagged), reinit_without_flag::<Timer>)
        .without(&[DUP3]),
    Row::new(CLONE, "reinit, in a child", TimerThread, Expected::always(Dead), without_thread),
];

const MILLISECOND: Duration = Duration::from_millis(1);
const HOUR: Duration = Duration::from_secs(3600);

const UNAVAILABLE: &[i32] = &[ENOSYS, EBADF, EPERM, EACCES, EINVAL, EFAULT, ENODEV];
const AFTER_FLAGS: Expected = Expected::falls_back(UNAVAILABLE, TimerFd);
const AFTER_TIMERFD: Expected = Expected::falls_back(UNAVAILABLE, TimerThread);

/// A sandbox that refuses a timerfd says why; else there is no other mechanism for the clock.
const UNLESS_UNSUPPORTED: Expected = Expected::ERROR.but(
    &[ENOSYS, EBADF, EINVAL, EFAULT, ENODEV],
    Effect::Unsupported,
);

/// What does not expire is no timerfd, whatever the reason.
const DOES_NOT_EXPIRE: Expected = Expected::always(On(TimerThread));

/// The notifier below, which falls back too.
const AFTER_NOTIFIER: Expected =
    Expected::falls_back(&[ENOSYS, EBADF, EPERM, EACCES, EINVAL, ENODEV], TimerThread);

/// musl takes ENOSYS for a machine without memory protection, and goes on with a stack
/// that is none.
const UNLESS_WITHOUT_PROTECTION: Expected = Expected::always(Ends).untried(&[ENOSYS]);

fn take(timer: &Timer) -> Option<u64> {
    timer.take().expect("take").map(u64::from)
}

/// Makes one on the thread, where the libc may give this errno instead.
fn or_errno(fault: Fault, instead: i32) -> Effect {
    made::<Timer>(fault, Constructor::At(TimerThread), |error| {
        let named = (error.operation(), error.mechanism());
        assert_eq!(named, (Operation::Create, TimerThread));
        assert!([fault.errno, instead].contains(&error.raw_os_error()));
        Effect::Error
    })
}

fn boottime(fault: Fault) -> Effect {
    fault.made(
        || Timer::with_clock(Clock::Boottime),
        |timer| {
            timer.works();
            On(timer.mechanism())
        },
        |error| match error.raw_os_error() {
            libc::ENOTSUP => Effect::Unsupported,
            _ => fault.has_errno(error),
        },
    )
}

/// The page of the timer. musl says ENOMEM for EPERM.
fn page(fault: Fault) -> Effect {
    or_errno(fault, ENOMEM)
}

/// The libc may do without the call, and may say of any failure that it could not create
/// a thread.
fn thread(fault: Fault) -> Effect {
    or_errno(fault, EAGAIN);
    Ends
}

/// After an error the old times count.
fn arm(fault: Fault) -> Effect {
    let timer: Timer = on_mechanism(fault);
    assert_eq!(timer.arm_after(10 * MILLISECOND, None), Ok(()));
    let effect = match fault.with_fault(|| timer.arm_after(HOUR, None)) {
        Ok(()) => {
            // Perhaps readable, as the read that should have cleared it did not; but
            // nothing counts.
            time::sleep(20);
            assert_eq!(take(&timer), None);
            Success
        }
        Err(error) => {
            let timeout = Some(Duration::from_secs(10));
            assert_eq!(timer.wait(timeout), Ok(Wait::Notified));
            assert_eq!(take(&timer), Some(1));
            fault.error(error, Operation::Arm)
        }
    };
    timer.works();
    effect
}

/// Without a clock it would expire at once, on a machine that is up for longer.
fn arm_by_clock(fault: Fault) -> Effect {
    let timer: Timer = on_mechanism(fault);
    let result = fault.with_fault(|| timer.arm_after(Duration::from_secs(5), None));
    assert_eq!(timer.wait(Some(5 * MILLISECOND)), Ok(Wait::TimedOut));
    fault.success_or(result, (), Operation::Arm);
    timer.works();
    Ends
}

/// The period is then taken for longer than the resolution.
fn arm_by_resolution(fault: Fault) -> Effect {
    let timer: Timer = on_mechanism(fault);
    let period = Some(MILLISECOND);
    assert_eq!(
        fault.with_fault(|| timer.arm_after(MILLISECOND, period)),
        Ok(())
    );
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    assert!(take(&timer).is_some());
    timer.works();
    Success
}

/// What has expired stays to be taken.
fn remaining(fault: Fault) -> Effect {
    let timer: Timer = pending(fault);
    let result = fault.with_fault(|| timer.remaining());
    assert_eq!(timer.consume(), Ok(true));
    timer.works();
    fault.success_or(result, None, Operation::Remaining)
}

fn remaining_by_clock(fault: Fault) -> Effect {
    remaining(fault);
    Ends
}

/// It is armed, but the thread sleeps.
fn arm_unwoken(fault: Fault) -> Effect {
    let timer: Timer = on_mechanism(fault);
    // So that it does sleep.
    timer.works();
    let result = fault.with_fault(|| timer.arm_after(Duration::ZERO, None));
    fault.error(result.expect_err("unwoken"), Operation::Arm);
    timer.works();
    Unwoken
}

/// After an error what has expired is still there.
fn disarm(fault: Fault) -> Effect {
    let timer: Timer = pending(fault);
    let result = fault.with_fault(|| timer.disarm());
    assert_eq!(timer.consume(), Ok(result.is_err()));
    timer.works();
    fault.success_or(result, (), Operation::Disarm)
}

/// The thread has inherited the filter of the one that made it, and cannot notify.
fn expire_unwoken(fault: Fault) -> Effect {
    let timer: Timer = made_with_fault(fault, Constructor::At(TimerThread));
    assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
    assert_eq!(timer.wait(Some(5 * MILLISECOND)), Ok(Wait::TimedOut));
    while take(&timer).is_none() {}
    assert_eq!(timer.disarm(), Ok(()));
    drop(timer);
    on_mechanism::<Timer>(fault).works();
    Unwoken
}

/// The thread sleeps nevertheless.
fn without_futex(fault: Fault) -> Effect {
    let timer: Timer = made_with_fault(fault, Constructor::At(TimerThread));
    timer.works();
    assert_eq!(timer.arm_after(HOUR, None), Ok(()));
    let sleeps = || {
        let (before, begin) = (time::used(), time::exact());
        time::sleep(50);
        let (used, passed) = (time::used() - before, time::exact() - begin);
        used < passed / 5
    };
    // On a busy emulator each of its short sleeps takes the processor long.
    assert!((0..5).any(|_| sleeps()));
    drop(timer);
    on_mechanism::<Timer>(fault).works();
    Success
}

fn take_by_clock(fault: Fault) -> Effect {
    consume::<Timer>(fault);
    Ends
}

/// The thread has looked twice, and waits to be told that somebody takes.
fn take_unwoken(fault: Fault) -> Effect {
    let timer: Timer = on_mechanism(fault);
    let unwoken = || {
        let armed = timer.arm_after(Duration::ZERO, Some(MILLISECOND));
        assert_eq!(armed, Ok(()));
        time::sleep(50);
        match fault.with_fault(|| timer.take()) {
            Ok(Some(taken)) => assert!(u64::from(taken) > 1),
            // On a busy machine the thread has not come to it. The call then takes nothing,
            // and what it says is that the thread cannot be woken.
            Ok(None) => return false,
            Err(error) => {
                fault.has_errno(error);
                return false;
            }
        }
        timer.wait(Some(5 * MILLISECOND)) == Ok(Wait::TimedOut)
    };
    // On a busy machine it may be late, and awake.
    assert!((0..100).any(|_| unwoken()));
    // A caller that takes wakes the thread.
    let _ = take(&timer);
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    timer.works();
    Unwoken
}

/// The page stays.
fn unmap(fault: Fault) -> Effect {
    let timer: Timer = on_mechanism(fault);
    let drop_on_thread = || {
        let more: Timer = on_mechanism(fault);
        on_thread(move || drop(more));
        mapped()
    };
    // With what a libc keeps of a thread, for the next.
    let before = drop_on_thread();
    assert_eq!(drop_on_thread(), before);
    let more: Timer = on_mechanism(fault);
    fault.with_fault(move || drop(more));
    let after = mapped();
    timer.works();
    match after > before {
        true => Left,
        false => Success,
    }
}

/// The thread sleeps on, and nobody waits for its end. The next timer has another one.
fn drop_unwoken(fault: Fault) -> Effect {
    let timer: Timer = on_mechanism(fault);
    timer.works();
    let before = Open::now();
    fault.with_fault(move || drop(timer));
    assert!(Open::now().count() < before.count());
    for _ in 0..3 {
        on_mechanism::<Timer>(fault).works();
    }
    Left
}

/// The descriptors are the child's, but there is no thread.
fn without_thread(fault: Fault) -> Effect {
    let timer: Timer = pending(fault);
    fork(|| {
        let result = fault.with_fault(|| timer.reinit_after_fork());
        let error = result.expect_err("no thread");
        let named = (error.operation(), error.mechanism());
        assert_eq!(named, (Operation::Reinit, TimerThread));
        assert!([fault.errno, EAGAIN].contains(&error.raw_os_error()));
        let taken = timer.take().map_err(|error| error.raw_os_error());
        assert_eq!(taken, Err(libc::EXDEV));
        assert_eq!(timer.reinit_after_fork(), Ok(()));
        timer.works();
    })
    .succeeds();
    assert_eq!(timer.consume(), Ok(true));
    timer.works();
    Dead
}
