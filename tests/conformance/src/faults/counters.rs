//! Counters and semaphores.

use libc::EAGAIN;
use wakefd::{Counter, Error, Mechanism, Mode, Operation};

use super::{Effect, Expected, Fault, Row};
use crate::sys::calls::{READ, WRITE};
use crate::Constructor;
use Mechanism::{EventFd2, Pipe2};

#[rustfmt::skip]
pub(super) static ROWS: &[Row] = &[
    Row::new(WRITE, "Counter::add", EventFd2, Expected::ERROR, |fault| add(fault, 1)),
    Row::new(WRITE, "Counter::add", Pipe2, NOT_FULL, |fault| add(fault, 1)),
    Row::new(WRITE, "Counter::add of 2^32", EventFd2, Expected::ERROR, |fault| add(fault, 1 << 32)),
    Row::new(WRITE, "Counter::add of 2^32", Pipe2, IN_HANDS, |fault| add(fault, 1 << 32)),
    Row::new(READ, "Counter::take", EventFd2, Expected::OR_FULL_OR_EMPTY, |fault| take(fault, Mode::Sum)),
    Row::new(READ, "Counter::take", Pipe2, Expected::OR_FULL_OR_EMPTY, |fault| take(fault, Mode::Sum)),
    Row::new(READ, "take of a semaphore", Pipe2, Expected::OR_FULL_OR_EMPTY, |fault| take(fault, Mode::Semaphore)),
    Row::new(WRITE, "take of a semaphore", Pipe2, IN_HANDS, |fault| take(fault, Mode::Semaphore)),
];

/// A pipe that is full, however often it has just been emptied, is emptied again,
/// for as long as that lasts. There is no such pipe.
const NOT_FULL: Expected = Expected::ERROR.untried(&[EAGAIN]);

/// What a call has taken out of a pipe and cannot put back is lost.
const IN_HANDS: Expected = Expected::always(Effect::Lost).untried(&[EAGAIN]);

const HELD: u64 = 5;

fn held(fault: Fault, mode: Mode) -> Counter {
    let counter = Constructor::At(fault.row.mechanism).counter(mode);
    assert_eq!(counter.add(HELD), Ok(()));
    counter
}

fn add(fault: Fault, n: u64) -> Effect {
    let counter = held(fault, Mode::Sum);
    let result = fault.keeping_errno(|| counter.add(n));
    or_lost(&counter, fault.success_or(result, (), Operation::Add))
}

fn take(fault: Fault, mode: Mode) -> Effect {
    let counter = held(fault, mode);
    let result = fault.with_fault(|| counter.take());
    or_lost(&counter, fault.success_or(result, None, Operation::Take))
}

/// What is left is all or nothing.
fn or_lost(counter: &Counter, effect: Effect) -> Effect {
    let take = || -> Result<_, Error> { Ok(counter.take()?.map(u64::from)) };
    let mut left = 0;
    while let Some(taken) = take().expect("take") {
        left += taken;
    }
    // It goes on counting.
    assert_eq!(counter.add(1), Ok(()));
    assert_eq!(take(), Ok(Some(1)));
    match left {
        0 => Effect::Lost,
        _ => {
            assert_eq!(left, HELD);
            effect
        }
    }
}
