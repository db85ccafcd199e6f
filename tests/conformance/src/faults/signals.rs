//! Signals: watched, taken, waited for, dropped, and before `exec`.

use core::time::Duration;

use libc::{
    EACCES, EAGAIN, EBADF, EINVAL, ENODEV, ENOSYS, EPERM, SIGCHLD, SIGTERM, SIGUSR1, SIGUSR2,
};
use wakefd::{Backend, Error, Mechanism, Operation, Signals, Wait};

use super::calls::{
    CLOSE, DUP2, DUP3, EVENTFD2, F_GETFD, F_GETFL, F_SETFD, F_SETFL, KILL, POLL, READ,
    SIGACTION_LOOK, SIGACTION_SET, SIGNALFD, SIGNALFD4, SIGPENDING, SIGTIMEDWAIT, SIG_BLOCK,
    SIG_UNBLOCK, WRITE, YOUNG,
};
use super::create::leaks;
use super::reinit::{or_dup2, unflagged, unless_busy};
use super::{error, error_at_once, or_full_or_empty, Effect, Fault, Row};
use crate::sys::descriptors::{is_close_on_exec, Open};
use crate::sys::errno;
use crate::sys::process::fork;
use crate::sys::signals::{is_blocked, send_self, set_blocked, Action};
use Mechanism::{SignalFd, SignalFd4, SignalHandler};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(&SIGNALFD4, "Signals::new", after_signalfd4, |fault| new(fault, SignalFd4)),
    Row::new(&SIGNALFD4, "Signals::new, not the first", after_signalfd4, |fault| {
        works(&Signals::new(SET).expect("signals"));
        new(fault, SignalFd4)
    }),
    Row::new(&SIGNALFD, "Signals::new", after_signalfd, |fault| new(fault, SignalFd))
        .without(&[&SIGNALFD4]),
    Row::new(&SIGNALFD4, "Signals::at signalfd4, for its signals", error, |fault| for_its_signals(fault, SignalFd4)),
    Row::new(&SIGNALFD, "Signals::at signalfd, for its signals", on_old_kernels, |fault| for_its_signals(fault, SignalFd)),
    Row::new(&F_GETFD, "Signals::new", error, unverified),
    Row::new(&F_GETFL, "Signals::new", error, unverified),
    Row::new(&F_SETFD, "Signals::at signalfd", on_old_kernels, |fault| at(fault, SignalFd, Operation::Create)),
    Row::new(&F_SETFL, "Signals::at signalfd", on_old_kernels, |fault| at(fault, SignalFd, Operation::Create)),
    Row::new(&READ, "Signals::new", is_empty, |fault| new(fault, SignalFd4)),
    Row::new(&CLOSE, "Signals::new", |_| Some(Effect::Leaks(1)), close_in_new),
    Row::new(&SIG_BLOCK, "Signals::new", error, not_watched),
    Row::new(&SIG_BLOCK, "Signals::new, not the only one", error, |fault| {
        let other = make(SignalFd4);
        let effect = not_watched(fault);
        works(&other);
        effect
    }),
    Row::new(&SIG_BLOCK, "Signals::at signalfd", on_old_kernels, |fault| at(fault, SignalFd, Operation::Watch)),
    Row::new(&SIG_BLOCK, "Signals::new, SIGCHLD ignored", error, children),
    Row::new(&SIGACTION_LOOK, "Signals::new, SIGCHLD ignored", error, children),
    Row::new(&SIGACTION_SET, "Signals::new, SIGCHLD ignored", error, children),
    Row::new(&EVENTFD2, "Signals::at signal-handler", notifier, |fault| at(fault, SignalHandler, Operation::Create)),
    Row::new(&SIGACTION_LOOK, "Signals::at signal-handler", error, |fault| at(fault, SignalHandler, Operation::Watch)),
    Row::new(&SIGACTION_SET, "Signals::at signal-handler", error, |fault| at(fault, SignalHandler, Operation::Watch)),
    Row::new(&SIGACTION_SET, "Signals::at signal-handler, second signal", error, |fault| {
        at(fault.narrowed(0, SIGUSR2), SignalHandler, Operation::Watch)
    }),
    Row::new(&SIG_UNBLOCK, "Signals::at signal-handler", error, |fault| at(fault, SignalHandler, Operation::Watch)),

    Row::new(&WRITE, "a signal comes, signal-handler", |_| Some(Effect::Unwoken), unwoken),
    Row::new(&READ, "Signals::next, signalfd4", or_full_or_empty, |fault| next(fault, SignalFd4)),
    Row::new(&READ, "Signals::next, signalfd", or_empty_on_old_kernels, |fault| next(fault, SignalFd)),
    Row::new(&READ, "Signals::next, signal-handler", |_| Some(Effect::Success), |fault| next(fault, SignalHandler)),
    Row::new(&READ, "Signals::next of none, signal-handler", or_full_or_empty, next_of_none),
    Row::new(&POLL, "Signals::wait, signalfd4", error_at_once, |fault| wait(fault, SignalFd4)),
    Row::new(&POLL, "Signals::wait, signalfd", |errno| on_old_kernels(errno).and(error_at_once(errno)), |fault| wait(fault, SignalFd)),
    Row::new(&POLL, "Signals::wait, signal-handler", error_at_once, |fault| wait(fault, SignalHandler)),
    Row::new(&CLOSE, "drop, signalfd4", |_| Some(Effect::Leaks(1)), |fault| close(fault, SignalFd4)),
    Row::new(&CLOSE, "drop, signalfd", |errno| on_old_kernels(errno).map(|_| Effect::Leaks(1)), |fault| close(fault, SignalFd)),
    Row::new(&CLOSE, "drop, signal-handler", |_| Some(Effect::Leaks(1)), |fault| close(fault, SignalHandler)),
    Row::new(&SIG_UNBLOCK, "drop, signalfd4", |_| Some(Effect::Left), |fault| mask_left(fault, SignalFd4)),
    Row::new(&SIG_BLOCK, "drop, signal-handler", |_| Some(Effect::Left), |fault| mask_left(fault, SignalHandler)),
    Row::new(&SIGTIMEDWAIT, "drop, signalfd4", |_| Some(Effect::Success), |fault| discard(fault, false)),
    Row::new(&SIGTIMEDWAIT, "drop, signalfd4, one pending", unless_empty, |fault| discard(fault, true)),
    Row::new(&SIGPENDING, "drop, signalfd4", |_| Some(Effect::Left), |fault| discard(fault, false)).without(&[&SIGTIMEDWAIT]),
    Row::new(&SIGACTION_LOOK, "drop, signalfd4, SIGCHLD ignored", |_| Some(Effect::Left), children_left),
    Row::new(&SIGACTION_SET, "drop, signalfd4, SIGCHLD ignored", |_| Some(Effect::Left), children_left),
    Row::new(&SIGACTION_LOOK, "drop, signal-handler", |_| Some(Effect::Left), handler_left),
    Row::new(&SIGACTION_SET, "drop, signal-handler", |_| Some(Effect::Left), handler_left),

    Row::new(&SIGNALFD4, "reinit, signalfd4", error, |fault| reinit(fault, SignalFd4, Operation::Create)),
    Row::new(&SIGNALFD, "reinit, signalfd", on_old_kernels, |fault| reinit(fault, SignalFd, Operation::Create)),
    Row::new(&EVENTFD2, "reinit, signal-handler", error, |fault| reinit(fault, SignalHandler, Operation::Create)),
    Row::new(&DUP3, "reinit, signalfd4", or_dup2, |fault| reinit(fault, SignalFd4, Operation::Reinit)),
    Row::new(&DUP2, "reinit, signalfd4", unless_busy, |fault| reinit(fault, SignalFd4, Operation::Reinit)).without(&[&DUP3]),
    Row::new(&DUP2, "reinit, signal-handler", unless_busy, |fault| reinit(fault, SignalHandler, Operation::Reinit)).without(&[&DUP3]),
    Row::new(&F_SETFD, "reinit, signalfd, after dup2", |errno| on_old_kernels(errno).map(|_| Effect::Unflagged), after_dup2).without(&[&DUP3]),

    Row::new(&SIG_BLOCK, "Signals::before_exec", error, |fault| before_exec(fault, SignalHandler)),
    Row::new(&SIG_UNBLOCK, "Signals::before_exec", error, |fault| before_exec(fault, SignalFd4)),
    Row::new(&SIGACTION_LOOK, "Signals::before_exec", error, |fault| before_exec(fault, SignalHandler)),
    Row::new(&SIGACTION_SET, "Signals::before_exec", error, |fault| before_exec(fault, SignalHandler)),
    Row::new(&KILL, "Signals::before_exec", error, send_again),
];

