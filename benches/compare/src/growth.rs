//! How the cost of one operation grows: with producers, with notifiers in one set, with the
//! size of a message, with timers, with objects that watch a signal.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel as crossbeam;
use crossbeam_queue::SegQueue;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use signal_hook::iterator::Signals as Hook;
use wakefd::{AutoNotifier, Mechanism, Selection, Signals, Timer};

use crate::cases::messages;
use crate::peers::libuv::Libuv;
use crate::peers::queued::{Locked, Queued};
use crate::peers::threads::{Crossbeam, StdMpsc};
use crate::peers::tokio::MpscLoop;
use crate::peers::wakefd::{ChannelLoop, EventFd, Pipe, WakerLoop};
use crate::place;
use crate::report::{Table, number};
use crate::sys::{epoll, signal};

/// Nanoseconds of one operation against a number of something.
pub(crate) struct Chart {
    pub(crate) title: &'static str,
    /// The number's meaning.
    pub(crate) of: &'static str,
    pub(crate) curves: Vec<(&'static str, Vec<(usize, f64)>)>,
}

impl Chart {
    pub(crate) fn table(&self) -> Table {
        let numbers = self.curves[0].1.iter().map(|(n, _)| n.to_string());
        let row = |(who, points): &(&str, Vec<(usize, f64)>)| {
            let mut row = vec![(*who).to_owned()];
            row.extend(points.iter().map(|&(_, ns)| number(ns)));
            row.resize(1 + self.curves[0].1.len(), "-".to_owned());
            row
        };
        Table {
            title: format!("growth: {}", self.title),
            text: format!("nanoseconds of each, by {}", self.of),
            header: std::iter::once("who".to_owned()).chain(numbers).collect(),
            rows: self.curves.iter().map(row).collect(),
        }
    }
}

/// The median of so many runs.
fn median(repeats: usize, mut run: impl FnMut() -> f64) -> f64 {
    let mut times: Vec<f64> = (0..repeats).map(|_| run()).collect();
    times.sort_by(f64::total_cmp);
    times[repeats / 2]
}

/// Nanoseconds of `operation` on one of `count`, in no order that a cache likes.
fn each_of(count: usize, mut operation: impl FnMut(usize, usize)) -> f64 {
    const TIMES: usize = 20_000;
    let begin = Instant::now();
    for number in 0..TIMES {
        operation(number.wrapping_mul(7919) % count, number);
    }
    begin.elapsed().as_secs_f64() * 1e9 / TIMES as f64
}

pub(crate) fn charts(repeats: usize) -> Vec<Chart> {
    raise_limit();
    vec![
        by_producers(repeats),
        by_size(repeats),
        by_notifiers(repeats),
        by_timers(repeats),
        by_watchers(repeats),
    ]
}

const NUMBERS: [usize; 5] = [1, 10, 100, 1_000, 10_000];

/// Ten thousand pipes need more descriptors than most users may have. Root may have more, and
/// for others that point is left out.
pub(crate) fn raise_limit() {
    let maximum = getrlimit(Resource::Nofile).maximum;
    let to = |limit| {
        let new = Rlimit {
            current: limit,
            maximum: limit,
        };
        setrlimit(Resource::Nofile, new)
    };
    to(Some(65_536))
        .or_else(|_| to(maximum))
        .expect("the limit of descriptors");
}

fn by_producers(repeats: usize) -> Chart {
    const MESSAGES: u64 = 200_000;
    type Run = fn(u64, usize) -> Duration;
    let contestants: [(&str, Run); 7] = [
        ("wakefd-channel-eventfd", messages::<ChannelLoop<EventFd>>),
        ("wakefd-channel-pipe", messages::<ChannelLoop<Pipe>>),
        (
            "wakefd-eventfd+queue",
            messages::<Queued<WakerLoop<EventFd>, SegQueue<usize>>>,
        ),
        ("crossbeam-channel", messages::<Crossbeam>),
        ("std-mpsc", messages::<StdMpsc>),
        ("tokio-mpsc", messages::<MpscLoop>),
        ("libuv+lock", messages::<Queued<Libuv, Locked>>),
    ];
    let each = |run: Run, producers| {
        median(repeats, || {
            run(MESSAGES, producers).as_secs_f64() * 1e9 / MESSAGES as f64
        })
    };
    Chart {
        title: "messages",
        of: "number of producers",
        curves: contestants
            .map(|(who, run)| {
                (
                    who,
                    [1, 2, 4, 8, 16, 32].map(|n| (n, each(run, n))).to_vec(),
                )
            })
            .to_vec(),
    }
}

fn by_size(repeats: usize) -> Chart {
    const MESSAGES: usize = 50_000;
    /// A message of N bytes through a channel that these two use.
    fn pass<const N: usize>(send: impl Fn([u8; N]) + Send, receive: impl Fn() -> [u8; N]) -> f64 {
        place::pin(0);
        let begin = Instant::now();
        thread::scope(|scope| {
            scope.spawn(move || {
                place::pin(1);
                (0..MESSAGES).for_each(|number| send([number as u8; N]));
            });
            for number in 0..MESSAGES {
                assert_eq!(receive()[N - 1], number as u8);
            }
        });
        begin.elapsed().as_secs_f64() * 1e9 / MESSAGES as f64
    }
    fn point<const N: usize>(repeats: usize) -> [(usize, f64); 3] {
        let wakefd = || {
            let (sender, receiver) = wakefd::channel().unwrap();
            pass::<N>(
                move |it| sender.send(it).unwrap(),
                move || receiver.recv().unwrap(),
            )
        };
        let crossbeam = || {
            let (sender, receiver) = crossbeam::unbounded();
            pass::<N>(
                move |it| sender.send(it).unwrap(),
                move || receiver.recv().unwrap(),
            )
        };
        let std = || {
            let (sender, receiver) = mpsc::channel();
            pass::<N>(
                move |it| sender.send(it).unwrap(),
                move || receiver.recv().unwrap(),
            )
        };
        [
            (N, median(repeats, wakefd)),
            (N, median(repeats, crossbeam)),
            (N, median(repeats, std)),
        ]
    }
    let points = [
        point::<8>(repeats),
        point::<64>(repeats),
        point::<256>(repeats),
        point::<1024>(repeats),
        point::<4096>(repeats),
    ];
    let curve = |place: usize| points.iter().map(|point| point[place]).collect();
    Chart {
        title: "message size",
        of: "bytes of a message, with recv",
        curves: vec![
            ("wakefd-channel", curve(0)),
            ("crossbeam-channel", curve(1)),
            ("std-mpsc", curve(2)),
        ],
    }
}

/// Notifies one of many in a set, waits, and clears it.
fn by_notifiers(repeats: usize) -> Chart {
    let each = |selection, count: usize| {
        let notifiers = (0..count).map(|_| AutoNotifier::with(selection));
        let Ok(notifiers) = notifiers.collect::<Result<Vec<_>, _>>() else {
            return None;
        };
        let set = epoll::Epoll::watching_all(notifiers.iter().map(AutoNotifier::as_raw_fd));
        let time = median(repeats, || {
            each_of(count, |index, _| {
                notifiers[index].notify().unwrap();
                assert!(set.wait());
                notifiers[index].clear().unwrap();
            })
        });
        Some(time)
    };
    let curve = |selection| {
        let points = NUMBERS.map(|n| Some((n, each(selection, n)?)));
        points.into_iter().flatten().collect()
    };
    place::pin(0);
    Chart {
        title: "notifiers",
        of: "number of notifiers in one epoll set",
        curves: vec![
            ("wakefd-bare-eventfd", curve(Selection::EventFd)),
            ("wakefd-bare-pipe", curve(Selection::Pipe)),
        ],
    }
}

/// Arms one of many anew.
fn by_timers(repeats: usize) -> Chart {
    let each = |mechanism, count: usize| {
        let timers: Vec<_> = (0..count)
            .map(|_| {
                let timer = Timer::at(mechanism).expect("a timer");
                timer.arm_after(Duration::from_secs(1_000), None).unwrap();
                timer
            })
            .collect();
        median(repeats, || {
            each_of(count, |index, number| {
                let after = Duration::from_secs(1_000 + (number % 1_000) as u64);
                timers[index].arm_after(after, None).unwrap();
            })
        })
    };
    let curve = |mechanism| NUMBERS.map(|n| (n, each(mechanism, n))).to_vec();
    place::pin(0);
    Chart {
        title: "timers",
        of: "number of armed timers",
        curves: vec![
            ("timerfd", curve(Mechanism::TimerFdFlags)),
            ("thread", curve(Mechanism::TimerThread)),
        ],
    }
}

/// Raises a signal that several objects watch, and takes it from all that have it: from each
/// one, or from the first with a signalfd, where the kernel gives it to one.
fn by_watchers(repeats: usize) -> Chart {
    let watching = |mechanism, count: usize| {
        let objects: Vec<_> = (0..count)
            .map(|_| Signals::at(mechanism, [signal::USR1]).expect("signals"))
            .collect();
        let each_sees_it = mechanism == Mechanism::SignalHandler;
        median(repeats, || {
            each_of(1, |_, _| {
                signal::raise_usr1();
                let taken = objects.iter().filter(|it| it.next().unwrap().is_some());
                assert_eq!(taken.count(), if each_sees_it { count } else { 1 });
            })
        })
    };
    let hooked = |count: usize| {
        let mut objects: Vec<_> = (0..count)
            .map(|_| Hook::new([signal::USR1]).expect("signals"))
            .collect();
        median(repeats, || {
            each_of(1, |_, _| {
                signal::raise_usr1();
                let taken = objects.iter_mut().map(|it| it.pending().count());
                assert_eq!(taken.sum::<usize>(), count);
            })
        })
    };
    place::pin(0);
    let curve = |each: &dyn Fn(usize) -> f64| [1, 2, 4, 8, 16, 32].map(|n| (n, each(n))).to_vec();
    Chart {
        title: "signals",
        of: "number of objects that watch a signal, which one thread raises and takes",
        curves: vec![
            (
                "wakefd-handlers",
                curve(&|n| watching(Mechanism::SignalHandler, n)),
            ),
            (
                "wakefd-signalfd",
                curve(&|n| watching(Mechanism::SignalFd4, n)),
            ),
            ("signal-hook", curve(&hooked)),
        ],
    }
}
