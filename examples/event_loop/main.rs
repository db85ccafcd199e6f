//! An event loop in one thread that serves sockets and receives messages from other threads,
//! and sleeps when there is nothing to do.
//!
//! The loop runs a TCP echo server, which echo clients keep busy, while producers post
//! numbered messages through a queue. `epoll_wait` cannot wait for a queue, but it can wait
//! for the notifier's descriptor. The program has no time-out, so a single lost wake-up would
//! leave the loop asleep for ever.
//!
//! ```text
//! cargo run --release --example event_loop -- --backend pipe --multiplexer poll
//! ```
//!
//! `one_loop.rs` in this directory adds signals, children and a timer to the same loop.
// These lints are for the crate, which is no_std. This program uses std.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

mod echo;
mod messages;
mod multiplexer;
mod options;
mod select;
mod table;
mod tally;
mod threads;

use std::io::{self, ErrorKind};
use std::iter;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::io::{AsFd, AsRawFd};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use lexopt::ValueExt;
use wakefd::{AutoNotifier, Waker};

use echo::Server;
use messages::{Inbox, Message, Outbox};
use multiplexer::{Multiplexer, Source};
use options::Options;
use tally::Tally;
use threads::{fail, spawn};

const HELP: &str = "\
Serves an echo server and a million messages in one thread, without time-outs.

Usage: event_loop [OPTIONS]

  --backend auto|eventfd|pipe       what the notifier is made of (auto)
  --messages N                      messages that are sent in all (1000000)
  --producers N                     threads that send them (4)
  --multiplexer epoll|poll|select   what the loop sleeps in (epoll)
  --with notifier|waker|channel     what brings the messages (notifier): a queue and a
                                    notifier, the same with a waker around it, or a channel
                                    (only if built with --features channel)
  --help                            this text

Exit status: 0 if every message arrived once and every echo was right, 1 if not,
2 for a bad command line.
";

/// The number of echo clients. Each has its own thread.
const CLIENTS: u16 = 2;

/// Runs the loop until every producer and client has reported its end, which also comes
/// through the queue.
fn event_loop(
    multiplexer: &Multiplexer,
    inbox: &Inbox<'_>,
    server: &mut Server<'_>,
    mut tally: Tally,
    enough: &AtomicBool,
) -> io::Result<Tally> {
    let wake_up = || Source::reading(inbox);
    multiplexer.add(wake_up())?;

    let mut shown = Instant::now();
    while !tally.all_done() {
        let sources: Vec<_> = iter::once(wake_up()).chain(server.sources()).collect();
        let ready = match multiplexer.wait(&sources) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        };
        for fd in ready {
            if fd != inbox.as_fd().as_raw_fd() {
                server.turn(fd)?;
                continue;
            }
            inbox.take(&mut tally)?;
            if shown.elapsed() > Duration::from_millis(100) {
                shown = Instant::now();
                tally.show_progress();
            }
            enough.store(tally.producers_left == 0, Ordering::Relaxed);
        }
    }
    Ok(tally)
}

/// What brings the messages.
#[derive(Clone, Copy)]
enum With {
    Notifier,
    Waker,
    #[cfg(feature = "channel")]
    Channel,
}

impl With {
    fn parse(name: &str) -> Result<Self, &'static str> {
        match name {
            "notifier" => Ok(With::Notifier),
            "waker" => Ok(With::Waker),
            #[cfg(feature = "channel")]
            "channel" => Ok(With::Channel),
            #[cfg(not(feature = "channel"))]
            "channel" => Err("in this build, which wants --features channel for it"),
            _ => Err("not notifier, waker or channel"),
        }
    }
}

/// Starts the threads, runs the loop, and shows the counts.
fn run(options: &Options, with: With) -> io::Result<ExitCode> {
    let notifier = AutoNotifier::with(options.selection).unwrap_or_else(|error| fail(error));
    let mechanism = notifier.mechanism();
    let waker = Waker::new(notifier);
    let queue = |wake| {
        let (sender, receiver) = mpsc::channel();
        (Outbox::Queue(sender, wake), Inbox::Queue(receiver, wake))
    };
    let (outbox, inbox) = match with {
        With::Notifier => queue(waker.notifier()),
        With::Waker => queue(&waker),
        #[cfg(feature = "channel")]
        With::Channel => {
            let (sender, receiver) =
                wakefd::channel_on(AutoNotifier::at(mechanism).unwrap_or_else(|error| fail(error)));
            (Outbox::Channel(sender), Inbox::Channel(receiver))
        }
    };
    let multiplexer = Multiplexer::new(options.multiplexer)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let mut server = Server::new(listener, &multiplexer)?;
    let enough = AtomicBool::new(false);
    let tally = Tally::new(options.producers, CLIENTS);

    let tally = thread::scope(|scope| {
        for (producer, share) in options.shares() {
            let outbox = outbox.clone();
            spawn(scope, move || outbox.send_all(producer, 0..share));
        }
        for _ in 0..CLIENTS {
            let (outbox, enough) = (outbox.clone(), &enough);
            spawn(scope, move || {
                let round_trips = echo::client(address, enough).unwrap_or_else(|error| fail(error));
                outbox.send(Message::ClientDone { round_trips });
            });
        }
        event_loop(&multiplexer, &inbox, &mut server, tally, &enough)
            .unwrap_or_else(|error| fail(error))
    });
    let mut rows = table::of_notifier(mechanism, options.multiplexer);
    rows.extend(tally.rows());
    table::print(&rows)?;
    Ok(ExitCode::from(u8::from(!tally.is_flawless())))
}

fn main() -> ExitCode {
    let (mut options, mut with) = (Options::default(), With::Notifier);
    let parsed = options::parse(HELP, |name, arguments| match name {
        "with" => {
            with = arguments.value()?.parse_with(With::parse)?;
            Ok(true)
        }
        _ => options.set(name, arguments),
    });
    if let Err(error) = parsed {
        eprintln!("{error}; see --help");
        return ExitCode::from(2);
    }
    run(&options, with).unwrap_or_else(|error| fail(error))
}