/// What the objects watch. The second is there so that the first can be done already.
const SET: [i32; 2] = [SIGUSR1, SIGUSR2];

fn after_signalfd4(errno: i32) -> Option<Effect> {
    let next = if YOUNG { SignalHandler } else { SignalFd };
    descends(errno, &[EINVAL, ENODEV], next)
}

fn after_signalfd(errno: i32) -> Option<Effect> {
    match YOUNG {
        true => Some(Effect::On(SignalHandler)),
        false => descends(errno, &[ENODEV], SignalHandler),
    }
}

/// The notifier below, which descends too.
fn notifier(errno: i32) -> Option<Effect> {
    descends(errno, &[EINVAL, ENODEV], SignalHandler)
}

/// The table of the chain.
fn descends(errno: i32, also: &[i32], next: Mechanism) -> Option<Effect> {
    let down = [ENOSYS, EBADF, EPERM, EACCES].contains(&errno) || also.contains(&errno);
    Some(match down {
        true => Effect::On(next),
        false => Effect::Error,
    })
}

/// EAGAIN is what a new one is to say. What says another thing is no signalfd.
fn is_empty(errno: i32) -> Option<Effect> {
    Some(match errno {
        EAGAIN => Effect::On(SignalFd4),
        _ => Effect::On(SignalHandler),
    })
}

