//! All that a server's one thread has to wait for, in one loop: sockets, messages
//! from other threads, the end of child processes, SIGTERM and SIGINT, and a
//! periodic timer. There is no time-out anywhere: whatever happens makes a
//! descriptor readable, on every rung.
//!
//! ```text
//! cargo run --release --all-features --example one_loop -- \
//!     --signals signal-handler --timer timer-thread --backend pipe
//! ```
//!
//! `main.rs` beside it is the smaller program, with sockets and messages alone.
// These lints are for the crate, which is no_std.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

mod children;
mod echo;
mod messages;
mod multiplexer;
mod one_options;
mod options;
mod select;
mod table;
mod tally;
mod threads;
mod ticker;

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use rustix::process::{getpid, kill_process, Signal};
use wakefd::{AutoNotifier, Signals};

use children::Children;
use echo::Server;
use messages::{Inbox, Message, Outbox};
use multiplexer::{Multiplexer, Source};
use one_options::Options;
use table::Row;
use tally::Tally;
use threads::{fail, spawn};
use ticker::Ticker;

/// The echo clients, each in a thread of its own.
const CLIENTS: u16 = 2;

/// What the other threads are told.
#[derive(Default)]
struct Told {
    /// Producers end.
    stop: AtomicBool,
    /// Echo clients end.
    enough: AtomicBool,
}

/// How often each has come.
#[derive(Default)]
struct Came {
    children: u64,
    terminate: u64,
    interrupt: u64,
    /// Waits that a handler ended, in this thread.
    interrupted_waits: u64,
}

struct Loop<'a> {
    multiplexer: &'a Multiplexer,
    inbox: Inbox<'a>,
    server: Server<'a>,
    signals: &'a Signals,
    ticker: Ticker,
    children: Children,
    tally: Tally,
    came: Came,
    told: &'a Told,
}

impl Loop<'_> {
    /// Until all is done that was begun.
    fn run(&mut self) -> io::Result<()> {
        let own = [
            Source::reading(self.inbox.notifier),
            Source::reading(self.signals),
            Source::reading(&self.ticker.timer),
        ];
        own.into_iter()
            .try_for_each(|source| self.multiplexer.add(source))?;
        while !(self.tally.all_done() && self.children.all_done()) {
            self.turn()?;
        }
        Ok(self.ticker.finish()?)
    }

    /// Sleeps until something happens, and does what is to be done for it.
    fn turn(&mut self) -> io::Result<()> {
        let own = [
            Source::reading(self.inbox.notifier),
            Source::reading(self.signals),
            Source::reading(&self.ticker.timer),
        ];
        let sources: Vec<_> = own.into_iter().chain(self.server.sources()).collect();
        let ready = match self.multiplexer.wait(&sources) {
            // A handler has run, on that rung of signals. What it has to say makes
            // the descriptor readable.
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                self.came.interrupted_waits += 1;
                return Ok(());
            }
            result => result?,
        };
        for fd in ready {
            if fd == self.inbox.notifier.as_raw_fd() {
                self.inbox.take(&mut self.tally)?;
                let enough = self.tally.producers_left == 0;
                self.told.enough.store(enough, Ordering::Relaxed);
            } else if fd == self.signals.as_raw_fd() {
                self.take_signals()?;
            } else if fd == self.ticker.timer.as_raw_fd() {
                if self.ticker.take()? {
                    self.tally.show_progress();
                    self.children.start_next()?;
                }
            } else {
                self.server.turn(fd)?;
            }
        }
        Ok(())
    }

    fn take_signals(&mut self) -> io::Result<()> {
        while let Some(signal) = self.signals.next()? {
            match signal.number() {
                libc::SIGCHLD => {
                    self.came.children += 1;
                    self.children.reap()?;
                    continue;
                }
                libc::SIGTERM => self.came.terminate += 1,
                _ => self.came.interrupt += 1,
            }
            // Nothing new. The producers say when they have ended, as ever.
            self.told.stop.store(true, Ordering::Relaxed);
            self.children.start_no_more();
        }
        Ok(())
    }

    fn is_flawless(&self) -> bool {
        self.tally.is_flawless() && self.children.is_flawless() && self.ticker.is_flawless()
    }

    fn rows(&self) -> Vec<Row> {
        let mut rows = vec![
            ("signals", self.signals.rung().to_string()),
            ("SIGCHLD", self.came.children.to_string()),
            ("SIGTERM", self.came.terminate.to_string()),
            ("SIGINT", self.came.interrupt.to_string()),
            ("interrupted waits", self.came.interrupted_waits.to_string()),
        ];
        rows.extend(self.children.rows());
        rows.extend(self.ticker.rows());
        rows.extend(self.tally.rows());
        rows
    }
}

/// Starts everybody, runs the loop, and shows what has come of it. Says whether a
/// SIGINT has ended it.
fn run(options: &Options) -> io::Result<bool> {
    // Before any thread: each gets the mask that this leaves.
    let watched = [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT];
    let signals = match options.signals {
        Some(rung) => Signals::at(rung, watched)?,
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
    let mut all = Loop {
        inbox: Inbox { queue, notifier },
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
        let outbox = Outbox { queue, notifier };
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
    let mut rows = table::of_notifier(notifier.rung(), common.multiplexer);
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
        // The handlers and the mask are what they were, so this ends the process.
        kill_process(getpid(), Signal::INT).unwrap_or_else(|error| fail(error));
        // Unless it was started with SIGINT ignored.
        return ExitCode::from(130);
    }
    ExitCode::SUCCESS
}
