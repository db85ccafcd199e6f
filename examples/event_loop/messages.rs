//! Messages from other threads: a queue, and a notifier that wakes the loop to read it.

use std::sync::mpsc::{Receiver, Sender};

use wakefd::{AutoNotifier, Error};

use crate::tally::Tally;
use crate::threads::fail;

/// The number of messages that the loop takes before it serves its sockets again.
const BATCH: usize = 1024;

/// A message from another thread to the loop.
pub(crate) enum Message {
    /// A numbered message. Each producer counts up from zero.
    Numbered { producer: u16, number: u64 },
    /// A producer ends, after it has sent this number of messages.
    ProducerDone { sent: u64 },
    /// An echo client ends, after this number of round trips.
    ClientDone { round_trips: u64 },
}

/// The producers' end of the queue.
#[derive(Clone)]
pub(crate) struct Outbox<'a> {
    pub(crate) queue: Sender<Message>,
    pub(crate) notifier: &'a AutoNotifier,
}

impl Outbox<'_> {
    /// Publishes a message, then notifies. In the reverse order, the loop could wake up, find
    /// nothing and sleep again before the message arrives.
    pub(crate) fn send(&self, message: Message) {
        self.queue.send(message).unwrap_or_else(|error| fail(error));
        self.notifier.notify().unwrap_or_else(|error| fail(error));
    }

    /// Sends all messages of a producer, in its thread.
    pub(crate) fn send_all(&self, producer: u16, numbers: impl Iterator<Item = u64>) {
        let mut sent = 0;
        for number in numbers {
            self.send(Message::Numbered { producer, number });
            sent += 1;
        }
        self.send(Message::ProducerDone { sent });
    }
}

/// The loop's end of the queue.
pub(crate) struct Inbox<'a> {
    pub(crate) queue: Receiver<Message>,
    pub(crate) notifier: &'a AutoNotifier,
}

impl Inbox<'_> {
    /// Counts the queued messages, when the notifier's descriptor is readable.
    pub(crate) fn take(&self, tally: &mut Tally) -> Result<(), Error> {
        // Clear, then check the queue. In the reverse order, `clear` would discard the wake-up
        // of a message that was posted between the two steps.
        if self.notifier.clear()? {
            tally.wake_ups += 1;
        }
        let batch = self.queue.try_iter().take(BATCH);
        if batch.map(|message| tally.count(message)).count() == BATCH {
            // Messages may be left without a wake-up. Taking all of them could starve the
            // sockets, so notify again.
            self.notifier.notify()?;
        }
        Ok(())
    }
}
