//! A value under a lock, with a condition to wait for, that belongs to one
//! process: a child of `fork` finds it as new.
//!
//! A child inherits the memory but not the threads, and so perhaps a lock that
//! nobody will release. `pthread_atfork` would run in every `fork` of the program;
//! here the process's number tells the child that what it finds is its parent's.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;
use core::ops::{Deref, DerefMut};

use crate::atomic::{AtomicI32, Ordering};

/// The lock, the condition and the value.
pub(super) struct Monitor<T: Copy + 'static> {
    /// Whose it is. Negative while that process is making it its own.
    process: AtomicI32,
    mutex: UnsafeCell<libc::pthread_mutex_t>,
    changed: UnsafeCell<MaybeUninit<libc::pthread_cond_t>>,
    value: UnsafeCell<T>,
    initial: T,
}

// SAFETY: the value is reached through `Entered` alone, which has the lock, or by
// the one thread that makes it the process's own.
unsafe impl<T: Copy + Send> Sync for Monitor<T> {}

impl<T: Copy> Monitor<T> {
    pub(super) const fn new(initial: T) -> Self {
        Monitor {
            process: AtomicI32::new(0),
            mutex: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            changed: UnsafeCell::new(MaybeUninit::uninit()),
            value: UnsafeCell::new(initial),
            initial,
        }
    }

    /// Waits for the lock, in the process of this number, which is the caller's. Not
    /// for signal handlers.
    pub(super) fn enter(&'static self, process: libc::pid_t) -> Entered<T> {
        self.make_own(process);
        // SAFETY: initialised, and never moved: it is a static. A thread that has
        // it does not come here again.
        unsafe { libc::pthread_mutex_lock(self.mutex.get()) };
        Entered(self)
    }

    fn make_own(&self, process: libc::pid_t) {
        let beginning = process.wrapping_neg();
        loop {
            let owner = self.process.load(Ordering::Acquire);
            if owner == process {
                return;
            }
            if owner == beginning {
                // Another thread is at it. Sleep: to yield would not let a thread
                // of lower priority run.
                // SAFETY: no entries, so no memory is touched.
                unsafe { libc::poll(core::ptr::null_mut(), 0, 1) };
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
                    new_condition(self.changed.get().cast());
                    *self.value.get() = self.initial;
                }
                self.process.store(process, Ordering::Release);
                return;
            }
        }
    }

    fn condition(&self) -> *mut libc::pthread_cond_t {
        self.changed.get().cast()
    }
}

/// The lock is held.
pub(super) struct Entered<T: Copy + 'static>(&'static Monitor<T>);

impl<T: Copy> Entered<T> {
    /// Lets the one thread that waits look again. Releases the lock first, as that
    /// thread is going to want it.
    pub(super) fn wake(self) {
        let condition = self.0.condition();
        drop(self);
        // SAFETY: initialised by `make_own`, in a static.
        unsafe { libc::pthread_cond_signal(condition) };
    }

    /// Releases the lock until somebody wakes this thread, or until this time of
    /// the monotonic clock, in nanoseconds; the highest number is never. May come
    /// back for nothing.
    pub(super) fn wait_until(&mut self, time: u64) {
        let (condition, mutex) = (self.0.condition(), self.0.mutex.get());
        if time == u64::MAX {
            // SAFETY: both initialised, and the lock is held.
            unsafe { libc::pthread_cond_wait(condition, mutex) };
        } else {
            timed_wait(condition, mutex, time);
        }
    }
}

impl<T: Copy> Deref for Entered<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the lock is held.
        unsafe { &*self.0.value.get() }
    }
}

impl<T: Copy> DerefMut for Entered<T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the lock is held.
        unsafe { &mut *self.0.value.get() }
    }
}

impl<T: Copy> Drop for Entered<T> {
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

fn timespec(nanoseconds: u64) -> libc::timespec {
    let parts = [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000];
    // 32 bits hold 68 years, and are enough on every target.
    let [seconds, rest] = parts.map(|part| i32::try_from(part).unwrap_or(i32::MAX));
    // SAFETY: a timespec is integers, for which zero is a value.
    let mut time: libc::timespec = unsafe { core::mem::zeroed() };
    time.tv_sec = seconds.into();
    time.tv_nsec = rest.into();
    time
}

cfg_if::cfg_if! {
    if #[cfg(target_vendor = "apple")] {
        /// # Safety
        ///
        /// Nobody uses what is there.
        unsafe fn new_condition(condition: *mut libc::pthread_cond_t) {
            // SAFETY: the caller's promise.
            unsafe { *condition = libc::PTHREAD_COND_INITIALIZER };
        }

        /// There is no condition of the monotonic clock, but one of durations.
        fn timed_wait(
            condition: *mut libc::pthread_cond_t,
            mutex: *mut libc::pthread_mutex_t,
            time: u64,
        ) {
            let rest = timespec(time.saturating_sub(super::clock::since_start()));
            // SAFETY: both initialised, the lock is held, and a live timespec.
            unsafe { libc::pthread_cond_timedwait_relative_np(condition, mutex, &rest) };
        }
    } else {
        /// A condition whose times are those of the monotonic clock.
        ///
        /// # Safety
        ///
        /// Nobody uses what is there.
        unsafe fn new_condition(condition: *mut libc::pthread_cond_t) {
            let mut attributes = MaybeUninit::uninit();
            // SAFETY: the first call initialises what the others use. None fails:
            // every libc that has the second has this clock.
            unsafe {
                libc::pthread_condattr_init(attributes.as_mut_ptr());
                libc::pthread_condattr_setclock(attributes.as_mut_ptr(), libc::CLOCK_MONOTONIC);
                libc::pthread_cond_init(condition, attributes.as_ptr());
                libc::pthread_condattr_destroy(attributes.as_mut_ptr());
            }
        }

        fn timed_wait(
            condition: *mut libc::pthread_cond_t,
            mutex: *mut libc::pthread_mutex_t,
            time: u64,
        ) {
            // SAFETY: both initialised, the lock is held, and a live timespec.
            unsafe { libc::pthread_cond_timedwait(condition, mutex, &timespec(time)) };
        }
    }
}
