//! Makes each system call fail with each errno, each time in a new process, and checks the
//! result. With `--table` it prints the tables of `tests/faults.md`.

mod suite;

use suite::Test;
use wakefd_conformance::faults::{faults_of, tables, Effect, Fault, Row, ERRNOS};
use wakefd_conformance::Outcome;

fn main() {
    if std::env::args().any(|argument| argument == "--table") {
        return print!("{}", markdown());
    }
    let rows = all_tables().flat_map(|(_, rows)| rows);
    suite::main(faults_of(rows).map(|fault| Test {
        name: fault.to_string(),
        run: Box::new(move || fault.execute()),
        may_be_absent: None,
    }));
}

fn all_tables() -> impl Iterator<Item = (&'static str, &'static [Row])> {
    tables().into_iter().chain([("Channels", channels::ROWS)])
}

/// What has come of each call, as a table for each kind of object.
fn markdown() -> String {
    const HEADING: &str =
        "| system call | operation and mechanism | result |\n| --- | --- | --- |\n";
    let mut text = format!("The errnos: {}.\n", ERRNOS.map(|(_, name)| name).join(", "));
    for (object, rows) in all_tables().filter(|(_, rows)| !rows.is_empty()) {
        text += &format!("\n### {object}\n\n{HEADING}");
        for line in Line::of(rows) {
            let [calls, operations, mechanisms] = line.names.map(|names| names.join(", "));
            let result = line.result;
            text += &format!("| {calls} | {operations} on {mechanisms} | {result} |\n");
        }
    }
    text
}

/// A line of a table, which stands for all rows with the same result.
struct Line {
    /// The calls, the operations and the mechanisms. Every combination of them is a row.
    names: [Vec<String>; 3],
    result: String,
}

impl Line {
    const CALLS: usize = 0;
    const OPERATIONS: usize = 1;
    const MECHANISMS: usize = 2;

    fn of(rows: &'static [Row]) -> Vec<Self> {
        let lines = rows.iter().map(|row| Line {
            names: [row.call.name, row.doing, row.mechanism.as_str()]
                .map(|name| vec![format!("`{name}`")]),
            result: result(row),
        });
        [Self::MECHANISMS, Self::CALLS, Self::OPERATIONS]
            .into_iter()
            .fold(lines.collect(), Self::merged)
    }

    /// Merges the lines that differ in one kind of name only.
    fn merged(lines: Vec<Self>, kind: usize) -> Vec<Self> {
        let mut merged: Vec<Self> = Vec::new();
        for mut line in lines {
            let fits = |other: &&mut Self| {
                let mut others = (0..3).filter(|&other| other != kind);
                others.all(|kind| other.names[kind] == line.names[kind])
                    && other.result == line.result
            };
            match merged.iter_mut().find(fits) {
                Some(other) => other.names[kind].append(&mut line.names[kind]),
                None => merged.push(line),
            }
        }
        merged
    }
}

/// The outcomes of a row: the most frequent one, then each other with its errnos. Of two that
/// are equally frequent, `error` is the first.
fn result(row: &'static Row) -> String {
    let mut outcomes: Vec<(String, Vec<&str>)> = vec![("error".to_owned(), Vec::new())];
    let mut untried = Vec::new();
    for (errno, name) in ERRNOS {
        let outcome = match Fault::new(row, errno) {
            None => {
                untried.push(name);
                continue;
            }
            Some(fault) => outcome(fault),
        };
        match outcomes.iter_mut().find(|(other, _)| *other == outcome) {
            Some((_, names)) => names.push(name),
            None => outcomes.push((outcome, vec![name])),
        }
    }
    outcomes.retain(|(_, names)| !names.is_empty());
    // A stable sort keeps `error` before an outcome that is as frequent.
    outcomes.sort_by_key(|(_, names)| core::cmp::Reverse(names.len()));
    let mut outcomes = outcomes.into_iter();
    let (mut result, _) = match outcomes.next() {
        Some(most) => most,
        None => return "not tried".to_owned(),
    };
    for (outcome, names) in outcomes {
        result += &format!("; {outcome} for {}", names.join(", "));
    }
    if !untried.is_empty() {
        result += &format!("; {} not tried", untried.join(", "));
    }
    result
}

fn outcome(fault: Fault) -> String {
    match (fault.execute(), fault.expected) {
        (Outcome::Passed, Effect::On(mechanism)) if mechanism == fault.row.mechanism => {
            format!("stays on `{mechanism}`")
        }
        (Outcome::Passed, Effect::On(mechanism)) => format!("falls back to `{mechanism}`"),
        (Outcome::Passed, effect) => effect.to_string(),
        (outcome, _) => format!("{outcome:?}"),
    }
}

