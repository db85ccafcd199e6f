//! A lock with a condition variable, whose value belongs to one process: a child of `fork`
//! finds the initial value.
//!
//! A child inherits the memory but not the threads, and so perhaps a lock that no thread
//! will release. `pthread_atfork` would run in every `fork` of the program; this lock
//! instead compares process ids, and so tells a child that the value is its parent's.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};

use super::condvar::Condvar;
use super::errno::Errno;
use super::poll;
use crate::sys::atomic::{AtomicI32, Ordering};

/// A value with an initial state, which a process finds first.
pub(crate) trait Initial {
    const INITIAL: Self;

    /// Called when a process begins with the initial value, before any thread has the lock:
    /// once in the first process, and once in each child of `fork`.
    fn begin(&mut self, _process: libc::pid_t) {}
}

/// A value that the threads of one process share under a lock.
pub(crate) struct ForkMutex<T: 'static> {
    /// The process that owns the lock and the value. Its negative while that process resets
    /// them.
    process: AtomicI32,
    mutex: UnsafeCell<libc::pthread_mutex_t>,
    condvar: Condvar,
    value: UnsafeCell<T>,
}

// SAFETY: the value is reached through `Locked` alone, which has the lock, or by
// the one thread that resets it. Mutex and condition variable are there for threads to
// share.
unsafe impl<T: Send> Sync for ForkMutex<T> {}

impl<T: Initial> ForkMutex<T> {
    pub(crate) const fn new() -> Self {
        ForkMutex {
            process: AtomicI32::new(0),
            mutex: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            condvar: Condvar::new(),
            value: UnsafeCell::new(T::INITIAL),
        }
    }

    /// Waits for the lock, in the process with this id, which is the caller's. Not for
    /// signal handlers.
    pub(crate) fn lock(&'static self, process: libc::pid_t) -> Locked<T> {
        self.reset_in_child(process);
        // SAFETY: initialised, and never moved: it is a static. A thread that has
        // it does not come here again.
        unsafe { libc::pthread_mutex_lock(self.mutex.get()) };
        Locked(self)
    }

    /// Waits for the lock, in a thread that was created by a holder of the lock. Takes no
    /// process id, because such a thread may have another one (LinuxThreads).
    pub(crate) fn lock_in_thread(&'static self) -> Locked<T> {
        self.lock(self.process.load(Ordering::Acquire))
    }

    /// Wakes all threads that wait for a change of the value. Call this after releasing the
    /// lock, which these threads take.
    pub(crate) fn notify_all(&self) -> Result<(), Errno> {
        self.condvar.notify_all()
    }

    fn reset_in_child(&self, process: libc::pid_t) {
        let resetting = process.wrapping_neg();
        loop {
            let owner = self.process.load(Ordering::Acquire);
            if owner == process {
                return;
            }
            if owner == resetting {
                // Another thread of this process resets the value.
                poll::sleep_1ms();
                continue;
            }
            let (success, failure) = (Ordering::Acquire, Ordering::Relaxed);
            let picked = self
                .process
                .compare_exchange(owner, resetting, success, failure);
            if picked.is_ok() {
                // SAFETY: the exchange has picked this thread, and the others of the
                // process wait until it is done. What is overwritten has no user:
                // there was none, or they are threads of the parent. The parent's value
                // is not dropped, as what it owns is the parent's.
                unsafe {
                    self.mutex.get().write(libc::PTHREAD_MUTEX_INITIALIZER);
                    self.condvar.reset();
                    self.value.get().write(T::INITIAL);
                    (*self.value.get()).begin(process);
                }
                self.process.store(process, Ordering::Release);
            }
        }
    }
}

/// The right to use the value while the lock is held.
pub(crate) struct Locked<T: 'static>(&'static ForkMutex<T>);

impl<T> Locked<T> {
    /// Releases the lock until another thread notifies, or until `time`, in nanoseconds of
    /// the monotonic clock; `u64::MAX` means forever. May return early.
    pub(crate) fn wait_until(&mut self, time: u64) {
        // SAFETY: the lock is initialised, in a static, and held.
        unsafe { self.0.condvar.wait_until(self.0.mutex.get(), time) };
    }
}

impl<T> Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Locked<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T> Drop for Locked<T> {
    fn drop(&mut self) {
        // SAFETY: this thread holds it.
        unsafe { libc::pthread_mutex_unlock(self.0.mutex.get()) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{clock, process};
    use std::thread;

    impl Initial for usize {
        const INITIAL: usize = 0;
    }

    /// Two service threads can sleep at the same time: one that is to end, and its
    /// successor.
    #[test]
    fn notify_all_wakes_all() {
        static SLEEPING: ForkMutex<usize> = ForkMutex::new();
        const LONG: u64 = 20_000_000_000;

        let begin = clock::now_ns();
        let sleepers: [_; 3] = core::array::from_fn(|_| {
            thread::spawn(move || {
                let mut locked = SLEEPING.lock(process::id());
                *locked += 1;
                while *locked < 100 && clock::now_ns() < begin + LONG {
                    locked.wait_until(begin + LONG);
                }
            })
        });
        while *SLEEPING.lock(process::id()) < sleepers.len() {
            thread::yield_now();
        }
        *SLEEPING.lock(process::id()) = 100;
        assert_eq!(SLEEPING.notify_all(), Ok(()));
        for sleeper in sleepers {
            sleeper.join().expect("no panic");
        }
        assert!(clock::now_ns() < begin + LONG, "one slept on");
    }
}
