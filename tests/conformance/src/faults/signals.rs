//! Operations of signals: watching, taking, waiting, dropping, and `before_exec`.

use core::time::Duration;

use libc::{
    EACCES, EAGAIN, EBADF, EINVAL, ENODEV, ENOSYS, EPERM, SIGCHLD, SIGTERM, SIGUSR1, SIGUSR2,
};
use wakefd::{Backend, Error, Mechanism, Operation, RawFd, Signals, Wait};

use super::generic::{
    at, close, close_in_new, consume, made, new, on_mechanism, reinit, reinit_without_flag, wait,
};
use super::notifiers::{OR_DUP2, UNLESS_BUSY};
use super::{Dispositions, Effect, Expected, Fault, Row};
use crate::subject::{Call, Subject};
use crate::sys::calls::*;
use crate::sys::descriptors::Open;
use crate::sys::errno;
use crate::sys::process::fork;
use crate::sys::signals::{calls, is_blocked, send_self, set_blocked, Action};
use crate::Constructor;
use Effect::{Leaks, Left, On, Success, Unflagged, Unwoken};
use Mechanism::{SignalFd, SignalFd4, SignalHandler};
use Operation::{Create, Verify, Watch};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(SIGNALFD4, "Signals::with", SignalFd4, AFTER_SIGNALFD4, with),
    Row::new(SIGNALFD4, "Signals::with, not the first", SignalFd4, AFTER_SIGNALFD4, with_again),
    Row::new(SIGNALFD, "Signals::with", SignalFd, Expected::ERROR, with).without(&[SIGNALFD4]),
    Row::new(SIGNALFD4, "Signals::at, for its signals", SignalFd4, Expected::ERROR, for_its_signals).names(Verify),
    Row::new(SIGNALFD, "Signals::at, for its signals", SignalFd, Expected::ERROR, for_its_signals).names(Verify)
        .where_old_calls_are(),
    Row::new(F_GETFD, "Signals::with", SignalFd4, Expected::ERROR, with),
    Row::new(F_GETFL, "Signals::with", SignalFd4, Expected::ERROR, with),
    Row::new(F_SETFD, "Signals::at", SignalFd, Expected::ERROR, at::<Signals>).where_old_calls_are(),
    Row::new(F_SETFL, "Signals::at", SignalFd, Expected::ERROR, at::<Signals>).where_old_calls_are(),
    Row::new(READ, "Signals::with", SignalFd4, IS_EMPTY, with),
    Row::new(CLOSE, "Signals::with", SignalFd4, Expected::always(Leaks(1)), close_in_new::<ByDescriptor>),
    Row::new(SIG_BLOCK, "Signals::with", SignalFd4, Expected::ERROR, not_watched).names(Watch),
    Row::new(SIG_BLOCK, "Signals::with, not the only one", SignalFd4, Expected::ERROR, not_watched_beside_another).names(Watch),
    Row::new(SIG_BLOCK, "Signals::at", SignalFd, Expected::ERROR, at::<Signals>).names(Watch).where_old_calls_are(),
    Row::new(SIG_BLOCK, "Signals::with, SIGCHLD ignored", SignalFd4, Expected::ERROR, children),
    Row::new(SIGACTION_LOOK, "Signals::with, SIGCHLD ignored", SignalFd4, Expected::ERROR, children),
    Row::new(SIGACTION_SET, "Signals::with, SIGCHLD ignored", SignalFd4, Expected::ERROR, children),
    Row::new(EVENTFD2, "Signals::new", SignalHandler, AFTER_NOTIFIER, new::<Signals>),
    Row::new(EVENTFD2, "Signals::at", SignalHandler, AFTER_NOTIFIER, at::<Signals>),
    Row::new(SIGACTION_LOOK, "Signals::at", SignalHandler, Expected::ERROR, at::<Signals>).names(Watch),
    Row::new(SIGACTION_SET, "Signals::at", SignalHandler, Expected::ERROR, at::<Signals>).names(Watch),
    Row::new(SIGACTION_SET, "Signals::at, second signal", SignalHandler, Expected::ERROR, |fault| at::<Signals>(fault.narrowed(0, SIGUSR2)))
        .names(Watch),
    Row::new(SIG_UNBLOCK, "Signals::at", SignalHandler, Expected::ERROR, at::<Signals>).names(Watch),

    Row::new(SIG_BLOCK, "Signals::add", SignalFd4, Expected::ERROR, add).names(Watch),
    Row::new(SIGNALFD4, "Signals::add", SignalFd4, Expected::ERROR, add).names(Watch),
    Row::new(SIGNALFD4, "Signals::remove", SignalFd4, Expected::ERROR, remove).names(Watch),
    Row::new(SIGACTION_LOOK, "Signals::add", SignalHandler, Expected::ERROR, add).names(Watch),
    Row::new(SIGACTION_SET, "Signals::add", SignalHandler, Expected::ERROR, add).names(Watch),
    Row::new(SIG_BLOCK, "Signals::spawn_mask", SignalHandler, Expected::ERROR, spawn_mask),

    Row::new(WRITE, "a signal comes", SignalHandler, Expected::always(Unwoken), unwoken),
    Row::new(SIG_BLOCK, "a signal comes", SignalHandler, Expected::always(Success), unwoken),
    Row::new(SIG_SETMASK, "a signal comes", SignalHandler, Expected::always(Success), unwoken),
    Row::new(READ, "Signals::next", SignalFd4, Expected::OR_FULL_OR_EMPTY, consume::<Signals>),
    Row::new(READ, "Signals::next", SignalFd, Expected::OR_FULL_OR_EMPTY, consume::<Signals>).where_old_calls_are(),
    Row::new(READ, "Signals::next", SignalHandler, Expected::always(Success), consume::<Signals>),
    Row::new(READ, "Signals::next of none", SignalHandler, Expected::OR_FULL_OR_EMPTY, next_of_none),
    Row::new(POLL, "Signals::wait", SignalFd4, Expected::WAIT, wait::<Signals>),
    Row::new(POLL, "Signals::wait", SignalFd, Expected::WAIT, wait::<Signals>).where_old_calls_are(),
    Row::new(POLL, "Signals::wait", SignalHandler, Expected::WAIT, wait::<Signals>),
    Row::new(CLOSE, "drop", SignalFd4, Expected::always(Leaks(1)), close::<Signals>),
    Row::new(CLOSE, "drop", SignalFd, Expected::always(Leaks(1)), close::<Signals>).where_old_calls_are(),
    Row::new(CLOSE, "drop", SignalHandler, Expected::always(Leaks(1)), close::<Signals>),
    Row::new(SIG_UNBLOCK, "drop", SignalFd4, Expected::always(Left), mask_left),
    Row::new(SIG_BLOCK, "drop", SignalHandler, Expected::always(Left), mask_left),
    Row::new(SIGTIMEDWAIT, "drop", SignalFd4, Expected::always(Success), discard),
    Row::new(SIGTIMEDWAIT, "drop, one pending", SignalFd4, Expected::always(Left).untried(NONE_PENDING), discard_one),
    Row::new(SIGPENDING, "drop", SignalFd4, Expected::always(Left), discard).without(&[SIGTIMEDWAIT]),
    Row::new(SIGACTION_LOOK, "drop, SIGCHLD ignored", SignalFd4, Expected::always(Left), children_left),
    Row::new(SIGACTION_SET, "drop, SIGCHLD ignored", SignalFd4, Expected::always(Left), children_left),
    Row::new(SIGACTION_LOOK, "drop", SignalHandler, Expected::always(Left), handler_left),
    Row::new(SIGACTION_SET, "drop", SignalHandler, Expected::always(Left), handler_left),

    Row::new(SIGNALFD4, "reinit", SignalFd4, Expected::ERROR, reinit::<Signals>).names(Create),
    Row::new(SIGNALFD, "reinit", SignalFd, Expected::ERROR, reinit::<Signals>).names(Create).where_old_calls_are(),
    Row::new(EVENTFD2, "reinit", SignalHandler, Expected::ERROR, reinit::<Signals>).names(Create),
    Row::new(SIGACTION_LOOK, "reinit", SignalHandler, Expected::ERROR, reinit::<Signals>).names(Watch),
    Row::new(DUP3, "reinit", SignalFd4, OR_DUP2, reinit::<Signals>),
    Row::new(DUP2, "reinit", SignalFd4, UNLESS_BUSY, reinit::<Signals>).without(&[DUP3]),
    Row::new(DUP2, "reinit", SignalHandler, UNLESS_BUSY, reinit::<Signals>).without(&[DUP3]),
    Row::new(F_SETFD, "reinit, after dup2", SignalFd, Expected::always(Unflagged), reinit_without_flag::<Signals>)
        .without(&[DUP3]).where_old_calls_are(),

    Row::new(SIG_BLOCK, "Signals::before_exec", SignalHandler, Expected::ERROR, before_exec),
    Row::new(SIG_UNBLOCK, "Signals::before_exec", SignalFd4, Expected::ERROR, before_exec),
    Row::new(SIGACTION_LOOK, "Signals::before_exec", SignalHandler, Expected::ERROR, before_exec),
    Row::new(SIGACTION_SET, "Signals::before_exec", SignalHandler, Expected::ERROR, before_exec),
    Row::new(KILL, "Signals::before_exec", SignalHandler, Expected::ERROR, send_again),
];