fn on_old_kernels(_: i32) -> Option<Effect> {
    (!YOUNG).then_some(Effect::Error)
}

fn or_empty_on_old_kernels(errno: i32) -> Option<Effect> {
    on_old_kernels(errno).and(or_full_or_empty(errno))
}

/// EAGAIN is what the call says when nothing is pending.
fn unless_empty(errno: i32) -> Option<Effect> {
    match errno {
        EAGAIN => None,
        _ => Some(Effect::Left),
    }
}

fn make(mechanism: Mechanism) -> Signals {
    Signals::at(mechanism, SET).expect("signals")
}

fn take(signals: &Signals) -> Option<i32> {
    let signal = signals.next().expect("next")?;
    Some(signal.number())
}

/// What comes is taken once. For the only thread of the process, whichever has made
/// the object.
fn works(signals: &Signals) {
    let before = SET.map(is_blocked);
    for number in SET {
        set_blocked(number, signals.backend() == Backend::SignalFd);
    }
    assert_eq!(take(signals), None);
    for number in SET {
        send_self(number);
        assert_eq!(signals.wait(None), Ok(Wait::Notified));
        assert_eq!(take(signals), Some(number));
        assert_eq!(take(signals), None);
        assert_eq!(signals.wait(Some(Duration::ZERO)), Ok(Wait::TimedOut));
    }
    for (number, blocked) in SET.into_iter().zip(before) {
        set_blocked(number, blocked);
    }
}

/// What an error must leave alone, beside the descriptors.
#[derive(Debug, PartialEq, Eq)]
struct State {
    blocked: [bool; 3],
    installed: [Action; 3],
}

impl State {
    fn now() -> Self {
        let numbers = [SIGUSR1, SIGUSR2, SIGCHLD];
        State {
            blocked: numbers.map(is_blocked),
            installed: numbers.map(Action::installed),
        }
    }
}

fn new(fault: Fault, mechanism: Mechanism) -> Effect {
    let make = || Signals::new(SET);
    made(fault, make, |error| {
        fault.is(error, Operation::Create, mechanism)
    })
}

fn at(fault: Fault, mechanism: Mechanism, operation: Operation) -> Effect {
    let make = move || Signals::at(mechanism, SET);
    made(fault, make, |error| fault.is(error, operation, mechanism))
}

/// Makes one by choice, where no mechanism is left.
fn unverified(fault: Fault) -> Effect {
    let make = || Signals::new(SET);
    made(fault, make, |error| fault.has_errno(error))
}

/// The mechanism is here, and it is not for another one to say that the mask is not.
fn not_watched(fault: Fault) -> Effect {
    let make = || Signals::new(SET);
    let effect = made(fault, make, |error| {
        fault.is(error, Operation::Watch, SignalFd4)
    });
    assert_eq!(
        Signals::new(SET).map(|made| made.mechanism()),
        Ok(SignalFd4)
    );
    effect
}

