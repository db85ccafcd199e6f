//! Making notifiers, for the first time in a process and later.

use libc::{EACCES, EBADF, EINVAL, ENODEV, ENOSYS, EPERM};
use wakefd::{AutoNotifier, Error, Mechanism, Notifier, Operation};

use super::calls::{
    CLOSE, EVENTFD, EVENTFD2, F_GETFD, F_GETFL, F_SETFD, F_SETFL, PIPE, PIPE2, READ, WRITE, YOUNG,
};
use super::{error, Effect, Fault, Row};
use crate::sys::descriptors::Open;

pub(super) static ROWS: &[Row] = &[
    Row::new(&EVENTFD2, "new", after_eventfd2, |fault| {
        new(fault, Mechanism::EventFd2)
    }),
    Row::new(&EVENTFD2, "new, not the first", after_eventfd2, |fault| {
        works(&AutoNotifier::new().expect("an eventfd"));
        new(fault, Mechanism::EventFd2)
    }),
    Row::new(&EVENTFD, "new", after_eventfd, |fault| {
        new(fault, Mechanism::EventFd)
    })
    .without(&[&EVENTFD2]),
    Row::new(&PIPE2, "new", after_pipe2, |fault| {
        new(fault, Mechanism::Pipe2)
    })
    .without(&[&EVENTFD2, &EVENTFD]),
    Row::new(&PIPE, "new", error, |fault| new(fault, Mechanism::Pipe))
        .without(&[&EVENTFD2, &EVENTFD, &PIPE2]),
    Row::new(&F_GETFD, "new", error, unverified),
    Row::new(&F_GETFL, "new", error, unverified),
    Row::new(&F_SETFD, "new at eventfd", old_eventfd, |fault| {
        at(fault, Mechanism::EventFd)
    }),
    Row::new(&F_SETFL, "new at eventfd", old_eventfd, |fault| {
        at(fault, Mechanism::EventFd)
    }),
    Row::new(&F_SETFD, "new at pipe", error, |fault| {
        at(fault, Mechanism::Pipe)
    }),
    Row::new(&F_SETFL, "new at pipe", error, |fault| {
        at(fault, Mechanism::Pipe)
    }),
    Row::new(&READ, "new", does_not_carry, |fault| {
        new(fault, Mechanism::Pipe2)
    }),
    Row::new(&WRITE, "new", does_not_carry, |fault| {
        new(fault, Mechanism::Pipe2)
    }),
    Row::new(&CLOSE, "new", one_to_compare_with, |fault| {
        let before = Open::now();
        let notifier = fault.during(AutoNotifier::new).expect("an eventfd");
        works(&notifier);
        drop(notifier);
        leaks(before)
    }),
];

fn after_eventfd2(errno: i32) -> Option<Effect> {
    let next = if YOUNG {
        Mechanism::Pipe2
    } else {
        Mechanism::EventFd
    };
    descends(errno, &[EINVAL, ENODEV], next)
}

fn after_eventfd(errno: i32) -> Option<Effect> {
    match YOUNG {
        true => Some(Effect::On(Mechanism::Pipe2)),
        false => descends(errno, &[ENODEV], Mechanism::Pipe2),
    }
}

fn after_pipe2(errno: i32) -> Option<Effect> {
    descends(errno, &[EINVAL], Mechanism::Pipe)
}

/// The table of the chain: these errnos, beside what every mechanism has, lead down.
fn descends(errno: i32, also: &[i32], next: Mechanism) -> Option<Effect> {
    match [ENOSYS, EBADF, EPERM, EACCES].contains(&errno) || also.contains(&errno) {
        true => Some(Effect::On(next)),
        false => Some(Effect::Error),
    }
}

/// There is nothing to set flags on where there is no such call.
fn old_eventfd(_: i32) -> Option<Effect> {
    (!YOUNG).then_some(Effect::Error)
}

/// A number that does not come out again is what another call's answer does too. A
/// pipe is not asked for one.
fn does_not_carry(_: i32) -> Option<Effect> {
    Some(Effect::On(Mechanism::Pipe2))
}

/// The second one, which was made to verify the first.
fn one_to_compare_with(_: i32) -> Option<Effect> {
    Some(Effect::Leaks(1))
}

/// It wakes, it clears, and nothing is pending before and after.
pub(super) fn works(notifier: &dyn Notifier) {
    assert_eq!(notifier.clear(), Ok(false));
    assert_eq!(notifier.notify(), Ok(()));
    assert!(crate::cases::is_pending(notifier));
    assert_eq!(notifier.clear(), Ok(true));
    assert!(!crate::cases::is_pending(notifier));
}

/// Makes one by choice. If that fails, it is on `mechanism`.
fn new(fault: Fault, mechanism: Mechanism) -> Effect {
    made(fault, mechanism, AutoNotifier::new)
}

/// Makes one on this mechanism.
fn at(fault: Fault, mechanism: Mechanism) -> Effect {
    made(fault, mechanism, move || AutoNotifier::at(mechanism))
}

fn made(
    fault: Fault,
    mechanism: Mechanism,
    make: impl Fn() -> Result<AutoNotifier, Error> + Copy + Send,
) -> Effect {
    let before = Open::now();
    let effect = match fault.during(make) {
        Ok(notifier) => {
            works(&notifier);
            Effect::On(notifier.mechanism())
        }
        Err(error) => fault.is(error, Operation::Create, mechanism),
    };
    assert_eq!(Open::now(), before, "a descriptor has leaked");
    works(&make().expect("a notifier afterwards"));
    assert_eq!(Open::now(), before);
    effect
}

/// Makes one by choice, where what fails is not the call that makes it.
fn unverified(fault: Fault) -> Effect {
    let before = Open::now();
    let error = match fault.during(AutoNotifier::new) {
        Ok(notifier) => panic!("made on {}", notifier.mechanism()),
        Err(error) => error,
    };
    let effect = fault.has_errno(error);
    let leaked = leaks(before);
    // On a mechanism that has not been found absent.
    works(&AutoNotifier::new().expect("a notifier afterwards"));
    match leaked {
        Effect::Leaks(0) => effect,
        _ => leaked,
    }
}

pub(super) fn leaks(before: Open) -> Effect {
    Effect::Leaks(Open::now().since(before).count() as u8)
}