const UNAVAILABLE: &[i32] = &[ENOSYS, EBADF, EPERM, EACCES, EINVAL, ENODEV];

const AFTER_SIGNALFD4: Expected = match NO_OLD_CALLS {
    true => Expected::ERROR,
    false => Expected::falls_back(UNAVAILABLE, SignalFd),
};

/// The notifier below, which falls back too.
const AFTER_NOTIFIER: Expected = Expected::falls_back(UNAVAILABLE, SignalHandler);

/// EAGAIN is what a new one is to say. What says another thing is no signalfd.
const IS_EMPTY: Expected = Expected::ERROR.but(&[EAGAIN], On(SignalFd4));

/// What the call says when nothing is pending.
const NONE_PENDING: &[i32] = &[EAGAIN];

fn left_unless(is_as_before: bool) -> Effect {
    match is_as_before {
        true => Success,
        false => Left,
    }
}

/// Signals by descriptor, whichever mechanism makes it.
struct ByDescriptor(Signals);

impl Subject for ByDescriptor {
    const OPERATIONS: &'static [(Operation, Call<Self>)] = &[];
    const CONSUME: Operation = Signals::CONSUME;

    fn create(_: Constructor) -> Result<Self, Error> {
        by_descriptor(&[SIGUSR1, SIGUSR2]).map(Self)
    }
    fn mechanism(&self) -> Mechanism {
        self.0.mechanism()
    }
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
    fn trigger(&self) {
        self.0.trigger();
    }
    fn consume(&self) -> Result<bool, Error> {
        self.0.consume()
    }
    fn wait_readable(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.0.wait(timeout)
    }
    fn reinit_after_fork(&self) -> Result<(), Error> {
        self.0.reinit_after_fork()
    }
    fn works(&self) {
        self.0.works();
    }
}