/// No SIGCHLD would come.
fn children(fault: Fault) -> Effect {
    Action::Ignore.install(SIGCHLD);
    let make = || Signals::new([SIGUSR1, SIGUSR2, SIGCHLD]);
    made(fault, make, |error| {
        fault.is(error, Operation::Watch, SignalFd4)
    })
}

fn made(
    fault: Fault,
    make: impl Fn() -> Result<Signals, Error> + Sync,
    failed: impl Fn(Error) -> Effect,
) -> Effect {
    Action::Plain.install(SIGUSR1);
    let (state, before) = (State::now(), Open::now());
    let (result, blocked) = fault.during(|| {
        let result = make();
        (result, [SIGUSR1, SIGUSR2, SIGCHLD].map(is_blocked))
    });
    let effect = match result {
        Ok(signals) => {
            works(&signals);
            Effect::On(signals.mechanism())
        }
        Err(error) => {
            assert_eq!(blocked, state.blocked, "the mask");
            failed(error)
        }
    };
    assert_eq!(State::now(), state);
    assert_eq!(Open::now(), before, "a descriptor has leaked");
    works(&make().expect("signals afterwards"));
    assert_eq!((State::now(), Open::now()), (state, before));
    effect
}

/// The first one, which has proved itself, gets its signals by a call of its own.
fn for_its_signals(fault: Fault, mechanism: Mechanism) -> Effect {
    let open = Open::now();
    let number = (0..)
        .find(|&number| !open.is_open(number))
        .expect("a free number");
    let fault = fault.narrowed(0, number);
    at(fault, mechanism, Operation::Verify)
}

/// The second one, which was made to verify the first.
fn close_in_new(fault: Fault) -> Effect {
    let before = Open::now();
    let signals = fault.during(|| Signals::new(SET)).expect("signals");
    works(&signals);
    drop(signals);
    leaks(before)
}

/// It is recorded, and errno is as it was, as a handler owes it.
fn unwoken(fault: Fault) -> Effect {
    const MARK: i32 = 4242;
    let signals = make(SignalHandler);
    set_blocked(SIGUSR1, true);
    let after = fault.during(|| {
        set_blocked(SIGUSR1, false);
        errno::set(MARK);
        send_self(SIGUSR1);
        errno::get()
    });
    set_blocked(SIGUSR1, false);
    assert_eq!(after, MARK, "errno");
    let readable = signals.wait(Some(Duration::ZERO)) == Ok(Wait::Notified);
    assert_eq!(take(&signals), Some(SIGUSR1));
    works(&signals);
    match readable {
        true => Effect::Success,
        false => Effect::Unwoken,
    }
}

/// What is pending is taken once, now or later.
fn next(fault: Fault, mechanism: Mechanism) -> Effect {
    let signals = make(mechanism);
    send_self(SIGUSR1);
    let result = fault.during(|| signals.next());
    let later = take(&signals);
    let effect = match result {
        Ok(now) => {
            let now = now.map(|signal| signal.number());
            assert_eq!(now.or(later), Some(SIGUSR1));
            assert!(now.is_none() || later.is_none());
            Effect::Success
        }
        Err(error) => {
            assert_eq!(later, Some(SIGUSR1));
            fault.is(error, Operation::Next, mechanism)
        }
    };
    works(&signals);
    effect
}

fn next_of_none(fault: Fault) -> Effect {
    let signals = make(SignalHandler);
    let effect = match fault.during(|| signals.next()) {
        Ok(taken) => {
            assert_eq!(taken, None);
            Effect::Success
        }
        Err(error) => fault.is(error, Operation::Next, SignalHandler),
    };
    works(&signals);
    effect
}

fn wait(fault: Fault, mechanism: Mechanism) -> Effect {
    let signals = make(mechanism);
    send_self(SIGUSR1);
    let timeouts = [None, Some(Duration::ZERO), Some(Duration::from_millis(5))];
    let results = fault.during(|| timeouts.map(|timeout| signals.wait(timeout)));
    assert_eq!(take(&signals), Some(SIGUSR1));
    works(&signals);
    for result in results {
        fault.is(result.expect_err("no poll"), Operation::Wait, mechanism);
    }
    Effect::Error
}

fn close(fault: Fault, mechanism: Mechanism) -> Effect {
    let signals = make(mechanism);
    let before = Open::now();
    let more = make(mechanism);
    fault.during(move || drop(more));
    works(&signals);
    leaks(before)
}

