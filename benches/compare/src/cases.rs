//! What is measured, and who takes part.

use std::hint::black_box;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Barrier, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use concurrent_queue::ConcurrentQueue;
use crossbeam_queue::SegQueue;

use crate::peers::bare::{HandWritten, Load, Nix, Rustix, Swap, VmmSysUtil};
use crate::peers::calloop::PingLoop;
use crate::peers::glib::Glib;
use crate::peers::libevent::Libevent;
use crate::peers::libuv::Libuv;
use crate::peers::mio::Mio;
use crate::peers::polling::Polling;
use crate::peers::queued::{Both, Locked, Queued};
use crate::peers::threads::{Crossbeam, StdMpsc};
use crate::peers::tokio::NotifyLoop;
use crate::peers::wakefd::{
    ChannelLoop, Edge, EventFd, NotifierLoop, Pipe, PollLoop, Published, WakerLoop,
};
use crate::peers::{Channel, Loop, Sending, Tally, Wake};
use crate::peers::{async_io, calloop, tokio};
use crate::place;
use crate::sys::glib;

pub(crate) const PENDING: &str = "notify-while-pending";
pub(crate) const BUSY: &str = "wake-busy-loop";
pub(crate) const SLEEPING: &str = "wake-sleeping-loop";
pub(crate) const ONE_CORE: &str = "wake-sleeping-loop-one-core";
pub(crate) const ONE_PRODUCER: &str = "messages-1-producer";
pub(crate) const FOUR_PRODUCERS: &str = "messages-4-producers";
pub(crate) const CREATE: &str = "create-and-drop";

/// With whom the others are compared: here, and where there are messages.
pub(crate) const WAKEFD: &str = "wakefd-eventfd";
pub(crate) const CHANNEL: &str = "wakefd-channel-eventfd";
/// In an edge-triggered set, as some peers have it.
pub(crate) const WAKEFD_EDGE: &str = "wakefd-edge-eventfd";
/// The same on a pipe.
pub(crate) const WAKEFD_PIPE: &str = "wakefd-pipe";
pub(crate) const CHANNEL_PIPE: &str = "wakefd-channel-pipe";

/// Does an operation so many times, on what it makes anew, and says how long the
/// operations took.
pub(crate) type Run = fn(u64) -> Duration;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) base: &'static str,
    /// Whether a round has the same number of operations for everybody, as its
    /// length decides how long queues grow; else it takes the same time.
    pub(crate) messages: bool,
    pub(crate) contestants: Vec<(&'static str, Run)>,
}

/// Everybody who has a loop.
macro_rules! loops {
    ($run:ident) => {
        vec![
            ("wakefd-eventfd", $run::<WakerLoop<EventFd>> as Run),
            ("wakefd-pipe", $run::<WakerLoop<Pipe>>),
            ("wakefd-edge-eventfd", $run::<WakerLoop<EventFd, Edge>>),
            ("wakefd-edge-pipe", $run::<WakerLoop<Pipe, Edge>>),
            ("wakefd-bare-eventfd", $run::<NotifierLoop<EventFd>>),
            ("wakefd-bare-pipe", $run::<NotifierLoop<Pipe>>),
            ("wakefd-poll-eventfd", $run::<PollLoop<EventFd>>),
            ("hand-written", $run::<HandWritten>),
            ("nix", $run::<Nix>),
            ("vmm-sys-util", $run::<VmmSysUtil>),
            ("rustix", $run::<Rustix>),
            ("mio", $run::<Mio>),
            ("polling", $run::<Polling>),
            ("calloop-ping", $run::<PingLoop>),
            ("tokio", $run::<NotifyLoop>),
            ("async-io", $run::<async_io::UnitLoop>),
            ("glib", $run::<Glib>),
            ("libuv", $run::<Libuv>),
            ("libevent", $run::<Libevent>),
        ]
    };
}

/// Everybody who has a channel, or a loop and a queue.
macro_rules! channels {
    ($run:ident) => {
        vec![
            (
                "wakefd-channel-eventfd",
                $run::<ChannelLoop<EventFd>> as Run,
            ),
            ("wakefd-channel-pipe", $run::<ChannelLoop<Pipe>>),
            (
                "wakefd-eventfd+queue",
                $run::<Queued<WakerLoop<EventFd>, SegQueue<usize>>>,
            ),
            (
                "wakefd-pipe+queue",
                $run::<Queued<WakerLoop<Pipe>, SegQueue<usize>>>,
            ),
            (
                "wakefd-eventfd+lock",
                $run::<Queued<WakerLoop<EventFd>, Locked>>,
            ),
            (
                "wakefd-eventfd+concurrent-queue",
                $run::<Queued<WakerLoop<EventFd>, ConcurrentQueue<usize>>>,
            ),
            (
                "wakefd-eventfd+crossbeam-channel",
                $run::<Queued<WakerLoop<EventFd>, Both>>,
            ),
            (
                "hand-written+queue",
                $run::<Queued<HandWritten, SegQueue<usize>>>,
            ),
            ("crossbeam-channel", $run::<Crossbeam>),
            ("std-mpsc", $run::<StdMpsc>),
            ("calloop-channel", $run::<calloop::ChannelLoop>),
            ("mio+queue", $run::<Queued<Mio, SegQueue<usize>>>),
            ("polling+queue", $run::<Queued<Polling, SegQueue<usize>>>),
            ("tokio-mpsc", $run::<tokio::MpscLoop>),
            ("async-channel", $run::<async_io::ChannelLoop>),
            ("glib+GAsyncQueue", $run::<Queued<Glib, glib::Queue>>),
            ("libuv+lock", $run::<Queued<Libuv, Locked>>),
            ("libevent+lock", $run::<Queued<Libevent, Locked>>),
        ]
    };
}

