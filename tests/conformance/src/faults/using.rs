//! Notifying, clearing, waiting, counting, and dropping.

use core::time::Duration;

use libc::EAGAIN;
use wakefd::{
    probe, AutoNotifier, Counter, Error, Mechanism, Mode, Notifier, Operation, Wait, Waker,
};

use super::calls::{CLOCK, CLOSE, POLL, READ, UNAME, WRITE};
use super::create::{leaks, works};
use super::{error, error_at_once, or_full_or_empty, Effect, Fault, Row};
use crate::sys::descriptors::Open;
use crate::sys::errno;
use Mechanism::{EventFd2, Pipe2};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(&WRITE, "notify, eventfd2", or_full_or_empty, |fault| notify(fault, EventFd2)),
    Row::new(&WRITE, "notify, pipe2", or_full_or_empty, |fault| notify(fault, Pipe2)),
    Row::new(&READ, "clear, eventfd2", or_full_or_empty, |fault| clear(fault, EventFd2)),
    Row::new(&READ, "clear, pipe2", or_full_or_empty, |fault| clear(fault, Pipe2)),
    Row::new(&POLL, "wait, eventfd2", error_at_once, |fault| wait(fault, EventFd2)),
    Row::new(&POLL, "wait, pipe2", error_at_once, |fault| wait(fault, Pipe2)),
    Row::new(&CLOCK, "wait for a time", |_| Some(Effect::Ends), time_out),
    Row::new(&WRITE, "Waker::wake", or_full_or_empty, wake),
    Row::new(&READ, "Waker::clear", or_full_or_empty, waker_clear),
    Row::new(&READ, "Waker::clear_if_empty", or_full_or_empty, clear_if_empty),
    Row::new(&WRITE, "Waker::clear_if_empty, woken meanwhile", not_full, clear_if_empty_woken),
    Row::new(&WRITE, "drop of Awake, woken", |errno| not_full(errno).map(|_| Effect::Unwoken), awake),
    Row::new(&READ, "Prepared::finish", or_full_or_empty, finish),
    Row::new(&WRITE, "Counter::add, eventfd2", error, |fault| add(fault, EventFd2, 1)),
    Row::new(&WRITE, "Counter::add, pipe2", not_full, |fault| add(fault, Pipe2, 1)),
    Row::new(&WRITE, "Counter::add of 2^32, eventfd2", error, |fault| add(fault, EventFd2, 1 << 32)),
    Row::new(&WRITE, "Counter::add of 2^32, pipe2", in_hands, |fault| add(fault, Pipe2, 1 << 32)),
    Row::new(&READ, "Counter::take, eventfd2", or_full_or_empty, |fault| take(fault, EventFd2, Mode::Sum)),
    Row::new(&READ, "Counter::take, pipe2", or_full_or_empty, |fault| take(fault, Pipe2, Mode::Sum)),
    Row::new(&READ, "take of a semaphore, pipe2", or_full_or_empty, |fault| take(fault, Pipe2, Mode::Semaphore)),
    Row::new(&WRITE, "take of a semaphore, pipe2", in_hands, |fault| take(fault, Pipe2, Mode::Semaphore)),
    Row::new(&CLOSE, "drop, eventfd2", |_| Some(Effect::Leaks(1)), |fault| close(fault, EventFd2)),
    Row::new(&CLOSE, "drop, pipe2", |_| Some(Effect::Leaks(2)), |fault| close(fault, Pipe2)),
    Row::new(&UNAME, "probe", |_| Some(Effect::Success), report),
];

/// A pipe that is full, however often it has just been emptied, is emptied again,
/// for as long as that lasts. There is no such pipe.
fn not_full(errno: i32) -> Option<Effect> {
    match errno {
        EAGAIN => None,
        _ => error(errno),
    }
}

/// What a call has taken out of a pipe and cannot put back is lost.
fn in_hands(errno: i32) -> Option<Effect> {
    not_full(errno).map(|_| Effect::Lost)
}

fn make(mechanism: Mechanism) -> AutoNotifier {
    AutoNotifier::at(mechanism).expect("a notifier")
}

/// Does `work` while the call fails, and sees that errno, which only the error may
/// tell, is as it was.
fn keeping_errno<R: Send>(fault: Fault, work: impl FnOnce() -> R + Send) -> R {
    const MARK: i32 = 4242;
    let (result, after) = fault.during(|| {
        errno::set(MARK);
        (work(), errno::get())
    });
    assert_eq!(after, MARK, "errno");
    result
}

fn success_or<T: PartialEq + core::fmt::Debug>(
    result: Result<T, Error>,
    success: T,
    fault: Fault,
    (operation, mechanism): (Operation, Mechanism),
) -> Effect {
    match result {
        Ok(value) => {
            assert_eq!(value, success);
            Effect::Success
        }
        Err(error) => fault.is(error, operation, mechanism),
    }
}

fn notify(fault: Fault, mechanism: Mechanism) -> Effect {
    let notifier = make(mechanism);
    let result = keeping_errno(fault, || notifier.notify());
    works(&notifier);
    success_or(result, (), fault, (Operation::Notify, mechanism))
}

fn clear(fault: Fault, mechanism: Mechanism) -> Effect {
    let notifier = make(mechanism);
    assert_eq!(notifier.notify(), Ok(()));
    let result = fault.during(|| notifier.clear());
    // It is still there.
    assert_eq!(notifier.clear(), Ok(true));
    works(&notifier);
    success_or(result, false, fault, (Operation::Clear, mechanism))
}