/// The thread's mask is what the object had made it.
fn mask_left(fault: Fault, mechanism: Mechanism) -> Effect {
    let blocked_before = mechanism == SignalHandler;
    set_blocked(SIGUSR1, blocked_before);
    let (made, dropped) = fault.during(|| {
        let signals = make(mechanism);
        let made = is_blocked(SIGUSR1);
        drop(signals);
        (made, is_blocked(SIGUSR1))
    });
    set_blocked(SIGUSR1, false);
    assert_eq!(made, !blocked_before);
    assert_eq!(State::now().installed, [Action::Default; 3]);
    works(&make(mechanism));
    match dropped == blocked_before {
        true => Effect::Success,
        false => Effect::Left,
    }
}

/// What is pending and cannot be thrown away must not come to who did not ask.
fn discard(fault: Fault, one_pending: bool) -> Effect {
    set_blocked(SIGTERM, true);
    let left = fault.during(|| {
        // As a program has it that knows nothing of signals.
        set_blocked(SIGTERM, false);
        let signals = Signals::at(SignalFd4, [SIGTERM]).expect("signals");
        if one_pending {
            send_self(SIGTERM);
        }
        drop(signals);
        is_blocked(SIGTERM)
    });
    match left {
        true => Effect::Left,
        false => Effect::Success,
    }
}

/// It is no more ignored.
fn children_left(fault: Fault) -> Effect {
    Action::Ignore.install(SIGCHLD);
    let signals = Signals::at(SignalFd4, [SIGCHLD]).expect("signals");
    fault.during(move || drop(signals));
    set_blocked(SIGCHLD, false);
    match Action::installed(SIGCHLD) {
        Action::Ignore => Effect::Success,
        _ => Effect::Left,
    }
}

/// Our handler stays, until the next object is dropped.
fn handler_left(fault: Fault) -> Effect {
    Action::Plain.install(SIGUSR1);
    let before = State::now();
    let signals = make(SignalHandler);
    fault.during(move || drop(signals));
    let left = Action::installed(SIGUSR1) != Action::Plain;
    send_self(SIGUSR1);
    assert_eq!(crate::sys::signals::calls(), 1, "the handler of before");
    works(&make(SignalHandler));
    assert_eq!(State::now(), before);
    match left {
        true => Effect::Left,
        false => Effect::Success,
    }
}

/// After an error all is as it was; after success, new. What is pending is the
/// process's.
fn reinit(fault: Fault, mechanism: Mechanism, operation: Operation) -> Effect {
    let signals = make(mechanism);
    send_self(SIGUSR1);
    let before = Open::now();
    let result = fault.during(|| signals.reinit_after_fork());
    assert_eq!(Open::now(), before, "the numbers");
    let effect = match result {
        Ok(()) => Effect::Success,
        Err(error) => fault.is(error, operation, mechanism),
    };
    assert_eq!(signals.wait(None), Ok(Wait::Notified));
    assert_eq!(take(&signals), Some(SIGUSR1));
    works(&signals);
    assert!(is_close_on_exec(signals.as_raw_fd()));
    effect
}

/// The new signalfd is in its place, but the flag is not.
fn after_dup2(fault: Fault) -> Effect {
    let signals = make(SignalFd);
    let number = signals.as_raw_fd();
    let effect = unflagged(fault, SignalFd, number, || signals.reinit_after_fork());
    works(&signals);
    effect
}

/// What fails is said, and can be tried again.
fn before_exec(fault: Fault, mechanism: Mechanism) -> Effect {
    Action::Plain.install(SIGUSR1);
    // So that there is something to block, too.
    set_blocked(SIGUSR1, mechanism == SignalHandler);
    let before = State::now();
    let signals = make(mechanism);
    let result = fault.during(Signals::before_exec);
    let effect = fault.is(
        result.expect_err("not as before"),
        Operation::Watch,
        SignalHandler,
    );
    assert_eq!(Signals::before_exec(), Ok(()));
    assert_eq!(State::now(), before);
    core::mem::forget(signals);
    effect
}

/// What came to our handler in a child, and is the program's that comes next.
fn send_again(fault: Fault) -> Effect {
    let signals = make(SignalHandler);
    fork(|| {
        send_self(SIGUSR1);
        let result = fault.during(Signals::before_exec);
        let error = result.expect_err("not sent");
        fault.is(error, Operation::Watch, SignalHandler);
    })
    .succeeds();
    works(&signals);
    Effect::Error
}
