//! One loop in one thread for everything that a server waits for: sockets, messages from
//! other threads, the end of child processes, SIGTERM and SIGINT, and a periodic timer. The
//! program has no time-out: every event makes a descriptor ready, on every mechanism.
//!
//! ```text
//! cargo run --release --all-features --example one_loop -- \
//!     --signals signal-handler --timer timer-thread --backend pipe
//! ```
//!
//! `main.rs` in this directory is a smaller program, with sockets and messages only.
// These lints are for the crate, which is no_std. This program uses std.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

mod children;
mod echo;
mod everything;
mod messages;
mod multiplexer;
mod one_options;
mod options;
mod select;
mod table;
mod tally;
mod threads;
mod ticker;

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{self, ExitCode};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;

use rustix::process::{getpid, kill_process, Signal};
use wakefd::{AutoNotifier, Signals};

use children::Children;
use echo::Server;
use everything::{Came, Everything, Told};
use messages::{Inbox, Message, Outbox};
use multiplexer::Multiplexer;
use one_options::Options;
use tally::Tally;
use threads::{fail, spawn};
use ticker::Ticker;

/// The number of echo clients. Each has its own thread.
const CLIENTS: u16 = 2;

/// Starts the threads, runs the loop, and shows the counts. Returns whether a SIGINT has ended
/// the loop.
fn run(options: &Options) -> io::Result<bool> {
    // Create the signals before any thread: threads inherit the mask that this leaves.
    let watched = [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT];
    let signals = match options.signals {
        Some(mechanism) => Signals::at(mechanism, watched)?,
        None => Signals::new(watched)?,
    };
    let common = &options.common;
    let notifier = AutoNotifier::with(common.selection)?;
    let ticker = Ticker::new(options.timer)?;
    let multiplexer = Multiplexer::new(common.multiplexer)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let (sender, queue) = mpsc::channel();
    let told = Told::default();

    let notifier = &notifier;
    let mut all = Everything {
        inbox: Inbox::Queue(queue, notifier),
        server: Server::new(listener, &multiplexer)?,
        multiplexer: &multiplexer,
        signals: &signals,
        ticker,
        children: Children::new(options.children),
        tally: Tally::new(common.producers, CLIENTS),
        came: Came::default(),
        told: &told,
    };
    thread::scope(|scope| {
        let queue = sender;
        let outbox = Outbox::Queue(queue, notifier);
        for (producer, share) in common.shares() {
            let (outbox, stop) = (outbox.clone(), &told.stop);
            let numbers = (0..share).take_while(move |_| !stop.load(Ordering::Relaxed));
            spawn(scope, move || outbox.send_all(producer, numbers));
        }
        for _ in 0..CLIENTS {
            let (outbox, enough) = (outbox.clone(), &told.enough);
            spawn(scope, move || {
                let round_trips = echo::client(address, enough).unwrap_or_else(|error| fail(error));
                outbox.send(Message::ClientDone { round_trips });
            });
        }
        eprintln!("process {}: SIGTERM or SIGINT ends it early", process::id());
        all.run().unwrap_or_else(|error| fail(error));
    });
    let mut rows = table::of_notifier(notifier.mechanism(), common.multiplexer);
    rows.extend(all.rows());
    table::print(&rows)?;
    if !all.is_flawless() {
        fail("something was lost, came twice or was wrong: see above");
    }
    Ok(all.came.interrupt > 0)
}

fn main() -> ExitCode {
    let options = match Options::from_env() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}; see --help");
            return ExitCode::from(2);
        }
    };
    if run(&options).unwrap_or_else(|error| fail(error)) {
        // The handlers and the mask are restored, so this ends the process.
        kill_process(getpid(), Signal::INT).unwrap_or_else(|error| fail(error));
        // Reached only if the program was started with SIGINT ignored.
        return ExitCode::from(130);
    }
    ExitCode::SUCCESS
}
