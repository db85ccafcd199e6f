//! The loop's thread: everything that it waits for, and the one place where it sleeps.

use std::io::{self, ErrorKind};
use std::os::unix::io::{AsFd, AsRawFd};
use std::sync::atomic::{AtomicBool, Ordering};

use wakefd::Signals;

use crate::children::Children;
use crate::echo::Server;
use crate::messages::Inbox;
use crate::multiplexer::{Multiplexer, Source};
use crate::table::Row;
use crate::tally::Tally;
use crate::ticker::Ticker;

/// Flags that tell other threads to end.
#[derive(Default)]
pub(crate) struct Told {
    /// Tells the producers to end.
    pub(crate) stop: AtomicBool,
    /// Tells the echo clients to end.
    pub(crate) enough: AtomicBool,
}

/// The number of signals of each kind that came.
#[derive(Default)]
pub(crate) struct Came {
    pub(crate) children: u64,
    pub(crate) terminate: u64,
    pub(crate) interrupt: u64,
    /// Waits of this thread that a signal handler interrupted.
    pub(crate) interrupted_waits: u64,
}

pub(crate) struct Everything<'a> {
    pub(crate) multiplexer: &'a Multiplexer,
    pub(crate) inbox: Inbox<'a>,
    pub(crate) server: Server<'a>,
    pub(crate) signals: &'a Signals,
    pub(crate) ticker: Ticker,
    pub(crate) children: Children,
    pub(crate) tally: Tally,
    pub(crate) came: Came,
    pub(crate) told: &'a Told,
}

impl Everything<'_> {
    /// Runs the loop until all work that was begun is done.
    pub(crate) fn run(&mut self) -> io::Result<()> {
        for source in self.own_sources() {
            self.multiplexer.add(source)?;
        }
        while !(self.tally.all_done() && self.children.all_done()) {
            self.turn()?;
        }
        Ok(self.ticker.finish()?)
    }

    /// Returns the descriptors other than the sockets.
    fn own_sources(&self) -> [Source<'_>; 3] {
        [
            Source::reading(&self.inbox),
            Source::reading(self.signals),
            Source::reading(&self.ticker.timer),
        ]
    }

    /// Sleeps until a descriptor is ready, and serves all that are.
    fn turn(&mut self) -> io::Result<()> {
        let own = self.own_sources().into_iter();
        let sources: Vec<_> = own.chain(self.server.sources()).collect();
        let ready = match self.multiplexer.wait(&sources) {
            // A signal handler has run. It has made the descriptor of the signals readable.
            Err(error) if error.kind() == ErrorKind::Interrupted => {
                self.came.interrupted_waits += 1;
                return Ok(());
            }
            result => result?,
        };
        for fd in ready {
            if fd == self.inbox.as_fd().as_raw_fd() {
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
            // Start nothing new. The producers report their end through the queue.
            self.told.stop.store(true, Ordering::Relaxed);
            self.children.start_no_more();
        }
        Ok(())
    }

    pub(crate) fn is_flawless(&self) -> bool {
        self.tally.is_flawless() && self.children.is_flawless() && self.ticker.is_flawless()
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows = vec![
            ("signals", self.signals.mechanism().to_string()),
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
