//! Messages from other threads: through a queue, with a notifier or a waker that wakes the
//! loop to read it, or through a channel, which is both.

use std::os::unix::io::{AsFd, BorrowedFd};
use std::sync::mpsc;

use wakefd::{Error, Notifier};

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

/// A notifier, or a waker around one.
pub(crate) trait Wake: Notifier + AsFd {}

impl<T: Notifier + AsFd> Wake for T {}

/// The producers' end.
#[derive(Clone)]
pub(crate) enum Outbox<'a> {
    Queue(mpsc::Sender<Message>, &'a dyn Wake),
    #[cfg(feature = "channel")]
    #[allow(dead_code)] // One of the programs has no channel.
    Channel(wakefd::Sender<Message>),
}

impl Outbox<'_> {
    pub(crate) fn send(&self, message: Message) {
        match self {
            // Publish, then notify. In the reverse order, the loop could wake up, find nothing
            // and sleep again before the message arrives.
            Outbox::Queue(queue, notifier) => {
                queue.send(message).unwrap_or_else(|error| fail(error));
                notifier.notify().unwrap_or_else(|error| fail(error));
            }
            #[cfg(feature = "channel")]
            Outbox::Channel(sender) => sender.send(message).unwrap_or_else(|error| fail(error)),
        }
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

/// The loop's end.
pub(crate) enum Inbox<'a> {
    Queue(mpsc::Receiver<Message>, &'a dyn Wake),
    #[cfg(feature = "channel")]
    #[allow(dead_code)] // One of the programs has no channel.
    Channel(wakefd::Receiver<Message>),
}

impl Inbox<'_> {
    /// Counts the messages that are there, when the descriptor is readable.
    pub(crate) fn take(&self, tally: &mut Tally) -> Result<(), Error> {
        match self {
            Inbox::Queue(queue, notifier) => {
                // Clear, then check the queue. In the reverse order, `clear` would discard the
                // wake-up of a message that was posted between the two steps.
                if notifier.clear()? {
                    tally.wake_ups += 1;
                }
                let batch = queue.try_iter().take(BATCH);
                if batch.map(|message| tally.count(message)).count() == BATCH {
                    // Messages may be left without a wake-up. Taking all of them could starve
                    // the sockets, so notify again.
                    notifier.notify()?;
                }
            }
            // What it leaves keeps the descriptor readable.
            #[cfg(feature = "channel")]
            Inbox::Channel(receiver) => {
                tally.wake_ups += 1;
                receiver.drain().for_each(|message| tally.count(message));
            }
        }
        Ok(())
    }
}

impl AsFd for Inbox<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Inbox::Queue(_, notifier) => notifier.as_fd(),
            #[cfg(feature = "channel")]
            Inbox::Channel(receiver) => receiver.as_fd(),
        }
    }
}