fn by_descriptor(numbers: &[i32]) -> Result<Signals, Error> {
    Signals::with(Backend::SignalFd, numbers)
}

/// Where no mechanism is left, the errno is that of the refusal, or says that there is none.
fn with(fault: Fault) -> Effect {
    made::<ByDescriptor>(fault, Constructor::Auto, |error| {
        assert!(
            [fault.errno, ENOSYS].contains(&error.raw_os_error()),
            "{error}"
        );
        Effect::Error
    })
}

fn with_again(fault: Fault) -> Effect {
    ByDescriptor::create(Constructor::Auto)
        .expect("the first")
        .works();
    with(fault)
}

/// The mechanism is available, and it is not for another one to say that the mask is not.
fn not_watched(fault: Fault) -> Effect {
    let effect = new::<ByDescriptor>(fault);
    assert_eq!(
        by_descriptor(&[SIGUSR1]).map(|made| made.mechanism()),
        Ok(SignalFd4)
    );
    effect
}

fn not_watched_beside_another(fault: Fault) -> Effect {
    let other: Signals = on_mechanism(fault);
    let effect = not_watched(fault);
    other.works();
    effect
}

/// No SIGCHLD would come.
fn children(fault: Fault) -> Effect {
    Action::Ignore.install(SIGCHLD);
    let make = || by_descriptor(&[SIGUSR1, SIGUSR2, SIGCHLD]);
    let works = |made: Signals| {
        made.works();
        On(made.mechanism())
    };
    fault.made(make, works, |error| fault.error(error, Watch))
}

/// The object is as it was.
fn add(fault: Fault) -> Effect {
    let signals: Signals = on_mechanism(fault);
    let before = Action::installed(SIGTERM);
    let (result, blocked) = fault.with_fault(|| {
        let blocked = is_blocked(SIGTERM);
        (signals.add(SIGTERM), is_blocked(SIGTERM) != blocked)
    });
    assert!(!blocked, "the mask");
    assert_eq!(Action::installed(SIGTERM), before);
    signals.works();
    fault.error(result.expect_err("not added"), Watch)
}

fn remove(fault: Fault) -> Effect {
    let signals: Signals = on_mechanism(fault);
    let result = fault.with_fault(|| signals.remove(SIGUSR2));
    signals.works();
    fault.error(result.expect_err("not removed"), Watch)
}

fn spawn_mask(fault: Fault) -> Effect {
    let result = fault.with_fault(|| Signals::spawn_mask().map(drop));
    exec_error(fault, result.expect_err("no mask"))
}

/// The first one, which has proved itself, gets its signals by a call of its own.
fn for_its_signals(fault: Fault) -> Effect {
    at::<Signals>(fault.narrowed(0, Open::now().first_free()))
}

