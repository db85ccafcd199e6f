//! Notifiers and wakers.

use core::time::Duration;

use libc::{EACCES, EAGAIN, EBADF, EBUSY, EINVAL, ENODEV, ENOSYS, EPERM};
use wakefd::{probe, AutoNotifier, Mechanism, Operation, Wait, Waker};

use super::generic::{
    at, close, close_in_new, consume, new, new_again, new_on_any, on_mechanism, pending, reinit,
    reinit_without_flag, wait,
};
use super::{Effect, Expected, Fault, Row};
use crate::subject::Subject;
use crate::sys::calls::*;
use crate::sys::descriptors::Open;
use Effect::{Dead, Ends, Leaks, On, Success, Unflagged};
use Mechanism::{EventFd, EventFd2, Pipe, Pipe2};
use Operation::Create;

type N = AutoNotifier;
type W = Waker<AutoNotifier>;

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(EVENTFD2, "new", EventFd2, AFTER_EVENTFD2, new::<N>),
    Row::new(EVENTFD2, "new, not the first", EventFd2, AFTER_EVENTFD2, new_again::<N>),
    Row::new(EVENTFD, "new", EventFd, AFTER_EVENTFD, new::<N>).without(&[EVENTFD2]),
    Row::new(PIPE2, "new", Pipe2, AFTER_PIPE2, new::<N>).without(&[EVENTFD2, EVENTFD]),
    Row::new(PIPE, "new", Pipe, Expected::ERROR, new::<N>).without(&[EVENTFD2, EVENTFD, PIPE2]),
    Row::new(F_GETFD, "new", EventFd2, Expected::ERROR, new_on_any::<N>),
    Row::new(F_GETFL, "new", EventFd2, Expected::ERROR, new_on_any::<N>),
    Row::new(F_SETFD, "at", EventFd, Expected::ERROR, at::<N>).where_old_calls_are(),
    Row::new(F_SETFL, "at", EventFd, Expected::ERROR, at::<N>).where_old_calls_are(),
    Row::new(F_SETFD, "at", Pipe, Expected::ERROR, at::<N>),
    Row::new(F_SETFL, "at", Pipe, Expected::ERROR, at::<N>),
    Row::new(READ, "new", EventFd2, DOES_NOT_COUNT, new::<N>),
    Row::new(WRITE, "new", EventFd2, DOES_NOT_COUNT, new::<N>),
    Row::new(CLOSE, "new", EventFd2, Expected::always(Leaks(1)), close_in_new::<N>),

    Row::new(WRITE, "notify", EventFd2, Expected::OR_FULL_OR_EMPTY, notify),
    Row::new(WRITE, "notify", Pipe2, Expected::OR_FULL_OR_EMPTY, notify),
    Row::new(READ, "clear", EventFd2, Expected::OR_FULL_OR_EMPTY, consume::<N>),
    Row::new(READ, "clear", Pipe2, Expected::OR_FULL_OR_EMPTY, consume::<N>),
    Row::new(POLL, "wait", EventFd2, Expected::WAIT, wait::<N>),
    Row::new(POLL, "wait", Pipe2, Expected::WAIT, wait::<N>),
    Row::new(CLOCK, "wait for a time", EventFd2, Expected::always(Ends), time_out),
    Row::new(CLOSE, "drop", EventFd2, Expected::always(Leaks(1)), close::<N>),
    Row::new(CLOSE, "drop", Pipe2, Expected::always(Leaks(2)), close::<N>),
    Row::new(UNAME, "probe", EventFd2, Expected::always(Success), report),

    Row::new(EVENTFD2, "reinit", EventFd2, Expected::ERROR, reinit::<N>).names(Create),
    Row::new(PIPE2, "reinit", Pipe2, Expected::ERROR, reinit::<N>).names(Create),
    Row::new(DUP3, "reinit", EventFd2, OR_DUP2, reinit::<N>),
    Row::new(DUP3, "reinit", Pipe2, OR_DUP2, reinit::<N>),
    Row::new(DUP2, "reinit, second end", Pipe2, Expected::always(Dead).untried(&[EBUSY]), second_end).without(&[DUP3]),
    Row::new(DUP2, "reinit", EventFd2, UNLESS_BUSY, reinit::<N>).without(&[DUP3]),
    Row::new(F_SETFD, "reinit, after dup2", EventFd, Expected::always(Unflagged), reinit_without_flag::<N>)
        .without(&[DUP3]).where_old_calls_are(),
];

#[rustfmt::skip]
pub(super) static WAKER_ROWS: &[Row] = &[
    Row::new(WRITE, "Waker::wake", EventFd2, Expected::OR_FULL_OR_EMPTY, wake),
    Row::new(READ, "Waker::clear", EventFd2, Expected::OR_FULL_OR_EMPTY, waker_clear),
    Row::new(READ, "Waker::clear_if_empty", EventFd2, Expected::OR_FULL_OR_EMPTY, clear_if_empty),
    Row::new(WRITE, "Waker::clear_if_empty, woken meanwhile", EventFd2, NOT_FULL, clear_if_empty_woken).names(Operation::Notify),
    Row::new(WRITE, "drop of Awake, woken", EventFd2, Expected::always(Effect::Unwoken).untried(&[EAGAIN]), awake),
    Row::new(READ, "Prepared::finish", EventFd2, Expected::OR_FULL_OR_EMPTY, finish),
];

