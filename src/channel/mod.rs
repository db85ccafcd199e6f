//! Messages to an event loop.

#[cfg(feature = "pipe")]
mod boxed;
mod error;
mod gate;
mod link;
mod sleep;

use alloc::sync::Arc;
use core::cell::Cell;
use core::marker::PhantomData;
use core::time::Duration;
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd};

#[cfg(feature = "pipe")]
pub use self::boxed::{box_channel, box_channel_at, BoxReceiver, BoxSender};
pub use self::error::{RecvError, SendError};
use self::link::Link;
use crate::{AutoNotifier, Error, Notifier, RawFd};

/// Makes a channel without bounds, whose receiver has a descriptor to poll.
///
/// One write to the descriptor wakes a receiver that sleeps; while it is busy,
/// sending makes no system call.
///
/// ```
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
///     # let readable = &receiver; // in the place of poll, select or epoll_wait
///     # sum += match readable.recv() { Ok(number) => number, Err(_) => break };
///     // When `receiver.as_fd()` is readable:
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
/// # Errors
///
/// As for [`AutoNotifier::new`].
pub fn channel<T>() -> Result<(Sender<T>, Receiver<T>), Error> {
    Ok(channel_on(AutoNotifier::new()?))
}

/// As [`channel`], with at most `capacity` messages in it: see
/// [`Sender::send`]. A capacity of zero counts as one, and a large one costs nothing:
/// memory is taken as messages come.
///
/// # Errors
///
/// As for [`AutoNotifier::new`].
pub fn sync_channel<T>(capacity: usize) -> Result<(Sender<T>, Receiver<T>), Error> {
    Ok(sync_channel_on(AutoNotifier::new()?, capacity))
}

/// As [`channel`], on this notifier.
pub fn channel_on<T>(notifier: AutoNotifier) -> (Sender<T>, Receiver<T>) {
    ends(Link::new(notifier, None))
}

/// As [`sync_channel`], on this notifier.
pub fn sync_channel_on<T>(notifier: AutoNotifier, capacity: usize) -> (Sender<T>, Receiver<T>) {
    ends(Link::new(notifier, Some(capacity.max(1))))
}

fn ends<T>(link: Link<T>) -> (Sender<T>, Receiver<T>) {
    let link = Arc::new(link);
    let receiver = Receiver {
        link: Arc::clone(&link),
        single: PhantomData,
    };
    (Sender { link }, receiver)
}

/// The sending end of a [`channel`]; clone it for every producer.
///
/// Messages of one sender arrive in their order. For threads of one process: a
/// child of `fork` has queues of its own that nobody reads.
pub struct Sender<T> {
    link: Arc<Link<T>>,
}

impl<T> Sender<T> {
    /// Sends a message.
    ///
    /// If the channel is bounded and full, it blocks until there is room. At
    /// most one system call (`write`), if the receiver may be asleep. Not for
    /// signal handlers: a queue allocates.
    ///
    /// # Errors
    ///
    /// [`Disconnected`](SendError::Disconnected) gives the message back: the
    /// receiver is gone.
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.link.send(message)
    }

    /// As [`send`](Self::send), but never blocks.
    ///
    /// # Errors
    ///
    /// As there, and [`Full`](SendError::Full) gives the message back.
    pub fn try_send(&self, message: T) -> Result<(), SendError<T>> {
        self.link.try_send(message)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.link.add_sender();
        Sender {
            link: Arc::clone(&self.link),
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.link.remove_sender();
    }
}

/// The receiving end of a [`channel`].
///
/// Its descriptor is readable while there may be messages, and when all senders
/// are gone.
pub struct Receiver<T> {
    link: Arc<Link<T>>,
    /// One consumer: it may move to another thread, but not be shared.
    single: PhantomData<Cell<()>>,
}

impl<T> Receiver<T> {
    /// Takes a message, if there is one. No system call while there is one; a call
    /// that finds none makes one (`read`).
    ///
    /// # Errors
    ///
    /// [`Empty`](RecvError::Empty); [`Disconnected`](RecvError::Disconnected)
    /// after the last message of the last sender.
    pub fn try_recv(&self) -> Result<T, RecvError> {
        self.link.try_recv()
    }

    /// Takes a message, and sleeps until there is one.
    ///
    /// # Errors
    ///
    /// [`Disconnected`](RecvError::Disconnected) after the last message of the
    /// last sender.
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_within(None)
    }

    /// Takes a message, and sleeps until there is one, or until `timeout` has
    /// passed.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Self::recv), and [`Empty`](RecvError::Empty).
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvError> {
        self.recv_within(Some(timeout))
    }

    fn recv_within(&self, timeout: Option<Duration>) -> Result<T, RecvError> {
        let sleep = |rest| self.notifier().wait(rest).map(drop);
        sleep::until(timeout, || self.link.try_recv(), sleep)
    }

    /// Takes the messages that are there, [`BATCH`](Self::BATCH) at most, so
    /// that a flood does not keep the loop from its other descriptors. If
    /// something is left, the descriptor stays readable.
    ///
    /// When it ends, ask [`is_disconnected`](Self::is_disconnected).
    pub fn drain(&self) -> Drain<'_, T> {
        Drain {
            receiver: self,
            left: Self::BATCH,
        }
    }

    /// All messages until all senders are gone; it sleeps in between. It ends also if
    /// [`recv`](Self::recv) fails otherwise: ask that, when it has ended.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        core::iter::from_fn(move || self.recv().ok())
    }

    /// How many messages [`drain`](Self::drain) takes at most.
    pub const BATCH: usize = 1024;

    /// Whether nothing is left and nothing can come. The descriptor stays
    /// readable then: take it out of the set.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        self.link.is_disconnected()
    }

    /// The notifier behind it. The channel clears it.
    fn notifier(&self) -> &AutoNotifier {
        self.link.notifier()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.link.close();
    }
}

impl<T> AsFd for Receiver<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.notifier().as_fd()
    }
}

impl<T> AsRawFd for Receiver<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.notifier().as_raw_fd()
    }
}

/// The messages that are there: see [`Receiver::drain`].
#[must_use = "an iterator does nothing until it is asked"]
pub struct Drain<'a, T> {
    receiver: &'a Receiver<T>,
    left: usize,
}

impl<T> Iterator for Drain<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.left = self.left.checked_sub(1)?;
        // An error stays: the next call on the receiver reports it.
        self.receiver.try_recv().ok()
    }
}

macro_rules! debug {
    ($($type:ident)*) => {$(
        impl<T> core::fmt::Debug for $type<T> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.debug_struct(stringify!($type))
                    .field("notifier", self.link.notifier())
                    .finish_non_exhaustive()
            }
        }
    )*};
}
debug!(Sender Receiver);