/// The channels, which the self-test's builds do not have.
#[cfg(all(feature = "channel", feature = "pipe-channel"))]
mod channels {
    use core::time::Duration;
    use std::os::unix::io::AsRawFd;
    use std::thread;

    use libc::{EACCES, EAGAIN, EBADF, EINVAL, ENOSYS, EPERM};
    use wakefd::Mechanism::{EventFd2, Pipe2};
    use wakefd::{box_channel, channel, Error, PipeChannel, RecvError, SendError};
    use wakefd_conformance::calls::{FIONREAD, PIPE2, POLL, READ, WRITE};
    use wakefd_conformance::faults::{Effect, Expected, Fault, Row};
    use wakefd_conformance::{Kind, Multiplexer, FOREVER};

    #[rustfmt::skip]
    pub(super) static ROWS: &[Row] = &[
        Row::new(PIPE2, "PipeChannel::new", Pipe2, AFTER_PIPE2, pipe_new),
        Row::new(PIPE2, "box_channel", Pipe2, AFTER_PIPE2, box_new),
        Row::new(WRITE, "PipeChannel::send", Pipe2, Expected::ERROR, pipe_send),
        Row::new(READ, "PipeChannel::try_recv", Pipe2, Expected::OR_FULL_OR_EMPTY, pipe_receive),
        Row::new(FIONREAD, "PipeChannel::try_recv", Pipe2, Expected::always(Effect::Success), pipe_receive_unchecked),
        Row::new(WRITE, "BoxSender::send", Pipe2, Expected::OR_FULL_OR_EMPTY, box_send),
        Row::new(READ, "BoxReceiver::try_recv", Pipe2, Expected::OR_FULL_OR_EMPTY, box_receive),
        Row::new(POLL, "BoxReceiver::recv", Pipe2, Expected::WAIT, box_sleep),
        Row::new(WRITE, "Sender::send", EventFd2, Expected::OR_FULL_OR_EMPTY, send),
        Row::new(WRITE, "drop of the last Sender", EventFd2, Expected::always(Effect::Unwoken), last_sender),
        Row::new(READ, "Receiver::try_recv", EventFd2, Expected::OR_FULL_OR_EMPTY, receive),
        Row::new(POLL, "Receiver::recv", EventFd2, Expected::WAIT, sleep),
        Row::new(WRITE, "Receiver::recv beside senders", EventFd2, NOT_FULL, receive_all),
    ];

    /// These lead to the mechanism `pipe`.
    const AFTER_PIPE2: Expected =
        Expected::ERROR.but(&[ENOSYS, EBADF, EPERM, EACCES, EINVAL], Effect::Success);

    fn made<T: Send>(
        fault: Fault,
        make: impl Fn() -> Result<T, Error> + Sync,
        works: impl Fn(T),
    ) -> Effect {
        let works = |made| {
            works(made);
            Effect::Success
        };
        fault.made(make, works, |error| fault.has_errno(error))
    }

    fn pipe_new(fault: Fault) -> Effect {
        made(fault, PipeChannel::<u32>::new, |channel| {
            assert_eq!(channel.send(1).and(channel.try_recv()), Ok(Some(1)));
        })
    }

    fn box_new(fault: Fault) -> Effect {
        made(fault, box_channel::<u32>, |(sender, receiver)| {
            sender.send(Box::new(1)).expect("send");
            assert_eq!(receiver.try_recv(), Ok(Box::new(1)));
        })
    }

    fn pipe_send(fault: Fault) -> Effect {
        let channel = PipeChannel::<u32>::new().expect("a pipe");
        let error = fault.with_fault(|| channel.send(1)).expect_err("not sent");
        assert_eq!(error.is_would_block(), fault.errno == EAGAIN);
        assert_eq!(channel.try_recv(), Ok(None));
        assert_eq!(channel.send(2).and(channel.try_recv()), Ok(Some(2)));
        fault.has_errno(error)
    }

    fn pipe_receive(fault: Fault) -> Effect {
        let channel = PipeChannel::<u32>::new().expect("a pipe");
        channel.send(1).expect("send");
        let result = fault.with_fault(|| channel.try_recv());
        assert_eq!(channel.try_recv(), Ok(Some(1)));
        match result {
            Ok(received) => {
                assert_eq!(received, None);
                Effect::Success
            }
            Err(error) => fault.has_errno(error),
        }
    }

    /// A value is taken all the same.
    fn pipe_receive_unchecked(fault: Fault) -> Effect {
        let channel = PipeChannel::<u32>::new().expect("a pipe");
        assert_eq!(channel.send(1).and(channel.send(2)), Ok(()));
        assert_eq!(fault.with_fault(|| channel.try_recv()), Ok(Some(1)));
        assert_eq!(channel.try_recv(), Ok(Some(2)));
        Effect::Success
    }

