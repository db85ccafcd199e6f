//! Channels whose receiver is an event loop.

#[cfg(feature = "pipe")]
mod boxed;
mod capacity;
mod deadline;
mod error;
mod shared;

use alloc::sync::Arc;
use core::time::Duration;
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd};

#[cfg(feature = "pipe")]
pub use self::boxed::{box_channel, box_channel_at, BoxReceiver, BoxSender};
use self::deadline::recv_deadline;
pub use self::error::{RecvError, SendError};
use self::shared::Shared;
use crate::backend::AutoNotifier;
use crate::error::{Error, Operation};
use crate::sys::clock;
use crate::sys::fd::RawFd;
use crate::sys::mpsc::{queue, Consumer, Producer};

/// Creates an unbounded channel whose receiver has a descriptor to poll.
///
/// One write to the descriptor wakes a receiver that sleeps. While the receiver is busy,
/// sending makes no system call.
///
/// ```
/// use rustix::event::{poll, PollFd, PollFlags};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (sender, receiver) = wakefd::channel()?;
///
/// let worker = std::thread::spawn(move || {
///     for number in 1..=3 {
///         sender.send(number).expect("the receiver is there");
///     }
/// });
///
/// let mut sum = 0;
/// while !receiver.is_disconnected() {
///     // Sleep; the set may hold other descriptors too.
///     poll(&mut [PollFd::new(&receiver, PollFlags::IN)], None)?;
///     for number in receiver.drain() {
///         sum += number;
///     }
/// }
/// assert_eq!(sum, 6);
/// # worker.join().expect("no panic");
/// # Ok(())
/// # }
/// ```
///
/// # Large messages
///
/// A message is moved by value, through the stacks of the sender and of the receiver. Send
/// messages of more than some kilobytes in a `Box`.
///
/// # Errors
///
/// As for [`AutoNotifier::new`].
pub fn channel<T>() -> Result<(Sender<T>, Receiver<T>), Error> {
    Ok(channel_on(AutoNotifier::new()?))
}

/// Creates a channel that holds at most `capacity` messages at a time: see
/// [`Sender::send`]. Otherwise it works as [`channel`].
///
/// A capacity of 0 counts as 1. It does not make a rendezvous channel, unlike std's
/// `sync_channel`: a receiver that sleeps in `poll` cannot take a message directly from a
/// sender. A large capacity costs nothing, because memory is allocated when messages come.
///
/// # Errors
///
/// As for [`AutoNotifier::new`].
pub fn sync_channel<T>(capacity: usize) -> Result<(Sender<T>, Receiver<T>), Error> {
    Ok(sync_channel_on(AutoNotifier::new()?, capacity))
}

/// Creates a channel as [`channel`] does, on this notifier.
pub fn channel_on<T>(notifier: AutoNotifier) -> (Sender<T>, Receiver<T>) {
    ends(Shared::new(notifier, None))
}

/// Creates a channel as [`sync_channel`] does, on this notifier.
pub fn sync_channel_on<T>(notifier: AutoNotifier, capacity: usize) -> (Sender<T>, Receiver<T>) {
    ends(Shared::new(notifier, Some(capacity.max(1))))
}

fn ends<T>(shared: Shared) -> (Sender<T>, Receiver<T>) {
    let (producer, consumer) = queue();
    let shared = Arc::new(shared);
    let sender = Sender {
        queue: producer,
        shared: Arc::clone(&shared),
    };
    let receiver = Receiver {
        queue: consumer,
        shared,
    };
    (sender, receiver)
}

/// The sending end of a [`channel`]. Clone it for every producer.
///
/// The messages of one sender arrive in their order. It is for threads of one process: a
/// child of `fork` has a copy of the queue, which no one reads.
///
/// ```
/// use wakefd::SendError;
///
/// fn main() -> Result<(), wakefd::Error> {
///     let (sender, receiver) = wakefd::sync_channel(1)?;
///     let other = sender.clone();
///     assert_eq!(sender.send("first"), Ok(()));
///     assert_eq!(other.try_send("second"), Err(SendError::Full("second")));
///     drop(receiver);
///     assert_eq!(sender.send("third"), Err(SendError::Disconnected("third")));
///     Ok(())
/// }
/// ```
pub struct Sender<T> {
    queue: Producer<T>,
    shared: Arc<Shared>,
}

