//! The operations on every kind of object: creating, taking, waiting, `reinit_after_fork`,
//! dropping.

use core::time::Duration;

use libc::{EACCES, EPERM};
use wakefd::{Error, Mechanism, Operation, Wait};

use super::{Effect, Fault};
use crate::subject::Subject;
use crate::sys::descriptors::{is_close_on_exec, Open};
use crate::Constructor;

/// Makes one by choice. If that fails, it is on the row's mechanism. What is refused on one
/// thread, as only a sandbox does, is not refused on another.
pub(super) fn new<S: Subject>(fault: Fault) -> Effect {
    let effect = made::<S>(fault, Constructor::Auto, |error| {
        fault.error(error, Operation::Create)
    });
    if matches!(fault.errno, EPERM | EACCES) {
        let elsewhere: S = Constructor::Auto.make();
        assert_eq!(elsewhere.mechanism(), fault.row.mechanism);
    }
    effect
}

/// The same, when it is not the first.
pub(super) fn new_again<S: Subject>(fault: Fault) -> Effect {
    Constructor::Auto.make::<S>().works();
    new::<S>(fault)
}

/// Makes one by choice, where no mechanism is left, and it is not said which is named.
pub(super) fn new_on_any<S: Subject>(fault: Fault) -> Effect {
    made::<S>(fault, Constructor::Auto, |error| fault.has_errno(error))
}

/// Makes one on the row's mechanism.
pub(super) fn at<S: Subject>(fault: Fault) -> Effect {
    made::<S>(fault, Constructor::At(fault.row.mechanism), |error| {
        fault.error(error, Operation::Create)
    })
}

/// Makes one, and checks that it works.
pub(super) fn made<S: Subject>(
    fault: Fault,
    constructor: Constructor,
    failed: impl Fn(Error) -> Effect,
) -> Effect {
    let works = |made: S| {
        made.works();
        Effect::On(made.mechanism())
    };
    fault.made(|| S::create(constructor), works, failed)
}

/// Makes one by choice, which closes what it has made to verify the first.
pub(super) fn close_in_new<S: Subject>(fault: Fault) -> Effect {
    let before = Open::now();
    let made = made_with_fault::<S>(fault, Constructor::Auto);
    made.works();
    drop(made);
    leaks(before)
}

/// Whatever comes of it, what was pending is taken once: now, or later.
pub(super) fn consume<S: Subject>(fault: Fault) -> Effect {
    let subject = pending::<S>(fault);
    let result = fault.with_fault(|| subject.consume());
    let later = subject.consume().expect("consume");
    // These keep what is pending in memory.
    let by_descriptor = !matches!(
        fault.row.mechanism,
        Mechanism::TimerThread | Mechanism::SignalHandler
    );
    assert!(later || !by_descriptor && result.is_ok());
    subject.works();
    fault.success_or(result, !later, S::CONSUME)
}

/// What is pending stays so.
pub(super) fn wait<S: Subject>(fault: Fault) -> Effect {
    let subject = pending::<S>(fault);
    let timeouts = [None, Some(0), Some(5)].map(|timeout| timeout.map(Duration::from_millis));
    let results = fault.with_fault(|| timeouts.map(|timeout| subject.wait_readable(timeout)));
    assert_eq!(subject.consume(), Ok(true));
    subject.works();
    let [forever, ..] = results;
    if forever.is_ok() {
        assert_eq!(results, [Ok(Wait::Notified); 3]);
        return Effect::Success;
    }
    for result in results {
        fault.error(result.expect_err("no poll"), Operation::Wait);
    }
    Effect::Error
}

/// After an error all is as it was; after success, new.
pub(super) fn reinit<S: Subject>(fault: Fault) -> Effect {
    let subject = pending::<S>(fault);
    let before = Open::now();
    let result = fault.with_fault(|| subject.reinit_after_fork());
    assert_eq!(Open::now(), before, "the numbers");
    let effect = fault.success_or(result, (), Operation::Reinit);
    let is_pending = effect == Effect::Error || S::IS_PENDING_IN_PROCESS;
    assert_eq!(subject.consume(), Ok(is_pending));
    subject.works();
    assert!(is_close_on_exec(subject.as_raw_fd()));
    effect
}

/// The new descriptor is in its place, but the flag, which is set after `dup2`, is not.
pub(super) fn reinit_without_flag<S: Subject>(fault: Fault) -> Effect {
    let subject = pending::<S>(fault);
    let number = subject.as_raw_fd();
    let before = Open::now();
    let narrowed = fault.narrowed(0, number);
    let result = narrowed.with_fault(|| subject.reinit_after_fork());
    assert_eq!(Open::now(), before, "the numbers");
    fault.error(result.expect_err("there is no flag"), Operation::Reinit);
    let is_flagged = is_close_on_exec(number);
    // Of signals, what was pending still is.
    assert_eq!(subject.consume(), Ok(S::IS_PENDING_IN_PROCESS));
    subject.works();
    match is_flagged {
        true => Effect::Success,
        false => Effect::Unflagged,
    }
}

/// A close that fails is not tried again: Linux may have closed it all the same.
pub(super) fn close<S: Subject>(fault: Fault) -> Effect {
    let stays = on_mechanism::<S>(fault);
    let before = Open::now();
    let goes = on_mechanism::<S>(fault);
    fault.with_fault(move || drop(goes));
    stays.works();
    leaks(before)
}

/// One whose constructor has to do without the call.
pub(super) fn made_with_fault<S: Subject>(fault: Fault, constructor: Constructor) -> S {
    match fault.with_fault(|| S::create(constructor)) {
        Ok(made) => made,
        Err(error) => panic!("not made: {error}"),
    }
}

/// One on the row's mechanism.
pub(super) fn on_mechanism<S: Subject>(fault: Fault) -> S {
    Constructor::At(fault.row.mechanism).make()
}

/// The same, with something pending.
pub(super) fn pending<S: Subject>(fault: Fault) -> S {
    let subject = on_mechanism::<S>(fault);
    subject.trigger();
    subject
}

pub(super) fn leaks(before: Open) -> Effect {
    Effect::Leaks(Open::now().since(before).count() as u8)
}
