//! Coalescing wake-ups in user space.

mod state;

use core::mem::forget;
use core::time::Duration;

use crate::error::Error;
use crate::mechanism::{Backend, Mechanism};
use crate::notifier::{Notifier, Wait};
use crate::sys::fd::RawFd;
use state::{Seen, State};

/// Wraps a notifier and coalesces wake-ups in user space.
///
/// While a wake-up is pending, another [`wake`](Self::wake) is a fence and a load instead
/// of a system call. The consumer uses it like any [`Notifier`]: it polls the descriptor
/// and calls [`clear`](Self::clear).
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
/// # Loops that say when they sleep
///
/// A program that owns its loop can tell the waker when the loop sleeps: see
/// [`awake`](Self::awake). A wake-up and its clearing then make a system call only if the
/// loop sleeps or is about to.
///
/// # Failures
///
/// No wake-up is lost when a call fails, a callback panics, or a thread ends in the middle
/// of a method. Wakers then write more often than necessary, until the next clear succeeds.
///
/// # Signals
///
/// `wake` is async-signal-safe, as [`Notifier::notify`] is, also in a handler that
/// interrupts `wake` or `clear`.
///
/// # Fork
///
/// The pending flag lives in process memory. After `fork` each process has its own copy, so
/// wake-ups do not cross processes. To wake another process, notify the bare
/// [`notifier`](Self::notifier); the `clear` of the other process takes that notification
/// too. If one process reads the shared descriptor, it takes the wake-up of both, and the
/// wakers of the other process do not learn of it: they write nothing until that process
/// calls `clear`. A child that continues with a loop of its own calls
/// [`reinit_after_fork`](Self::reinit_after_fork).
#[derive(Debug)]
pub struct Waker<N> {
    state: State,
    notifier: N,
}

impl<N: Notifier> Waker<N> {
    /// Creates a waker around `notifier`, with nothing pending.
    pub fn new(notifier: N) -> Self {
        Waker {
            state: State::armed(),
            notifier,
        }
    }

    /// Wakes the consumer. After its next [`clear`](Self::clear) or [`Prepared::finish`],
    /// the consumer sees what the caller did before this call.
    ///
    /// Notifies at most once, as [`Notifier::notify`] does, and only if no wake-up is pending
    /// and the consumer may be asleep. Async-signal-safe; leaves `errno` as it was.
    ///
    /// `Ok` means that the descriptor was made readable, or that the consumer is awake and
    /// will look at the data. A write that another thread has begun does not count, because
    /// that thread may fail, be killed, or lose the processor. So several wakers at the
    /// same time may each make the call.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::notify`]. The next call tries again.
    pub fn wake(&self) -> Result<(), Error> {
        self.write(self.state.wake())
    }

    /// Wakes the consumer as [`wake`](Self::wake) does, without a fence of its own, which is
    /// most of what `wake` takes while a wake-up is pending.
    ///
    /// The caller has ordered its data itself: either it has published by an atomic
    /// read-modify-write of `SeqCst` order on a variable at which the consumer looks, or it
    /// has called `fence(SeqCst)` afterwards. To unlock a mutex, or to store with `Release`, is
    /// not enough: the consumer may then take the pending wake-up and not see the data, and
    /// nobody wakes it again.
    ///
    /// Async-signal-safe; leaves `errno` as it was.
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use wakefd::{AutoNotifier, Waker};
    ///
    /// # fn main() -> Result<(), wakefd::Error> {
    /// let waker = Waker::new(AutoNotifier::new()?);
    /// let requests = AtomicUsize::new(0);
    /// requests.fetch_add(1, Ordering::SeqCst);
    /// waker.wake_published()?;
    ///
    /// assert!(waker.clear()?);
    /// assert_eq!(requests.swap(0, Ordering::SeqCst), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`Notifier::notify`]. The next call tries again.
    #[inline]
    pub fn wake_published(&self) -> Result<(), Error> {
        self.write(self.state.wake_published())
    }

    #[inline]
    fn write(&self, seen: Option<Seen>) -> Result<(), Error> {
        if let Some(seen) = seen {
            self.notifier.notify()?;
            self.state.confirm(seen);
        }
        Ok(())
    }

    /// Takes the wake-up, and returns whether there was one. Call this first, and look at
    /// the data afterwards.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`]. Nothing is lost: wakers keep writing, and the next
    /// `clear` returns `true`.
    pub fn clear(&self) -> Result<bool, Error> {
        let before = self.state.begin_clear();
        let drained = self.notifier.clear()?;
        self.state.arm();
        Ok(drained || before.was_pending())
    }

