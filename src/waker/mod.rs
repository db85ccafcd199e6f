//! Coalescing wake-ups in user space.

mod state;

use core::mem::forget;
use core::time::Duration;

use crate::error::Error;
use crate::mechanism::{Backend, Mechanism};
use crate::notifier::{Notifier, Wait};
use crate::sys::fd::RawFd;
use state::State;

/// Wraps a notifier and coalesces wake-ups in user space.
///
/// While a wake-up is pending, another [`wake`](Self::wake) is a fence and a load instead
/// of a system call. The consumer need not know: it polls the descriptor and calls
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
/// # Event loops of your own
///
/// A program that owns its loop can tell the waker when the loop sleeps: see
/// [`awake`](Self::awake). Then a wake-up, and clearing it, costs a system call only if the
/// loop sleeps or is about to.
///
/// # Failures
///
/// No wake-up is lost when a call fails, a callback panics, or a thread ends in the middle
/// of a method: then wakers write more often than they need to, until the next clear
/// succeeds.
///
/// # Signals
///
/// `wake` is async-signal-safe, as [`Notifier::notify`] is, also in a handler that
/// interrupts `wake` or `clear`.
///
/// # Fork
///
/// The pending flag lives in process memory. After `fork` each process has its own copy,
/// so wake-ups do not cross processes. To wake another process, notify the bare
/// [`notifier`](Self::notifier); the other's `clear` takes that as well. A process that
/// reads a descriptor that it shares takes the wake-up, and the other's wakers do not know:
/// they stay silent until the other calls `clear`. A child that goes on with a loop of its
/// own calls [`reinit_after_fork`](Self::reinit_after_fork).
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

    /// Wakes the consumer, which sees what the caller did before this after its next
    /// [`clear`](Self::clear), or [`Prepared::finish`].
    ///
    /// Makes at most one system call (`write`), and only if no wake-up is pending and the
    /// consumer may be asleep. Async-signal-safe; leaves `errno` as it was.
    ///
    /// `Ok` means that the descriptor has been made readable, or that the consumer is
    /// awake and will look. A write that another thread has begun does not count: that
    /// thread may fail, be killed, or lose the processor. So several wakers at once may
    /// each make the call.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::notify`]. The next call tries again.
    pub fn wake(&self) -> Result<(), Error> {
        if let Some(seen) = self.state.wake() {
            self.notifier.notify()?;
            self.state.confirm(seen);
        }
        Ok(())
    }

    /// Takes the wake-up, and says whether there was one. Clear first, then look at what
    /// has happened.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`]. Nothing is lost: wakers go on writing, and the next
    /// `clear` gives `true`.
    pub fn clear(&self) -> Result<bool, Error> {
        let before = self.state.begin_clear();
        let drained = self.notifier.clear()?;
        self.state.arm();
        Ok(drained || before.was_pending())
    }

    /// Clears if nothing is left, and says whether it has cleared.
    ///
    /// For a consumer with a queue, which takes from it without clearing for as long as
    /// it finds something. Until this gives `true`, the descriptor is readable, or a waker
    /// is about to make it so, and no waker writes a second time.
    ///
    /// ```
    /// use std::{collections::VecDeque, sync::Mutex};
    /// use wakefd::{AutoNotifier, Waker};
    ///
    /// # fn main() -> Result<(), wakefd::Error> {
    /// let queue = Mutex::new(VecDeque::from([1, 2, 3]));
    /// let waker = Waker::new(AutoNotifier::new()?);
    /// waker.wake()?;
    /// # let mut sum = 0;
    /// // When the descriptor is readable:
    /// for _ in 0..256 {
    ///     let message = queue.lock().expect("no panic").pop_front();
    ///     match message {
    ///         Some(message) => sum += message, // work
    ///         None if waker.clear_if_empty(|| queue.lock().expect("no panic").is_empty())? => {
    ///             break; // sleep
    ///         }
    ///         None => {} // something has come meanwhile
    ///     }
    /// }
    /// # assert_eq!(sum, 6);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The consumer counts as awake meanwhile, so no waker writes. `is_empty` is called again
    /// after each wake-up that comes meanwhile. If it panics, the descriptor is readable
    /// afterwards.
    ///
    /// Usually no system call if something is there. Else one (`read`), also if no wake-up is
    /// pending in memory, since another process may have notified; and a `write` if
    /// something has come during the `read`. For one consumer at a time, and not while
    /// [`awake`](Self::awake) is held.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`] and [`Notifier::notify`]. After an error take what is
    /// there until nothing is left: the descriptor may be unreadable. Wakers go on
    /// writing.
    pub fn clear_if_empty(&self, mut is_empty: impl FnMut() -> bool) -> Result<bool, Error> {
        let unfinished = Unfinished(self);
        let mut is_readable = self.state.set_awake().is_written();
        let mut drained = false;
        while is_empty() {
            if !drained {
                self.notifier.clear()?;
                drained = true;
                is_readable = false;
            }
            if self.state.try_arm() {
                forget(unfinished);
                return Ok(true);
            }
            // A wake-up has come since the look.
            self.state.set_awake();
        }
        if !is_readable {
            self.notifier.notify()?;
        }
        self.state.set_pending();
        forget(unfinished);
        Ok(false)
    }

    /// Whether a step of the consumer has failed, so that the descriptor may be unreadable
    /// although something is there.
    #[cfg(feature = "channel")]
    pub(crate) fn is_uncertain(&self) -> bool {
        self.state.is_clearing()
    }

    /// Gives the calling process a waker of its own, with nothing pending, after `fork`:
    /// [`Notifier::reinit_after_fork`]. If that fails, wakers write.
    ///
    /// # Errors
    ///
    /// What the method of the notifier returns.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        self.state.begin_clear();
        self.notifier.reinit_after_fork()?;
        self.state.arm();
        Ok(())
    }

    /// The notifier behind it, to be polled, and to be notified by other
    /// processes.
    pub const fn notifier(&self) -> &N {
        &self.notifier
    }

    /// Sleeps until the descriptor is readable or `timeout` has passed: [`Notifier::wait`].
    ///
    /// # Errors
    ///
    /// What the method of the notifier returns.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.notifier.wait(timeout)
    }

    /// Returns the descriptor to poll for reading.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.notifier.as_raw_fd()
    }

    /// Returns the mechanism that created the notifier.
    #[must_use]
    pub fn mechanism(&self) -> Mechanism {
        self.notifier.mechanism()
    }

    /// Returns what the notifier is made of.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.notifier.backend()
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
        self.state.set_awake_pending();
        Awake { waker: self }
    }
}

