//! A queue and a loop to wake, which is a channel for who has none.

use std::mem;
use std::sync::{Arc, Mutex};

use concurrent_queue::ConcurrentQueue;
use crossbeam_channel::{Receiver, Sender};
use crossbeam_queue::SegQueue;

use super::{Channel, Loop, Sending, Tally, Wake};

/// A queue that any thread can push to.
pub(crate) trait Queue: Send + Sync {
    /// What the consumer keeps from one time to the next.
    type Taken: Default;

    fn new() -> Self;

    fn push(&self, message: usize);

    /// Gives what is there to `take`, until that says false, as then does this.
    fn drain(&self, taken: &mut Self::Taken, take: impl FnMut(usize) -> bool) -> bool;
}

/// Push, then wake; once woken, drain.
pub(crate) struct Queued<L, Q: Queue> {
    woken: L,
    queue: Arc<Q>,
    taken: Q::Taken,
}

pub(crate) struct QueuedSender<W, Q> {
    waker: W,
    queue: Arc<Q>,
}

impl<W: Clone, Q> Clone for QueuedSender<W, Q> {
    fn clone(&self) -> Self {
        QueuedSender {
            waker: self.waker.clone(),
            queue: Arc::clone(&self.queue),
        }
    }
}

impl<W: Wake, Q: Queue> Sending for QueuedSender<W, Q> {
    fn send(&self, message: usize) {
        self.queue.push(message);
        self.waker.wake();
    }
}

impl<L: Loop, Q: Queue> Channel for Queued<L, Q> {
    type Sender = QueuedSender<L::Waker, Q>;

    fn new() -> (Self::Sender, Self) {
        let woken = L::new();
        let queue = Arc::new(Q::new());
        let sender = QueuedSender {
            waker: woken.waker(),
            queue: Arc::clone(&queue),
        };
        let taken = Q::Taken::default();
        (
            sender,
            Queued {
                woken,
                queue,
                taken,
            },
        )
    }

    fn receive(&mut self, tally: &mut Tally) {
        let queue = &self.queue;
        let taken = &mut self.taken;
        self.woken
            .serve(|| queue.drain(taken, |message| tally.take(message)));
    }
}

/// crossbeam's queue without locks.
impl Queue for SegQueue<usize> {
    type Taken = ();

    fn new() -> Self {
        SegQueue::new()
    }

    fn push(&self, message: usize) {
        SegQueue::push(self, message);
    }

    fn drain(&self, (): &mut (), mut take: impl FnMut(usize) -> bool) -> bool {
        while let Some(message) = self.pop() {
            if !take(message) {
                return false;
            }
        }
        true
    }
}

impl Queue for ConcurrentQueue<usize> {
    type Taken = ();

    fn new() -> Self {
        ConcurrentQueue::unbounded()
    }

    fn push(&self, message: usize) {
        ConcurrentQueue::push(self, message).unwrap();
    }

    fn drain(&self, (): &mut (), mut take: impl FnMut(usize) -> bool) -> bool {
        while let Ok(message) = self.pop() {
            if !take(message) {
                return false;
            }
        }
        true
    }
}

/// crossbeam-channel as a queue: both ends in one place, and nobody sleeps in it.
pub(crate) type Both = (Sender<usize>, Receiver<usize>);

impl Queue for Both {
    type Taken = ();

    fn new() -> Self {
        crossbeam_channel::unbounded()
    }

    fn push(&self, message: usize) {
        self.0.send(message).unwrap();
    }

    fn drain(&self, (): &mut (), take: impl FnMut(usize) -> bool) -> bool {
        self.1.try_iter().all(take)
    }
}

/// A vector under a lock, which the consumer exchanges for an empty one.
pub(crate) type Locked = Mutex<Vec<usize>>;

impl Queue for Locked {
    type Taken = Vec<usize>;

    fn new() -> Self {
        Mutex::default()
    }

    fn push(&self, message: usize) {
        self.lock().unwrap().push(message);
    }

    fn drain(&self, taken: &mut Vec<usize>, take: impl FnMut(usize) -> bool) -> bool {
        mem::swap(&mut *self.lock().unwrap(), taken);
        taken.drain(..).all(take)
    }
}
