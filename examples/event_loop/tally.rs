//! Counts messages, and shows the counts.

use std::io::{self, Write};
use std::time::Instant;

use crate::messages::Message;
use crate::table::Row;

/// The counts of the loop.
pub(crate) struct Tally {
    pub(crate) producers_left: u16,
    clients_left: u16,
    /// The expected number of each producer's next message.
    next: Vec<u64>,
    sent: u64,
    received: u64,
    /// Messages that came again, or too late.
    duplicated: u64,
    round_trips: u64,
    /// The number of times that the notifier woke the loop.
    pub(crate) wake_ups: u64,
    started: Instant,
    /// Whether to show the progress: stderr is a terminal.
    watched: bool,
}

impl Tally {
    pub(crate) fn new(producers: u16, clients: u16) -> Self {
        Tally {
            producers_left: producers,
            clients_left: clients,
            next: vec![0; producers.into()],
            sent: 0,
            received: 0,
            duplicated: 0,
            round_trips: 0,
            wake_ups: 0,
            started: Instant::now(),
            watched: rustix::termios::isatty(io::stderr()),
        }
    }

    pub(crate) fn count(&mut self, message: Message) {
        match message {
            Message::Numbered { producer, number } => {
                self.received += 1;
                match self.next.get_mut(usize::from(producer)) {
                    Some(next) if number >= *next => *next = number + 1,
                    _ => self.duplicated += 1,
                }
            }
            Message::ProducerDone { sent } => {
                self.sent += sent;
                self.producers_left -= 1;
            }
            Message::ClientDone { round_trips } => {
                self.round_trips += round_trips;
                self.clients_left -= 1;
            }
        }
    }

    pub(crate) fn all_done(&self) -> bool {
        self.producers_left == 0 && self.clients_left == 0
    }

    fn lost(&self) -> u64 {
        self.sent.saturating_sub(self.received - self.duplicated)
    }

    pub(crate) fn is_flawless(&self) -> bool {
        self.lost() == 0 && self.duplicated == 0
    }

    /// Writes a line to stderr, which the next output overwrites.
    pub(crate) fn show_progress(&self) {
        if self.watched {
            // The terminal may be closed; counting continues.
            let _ = write!(io::stderr(), "\x1b[K{} messages\r", self.received);
        }
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        if self.watched {
            let _ = write!(io::stderr(), "\x1b[K");
        }
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = self.received as f64 / seconds;
        vec![
            ("producers", self.next.len().to_string()),
            ("sent", self.sent.to_string()),
            ("received", self.received.to_string()),
            ("lost", self.lost().to_string()),
            ("duplicated", self.duplicated.to_string()),
            ("wake-ups", self.wake_ups.to_string()),
            ("echo round trips", self.round_trips.to_string()),
            ("time", format!("{seconds:.3} s")),
            ("messages per second", format!("{rate:.0}")),
        ]
    }
}
