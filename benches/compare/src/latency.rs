//! How long a message is on its way, beside how many there are a second.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_queue::SegQueue;

use crate::peers::mio::Mio;
use crate::peers::queued::Queued;
use crate::peers::threads::Crossbeam;
use crate::peers::tokio::MpscLoop;
use crate::peers::wakefd::{ChannelLoop, EventFd, Pipe, Spinning, WakerLoop};
use crate::peers::{Channel, Sending, Tally};
use crate::place;
use crate::report::{Table, header, number};

/// Sends so many messages, one in each interval, and returns how long each was on its way,
/// the shortest first.
type Run = fn(interval: Duration, messages: u64) -> Vec<Duration>;

const CONTESTANTS: [(&str, Run); 7] = [
    ("wakefd-channel-eventfd", run::<ChannelLoop<EventFd>>),
    ("wakefd-channel-pipe", run::<ChannelLoop<Pipe>>),
    (
        "wakefd-eventfd+queue",
        run::<Queued<WakerLoop<EventFd>, SegQueue<usize>>>,
    ),
    (
        "wakefd-eventfd+queue, spinning",
        run::<Queued<WakerLoop<EventFd, Spinning>, SegQueue<usize>>>,
    ),
    ("mio+queue", run::<Queued<Mio, SegQueue<usize>>>),
    ("tokio-mpsc", run::<MpscLoop>),
    ("crossbeam-channel", run::<Crossbeam>),
];

/// At a thousand messages a second, at half of what the contestant can do, and at all of it.
pub(crate) fn table(messages: u64) -> Table {
    let cell = |times: Vec<Duration>| {
        let at = |part: f64| times[((times.len() - 1) as f64 * part).round() as usize];
        let microseconds = |part| number(at(part).as_secs_f64() * 1e6);
        [0.5, 0.99, 0.999, 1.0].map(microseconds).join("/")
    };
    let rows = CONTESTANTS.map(|(who, run)| {
        let begin = Instant::now();
        run(Duration::ZERO, messages);
        let each = begin.elapsed() / u32::try_from(messages).expect("a smaller number");
        vec![
            who.to_owned(),
            cell(run(Duration::from_millis(1), 500)),
            cell(run(each * 2, messages)),
            cell(run(Duration::ZERO, messages)),
        ]
    });
    Table {
        title: "Latency".to_owned(),
        text: "microseconds from sending to receipt, one producer: median / 99 % / 99.9 % / worst"
            .to_owned(),
        header: header(&["who", "1,000 a second", "half load", "full load"]),
        rows: rows.to_vec(),
    }
}

fn run<C: Channel>(interval: Duration, messages: u64) -> Vec<Duration> {
    place::pin(0);
    let (sender, mut receiver) = C::new();
    let began = Instant::now();
    let mut tally = Tally::timed(messages, began);
    thread::scope(|scope| {
        scope.spawn(move || {
            place::pin(1);
            let first = began.elapsed();
            for number in 0..u32::try_from(messages).expect("a smaller number") {
                sleep_until(began, first + interval * number);
                sender.send(began.elapsed().as_nanos() as usize);
            }
        });
        receiver.receive(&mut tally);
    });
    let mut times = tally.times;
    times.sort_unstable();
    times
}

/// Sleeps for the most of it, and then looks at the clock.
fn sleep_until(began: Instant, when: Duration) {
    const ROUGHLY: Duration = Duration::from_micros(200);
    if let Some(rest) = when.checked_sub(began.elapsed() + ROUGHLY) {
        thread::sleep(rest);
    }
    while began.elapsed() < when {
        std::hint::spin_loop();
    }
}