fn wait(fault: Fault, mechanism: Mechanism) -> Effect {
    let notifier = make(mechanism);
    let timeouts = [None, Some(Duration::ZERO), Some(Duration::from_millis(5))];
    let errors = fault.during(|| timeouts.map(|timeout| notifier.wait(timeout)));
    works(&notifier);
    for result in errors {
        let effect = success_or(result, Wait::Notified, fault, (Operation::Wait, mechanism));
        assert_eq!(effect, Effect::Error);
    }
    Effect::Error
}

/// Without a clock there would be no end.
fn time_out(fault: Fault) -> Effect {
    let notifier = make(EventFd2);
    let timeout = Some(Duration::from_millis(5));
    let result = fault.during(|| notifier.wait(timeout));
    works(&notifier);
    success_or(result, Wait::TimedOut, fault, (Operation::Wait, EventFd2));
    Effect::Ends
}

fn wake(fault: Fault) -> Effect {
    let waker = Waker::new(make(EventFd2));
    let result = keeping_errno(fault, || waker.wake());
    let effect = success_or(result, (), fault, (Operation::Notify, EventFd2));
    // After an error the next one tries again; else one is pending.
    assert_eq!(waker.wake(), Ok(()));
    assert_eq!(waker.clear(), Ok(true));
    works(&waker);
    effect
}

fn waker_clear(fault: Fault) -> Effect {
    let waker = Waker::new(make(EventFd2));
    assert_eq!(waker.wake(), Ok(()));
    let result = fault.during(|| waker.clear());
    // It was woken, whatever the descriptor says.
    let effect = success_or(result, true, fault, (Operation::Clear, EventFd2));
    assert_eq!(waker.clear(), Ok(true));
    works(&waker);
    effect
}

/// A consumer that has found its queue empty.
fn clear_if_empty(fault: Fault) -> Effect {
    let waker = Waker::new(make(EventFd2));
    assert_eq!(waker.wake(), Ok(()));
    let result = fault.during(|| waker.clear_if_empty(|| true));
    let effect = success_or(result, true, fault, (Operation::Clear, EventFd2));
    // It was woken, and has not cleared.
    assert!(crate::cases::is_pending(&waker));
    assert_eq!(waker.clear_if_empty(|| true), Ok(true));
    works(&waker);
    effect
}

/// What has come is not drained unseen.
fn clear_if_empty_woken(fault: Fault) -> Effect {
    let waker = Waker::new(make(EventFd2));
    assert_eq!(waker.wake(), Ok(()));
    let mut looks = 0;
    let is_empty = || {
        looks += 1;
        waker.wake() == Ok(()) && looks == 1
    };
    let result = fault.during(|| waker.clear_if_empty(is_empty));
    let effect = success_or(result, false, fault, (Operation::Notify, EventFd2));
    assert_eq!(waker.clear(), Ok(true));
    works(&waker);
    effect
}

/// A drop cannot report; who clears next finds out.
fn awake(fault: Fault) -> Effect {
    let waker = Waker::new(make(EventFd2));
    let awake = waker.awake();
    assert_eq!(waker.wake(), Ok(()));
    fault.during(|| drop(awake));
    let readable = crate::cases::is_pending(&waker);
    assert_eq!(waker.clear(), Ok(true));
    works(&waker);
    match readable {
        true => Effect::Success,
        false => Effect::Unwoken,
    }
}

fn finish(fault: Fault) -> Effect {
    let waker = Waker::new(make(EventFd2));
    let mut awake = waker.awake();
    let prepared = awake.prepare_wait().expect("nothing is pending");
    assert_eq!(waker.wake(), Ok(()));
    let result = fault.during(|| prepared.finish(true));
    // It was woken, whatever the descriptor says.
    let effect = success_or(result, true, fault, (Operation::Clear, EventFd2));
    assert_eq!(awake.prepare_wait().is_none(), effect == Effect::Error);
    drop(awake);
    assert_eq!(waker.clear(), Ok(true));
    works(&waker);
    effect
}

const HELD: u64 = 5;

fn held(mechanism: Mechanism, mode: Mode) -> Counter {
    let counter = Counter::at(mechanism, mode).expect("a counter");
    assert_eq!(counter.add(HELD), Ok(()));
    counter
}

/// What is left is all or nothing.
fn or_lost(counter: &Counter, effect: Effect) -> Effect {
    let mut left = 0;
    while let Some(taken) = counter.take().expect("take") {
        left += u64::from(taken);
    }
    // It goes on counting.
    assert_eq!(counter.add(1), Ok(()));
    assert_eq!(counter.take().expect("take").map(u64::from), Some(1));
    match left {
        0 => Effect::Lost,
        _ => {
            assert_eq!(left, HELD);
            effect
        }
    }
}

fn add(fault: Fault, mechanism: Mechanism, n: u64) -> Effect {
    let counter = held(mechanism, Mode::Sum);
    let result = keeping_errno(fault, || counter.add(n));
    or_lost(
        &counter,
        success_or(result, (), fault, (Operation::Add, mechanism)),
    )
}

fn take(fault: Fault, mechanism: Mechanism, mode: Mode) -> Effect {
    let counter = held(mechanism, mode);
    let result = fault.during(|| counter.take());
    or_lost(
        &counter,
        success_or(result, None, fault, (Operation::Take, mechanism)),
    )
}

/// Without names.
fn report(fault: Fault) -> Effect {
    let report = fault.during(probe);
    assert_eq!((report.kernel(), report.machine()), ("", ""));
    assert_eq!(report.choice(), Ok(EventFd2));
    Effect::Success
}

/// A close that fails is not tried again: Linux may have closed it all the same.
fn close(fault: Fault, mechanism: Mechanism) -> Effect {
    let notifier = make(mechanism);
    let number = notifier.as_raw_fd();
    drop(make(mechanism));
    let before = Open::now();
    assert!(before.is_open(number));
    let more = make(mechanism);
    fault.during(move || drop(more));
    works(&notifier);
    leaks(before)
}
