//! The objects, and the model of each.

use core::time::Duration;
use std::collections::VecDeque;

use wakefd::{AutoNotifier, Counter, Mechanism, Mode, Receiver, RecvError, Sender, Wait, Waker};
use wakefd_conformance::{close, isolated, Outcome};

use crate::sys::{self, in_handler};
use crate::Bytes;

/// An object on an eventfd and on a pipe, and the model of both.
pub enum Object {
    Notifier([AutoNotifier; 2], bool),
    Waker([Waker<AutoNotifier>; 2], bool),
    Counter([Counter; 2], u64),
    Channel([(Sender<u32>, Receiver<u32>); 2], VecDeque<u32>, usize),
}

/// More than that is no larger in any way that matters.
const CAPACITY: usize = 8;

impl Object {
    /// Makes one, by the mechanisms that the operation says.
    pub fn new(operation: u8) -> Self {
        let mechanisms = [
            [Mechanism::EventFd2, Mechanism::EventFd][usize::from(operation & 1)],
            [Mechanism::Pipe2, Mechanism::Pipe][usize::from(operation >> 1 & 1)],
        ];
        let notifiers =
            || mechanisms.map(|mechanism| AutoNotifier::at(mechanism).expect("a notifier"));
        match operation >> 2 & 7 {
            0 | 1 => Object::Notifier(notifiers(), false),
            2 | 3 => Object::Waker(notifiers().map(Waker::new), false),
            4 => Object::counters(mechanisms, Mode::Sum),
            5 => Object::counters([Mechanism::EventFd2, mechanisms[1]], Mode::Semaphore),
            6 => {
                let ends = notifiers().map(|n| wakefd::sync_channel_on(n, CAPACITY));
                Object::Channel(ends, VecDeque::new(), CAPACITY)
            }
            _ => {
                let ends = notifiers().map(wakefd::channel_on);
                Object::Channel(ends, VecDeque::new(), usize::MAX)
            }
        }
    }

    fn counters(mechanisms: [Mechanism; 2], mode: Mode) -> Self {
        Object::Counter(
            mechanisms.map(|mechanism| Counter::at(mechanism, mode).expect("a counter")),
            0,
        )
    }

    /// Does an operation of 63 on both, and compares with the model.
    pub fn apply(&mut self, operation: u8, bytes: &mut Bytes<'_>) {
        // What takes a thousand times as long as the others comes that much rarer.
        let operation = match operation {
            58..=60 if bytes.next() % 64 != 63 => 0,
            61 if bytes.next() % 64 != 63 => 0,
            operation => operation,
        };
        match self {
            Object::Notifier(both, pending) => {
                both.iter().for_each(|n| notifier(n, operation, *pending));
                *pending = after(operation, *pending);
                let many = many(operation, bytes);
                both.iter()
                    .for_each(|n| (0..many).for_each(|_| assert_eq!(n.notify(), Ok(()))));
                *pending |= many > 0;
                for n in both {
                    assert_eq!(n.wait(Some(Duration::ZERO)), Ok(readable(*pending)));
                }
            }
            Object::Waker(both, pending) => {
                both.iter().for_each(|w| waker(w, operation, *pending));
                // A consumer that has found something leaves the descriptor readable.
                *pending = after(operation, *pending) || (36..=39).contains(&operation);
                for w in both {
                    assert_eq!(w.wait(Some(Duration::ZERO)), Ok(readable(*pending)));
                }
            }
            Object::Counter(both, count) => {
                let number = bytes.number();
                let many = many(operation, bytes);
                // Near the limit every call on a pipe is hundreds: rarely, and a
                // semaphore stays there, so only at the end.
                let late = bytes.0.len() < 64 || both[0].mode() == Mode::Sum;
                let operation = match operation {
                    26..=28 if !late || bytes.next() % 32 != 31 => 16,
                    operation => operation,
                };
                let results = [&both[0], &both[1]].map(|c| {
                    let mut count = *count;
                    counter(c, operation, number, &mut count);
                    (0..many).for_each(|_| add(c, 1, &mut count));
                    assert_eq!(c.wait(Some(Duration::ZERO)), Ok(readable(count > 0)));
                    count
                });
                assert_eq!(results[0], results[1]);
                *count = results[0];
            }
            Object::Channel(both, queue, capacity) => {
                let message = u32::from(bytes.next());
                for ends in both.iter() {
                    channel(ends, operation, message, queue, *capacity);
                }
                match operation & 1 {
                    0 if queue.len() < *capacity => queue.push_back(message),
                    0 => {}
                    _ => _ = queue.pop_front(),
                }
            }
        }
    }
}

fn readable(pending: bool) -> Wait {
    match pending {
        true => Wait::Notified,
        false => Wait::TimedOut,
    }
}

/// So many notifications more: rarely, more than one read of a pipe takes, or than
/// it holds.
fn many(operation: u8, bytes: &mut Bytes<'_>) -> u32 {
    match operation {
        61 => u32::from(bytes.next()) << (bytes.next() % 7),
        _ => 0,
    }
}

/// What is pending after the operations of [`notifier`] and [`waker`].
fn after(operation: u8, pending: bool) -> bool {
    match operation {
        0..=15 | 48..=51 | 60 => true,
        16..=31 | 52..=55 | 58 => false,
        _ => pending,
    }
}

/// In a child; its verdict must be good.
fn in_child(work: impl FnOnce()) {
    let outcome = isolated(|| {
        work();
        Outcome::Passed
    });
    assert_eq!(outcome, Outcome::Passed);
}

