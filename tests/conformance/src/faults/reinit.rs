//! `reinit_after_fork`, also halfway.

use libc::EBUSY;
use wakefd::{AutoNotifier, Error, Mechanism, Notifier, Operation, RawFd};

use super::calls::{DUP2, DUP3, EVENTFD2, F_SETFD, PIPE2, YOUNG};
use super::create::works;
use super::{error, Effect, Fault, Row};
use crate::sys::descriptors::{is_close_on_exec, Open};
use Mechanism::{EventFd, EventFd2, Pipe2};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(&EVENTFD2, "reinit, eventfd2", error, |fault| reinit(fault, EventFd2, Operation::Create)),
    Row::new(&PIPE2, "reinit, pipe2", error, |fault| reinit(fault, Pipe2, Operation::Create)),
    Row::new(&DUP3, "reinit, eventfd2", or_dup2, |fault| reinit(fault, EventFd2, Operation::Reinit)),
    Row::new(&DUP3, "reinit, pipe2", or_dup2, |fault| reinit(fault, Pipe2, Operation::Reinit)),
    Row::new(&DUP2, "reinit, pipe2, second end", half, second_end).without(&[&DUP3]),
    Row::new(&DUP2, "reinit, eventfd2", unless_busy, |fault| reinit(fault, EventFd2, Operation::Reinit)).without(&[&DUP3]),
    Row::new(&F_SETFD, "reinit, eventfd, after dup2", on_old_kernels, after_dup2).without(&[&DUP3]),
];

/// Whatever `dup3` says, there is `dup2`, which has the last word.
pub(super) fn or_dup2(_: i32) -> Option<Effect> {
    Some(Effect::Success)
}

/// musl's `dup2` tries again for as long as EBUSY comes.
pub(super) fn unless_busy(errno: i32) -> Option<Effect> {
    match errno {
        EBUSY => None,
        _ => error(errno),
    }
}

/// Of two ends, the writing one is new, the reading one the parent's.
fn half(errno: i32) -> Option<Effect> {
    unless_busy(errno).map(|_| Effect::Dead)
}

fn on_old_kernels(_: i32) -> Option<Effect> {
    (!YOUNG).then_some(Effect::Unflagged)
}

/// A notifier with something pending, which belongs to the parent.
fn pending(mechanism: Mechanism) -> AutoNotifier {
    let notifier = AutoNotifier::at(mechanism).expect("a notifier");
    assert_eq!(notifier.notify(), Ok(()));
    notifier
}

/// After an error all is as it was; after success, new.
fn reinit(fault: Fault, mechanism: Mechanism, operation: Operation) -> Effect {
    let notifier = pending(mechanism);
    let before = Open::now();
    let result = fault.during(|| notifier.reinit_after_fork());
    assert_eq!(Open::now(), before, "the numbers");
    let effect = match result {
        Ok(()) => Effect::Success,
        Err(error) => fault.is(error, operation, mechanism),
    };
    assert_eq!(notifier.clear(), Ok(effect == Effect::Error));
    works(&notifier);
    assert!(is_close_on_exec(notifier.as_raw_fd()));
    effect
}

/// The new pipe has no reading end, so to notify would be a SIGPIPE; to make it anew
/// ends that.
fn second_end(fault: Fault) -> Effect {
    let notifier = pending(Pipe2);
    let before = Open::now();
    let fault = fault.narrowed(1, notifier.as_raw_fd());
    let result = fault.during(|| notifier.reinit_after_fork());
    assert_eq!(Open::now(), before, "the numbers");
    fault.is(result.expect_err("half"), Operation::Reinit, Pipe2);
    assert_eq!(notifier.reinit_after_fork(), Ok(()));
    works(&notifier);
    Effect::Dead
}

/// The new eventfd is in its place, but the flag is not.
fn after_dup2(fault: Fault) -> Effect {
    let notifier = pending(EventFd);
    let number = notifier.as_raw_fd();
    let effect = unflagged(fault, EventFd, number, || notifier.reinit_after_fork());
    works(&notifier);
    effect
}

/// Re-makes what has this number, where close-on-exec cannot be set after `dup2`.
pub(super) fn unflagged(
    fault: Fault,
    mechanism: Mechanism,
    number: RawFd,
    reinit: impl FnOnce() -> Result<(), Error> + Send,
) -> Effect {
    let before = Open::now();
    let result = fault.narrowed(0, number).during(reinit);
    assert_eq!(Open::now(), before, "the numbers");
    let error = result.expect_err("there is no flag");
    fault.is(error, Operation::Reinit, mechanism);
    match is_close_on_exec(number) {
        true => Effect::Success,
        false => Effect::Unflagged,
    }
}
