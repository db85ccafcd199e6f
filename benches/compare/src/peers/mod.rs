//! Who is compared: a file for each, and what all of them have to do.
//!
//! A loop is always shared with its wakers through an `Arc` or what the peer has
//! instead, and a peer's calls are unwrapped: what fails ends the run.

use std::time::{Duration, Instant};

pub(crate) mod async_io;
pub(crate) mod bare;
pub(crate) mod calloop;
pub(crate) mod glib;
pub(crate) mod libevent;
pub(crate) mod libuv;
pub(crate) mod mio;
pub(crate) mod polling;
pub(crate) mod queued;
pub(crate) mod threads;
pub(crate) mod tokio;
pub(crate) mod wakefd;

/// Wakes a loop from another thread.
pub(crate) trait Wake: Clone + Send {
    fn wake(&self);
}

/// A loop that sleeps and can be woken.
pub(crate) trait Loop: Sized {
    type Waker: Wake;

    fn new() -> Self;

    fn waker(&self) -> Self::Waker;

    /// Takes one wake-up after the other, asleep as long as there is none, and
    /// calls `answer` after each until that says false. The loop is entered
    /// once, as in a real program.
    fn serve(&mut self, answer: impl FnMut() -> bool);
}

/// The sending end of a channel into a loop.
pub(crate) trait Sending: Clone + Send {
    fn send(&self, message: usize);
}

/// A channel and the loop that receives from it.
pub(crate) trait Channel: Sized {
    type Sender: Sending;

    fn new() -> (Self::Sender, Self);

    /// Receives until `tally` has all.
    fn receive(&mut self, tally: &mut Tally);
}

/// What the receiver does with a message: the sum shows that none got lost.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) missing: u64,
    pub(crate) sum: usize,
    /// From when on the numbers of messages count nanoseconds, and how long each message was
    /// on its way.
    began: Option<Instant>,
    pub(crate) times: Vec<Duration>,
}

impl Tally {
    pub(crate) fn of(missing: u64) -> Self {
        Tally {
            missing,
            ..Tally::default()
        }
    }

    pub(crate) fn timed(missing: u64, began: Instant) -> Self {
        Tally {
            missing,
            began: Some(began),
            times: Vec::with_capacity(missing as usize),
            ..Tally::default()
        }
    }

    /// Whether more are to come.
    pub(crate) fn take(&mut self, message: usize) -> bool {
        if let Some(began) = self.began {
            let sent = Duration::from_nanos(message as u64);
            self.times.push(began.elapsed().saturating_sub(sent));
        }
        self.sum = self.sum.wrapping_add(message);
        self.missing -= 1;
        self.missing > 0
    }
}
