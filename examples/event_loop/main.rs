//! One thread that serves sockets and takes messages from other threads, and
//! sleeps whenever there is neither: the program this crate is for.
//!
//! The loop runs a TCP echo server, kept busy by echo clients, while producers
//! post numbered messages through a queue. A queue is nothing that `epoll_wait`
//! could wait for; the notifier's descriptor is. There is no time-out anywhere,
//! so one lost wake-up would leave the loop asleep for ever.
//!
//! ```text
//! cargo run --release --example event_loop -- --backend pipe --multiplexer poll
//! ```
// These lints are for the crate, which is no_std.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

mod echo;
mod multiplexer;
mod options;
mod select;
mod tally;

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::iter;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{self, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, Scope};

use wakefd::{AutoNotifier, Notifier};

use echo::Server;
use multiplexer::{Multiplexer, Source};
use options::Options;
use tally::Tally;

/// The echo clients, each in a thread of its own.
const CLIENTS: u16 = 2;

/// How many messages the loop takes before it looks after its sockets again.
const BATCH: usize = 1024;

/// What the other threads have to say to the loop.
enum Message {
    /// The numbers of each producer count up from zero.
    Numbered { producer: u16, number: u64 },
    /// A producer has sent so many, and ends.
    ProducerDone { sent: u64 },
    /// An echo client has made so many round trips, and ends.
    ClientDone { round_trips: u64 },
}

/// The way to the loop: a queue, and the notifier that wakes the loop for it.
#[derive(Clone)]
struct Outbox<'a> {
    queue: Sender<Message>,
    notifier: &'a AutoNotifier,
}

impl Outbox<'_> {
    /// Publish, then notify. The other way round, the loop could wake up, find
    /// nothing and go back to sleep, and only then would the message come.
    fn send(&self, message: Message) {
        self.queue.send(message).unwrap_or_else(|error| fail(error));
        self.notifier.notify().unwrap_or_else(|error| fail(error));
    }
}

/// The loop. It ends when every producer and client has said that it is done;
/// that, too, comes through the queue.
fn event_loop(
    multiplexer: &Multiplexer,
    notifier: &AutoNotifier,
    inbox: &Receiver<Message>,
    server: &mut Server<'_>,
    mut tally: Tally,
    enough: &AtomicBool,
) -> io::Result<Tally> {
    let wake_up = || Source::reading(notifier);
    multiplexer.add(wake_up())?;

    while !tally.all_done() {
        let sources: Vec<_> = iter::once(wake_up()).chain(server.sources()).collect();
        let ready = match multiplexer.wait(&sources) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            result => result?,
        };
        for fd in ready {
            if fd != notifier.as_raw_fd() {
                server.turn(fd)?;
                continue;
            }
            // Clear, then look. The other way round, a message posted in between
            // would lose its wake-up to the `clear`.
            if notifier.clear()? {
                tally.wake_ups += 1;
            }
            let batch = inbox.try_iter().take(BATCH);
            if batch.map(|message| tally.count(message)).count() == BATCH {
                // More may be left, and has no wake-up any more. Taking it all
                // could starve the sockets, so give it one.
                notifier.notify()?;
            }
            tally.show_progress();
            enough.store(tally.producers_left == 0, Ordering::Relaxed);
        }
    }
    Ok(tally)
}

/// Starts everybody, runs the loop, and shows what has come of it.
fn run(options: &Options) -> io::Result<ExitCode> {
    let notifier = AutoNotifier::with(options.selection).unwrap_or_else(|error| fail(error));
    let multiplexer = Multiplexer::new(options.multiplexer)?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let mut server = Server::new(listener, &multiplexer)?;
    let (queue, inbox) = mpsc::channel();
    let enough = AtomicBool::new(false);
    let tally = Tally::new(options.producers, CLIENTS);

    let tally = thread::scope(|scope| {
        let notifier = &notifier;
        let outbox = Outbox { queue, notifier };
        for (producer, sent) in options.shares() {
            let outbox = outbox.clone();
            spawn(scope, move || {
                for number in 0..sent {
                    outbox.send(Message::Numbered { producer, number });
                }
                outbox.send(Message::ProducerDone { sent });
            });
        }
        for _ in 0..CLIENTS {
            let (outbox, enough) = (outbox.clone(), &enough);
            spawn(scope, move || {
                let round_trips = echo::client(address, enough).unwrap_or_else(|error| fail(error));
                outbox.send(Message::ClientDone { round_trips });
            });
        }
        event_loop(&multiplexer, notifier, &inbox, &mut server, tally, &enough)
            .unwrap_or_else(|error| fail(error))
    });
    tally.print(notifier.rung(), options.multiplexer)?;
    Ok(ExitCode::from(u8::from(!tally.is_flawless())))
}

/// As the scope's own `spawn`, which panics if there are too many threads.
fn spawn<'scope>(scope: &'scope Scope<'scope, '_>, work: impl FnOnce() + Send + 'scope) {
    let spawned = thread::Builder::new().spawn_scoped(scope, work);
    spawned.unwrap_or_else(|error| fail(format_args!("cannot start a thread: {error}")));
}

/// Ends the program, from whichever thread: the others cannot go on alone.
fn fail(error: impl Display) -> ! {
    eprintln!("{error}");
    process::exit(1);
}

fn main() -> ExitCode {
    let options = match Options::from_env() {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}; see --help");
            return ExitCode::from(2);
        }
    };
    run(&options).unwrap_or_else(|error| fail(error))
}
