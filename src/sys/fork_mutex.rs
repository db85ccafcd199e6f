//! A value under a lock, with a change to wait for, that belongs to one process: a
//! child of `fork` finds it as new.
//!
//! A child inherits the memory but not the threads, and so perhaps a lock that
//! nobody will release. `pthread_atfork` would run in every `fork` of the program;
//! here the process's number tells the child that what it finds is its parent's.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};

use super::condvar::Condvar;
use super::errno::Errno;
use super::poll;
use crate::atomic::{AtomicI32, Ordering};

/// The lock, the change and the value.
pub(super) struct ForkMutex<T: Copy + 'static> {
    /// Whose it is. Negative while that process is making it its own.
    process: AtomicI32,
    mutex: UnsafeCell<libc::pthread_mutex_t>,
    changed: Condvar,
    value: UnsafeCell<T>,
    initial: T,
}

// SAFETY: the value is reached through `Locked` alone, which has the lock, or by
// the one thread that makes it the process's own. The lock and the change are there
// for threads to share.
unsafe impl<T: Copy + Send> Sync for ForkMutex<T> {}

impl<T: Copy> ForkMutex<T> {
    pub(super) const fn new(initial: T) -> Self {
        ForkMutex {
            process: AtomicI32::new(0),
            mutex: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            changed: Condvar::new(),
            value: UnsafeCell::new(initial),
            initial,
        }
    }

    /// Waits for the lock, in the process of this number, which is the caller's. Not
    /// for signal handlers.
    pub(super) fn lock(&'static self, process: libc::pid_t) -> Locked<T> {
        self.reset_in_child(process);
        // SAFETY: initialised, and never moved: it is a static. A thread that has
        // it does not come here again.
        unsafe { libc::pthread_mutex_lock(self.mutex.get()) };
        Locked(self)
    }

    /// The process that it belongs to: what the number of a thread's own process is,
    /// where a thread has no other (LinuxThreads).
    pub(super) fn owner(&self) -> libc::pid_t {
        self.process.load(Ordering::Acquire)
    }

    fn reset_in_child(&self, process: libc::pid_t) {
        let beginning = process.wrapping_neg();
        loop {
            let owner = self.process.load(Ordering::Acquire);
            if owner == process {
                return;
            }
            if owner == beginning {
                // Another thread is at it.
                poll::sleep_1ms();
                continue;
            }
            let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
            if self
                .process
                .compare_exchange(owner, beginning, success, failure)
                .is_ok()
            {
                // SAFETY: the exchange has picked this thread, and the others of the
                // process wait until it is done. What is overwritten has no user:
                // there was none, or they are threads of the parent.
                unsafe {
                    *self.mutex.get() = libc::PTHREAD_MUTEX_INITIALIZER;
                    self.changed.reset();
                    *self.value.get() = self.initial;
                }
                self.process.store(process, Ordering::Release);
                return;
            }
        }
    }
}

/// The lock is held.
pub(super) struct Locked<T: Copy + 'static>(&'static ForkMutex<T>);

impl<T: Copy> Locked<T> {
    /// Lets those that wait look again. Releases the lock first, as they are going to
    /// want it.
    pub(super) fn wake(self) -> Result<(), Errno> {
        let changed = &self.0.changed;
        changed.notify_all();
        drop(self);
        changed.wake()
    }

    /// Releases the lock until somebody wakes this thread, or until this time of
    /// the monotonic clock, in nanoseconds; the highest number is never. May come
    /// back for nothing.
    pub(super) fn wait_until(&mut self, time: u64) {
        // SAFETY: the lock is initialised, in a static, and held.
        unsafe { self.0.changed.wait_until(self.0.mutex.get(), time) };
    }
}

impl<T: Copy> Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.0.value.get() }
    }
}

impl<T: Copy> DerefMut for Locked<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T: Copy> Drop for Locked<T> {
    fn drop(&mut self) {
        // SAFETY: this thread holds it.
        unsafe { libc::pthread_mutex_unlock(self.0.mutex.get()) };
    }
}

/// This process's number.
pub(super) fn process() -> libc::pid_t {
    // SAFETY: no preconditions.
    unsafe { libc::getpid() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::clock;
    use std::thread;

    /// A service thread that is to end and the one after it can sleep at once.
    #[test]
    fn a_change_wakes_all() {
        static SLEEPING: ForkMutex<usize> = ForkMutex::new(0);
        const LONG: u64 = 20_000_000_000;

        let begin = clock::now_ns();
        let sleepers: [_; 3] = core::array::from_fn(|_| {
            thread::spawn(move || {
                let mut locked = SLEEPING.lock(process());
                *locked += 1;
                while *locked < 100 && clock::now_ns() < begin + LONG {
                    locked.wait_until(begin + LONG);
                }
            })
        });
        while *SLEEPING.lock(process()) < sleepers.len() {
            thread::yield_now();
        }
        let mut locked = SLEEPING.lock(process());
        *locked = 100;
        assert_eq!(locked.wake(), Ok(()));
        for sleeper in sleepers {
            sleeper.join().expect("no panic");
        }
        assert!(clock::now_ns() < begin + LONG, "one slept on");
    }
}