impl<T> Sender<T> {
    /// Sends a message.
    ///
    /// If the channel is bounded and full, this blocks until there is room. Apart from that
    /// wait it makes at most one system call (`write`), and only if the receiver may be
    /// asleep. Not for signal handlers, because the queue allocates.
    ///
    /// A message that is sent while the receiver is being dropped is returned, or dropped
    /// with the receiver.
    ///
    /// # Errors
    ///
    /// [`Disconnected`](SendError::Disconnected) returns the message: the receiver was
    /// dropped. [`NotWoken`](SendError::NotWoken): the message is in the queue, but the
    /// descriptor could not be written to; the next `send` tries again.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.shared.send(&self.queue, message)
    }

    /// Sends a message without blocking.
    ///
    /// # Errors
    ///
    /// [`Full`](SendError::Full) returns the message: a bounded channel has no room now.
    /// Otherwise as for [`send`](Self::send).
    pub fn try_send(&self, message: T) -> Result<(), SendError<T>> {
        self.shared.try_send(&self.queue, message)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.shared.add_sender();
        Sender {
            queue: self.queue.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.remove_sender();
    }
}

/// The receiving end of a [`channel`].
///
/// Its descriptor is readable while there may be messages, and after all senders were
/// dropped. It can be sent to another thread but not shared (it is not `Sync`): there is
/// one consumer.
///
/// No method waits for a sender that is in the middle of a call; `recv`, `recv_timeout` and
/// `iter` wait for a message. After 32 messages in a row, the receiver pauses once at an
/// empty queue, for 128 spin-loop hints, and looks again, since more usually follow. Dropping
/// the receiver drops the messages that are left.
///
/// # In an event loop
///
/// | set of descriptors | take messages with |
/// | --- | --- |
/// | level-triggered (`poll`, `select`, `epoll` by default) | [`drain`](Self::drain), which stops after a batch, so that a flood of messages does not keep the loop from its other descriptors |
/// | edge-triggered or one-shot | [`try_iter`](Self::try_iter), or [`try_recv`](Self::try_recv) until `Empty`: the next edge comes only after that |
///
/// Do not read the descriptor and do not clear it: receiving does.
///
/// ```
/// use std::time::Duration;
/// use wakefd::RecvError;
///
/// fn main() -> Result<(), wakefd::Error> {
///     let (sender, receiver) = wakefd::channel()?;
///     let worker = std::thread::spawn(move || (0..3).try_for_each(|number| sender.send(number)));
///     let messages: Vec<i32> = receiver.iter().collect(); // Sleeps, until the last sender is gone.
///     assert_eq!(messages, [0, 1, 2]);
///     assert_eq!(worker.join().expect("no panic"), Ok(()));
///     let later = receiver.recv_timeout(Duration::from_secs(1));
///     assert_eq!(later, Err(RecvError::Disconnected));
///     Ok(())
/// }
/// ```
pub struct Receiver<T> {
    queue: Consumer<T>,
    shared: Arc<Shared>,
}

impl<T> Receiver<T> {
    /// Takes a message, if there is one. Does not block. Makes no system call if there is a
    /// message, else one (`read`), and one more (`write`) if a message comes during the
    /// `read`.
    ///
    /// # Errors
    ///
    /// [`Empty`](RecvError::Empty) if there is no message now;
    /// [`Disconnected`](RecvError::Disconnected) after the last message of the last sender;
    /// [`Failed`](RecvError::Failed) if the descriptor cannot be read.
    pub fn try_recv(&self) -> Result<T, RecvError> {
        self.shared.try_recv(&self.queue)
    }

    /// Takes a message for an iterator. The next call on the receiver returns an error again.
    fn try_next(&self) -> Option<T> {
        self.shared.recv_or_else(&self.queue, Some, || {
            self.shared.clear_if_empty(&self.queue).ok()
        })
    }