pub(crate) fn all() -> Vec<Case> {
    let case = |name, what, contestants| Case {
        name,
        what,
        base: WAKEFD,
        messages: false,
        contestants,
    };
    let messages = |name, what, contestants| Case {
        name,
        what,
        base: CHANNEL,
        messages: true,
        contestants,
    };
    let mut pending = loops!(pending);
    pending.push(("wakefd-published-eventfd", pending_of::<Published>));
    pending.push(("atomic-swap", pending_of::<Swap>));
    pending.push(("atomic-load", pending_of::<Load>));
    let mut create = loops!(create);
    // A channel is all that it makes: its reactor is there once for all.
    create.retain(|&(who, _)| who != "async-io");
    vec![
        case(
            PENDING,
            "a notification is pending and unread; another one",
            pending,
        ),
        case(
            BUSY,
            "a loop that is awake is woken, and takes that before it sleeps",
            loops!(busy),
        ),
        case(
            SLEEPING,
            "two sleeping loops wake each other, each on a core of its own: a round trip",
            loops!(sleeping),
        ),
        case(ONE_CORE, "the same on one core", loops!(sleeping_one_core)),
        messages(
            ONE_PRODUCER,
            "messages from one thread to a loop: each",
            channels!(one_producer),
        ),
        messages(
            FOUR_PRODUCERS,
            "messages from four threads to a loop: each",
            channels!(four_producers),
        ),
        case(
            CREATE,
            "a loop (its epoll set or whatever it has) and its waker, made and dropped",
            create,
        ),
    ]
}

fn pending<L: Loop>(times: u64) -> Duration {
    notify(&L::new().waker(), times)
}

fn pending_of<W: Wake + Default>(times: u64) -> Duration {
    notify(&W::default(), times)
}

/// In a second thread: some libcs lock for less in a process that has only one.
fn notify<W: Wake>(waker: &W, times: u64) -> Duration {
    let waker = waker.clone();
    thread::scope(|scope| {
        let notifying = scope.spawn(move || {
            place::pin(1);
            waker.wake();
            let begin = Instant::now();
            for _ in 0..times {
                black_box(&waker).wake();
            }
            begin.elapsed()
        });
        notifying.join().unwrap()
    })
}

/// The loop wakes itself once more each time that it has taken a wake-up, so
/// that there is always one before it would sleep.
fn busy<L: Loop>(times: u64) -> Duration {
    place::pin(0);
    let mut woken = L::new();
    let waker = woken.waker();
    let mut left = times;
    waker.wake();
    let begin = Instant::now();
    woken.serve(|| {
        left -= 1;
        if left > 0 {
            waker.wake();
        }
        left > 0
    });
    begin.elapsed()
}

fn sleeping<L: Loop>(times: u64) -> Duration {
    ping_pong::<L>(times, 1)
}

fn sleeping_one_core<L: Loop>(times: u64) -> Duration {
    ping_pong::<L>(times, 0)
}

/// Each side publishes whose turn it is, then wakes, and looks at that when it is woken: a
/// wake-up says that there may be something, and may come once more than it was asked for.
fn ping_pong<L: Loop>(times: u64, other_core: usize) -> Duration {
    let turns = [AtomicBool::new(false), AtomicBool::new(false)];
    let [to_there, to_here] = &turns;
    place::pin(0);
    let mut here = L::new();
    let waker = here.waker();
    let (give, take) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            place::pin(other_core);
            let mut there = L::new();
            give.send(there.waker()).unwrap();
            let mut left = times;
            there.serve(|| {
                if to_there.swap(false, Ordering::Acquire) {
                    to_here.store(true, Ordering::Release);
                    waker.wake();
                    left -= 1;
                }
                left > 0
            });
        });
        let other = take.recv().unwrap();
        let mut left = times;
        let begin = Instant::now();
        to_there.store(true, Ordering::Release);
        other.wake();
        here.serve(|| {
            if to_here.swap(false, Ordering::Acquire) {
                left -= 1;
                if left > 0 {
                    to_there.store(true, Ordering::Release);
                    other.wake();
                }
            }
            left > 0
        });
        begin.elapsed()
    })
}

fn one_producer<C: Channel>(times: u64) -> Duration {
    messages::<C>(times, 1)
}

fn four_producers<C: Channel>(times: u64) -> Duration {
    messages::<C>(times, 4)
}

/// The consumer has a core for itself, if there is more than one; the producers
/// share the others.
pub(crate) fn messages<C: Channel>(times: u64, producers: usize) -> Duration {
    place::pin(0);
    let each = (usize::try_from(times).unwrap() / producers).max(1);
    let (sender, mut receiver) = C::new();
    let mut tally = Tally::of((each * producers) as u64);
    let start = Barrier::new(producers + 1);
    thread::scope(|scope| {
        let sending = |number| {
            let (sender, start) = (sender.clone(), &start);
            scope.spawn(move || {
                let others = (place::count() - 1).max(1);
                place::pin(1 + number % others);
                start.wait();
                let begin = Instant::now();
                (0..each).for_each(|message| sender.send(message));
                begin
            })
        };
        let threads: Vec<_> = (0..producers).map(sending).collect();
        start.wait();
        receiver.receive(&mut tally);
        let end = Instant::now();
        assert_eq!(tally.sum, each * (each - 1) / 2 * producers);
        let begins = threads.into_iter().map(|thread| thread.join().unwrap());
        end - begins.min().unwrap()
    })
}

fn create<L: Loop>(times: u64) -> Duration {
    place::pin(0);
    let begin = Instant::now();
    for _ in 0..times {
        black_box(L::new());
    }
    begin.elapsed()
}
