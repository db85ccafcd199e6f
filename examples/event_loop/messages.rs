//! Messages from other threads: a queue, and the notifier that wakes the loop for it.

use std::sync::mpsc::{Receiver, Sender};

use wakefd::{AutoNotifier, Error};

use crate::tally::Tally;
use crate::threads::fail;

/// How many messages the loop takes before it looks after its sockets again.
const BATCH: usize = 1024;

/// What the other threads have to say to the loop.
pub(crate) enum Message {
    /// The numbers of each producer count up from zero.
    Numbered { producer: u16, number: u64 },
    /// A producer has sent so many, and ends.
    ProducerDone { sent: u64 },
    /// An echo client has made so many round trips, and ends.
    ClientDone { round_trips: u64 },
}

/// The way to the loop.
#[derive(Clone)]
pub(crate) struct Outbox<'a> {
    pub(crate) queue: Sender<Message>,
    pub(crate) notifier: &'a AutoNotifier,
}

impl Outbox<'_> {
    /// Publish, then notify. The other way round, the loop could wake up, find
    /// nothing and go back to sleep, and only then would the message come.
    pub(crate) fn send(&self, message: Message) {
        self.queue.send(message).unwrap_or_else(|error| fail(error));
        self.notifier.notify().unwrap_or_else(|error| fail(error));
    }

    /// What a producer does in its thread.
    pub(crate) fn send_all(&self, producer: u16, numbers: impl Iterator<Item = u64>) {
        let mut sent = 0;
        for number in numbers {
            self.send(Message::Numbered { producer, number });
            sent += 1;
        }
        self.send(Message::ProducerDone { sent });
    }
}

/// The loop's end.
pub(crate) struct Inbox<'a> {
    pub(crate) queue: Receiver<Message>,
    pub(crate) notifier: &'a AutoNotifier,
}

impl Inbox<'_> {
    /// Counts what there is, when the notifier's descriptor is readable.
    pub(crate) fn take(&self, tally: &mut Tally) -> Result<(), Error> {
        // Clear, then look. The other way round, a message posted in between
        // would lose its wake-up to the `clear`.
        if self.notifier.clear()? {
            tally.wake_ups += 1;
        }
        let batch = self.queue.try_iter().take(BATCH);
        if batch.map(|message| tally.count(message)).count() == BATCH {
            // More may be left, and has no wake-up any more. Taking it all
            // could starve the sockets, so give it one.
            self.notifier.notify()?;
        }
        Ok(())
    }
}