fn notifier(n: &AutoNotifier, operation: u8, pending: bool) {
    match operation {
        0..=15 => assert_eq!(n.notify(), Ok(())),
        16..=31 => assert_eq!(n.clear(), Ok(pending)),
        32..=39 if pending => assert_eq!(n.wait(None), Ok(Wait::Notified)),
        40 => {
            let time = Some(Duration::from_nanos(1));
            assert_eq!(n.wait(time), Ok(readable(pending)));
        }
        // A duplicate shows the same.
        44..=47 => {
            let duplicate = sys::duplicate(n.as_raw_fd());
            assert_eq!(sys::is_readable(duplicate), pending);
            close(duplicate);
        }
        48..=51 => in_handler(&|| assert_eq!(n.notify(), Ok(()))),
        // New under its number; nobody else has it here.
        52..=55 => assert_eq!(n.reinit_after_fork(), Ok(())),
        // Shared with a child.
        58 => {
            in_child(|| assert_eq!(n.clear(), Ok(pending)));
        }
        59 => in_child(|| {
            assert_eq!(n.reinit_after_fork(), Ok(()));
            assert_eq!(n.clear(), Ok(false));
            assert_eq!(n.notify(), Ok(()));
        }),
        60 => in_child(|| assert_eq!(n.notify(), Ok(()))),
        _ => {}
    }
}

fn waker(w: &Waker<AutoNotifier>, operation: u8, pending: bool) {
    match operation {
        0..=15 => assert_eq!(w.wake(), Ok(())),
        16..=27 => assert_eq!(w.clear(), Ok(pending)),
        // It looks and finds nothing: then nothing is pending any more.
        28..=31 => assert_eq!(w.clear_if_empty(|| true), Ok(true)),
        // Awake for a moment, and then as before.
        32..=35 => {
            let mut awake = w.awake();
            assert_eq!(awake.prepare_wait().is_none(), pending);
            if pending {
                assert_eq!(w.wake(), Ok(()));
            }
            drop(awake);
        }
        // It finds something, and the descriptor stays readable.
        36..=39 => assert_eq!(w.clear_if_empty(|| false), Ok(false)),
        48..=51 => in_handler(&|| assert_eq!(w.wake(), Ok(()))),
        // It was woken while it slept, or not; the readable descriptor is drained.
        52..=53 => {
            let mut awake = w.awake();
            if let Some(prepared) = awake.prepare_wait() {
                let readable = prepared.finish(false);
                assert_eq!(readable, Ok(false));
            } else {
                let prepared = awake.prepare_wait().expect("it was taken");
                assert_eq!(prepared.finish(true), Ok(true));
            }
        }
        54..=55 => assert_eq!(w.reinit_after_fork(), Ok(())),
        // Another process has the bare notifier alone; the clear takes both.
        58 => {
            in_child(|| assert_eq!(w.notifier().notify(), Ok(())));
            assert_eq!(w.clear(), Ok(true));
        }
        60 => assert_eq!(w.wake(), Ok(())),
        _ => {}
    }
}

fn add(c: &Counter, n: u64, count: &mut u64) {
    let result = c.add(n).map_err(|error| error.raw_os_error());
    let expected = match count.checked_add(n) {
        _ if n == u64::MAX => Err(libc::EINVAL),
        Some(sum) if sum <= Counter::LIMIT => {
            *count = sum;
            Ok(())
        }
        _ => Err(libc::EAGAIN),
    };
    assert_eq!(result, expected, "add({n})");
}

fn take(c: &Counter, count: &mut u64) {
    let taken = match c.mode() {
        Mode::Sum => *count,
        Mode::Semaphore => (*count).min(1),
    };
    assert_eq!(c.take().expect("take").map_or(0, u64::from), taken);
    *count -= taken;
}

fn counter(c: &Counter, operation: u8, number: u64, count: &mut u64) {
    match operation {
        0..=15 => add(c, 1, count),
        16..=23 => add(c, number & 0xff, count),
        24..=25 => add(c, number & 0xffff_ffff, count),
        // Near the limit a pipe makes hundreds of calls: rarely.
        26 => add(c, number, count),
        27 => add(c, Counter::LIMIT - *count, count),
        28 => add(c, (Counter::LIMIT - *count).saturating_add(1), count),
        29..=47 => take(c, count),
        48..=51 if *count < Counter::LIMIT => {
            in_handler(&|| assert_eq!(c.add(1), Ok(())));
            *count += 1;
        }
        52 => {
            assert_eq!(c.reinit_after_fork(), Ok(()));
            *count = 0;
        }
        58 => {
            let mut child = *count;
            in_child(|| take(c, &mut child));
            *count -= match c.mode() {
                Mode::Sum => *count,
                Mode::Semaphore => (*count).min(1),
            };
        }
        _ => {}
    }
}

fn channel(
    (sender, receiver): &(Sender<u32>, Receiver<u32>),
    operation: u8,
    message: u32,
    queue: &VecDeque<u32>,
    capacity: usize,
) {
    use std::os::unix::io::AsRawFd;
    match operation & 1 {
        0 => {
            let sent = sender.try_send(message).is_ok();
            assert_eq!(sent, queue.len() < capacity);
            assert!(sys::is_readable(receiver.as_raw_fd()));
        }
        _ => {
            let expected = queue.front().copied().ok_or(RecvError::Empty);
            assert_eq!(receiver.try_recv(), expected);
            // A receiver that finds nothing clears the descriptor.
            assert!(expected.is_ok() || !sys::is_readable(receiver.as_raw_fd()));
        }
    }
}