/// The consumer is awake, and wakers know. See [`Waker::awake`].
///
/// When this is dropped, the waker is as before: whoever polls the descriptor finds what
/// is pending. Where nobody has written for it, the drop does (one system call); should
/// that fail, the next [`Waker::clear`] gives `true`. A consumer that has seen
/// [`prepare_wait`](Self::prepare_wait) succeed and drops both needs no such write.
///
/// A guard that is leaked leaves the consumer awake for ever in the eyes of wakers, and
/// the descriptor silent.
#[derive(Debug)]
#[must_use = "the consumer counts as awake only as long as this lives"]
pub struct Awake<'a, N: Notifier> {
    waker: &'a Waker<N>,
}

impl<N: Notifier> Awake<'_, N> {
    /// Announces that the consumer is about to sleep.
    ///
    /// Returns `None` if a wake-up has come since it last looked: then it must look again
    /// instead of sleeping. No system call.
    pub fn prepare_wait(&mut self) -> Option<Prepared<'_, N>> {
        let state = &self.waker.state;
        if state.try_arm() {
            Some(Prepared { waker: self.waker })
        } else {
            state.set_awake();
            None
        }
    }
}

impl<N: Notifier> Drop for Awake<'_, N> {
    fn drop(&mut self) {
        let state = &self.waker.state;
        if !state.try_arm() && state.is_unwritten() {
            // Wakers write, also if this write fails, which a drop cannot report.
            state.begin_clear();
            if self.waker.notifier.notify().is_ok() {
                state.set_pending();
            }
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
    /// Ends the sleep, for whatever reason it ended, and says whether there was a wake-up.
    /// Look after this.
    ///
    /// `readable` is what the multiplexer says of the descriptor. If it is, it is drained
    /// (one system call); else there is no system call. It can be readable for a wake-up that
    /// was reported before: of a waker that is slow, and once for what was pending when
    /// [`Waker::awake`] was called. So look whether something is there; do not count.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`]. Look all the same: [`Awake::prepare_wait`] gives `None`
    /// next. Until then wakers write.
    pub fn finish(self, readable: bool) -> Result<bool, Error> {
        let Waker { state, notifier } = self.waker;
        if !readable {
            return Ok(state.set_awake().was_pending());
        }
        let before = state.begin_clear();
        let drained = notifier.clear()?;
        state.set_awake();
        Ok(drained || before.was_pending())
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
        self.wait(timeout)
    }

    fn as_raw_fd(&self) -> RawFd {
        self.as_raw_fd()
    }

    fn mechanism(&self) -> Mechanism {
        self.mechanism()
    }

    fn reinit_after_fork(&self) -> Result<(), Error> {
        self.reinit_after_fork()
    }
}

/// A consumer that counts as awake. If it fails or panics, it does not look any more: the
/// descriptor is made readable, and wakers write.
struct Unfinished<'a, N: Notifier>(&'a Waker<N>);

impl<N: Notifier> Drop for Unfinished<'_, N> {
    fn drop(&mut self) {
        self.0.state.begin_clear();
        let _ = self.0.notifier.notify();
    }
}