    /// Takes the wake-up as [`clear`](Self::clear) does, without a system call where the
    /// backend permits that. For a consumer whose only watch on the descriptor is an epoll
    /// set with `EPOLLET`.
    ///
    /// On an eventfd each write is reported as an edge, whether or not the descriptor was
    /// drained before. So if the word in memory says that a waker has written, this method
    /// takes the wake-up there and makes no system call. Otherwise, and always on a pipe,
    /// it calls `clear`.
    ///
    /// ```
    /// use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
    /// use wakefd::{AutoNotifier, Waker};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let waker = Waker::new(AutoNotifier::new()?);
    /// let set = epoll::create(CreateFlags::CLOEXEC)?;
    /// let edge = EventFlags::IN | EventFlags::ET;
    /// epoll::add(&set, &waker, EventData::new_u64(0), edge)?;
    /// let mut events = Vec::with_capacity(8);
    /// for _ in 0..3 {
    ///     waker.wake()?; // usually another thread's
    ///     epoll::wait(&set, rustix::buffer::spare_capacity(&mut events), None)?;
    ///     assert!(waker.clear_edge_triggered()?);
    ///     // Look at the data.
    ///     events.clear();
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The descriptor of an eventfd stays readable afterwards: [`wait`](Self::wait), `poll`,
    /// and a level-triggered set report it once more. A loop that calls this method by
    /// mistake with such a multiplexer does not spin: the second call for the same write
    /// finds nothing in memory, and drains. A second multiplexer that watches the
    /// descriptor, for example another thread's `poll`, would spin.
    ///
    /// # Errors
    ///
    /// As for [`clear`](Self::clear).
    pub fn clear_edge_triggered(&self) -> Result<bool, Error> {
        if self.may_stay_undrained() && self.state.take_written() {
            return Ok(true);
        }
        self.clear()
    }

    /// Returns whether the descriptor is readable by a waker's write, and reports the next
    /// write as an edge even if this one is not drained.
    fn may_stay_undrained(&self) -> bool {
        self.backend() == Backend::EventFd && self.state.is_written()
    }

    /// Clears the descriptor if the consumer's queue is empty, and returns whether it did.
    ///
    /// For a consumer that takes from a queue without clearing for as long as it finds
    /// messages. Until this returns `true`, the descriptor is readable or a waker is about
    /// to make it so, and no waker writes a second time.
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
    /// The consumer counts as awake during the call, so no waker writes. `is_empty` is
    /// called again after each wake-up that comes during the call. If it panics, the
    /// descriptor is readable afterwards.
    ///
    /// Usually makes no system call if the queue is not empty. If it is empty, makes one
    /// (`read`), even if no wake-up is pending in memory, because another process may have
    /// notified; and one more (`write`) if a message came during the `read`. Only one
    /// consumer may call this at a time, and not while [`awake`](Self::awake) is held.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`] and [`Notifier::notify`]. The descriptor may be
    /// unreadable after an error: take messages until the queue is empty. Wakers keep
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
            // A wake-up came after the call of `is_empty`.
            self.state.set_awake();
        }
        if !is_readable {
            self.notifier.notify()?;
        }
        self.state.set_pending();
        forget(unfinished);
        Ok(false)
    }

    /// Returns whether a step of the consumer has failed, so that the descriptor may be
    /// unreadable although the queue is not empty.
    #[cfg(feature = "channel")]
    pub(crate) fn is_uncertain(&self) -> bool {
        self.state.is_clearing()
    }

    /// Gives the calling process, a child of `fork`, a waker of its own with nothing
    /// pending: see [`Notifier::reinit_after_fork`]. If it fails, wakers write on each
    /// call.
    ///
    /// # Errors
    ///
    /// As for the notifier's method: see [`Notifier::reinit_after_fork`].
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        self.state.begin_clear();
        self.notifier.reinit_after_fork()?;
        self.state.arm();
        Ok(())
    }

    /// Returns the notifier that this waker wraps, for polling, and for other processes to
    /// notify.
    pub const fn notifier(&self) -> &N {
        &self.notifier
    }

    /// Sleeps until the descriptor is readable, or until `timeout` has passed, as
    /// [`Notifier::wait`] does.
    ///
    /// # Errors
    ///
    /// As for the notifier's method: see [`Notifier::wait`].
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

    /// Returns the backend that the notifier uses.
    #[must_use]
    pub fn backend(&self) -> Backend {
        self.notifier.backend()
    }

    /// Tells wakers that the consumer is awake, until the guard is dropped.
    ///
    /// For the one thread that consumes. While it is awake, no waker makes a system call.
    /// Before it sleeps, it calls [`Awake::prepare_wait`].
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
    ///         // Sleep now: poll, select or epoll_wait, with the descriptor in the set.
    ///         # let is_readable = false;
    ///         prepared.finish(is_readable)?;
    ///     } // else woken meanwhile: look again
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn awake(&self) -> Awake<'_, N> {
        // A wake-up that is pending now stays pending, so that the first `prepare_wait`
        // reports it.
        self.state.set_awake_pending();
        Awake { waker: self }
    }
}