/// It is recorded, and errno is as it was, as a handler owes it.
fn unwoken(fault: Fault) -> Effect {
    let signals: Signals = on_mechanism(fault);
    set_blocked(SIGUSR1, true);
    let ((), is_kept) = fault.with_fault(|| {
        set_blocked(SIGUSR1, false);
        errno::is_kept(|| send_self(SIGUSR1))
    });
    assert!(is_kept, "errno");
    set_blocked(SIGUSR1, false);
    let is_readable = signals.is_readable();
    assert_eq!(signals.consume(), Ok(true));
    signals.works();
    match is_readable {
        true => Success,
        false => Unwoken,
    }
}

fn next_of_none(fault: Fault) -> Effect {
    let signals: Signals = on_mechanism(fault);
    let result = fault.with_fault(|| signals.next());
    signals.works();
    fault.success_or(result, None, Operation::Next)
}

/// The thread's mask is what the object had made it.
fn mask_left(fault: Fault) -> Effect {
    let blocked_before = fault.row.mechanism == SignalHandler;
    set_blocked(SIGUSR1, blocked_before);
    let (made, dropped) = fault.with_fault(|| {
        let signals: Signals = on_mechanism(fault);
        let made = is_blocked(SIGUSR1);
        drop(signals);
        (made, is_blocked(SIGUSR1))
    });
    set_blocked(SIGUSR1, false);
    assert_eq!(made, !blocked_before);
    assert_eq!(Dispositions::now().installed, [Action::Default; 3]);
    on_mechanism::<Signals>(fault).works();
    left_unless(dropped == blocked_before)
}

/// What is pending and cannot be thrown away must not come to who did not ask.
fn discard(fault: Fault) -> Effect {
    drop_pending(fault, |_| {})
}

fn discard_one(fault: Fault) -> Effect {
    drop_pending(fault, send_self)
}

fn drop_pending(fault: Fault, send: fn(i32)) -> Effect {
    set_blocked(SIGTERM, true);
    let is_blocked = fault.with_fault(|| {
        // As a program has it that knows nothing of signals.
        set_blocked(SIGTERM, false);
        let signals = Constructor::At(fault.row.mechanism).signals(&[SIGTERM]);
        send(SIGTERM);
        drop(signals);
        is_blocked(SIGTERM)
    });
    left_unless(!is_blocked)
}

/// It is no more ignored.
fn children_left(fault: Fault) -> Effect {
    Action::Ignore.install(SIGCHLD);
    let signals = Constructor::At(fault.row.mechanism).signals(&[SIGCHLD]);
    fault.with_fault(move || drop(signals));
    set_blocked(SIGCHLD, false);
    left_unless(Action::installed(SIGCHLD) == Action::Ignore)
}

/// Our handler stays, until the next object is dropped.
fn handler_left(fault: Fault) -> Effect {
    Action::Plain.install(SIGUSR1);
    let before = Dispositions::now();
    let signals: Signals = on_mechanism(fault);
    fault.with_fault(move || drop(signals));
    let is_as_before = Action::installed(SIGUSR1) == Action::Plain;
    send_self(SIGUSR1);
    assert_eq!(calls(), 1, "the handler of before");
    on_mechanism::<Signals>(fault).works();
    assert_eq!(Dispositions::now(), before);
    left_unless(is_as_before)
}

/// What fails is said, and can be tried again.
fn before_exec(fault: Fault) -> Effect {
    Action::Plain.install(SIGUSR1);
    // So that there is something to block, too.
    set_blocked(SIGUSR1, fault.row.mechanism == SignalHandler);
    let before = Dispositions::now();
    let signals: Signals = on_mechanism(fault);
    let result = fault.with_fault(Signals::before_exec);
    let effect = exec_error(fault, result.expect_err("not as before"));
    assert_eq!(Signals::before_exec(), Ok(()));
    assert_eq!(Dispositions::now(), before);
    core::mem::forget(signals);
    effect
}

/// What came to our handler in a child, and is the program's that comes next.
fn send_again(fault: Fault) -> Effect {
    let signals: Signals = on_mechanism(fault);
    fork(|| {
        send_self(SIGUSR1);
        let result = fault.with_fault(Signals::before_exec);
        exec_error(fault, result.expect_err("not sent"));
    })
    .succeeds();
    signals.works();
    Effect::Error
}

/// An error of `before_exec`, which is about no object and so names no other mechanism.
fn exec_error(fault: Fault, error: wakefd::Error) -> Effect {
    let named = (error.operation(), error.mechanism());
    assert_eq!(named, (Watch, SignalHandler));
    fault.has_errno(error)
}
