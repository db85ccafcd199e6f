//! Waking without system calls.

mod state;

use core::time::Duration;

use crate::{Error, Mechanism, Notifier, RawFd, Wait};
use state::State;

/// A notifier that makes a system call only when it has to.
///
/// While a wake-up is pending, another [`wake`](Self::wake) is a fence and a
/// load.
/// The consumer need not know: it polls the descriptor and calls
/// [`clear`](Self::clear), as with any [`Notifier`].
///
/// ```
/// use wakefd::{AutoNotifier, Waker};
///
/// # fn main() -> Result<(), wakefd::Error> {
/// let waker = Waker::new(AutoNotifier::new()?);
/// waker.wake()?; // writes to the descriptor
/// waker.wake()?; // a fence and a load
/// assert!(waker.clear()?);
/// # Ok(())
/// # }
/// ```
///
/// # Loops of one's own
///
/// Who owns the loop can tell the waker when it sleeps: see
/// [`awake`](Self::awake). Then a wake-up costs a system call only if the loop
/// sleeps or is about to, and so does clearing it.
///
/// # Signals
///
/// `wake` is async-signal-safe, as [`Notifier::notify`] is, also in a handler
/// that interrupts `wake` or `clear`.
///
/// # Fork
///
/// That a wake-up is pending is remembered in memory, which `fork` copies: the
/// processes cannot see each other's. To wake another process, notify the bare
/// [`notifier`](Self::notifier); the other's `clear` takes that as well. A child
/// that goes on with a loop of its own calls
/// [`reinit_after_fork`](Self::reinit_after_fork).
#[derive(Debug)]
pub struct Waker<N> {
    state: State,
    notifier: N,
}

impl<N: Notifier> Waker<N> {
    /// Puts a waker before `notifier`, with nothing pending.
    pub fn new(notifier: N) -> Self {
        Waker {
            state: State::armed(),
            notifier,
        }
    }

    /// Wakes the consumer: what the caller did before is seen by it after its
    /// next [`clear`](Self::clear), or [`Prepared::finish`].
    ///
    /// No system call, but one (`write`) if nothing was pending and the consumer
    /// may be asleep. Async-signal-safe; `errno` is left as it was.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::notify`]. Nothing is pending then, so that the next
    /// one tries again.
    pub fn wake(&self) -> Result<(), Error> {
        if self.state.wake() {
            self.notifier.notify().map_err(|error| {
                self.state.take_back();
                error
            })
        } else {
            Ok(())
        }
    }

    /// Takes the wake-up, and says whether there was one. First clear, then look
    /// at what has happened.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`].
    pub fn clear(&self) -> Result<bool, Error> {
        // In this order: a wake-up between the two is seen by whoever looks
        // afterwards. In the other, its write would be drained and its flag
        // would stay, and no wake-up would write again.
        let drained = self.notifier.clear()?;
        Ok(self.state.rearm() | drained)
    }

    /// Clears when nothing is left, and not before. For a consumer with a queue,
    /// which looks there without clearing, as long as it finds something: then
    /// the descriptor stays readable, and no waker writes a second time.
    ///
    /// It has found nothing. This makes the descriptor unreadable, unless `look`,
    /// which is called when no wake-up is pending any more, finds something after
    /// all: then that is returned, and the descriptor is readable again.
    ///
    /// ```
    /// use wakefd::{AutoNotifier, Waker};
    /// # use std::{collections::VecDeque, sync::Mutex};
    ///
    /// # fn main() -> Result<(), wakefd::Error> {
    /// # let queue = Mutex::new(VecDeque::from([1, 2, 3]));
    /// # let pop = || queue.lock().expect("no panic").pop_front();
    /// # let waker = Waker::new(AutoNotifier::new()?);
    /// # waker.wake()?;
    /// # let mut sum = 0;
    /// // When the descriptor is readable:
    /// for _ in 0..256 {
    ///     let message = match pop() {
    ///         Some(message) => message,
    ///         None => match waker.clear_if_empty(pop)? {
    ///             Some(message) => message,
    ///             None => break, // sleep
    ///         },
    ///     };
    ///     // Work.
    ///     # sum += message;
    /// }
    /// # assert_eq!(sum, 6);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// One system call (`read`), also if no wake-up is pending here: another process
    /// may have notified. For one consumer at a time, and not while
    /// [`awake`](Self::awake) is held.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`].
    pub fn clear_if_empty<R>(
        &self,
        mut look: impl FnMut() -> Option<R>,
    ) -> Result<Option<R>, Error> {
        // If it is woken and yet nothing is written, a waker is about to write:
        // then it will be readable, and is settled next time. Asked also where no
        // wake-up is pending: others may have written past the word.
        if !self.notifier.clear()? {
            return Ok(None);
        }
        loop {
            // Nobody writes while it looks once more.
            self.state.stay_awake();
            if let Some(found) = look() {
                // Perhaps not the last: readable again. Should that fail, the
                // next one who wakes or settles finds out, and nothing is lost.
                self.state.wake();
                let _ = self.notifier.notify();
                return Ok(Some(found));
            }
            if self.state.arm() {
                return Ok(None);
            }
        }
    }