const AFTER_EVENTFD2: Expected = Expected::falls_back(
    &[ENOSYS, EBADF, EPERM, EACCES, EINVAL, ENODEV],
    if NO_OLD_CALLS { Pipe2 } else { EventFd },
);

const AFTER_EVENTFD: Expected = match NO_OLD_CALLS {
    true => Expected::always(On(Pipe2)),
    false => Expected::falls_back(&[ENOSYS, EBADF, EPERM, EACCES, ENODEV], Pipe2),
};

const AFTER_PIPE2: Expected = Expected::falls_back(&[ENOSYS, EBADF, EPERM, EACCES, EINVAL], Pipe);

/// A descriptor that has just been drained is not full.
const NOT_FULL: Expected = Expected::ERROR.untried(&[EAGAIN]);

/// A number that does not come out again is what another call's answer does too. A
/// pipe is not asked for one.
const DOES_NOT_COUNT: Expected = Expected::always(On(Pipe2));

/// Whatever `dup3` says, there is `dup2`, which has the last word.
pub(super) const OR_DUP2: Expected = Expected::always(Success);

/// musl's `dup2` tries again for as long as EBUSY comes.
pub(super) const UNLESS_BUSY: Expected = Expected::ERROR.untried(&[EBUSY]);

fn notify(fault: Fault) -> Effect {
    let notifier: N = on_mechanism(fault);
    let result = fault.keeping_errno(|| notifier.notify());
    notifier.works();
    fault.success_or(result, (), Operation::Notify)
}

/// Without a clock there would be no end.
fn time_out(fault: Fault) -> Effect {
    let notifier: N = on_mechanism(fault);
    let timeout = Some(Duration::from_millis(5));
    let result = fault.with_fault(|| notifier.wait(timeout));
    notifier.works();
    fault.success_or(result, Wait::TimedOut, Operation::Wait);
    Ends
}

fn wake(fault: Fault) -> Effect {
    let waker: W = on_mechanism(fault);
    let result = fault.keeping_errno(|| waker.wake());
    // After an error the next one tries again; else one is pending.
    assert_eq!(waker.wake(), Ok(()));
    assert_eq!(waker.clear(), Ok(true));
    waker.works();
    fault.success_or(result, (), Operation::Notify)
}

/// It was woken, whatever the descriptor says.
fn waker_clear(fault: Fault) -> Effect {
    let waker: W = pending(fault);
    let result = fault.with_fault(|| waker.clear());
    assert_eq!(waker.clear(), Ok(true));
    waker.works();
    fault.success_or(result, true, Operation::Clear)
}

/// A consumer that has found its queue empty. It was woken, and has not cleared.
fn clear_if_empty(fault: Fault) -> Effect {
    let waker: W = pending(fault);
    let result = fault.with_fault(|| waker.clear_if_empty(|| true));
    assert!(waker.is_readable());
    assert_eq!(waker.clear_if_empty(|| true), Ok(true));
    waker.works();
    fault.success_or(result, true, Operation::Clear)
}

/// What has come is not drained unseen.
fn clear_if_empty_woken(fault: Fault) -> Effect {
    let waker: W = pending(fault);
    let mut looks = 0;
    let is_empty = || {
        looks += 1;
        waker.wake() == Ok(()) && looks == 1
    };
    let result = fault.with_fault(|| waker.clear_if_empty(is_empty));
    assert_eq!(waker.clear(), Ok(true));
    waker.works();
    fault.success_or(result, false, Operation::Notify)
}

/// A drop cannot report; the next clear finds out.
fn awake(fault: Fault) -> Effect {
    let waker: W = on_mechanism(fault);
    let awake = waker.awake();
    assert_eq!(waker.wake(), Ok(()));
    fault.with_fault(|| drop(awake));
    let readable = waker.is_readable();
    assert_eq!(waker.clear(), Ok(true));
    waker.works();
    match readable {
        true => Success,
        false => Effect::Unwoken,
    }
}

fn finish(fault: Fault) -> Effect {
    let waker: W = on_mechanism(fault);
    let mut awake = waker.awake();
    let prepared = awake.prepare_wait().expect("nothing is pending");
    assert_eq!(waker.wake(), Ok(()));
    let result = fault.with_fault(|| prepared.finish(true));
    // It was woken, whatever the descriptor says.
    assert_eq!(awake.prepare_wait().is_none(), result.is_err());
    drop(awake);
    assert_eq!(waker.clear(), Ok(true));
    waker.works();
    fault.success_or(result, true, Operation::Clear)
}

/// Without names.
fn report(fault: Fault) -> Effect {
    let report = fault.with_fault(probe);
    assert_eq!((report.kernel(), report.machine()), ("", ""));
    assert_eq!(report.choice(), Ok(fault.row.mechanism));
    Success
}

/// Of two ends, the writing one is new, the reading one the parent's. The new pipe has
/// no reading end, so to notify would be a SIGPIPE; to make it anew ends that.
fn second_end(fault: Fault) -> Effect {
    let notifier: N = pending(fault);
    let before = Open::now();
    let narrowed = fault.narrowed(1, notifier.as_raw_fd());
    let result = narrowed.with_fault(|| notifier.reinit_after_fork());
    assert_eq!(Open::now(), before, "the numbers");
    fault.error(result.expect_err("half"), Operation::Reinit);
    assert_eq!(notifier.reinit_after_fork(), Ok(()));
    notifier.works();
    Dead
}
