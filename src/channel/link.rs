//! What the two ends share: a queue, and the waker before the descriptor.
//!
//! Between two calls on the receiver one of these holds:
//!
//! - The waker is armed, the descriptor is unreadable, and the queue is empty,
//!   but for messages whose senders are about to wake.
//! - The waker is woken, and the descriptor is readable, or its write is under
//!   way.
//!
//! So a descriptor that was written stays readable, and no other message needs
//! to be announced, until the receiver finds the queue empty.

use crossbeam_queue::SegQueue;

use super::error::{RecvError, SendError};
use super::gate::Gate;
use crate::atomic::{AtomicBool, AtomicUsize, Ordering};
use crate::{AutoNotifier, Waker};

pub(super) struct Link<T> {
    queue: SegQueue<T>,
    /// Of a channel with bounds.
    gate: Option<Gate>,
    waker: Waker<AutoNotifier>,
    senders: AtomicUsize,
    /// The receiver is gone.
    closed: AtomicBool,
}

impl<T> Link<T> {
    /// With one sender and the receiver, and room for as many messages at once, or
    /// for any number.
    pub(super) fn new(notifier: AutoNotifier, room: Option<usize>) -> Self {
        Link {
            queue: SegQueue::new(),
            gate: room.map(Gate::new),
            waker: Waker::new(notifier),
            senders: AtomicUsize::new(1),
            closed: AtomicBool::new(false),
        }
    }

    pub(super) const fn notifier(&self) -> &AutoNotifier {
        self.waker.notifier()
    }

    pub(super) fn try_send(&self, message: T) -> Result<(), SendError<T>> {
        if self.closed.load(Ordering::Acquire) {
            return Err(SendError::Disconnected(message));
        }
        if self.gate.as_ref().map_or(false, |gate| !gate.pass()) {
            return Err(SendError::Full(message));
        }
        self.queue.push(message);
        self.waker.wake().map_err(SendError::NotWoken)
    }

    pub(super) fn send(&self, message: T) -> Result<(), SendError<T>> {
        match (self.try_send(message), &self.gate) {
            (Err(SendError::Full(message)), Some(gate)) => {
                let mut unsent = Some(message);
                gate.wait_for(|| match self.try_send(unsent.take()?) {
                    Err(SendError::Full(message)) => {
                        unsent = Some(message);
                        None
                    }
                    result => Some(result),
                })
            }
            (result, _) => result,
        }
    }

    pub(super) fn add_sender(&self) {
        // Relaxed: who clones has a sender, so the count cannot be zero now.
        self.senders.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn remove_sender(&self) {
        // Release, so that who sees zero sees all messages.
        if self.senders.fetch_sub(1, Ordering::Release) == 1 {
            // A drop cannot report. If somebody closed the descriptor, the
            // receiver will find out.
            let _ = self.waker.wake();
        }
    }

    /// By the receiver, as all that follows.
    pub(super) fn try_recv(&self) -> Result<T, RecvError> {
        match self.pop() {
            Some(message) => Ok(message),
            None => self.clear_if_empty(),
        }
    }

    fn pop(&self) -> Option<T> {
        let message = self.queue.pop()?;
        if let Some(gate) = &self.gate {
            gate.make_room();
        }
        Some(message)
    }

    /// The queue seems to be empty.
    #[cold]
    fn clear_if_empty(&self) -> Result<T, RecvError> {
        match self.look() {
            Err(RecvError::Empty) => {}
            found => return found,
        }
        let looked = self.waker.clear_if_empty(|| match self.look() {
            Err(RecvError::Empty) => None,
            found => Some(found),
        });
        match looked {
            Ok(found) => found.unwrap_or(Err(RecvError::Empty)),
            Err(error) => Err(RecvError::Failed(error)),
        }
    }

    fn look(&self) -> Result<T, RecvError> {
        if let Some(message) = self.pop() {
            return Ok(message);
        }
        if self.senders.load(Ordering::Acquire) > 0 {
            return Err(RecvError::Empty);
        }
        // The last one may have sent after the first look.
        self.pop().ok_or(RecvError::Disconnected)
    }

    pub(super) fn is_disconnected(&self) -> bool {
        self.senders.load(Ordering::Acquire) == 0 && self.queue.is_empty()
    }

    pub(super) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        // First: a message whose drop panics must not keep the senders.
        if let Some(gate) = &self.gate {
            gate.open();
        }
        while self.queue.pop().is_some() {}
    }
}
