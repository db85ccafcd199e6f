//! The state that both ends share beside the queue: the waker around the descriptor, the
//! capacity, and the number of senders.
//!
//! Between two calls on the receiver one of these holds:
//!
//! - The waker is armed, the descriptor is unreadable, and the queue is empty except for
//!   messages whose senders are about to wake.
//! - The descriptor is readable, or a sender is about to make it so.
//! - A call has failed, and the waker is uncertain. The receiver then takes everything
//!   before it stops, and senders write.
//!
//! So a descriptor that was written to stays readable until the receiver finds the queue
//! empty, and no other message needs a write until then.

use super::capacity::Capacity;
use super::error::{RecvError, SendError};
use crate::backend::AutoNotifier;
use crate::sys::atomic::{AtomicUsize, Ordering};
use crate::sys::mpsc::{Consumer, Producer};
use crate::waker::Waker;

pub(super) struct Shared {
    waker: Waker<AutoNotifier>,
    /// The capacity of a bounded channel, or `None`.
    capacity: Option<Capacity>,
    senders: AtomicUsize,
}

impl Shared {
    /// Creates the state of a channel with one sender, which holds at most `capacity`
    /// messages, or any number.
    pub(super) fn new(notifier: AutoNotifier, capacity: Option<usize>) -> Self {
        Shared {
            waker: Waker::new(notifier),
            capacity: capacity.map(Capacity::new),
            senders: AtomicUsize::new(1),
        }
    }

    pub(super) const fn notifier(&self) -> &AutoNotifier {
        self.waker.notifier()
    }

    pub(super) fn send<T>(&self, queue: &Producer<T>, message: T) -> Result<(), SendError<T>> {
        match &self.capacity {
            Some(capacity) if !capacity.acquire(|| queue.is_closed()) => {
                Err(SendError::Disconnected(message))
            }
            _ => self.push(queue, message),
        }
    }

    pub(super) fn try_send<T>(&self, queue: &Producer<T>, message: T) -> Result<(), SendError<T>> {
        match &self.capacity {
            Some(capacity) if !capacity.try_acquire() => match queue.is_closed() {
                true => Err(SendError::Disconnected(message)),
                false => Err(SendError::Full(message)),
            },
            _ => self.push(queue, message),
        }
    }

    fn push<T>(&self, queue: &Producer<T>, message: T) -> Result<(), SendError<T>> {
        queue.push(message).map_err(SendError::Disconnected)?;
        self.waker.wake_published().map_err(SendError::NotWoken)
    }

    pub(super) fn add_sender(&self) {
        // Relaxed order is enough: a sender is cloned, so the count is not zero now.
        self.senders.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_sender(&self) {
        // Release order, so that a thread that reads zero sees all messages.
        if self.senders.fetch_sub(1, Ordering::Release) == 1 {
            // A drop cannot return an error. If other code closed the descriptor, the
            // receiver's next call fails.
            let _ = self.waker.wake();
        }
    }

    fn has_senders(&self) -> bool {
        self.senders.load(Ordering::Acquire) > 0
    }

    pub(super) fn try_recv<T>(&self, queue: &Consumer<T>) -> Result<T, RecvError> {
        self.recv_or_else(queue, Ok, || self.clear_if_empty(queue))
    }

    /// Takes a message and returns `some` of it, or else `none`: see
    /// [`Consumer::pop_or_else`].
    pub(super) fn recv_or_else<T, R>(
        &self,
        queue: &Consumer<T>,
        some: impl FnOnce(T) -> R,
        none: impl FnOnce() -> R,
    ) -> R {
        let release = || self.capacity.iter().for_each(Capacity::release);
        queue.pop_or_else(release, some, none)
    }

    /// Called if the queue seems to be empty.
    #[cold]
    pub(super) fn clear_if_empty<T>(&self, queue: &Consumer<T>) -> Result<T, RecvError> {
        let cleared = self
            .waker
            .clear_if_empty(|| queue.is_empty() && self.has_senders());
        match cleared {
            Ok(true) => Err(RecvError::Empty),
            Ok(false) => self.pop_last(queue),
            // A message that is there takes precedence over the error.
            Err(error) => self.pop_last(queue).map_err(|nothing| match nothing {
                RecvError::Empty => RecvError::Failed(error),
                disconnected => disconnected,
            }),
        }
    }

    fn pop_last<T>(&self, queue: &Consumer<T>) -> Result<T, RecvError> {
        let has_senders = self.has_senders();
        // Pop after reading the count: the last sender may just have sent a message.
        self.recv_or_else(queue, Ok, || match has_senders {
            true => Err(RecvError::Empty),
            false => Err(RecvError::Disconnected),
        })
    }

    /// Returns whether a call has failed and the descriptor may be unreadable. The receiver
    /// must then not stop before the queue is empty.
    pub(super) fn is_uncertain(&self) -> bool {
        self.waker.is_uncertain()
    }

    pub(super) fn is_disconnected<T>(&self, queue: &Consumer<T>) -> bool {
        !self.has_senders() && queue.is_empty()
    }

    /// Called when the receiver is dropped. From now on messages are returned to their
    /// senders; messages in the queue are dropped with it.
    pub(super) fn close<T>(&self, queue: &Consumer<T>) {
        queue.close();
        if let Some(capacity) = &self.capacity {
            capacity.wake_all();
        }
    }
}
