//! What a device with one core pays for each message: context switches, system calls and
//! processor time, at rates at which the loop sleeps, sometimes or always.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_queue::SegQueue;

use crate::count;
use crate::peers::bare::HandWritten;
use crate::peers::calloop;
use crate::peers::libuv::Libuv;
use crate::peers::mio::Mio;
use crate::peers::polling::Polling;
use crate::peers::queued::{Locked, Queued};
use crate::peers::threads::{Crossbeam, StdMpsc};
use crate::peers::tokio::MpscLoop;
use crate::peers::wakefd::{ChannelLoop, EventFd, Pipe, WakerLoop};
use crate::peers::{Channel, Sending, Tally};
use crate::place;
use crate::report::{Table, header, number};
use crate::sys::usage::Usage;

/// How many messages come in a second, and how many are sent.
#[derive(Clone, Copy)]
struct Load {
    rate: u32,
    messages: u32,
}

/// A second of each, or half of it.
const LOADS: [Load; 3] = [
    Load {
        rate: 10,
        messages: 10,
    },
    Load {
        rate: 1_000,
        messages: 1_000,
    },
    Load {
        rate: 100_000,
        messages: 50_000,
    },
];

impl Load {
    /// The producer sleeps a millisecond at least: from 1,000 messages a second on, messages
    /// come in bursts, as from a device that interrupts so often.
    fn interval(self) -> Duration {
        Duration::from_secs(1) / self.rate.min(1_000)
    }

    fn burst(self) -> u32 {
        (self.rate / 1_000).max(1)
    }
}

type Run = fn(Load) -> Usage;

const CONTESTANTS: [(&str, Run); 11] = [
    ("wakefd-channel-eventfd", run::<ChannelLoop<EventFd>>),
    ("wakefd-channel-pipe", run::<ChannelLoop<Pipe>>),
    (
        "wakefd-eventfd+queue",
        run::<Queued<WakerLoop<EventFd>, SegQueue<usize>>>,
    ),
    (
        "hand-written+queue",
        run::<Queued<HandWritten, SegQueue<usize>>>,
    ),
    ("mio+queue", run::<Queued<Mio, SegQueue<usize>>>),
    ("polling+queue", run::<Queued<Polling, SegQueue<usize>>>),
    ("libuv+lock", run::<Queued<Libuv, Locked>>),
    ("calloop-channel", run::<calloop::ChannelLoop>),
    ("tokio-mpsc", run::<MpscLoop>),
    ("crossbeam-channel", run::<Crossbeam>),
    ("std-mpsc", run::<StdMpsc>),
];

/// Sends at that rate, and returns what this took of the process, less what the producer
/// takes without sending.
fn run<C: Channel>(load: Load) -> Usage {
    place::pin(0);
    let (sender, mut receiver) = C::new();
    let mut tally = Tally::of(load.messages.into());
    let start = &Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(move || {
            start.wait();
            produce(load, |message| sender.send(message));
        });
        start.wait();
        let before = Usage::of_this_process();
        receiver.receive(&mut tally);
        Usage::of_this_process() - before
    })
}

fn pace(load: Load) -> Usage {
    place::pin(0);
    let before = Usage::of_this_process();
    produce(load, |_| ());
    Usage::of_this_process() - before
}

fn produce(load: Load, mut send: impl FnMut(usize)) {
    let begin = Instant::now();
    let mut next = Duration::ZERO;
    for number in 0..load.messages {
        if number % load.burst() == 0 {
            next += load.interval();
            thread::sleep(next.saturating_sub(begin.elapsed()));
        }
        send(number as usize);
    }
}

/// Does nothing but this, for strace.
pub(crate) fn repeat(who: &str, rate: u32, messages: u32) -> Option<()> {
    let (_, run) = CONTESTANTS.into_iter().find(|&(name, _)| name == who)?;
    run(Load { rate, messages });
    Some(())
}

/// The system calls of one message, without the producer's sleep.
fn system_calls(who: &str, load: Load) -> BTreeMap<String, f64> {
    let few = u64::from(load.messages / 2).min(5_000);
    let mut calls = count::system_calls(few, |messages| {
        [
            "--device",
            who,
            &load.rate.to_string(),
            &messages.to_string(),
        ]
        .map(str::to_owned)
    });
    calls.remove("clock_nanosleep");
    calls
}

pub(crate) fn table() -> Table {
    let mut rows = CONTESTANTS.map(|(who, _)| vec![who.to_owned()]);
    for load in LOADS {
        let paced = pace(load);
        for ((who, run), row) in CONTESTANTS.into_iter().zip(&mut rows) {
            let used = run(load) - paced;
            let each = |total: f64| number(total.max(0.0) / f64::from(load.messages));
            let calls = system_calls(who, load).values().fold(0.0, |sum, n| sum + n);
            let cells = [each(used.switches), number(calls), each(used.microseconds)];
            row.push(cells.join("/"));
        }
    }
    Table {
        title: "Device".to_owned(),
        text: "what each message takes of one core, by messages a second: context switches / \
               system calls / µs"
            .to_owned(),
        header: header(&["who", "10", "1,000", "100,000"]),
        rows: rows.to_vec(),
    }
}