/// A guard during whose life wakers know that the consumer is awake. See [`Waker::awake`].
///
/// After the guard is dropped, the waker works as before, and a thread that polls the
/// descriptor finds a pending wake-up. If no waker has written for that wake-up, the drop
/// writes (one system call). If that write fails, the next [`Waker::clear`] returns `true`.
/// If the last call of [`prepare_wait`](Self::prepare_wait) returned a guard and both
/// guards are dropped, the drop need not write.
///
/// If the guard is leaked, wakers take the consumer for awake forever and never write to
/// the descriptor.
#[derive(Debug)]
#[must_use = "the consumer counts as awake only as long as this lives"]
pub struct Awake<'a, N: Notifier> {
    waker: &'a Waker<N>,
}

impl<N: Notifier> Awake<'_, N> {
    /// Returns whether a wake-up is pending, so that [`prepare_wait`](Self::prepare_wait)
    /// would return `None`. Makes no system call and changes nothing.
    ///
    /// A loop may look here for a bounded time before it sleeps. That uses the processor
    /// and saves the waker a `write` and the loop its sleep if a wake-up comes meanwhile.
    #[must_use]
    pub fn is_woken(&self) -> bool {
        self.waker.state.is_pending()
    }

    /// Announces that the consumer is about to sleep.
    ///
    /// Returns `None` if a wake-up has come since the consumer last looked: the consumer
    /// must then look again instead of sleeping. Makes no system call.
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
            // Wakers write from now on, even if this write fails, because a drop cannot
            // return an error.
            state.begin_clear();
            if self.waker.notifier.notify().is_ok() {
                state.set_pending();
            }
        }
    }
}

/// A guard during whose life the consumer sleeps or is about to, and wakers write. See
/// [`Waker::awake`].
///
/// If it is dropped without [`finish`](Self::finish), nothing is lost: wakers keep writing
/// until the next [`Awake::prepare_wait`].
#[derive(Debug)]
#[must_use = "sleep while this lives, then finish"]
pub struct Prepared<'a, N: Notifier> {
    waker: &'a Waker<N>,
}

impl<N: Notifier> Prepared<'_, N> {
    /// Ends the sleep, whatever its reason, and returns whether there was a wake-up. Look
    /// at the data after this call.
    ///
    /// `readable` is the multiplexer's report for the descriptor. If it is true, the
    /// descriptor is drained (one system call); otherwise there is no system call. The
    /// descriptor can be readable for a wake-up that was reported before: for a waker that
    /// writes late, and once for a wake-up that was pending when [`Waker::awake`] was
    /// called. So look at the data, and do not count wake-ups.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::clear`]. Look at the data all the same. The next
    /// [`Awake::prepare_wait`] returns `None`, and wakers write until then.
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

    /// Ends the sleep as [`finish`](Self::finish) does, without a system call where the
    /// backend permits that. For a consumer whose only watch on the descriptor is an epoll
    /// set with `EPOLLET`: see [`Waker::clear_edge_triggered`].
    ///
    /// # Errors
    ///
    /// As for [`finish`](Self::finish).
    pub fn finish_edge_triggered(self, readable: bool) -> Result<bool, Error> {
        let drain = readable && !self.waker.may_stay_undrained();
        self.finish(drain)
    }

    /// Sleeps until there is a wake-up, or until `timeout` has passed, and finishes. For a
    /// consumer that waits for nothing else.
    ///
    /// # Errors
    ///
    /// As for [`Notifier::wait`] and [`Notifier::clear`].
    pub fn wait(self, timeout: Option<Duration>) -> Result<Wait, Error> {
        let waited = self.waker.notifier.wait(timeout)?;
        // A wake-up also counts if it came when the time was over.
        match self.finish(waited == Wait::Notified)? {
            true => Ok(Wait::Notified),
            false => Ok(waited),
        }
    }
}

/// `notify` is [`wake`](Waker::wake). Clause 8 of the contract holds only for the bare
/// [`notifier`](Waker::notifier): see the section "Fork" of [`Waker`].
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

/// A guard for a consumer that counts as awake. If the consumer fails or panics, it looks
/// at nothing any more, so the drop makes the descriptor readable and lets wakers write.
struct Unfinished<'a, N: Notifier>(&'a Waker<N>);

impl<N: Notifier> Drop for Unfinished<'_, N> {
    fn drop(&mut self) {
        self.0.state.begin_clear();
        let _ = self.0.notifier.notify();
    }
}