    fn box_send(fault: Fault) -> Effect {
        let (sender, receiver) = box_channel().expect("a pipe");
        let result = fault.with_fault(|| sender.send(Box::new(1)));
        assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
        sender.send(Box::new(2)).expect("send");
        assert_eq!(receiver.try_recv(), Ok(Box::new(2)));
        match result {
            Err(SendError::Full(message)) => {
                assert_eq!(*message, 1);
                Effect::Success
            }
            Err(SendError::NotSent(message, error)) => {
                assert_eq!(*message, 1);
                fault.has_errno(error)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Nothing is there, or it is not known.
    fn received<T: core::fmt::Debug>(fault: Fault, result: Result<T, RecvError>) -> Effect {
        match result {
            Err(RecvError::Empty) => Effect::Success,
            Err(RecvError::Failed(error)) => fault.has_errno(error),
            other => panic!("{other:?}"),
        }
    }

    fn box_receive(fault: Fault) -> Effect {
        let (sender, receiver) = box_channel().expect("a pipe");
        sender.send(Box::new(1)).expect("send");
        let result = fault.with_fault(|| receiver.try_recv());
        assert_eq!(receiver.try_recv(), Ok(Box::new(1)));
        received(fault, result)
    }

    fn box_sleep(fault: Fault) -> Effect {
        let (sender, receiver) = box_channel().expect("a pipe");
        let result = fault.with_fault(|| receiver.recv_timeout(Duration::from_millis(50)));
        sender.send(Box::new(1)).expect("send");
        assert_eq!(receiver.recv(), Ok(Box::new(1)));
        received(fault, result)
    }

    /// The message is in the queue; the receiver does not know.
    fn send(fault: Fault) -> Effect {
        let (sender, receiver) = channel().expect("a notifier");
        let result = fault.with_fault(|| sender.send(1));
        sender.send(2).expect("send");
        assert_eq!([receiver.recv(), receiver.recv()], [Ok(1), Ok(2)]);
        assert_eq!(receiver.try_recv(), Err(RecvError::Empty));
        match result {
            Ok(()) => Effect::Success,
            Err(SendError::NotWoken(error)) => fault.has_errno(error),
            other => panic!("{other:?}"),
        }
    }

    /// A drop cannot report.
    fn last_sender(fault: Fault) -> Effect {
        let (sender, receiver) = channel::<u8>().expect("a notifier");
        fault.with_fault(move || drop(sender));
        let readable = Multiplexer::new(Kind::Poll, receiver.as_raw_fd()).wait(0);
        assert_eq!(receiver.recv(), Err(RecvError::Disconnected));
        match readable {
            true => Effect::Success,
            false => Effect::Unwoken,
        }
    }

    fn receive(fault: Fault) -> Effect {
        let (sender, receiver) = channel().expect("a notifier");
        sender.send(1).expect("send");
        assert_eq!(receiver.try_recv(), Ok(1));
        // Now it clears, since it finds nothing.
        let result = fault.with_fault(move || (receiver.try_recv(), receiver));
        let (result, receiver) = result;
        sender.send(2).expect("send");
        assert_eq!(receiver.recv(), Ok(2));
        received(fault, result)
    }

    /// A descriptor that has just been drained is not full.
    const NOT_FULL: Expected = Expected::always(Effect::Success).untried(&[EAGAIN]);

    /// A receiver that may not write takes all messages, and never sleeps beside one.
    fn receive_all(fault: Fault) -> Effect {
        const EACH: usize = 5_000;
        for polls in [false, true] {
            let (sender, receiver) = channel().expect("a notifier");
            let received = thread::scope(|scope| {
                (0..3).for_each(|_| {
                    let sender = sender.clone();
                    scope.spawn(move || {
                        for number in 0..EACH {
                            sender.send(number).expect("send");
                            // So that the receiver finds nothing, again and again.
                            thread::yield_now();
                        }
                    });
                });
                drop(sender);
                fault.with_fault(move || {
                    if !polls {
                        return receiver.iter().count();
                    }
                    let set = Multiplexer::new(Kind::Poll, receiver.as_raw_fd());
                    let mut received = 0;
                    while !receiver.is_disconnected() {
                        assert!(set.wait(FOREVER));
                        received += receiver.drain().count();
                    }
                    received
                })
            });
            assert_eq!(received, 3 * EACH);
        }
        Effect::Success
    }

    fn sleep(fault: Fault) -> Effect {
        let (sender, receiver) = channel().expect("a notifier");
        let (result, receiver) =
            fault.with_fault(move || (receiver.recv_timeout(Duration::from_secs(1)), receiver));
        sender.send(1).expect("send");
        assert_eq!(receiver.recv(), Ok(1));
        received(fault, result)
    }
}

#[cfg(not(all(feature = "channel", feature = "pipe-channel")))]
mod channels {
    pub(super) static ROWS: &[wakefd_conformance::faults::Row] = &[];
}