    /// Takes a message, and sleeps until there is one.
    ///
    /// # Errors
    ///
    /// [`Disconnected`](RecvError::Disconnected) after the last message of the last sender;
    /// [`Failed`](RecvError::Failed) if the descriptor cannot be read or waited for.
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_within(None)
    }

    /// Takes a message, and sleeps until there is one, or until `timeout` has passed.
    ///
    /// # Errors
    ///
    /// [`Empty`](RecvError::Empty) if the time has passed; otherwise as for
    /// [`recv`](Self::recv). If a sandbox refuses the clock (`clock_gettime`), fails with
    /// `Failed` unless a message is there at once.
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvError> {
        self.recv_within(Some(timeout))
    }

    fn recv_within(&self, timeout: Option<Duration>) -> Result<T, RecvError> {
        self.shared
            .recv_or_else(&self.queue, Ok, || self.recv_later(timeout))
    }

    /// Called if there is no message now.
    #[cold]
    fn recv_later(&self, timeout: Option<Duration>) -> Result<T, RecvError> {
        let notifier = self.shared.notifier();
        let now = || {
            clock::try_now_ns()
                .map_err(|errno| Error::new(Operation::Wait, notifier.mechanism(), errno))
        };
        let sleep = |rest| notifier.wait(rest).map(drop);
        recv_deadline(timeout, || self.try_recv(), now, sleep)
    }

    /// Returns an iterator that takes the messages that are there, at most
    /// [`BATCH`](Self::BATCH). For level-triggered sets: if messages are left, the
    /// descriptor stays readable, which an edge-triggered set does not report again.
    ///
    /// It takes more than a batch if a call has failed and the descriptor may be
    /// unreadable.
    ///
    /// After the iterator ends, call [`is_disconnected`](Self::is_disconnected).
    pub fn drain(&self) -> Drain<'_, T> {
        Drain {
            receiver: self,
            left: Self::BATCH,
        }
    }

    /// Returns an iterator that takes all messages that are there, and those that come
    /// meanwhile. When it ends, there is no message and the descriptor is unreadable, so
    /// that an edge-triggered set reports the next message.
    ///
    /// After the iterator ends, call [`is_disconnected`](Self::is_disconnected).
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { receiver: self }
    }

    /// Returns an iterator that takes messages until all senders were dropped, and sleeps
    /// in between. It also ends if [`recv`](Self::recv) fails with another error: call
    /// `recv` afterwards to get that error.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { receiver: self }
    }

    /// The maximum number of messages that [`drain`](Self::drain) takes.
    pub const BATCH: usize = 1024;

    /// Returns whether there is no message and none can come. The descriptor stays readable
    /// then: remove it from the set.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.shared.is_disconnected(&self.queue)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.shared.close(&self.queue);
    }
}

impl<T> AsFd for Receiver<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.shared.notifier().as_fd()
    }
}

impl<T> AsRawFd for Receiver<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.shared.notifier().as_raw_fd()
    }
}

/// An iterator over the messages that are there, at most a batch: see [`Receiver::drain`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct Drain<'a, T> {
    receiver: &'a Receiver<T>,
    left: usize,
}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        if self.left == 0 && !self.receiver.shared.is_uncertain() {
            return None;
        }
        self.left = self.left.saturating_sub(1);
        self.receiver.try_next()
    }
}

/// An iterator over the messages that are there: see [`Receiver::try_iter`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct TryIter<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.try_next()
    }
}

/// An iterator over messages until all senders were dropped: see [`Receiver::iter`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct Iter<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

/// An iterator that owns the receiver, over messages until all senders were dropped: see
/// [`Receiver::iter`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct IntoIter<T> {
    receiver: Receiver<T>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv().ok()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { receiver: self }
    }
}

macro_rules! debug {
    ($($type:ident)*) => {$(
        impl<T> core::fmt::Debug for $type<T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($type))
                    .field("notifier", self.shared.notifier())
                    .finish_non_exhaustive()
            }
        }
    )*};
}
debug!(Sender Receiver);