    /// Gives the calling process a waker of its own, with nothing pending, after `fork`:
    /// [`Notifier::reinit_after_fork`].
    ///
    /// # Errors
    ///
    /// Those of the notifier's method.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        self.notifier.reinit_after_fork()?;
        self.state.rearm();
        Ok(())
    }

    /// The notifier behind it, to be polled, and to be notified by other
    /// processes.
    pub const fn notifier(&self) -> &N {
        &self.notifier
    }

    /// The descriptor's number, as [`Notifier::as_raw_fd`]; here too so that
    /// the call stays unambiguous beside std's `AsRawFd`.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.notifier.as_raw_fd()
    }

    /// Tells wakers that the consumer is awake, until the guard is dropped.
    ///
    /// For the one thread that consumes. While it is awake no waker makes a
    /// system call; before it sleeps, it asks.
    ///
    /// ```
    /// use wakefd::{AutoNotifier, Notifier, Waker};
    ///
    /// # fn main() -> Result<(), wakefd::Error> {
    /// # let waker = Waker::new(AutoNotifier::new()?);
    /// # let (mut rounds, mut look_at_the_queue) = (0, || ());
    /// # waker.wake()?;
    /// let mut awake = waker.awake();
    /// loop {
    ///     look_at_the_queue();
    ///     # rounds += 1;
    ///     # if rounds == 3 { break; }
    ///     # waker.wake()?;
    ///     if let Some(prepared) = awake.prepare_wait() {
    ///         // Sleep here: poll, select or epoll_wait, the descriptor in the set.
    ///         # let is_readable = false;
    ///         prepared.finish(is_readable)?;
    ///     } // else woken meanwhile: look again
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn awake(&self) -> Awake<'_, N> {
        // What is pending by now stays pending, so that the first
        // `prepare_wait` reports it.
        if self.state.stay_awake() {
            self.state.wake();
        }
        Awake { waker: self }
    }
}

/// The consumer is awake, and wakers know. See [`Waker::awake`].
///
/// When this is dropped, the waker is as before: whoever polls the descriptor
/// finds what is pending.
#[derive(Debug)]
#[must_use = "the consumer counts as awake only as long as this lives"]
pub struct Awake<'a, N: Notifier> {
    waker: &'a Waker<N>,
}

impl<N: Notifier> Awake<'_, N> {
    /// Announces that the consumer is about to sleep.
    ///
    /// `None` if a wake-up has come since it last looked: then it must look
    /// again instead of sleeping. No system call.
    pub fn prepare_wait(&mut self) -> Option<Prepared<'_, N>> {
        let state = &self.waker.state;
        if state.arm() {
            Some(Prepared { waker: self.waker })
        } else {
            state.stay_awake();
            None
        }
    }
}

impl<N: Notifier> Drop for Awake<'_, N> {
    fn drop(&mut self) {
        if !self.waker.state.arm() {
            // A wake-up for which nobody has written. A drop cannot report; what
            // can fail is that somebody closed the descriptor by number.
            let _ = self.waker.notifier.notify();
        }
    }
}

/// The consumer sleeps, or is about to, and wakers write. See
/// [`Waker::awake`].
///
/// If this is dropped instead of finished, nothing is lost: wakers go on writing
/// until the next [`Awake::prepare_wait`].
#[derive(Debug)]
#[must_use = "sleep while this lives, then finish"]
pub struct Prepared<'a, N: Notifier> {
    waker: &'a Waker<N>,
}

impl<N: Notifier> Prepared<'_, N> {
    /// Ends the sleep, for whatever reason it ended, and says whether there was
    /// a wake-up. Look after this.
    ///
    /// `readable` is what the multiplexer says of the descriptor. If it is, it is
    /// drained (one system call); else there is no system call. It may be
    /// readable without a wake-up: a waker can be slow to write for one that was
    /// taken long since.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`].
    pub fn finish(self, readable: bool) -> Result<bool, Error> {
        let drained = match readable {
            true => self.waker.notifier.clear().map(drop),
            false => Ok(()),
        };
        let woken = self.waker.state.stay_awake();
        drained.map(|()| woken)
    }

    /// Sleeps until there is a wake-up or `timeout` has passed, and finishes. For
    /// a consumer that waits for nothing else.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::wait`] and [`Notifier::clear`].
    pub fn wait(self, timeout: Option<Duration>) -> Result<Wait, Error> {
        let waited = self.waker.notifier.wait(timeout)?;
        // A wake-up counts also if it came when the time was over.
        match self.finish(waited == Wait::Notified)? {
            true => Ok(Wait::Notified),
            false => Ok(waited),
        }
    }
}

/// As a [`Notifier`], `notify` is [`wake`](Waker::wake). Clause 8 of the
/// contract holds only for [`notifier`](Waker::notifier); see "Fork" above.
impl<N: Notifier> Notifier for Waker<N> {
    fn notify(&self) -> Result<(), Error> {
        self.wake()
    }

    fn clear(&self) -> Result<bool, Error> {
        self.clear()
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.notifier.wait(timeout)
    }

    fn as_raw_fd(&self) -> RawFd {
        self.as_raw_fd()
    }

    fn mechanism(&self) -> Mechanism {
        self.notifier.mechanism()
    }

    fn reinit_after_fork(&self) -> Result<(), Error> {
        self.reinit_after_fork()
    }
}
