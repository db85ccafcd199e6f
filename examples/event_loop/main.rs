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
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use wakefd::AutoNotifier;

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
    let wake_up = || Source::reading(inbox.notifier);
    multiplexer.add(wake_up())?;

    let mut shown = Instant::now();
    while !tally.all_done() {
        let sources: Vec<_> = iter::once(wake_up()).chain(server.sources()).collect();
        let ready = match multiplexer.wait(&sources) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        };
        for fd in ready {
            if fd != inbox.notifier.as_raw_fd() {
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

/// Starts the threads, runs the loop, and shows the counts.
fn run(options: &Options) -> io::Result<ExitCode> {
    let notifier = AutoNotifier::with(options.selection).unwrap_or_else(|error| fail(error));
    let multiplexer = Multiplexer::new(options.multiplexer)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let mut server = Server::new(listener, &multiplexer)?;
    let (sender, queue) = mpsc::channel();
    let enough = AtomicBool::new(false);
    let tally = Tally::new(options.producers, CLIENTS);

    let tally = thread::scope(|scope| {
        let notifier = &notifier;
        let inbox = Inbox { queue, notifier };
        let queue = sender;
        let outbox = Outbox { queue, notifier };
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
    let mut rows = table::of_notifier(notifier.mechanism(), options.multiplexer);
    rows.extend(tally.rows());
    table::print(&rows)?;
    Ok(ExitCode::from(u8::from(!tally.is_flawless())))
}

fn main() -> ExitCode {
    let mut options = Options::default();
    if let Err(error) = options::parse(HELP, |name, arguments| options.set(name, arguments)) {
        eprintln!("{error}; see --help");
        return ExitCode::from(2);
    }
    run(&options).unwrap_or_else(|error| fail(error))
}
