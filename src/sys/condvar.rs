//! A condition variable that uses the monotonic clock.
//!
//! On Linux it is a futex and not libc's type. The function that sets the monotonic clock
//! for libc's type is in glibc since 2.3.3, and the C library loads on 2.2.5. The time-out
//! of a futex is a duration and needs no such function.

use super::errno::Errno;

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        use super::futex;
        use crate::sys::atomic::{AtomicU32, Ordering};

        /// The number of notifications.
        pub(super) struct Condvar(AtomicU32);

        impl Condvar {
            pub(super) const fn new() -> Self {
                Condvar(AtomicU32::new(0))
            }

            /// Prepares the condition variable in a child of `fork`, where no thread
            /// sleeps. Any number is a valid start.
            ///
            /// # Safety
            ///
            /// No thread uses the condition variable.
            pub(super) unsafe fn reset(&self) {}

            /// Wakes all threads that sleep. Beside the current service thread there may be
            /// one that is to end, or one that could not be told to, and the kernel would
            /// wake the thread with the highest priority first.
            pub(super) fn notify_all(&self) -> Result<(), Errno> {
                const ALL: u32 = i32::MAX as u32;
                self.0.fetch_add(1, Ordering::Relaxed);
                futex::wake(&self.0, ALL)
            }

            /// Releases the lock, sleeps until a notification or until `time`, and takes
            /// the lock again. A notification after the release changes the number, and the
            /// kernel does not start to sleep if the number differs from the one that was
            /// read under the lock.
            ///
            /// # Safety
            ///
            /// The lock is initialised, and this thread holds it.
            pub(super) unsafe fn wait_until(&self, mutex: *mut libc::pthread_mutex_t, time: u64) {
                let seen = self.0.load(Ordering::Relaxed);
                // SAFETY: the caller's promise.
                unsafe { libc::pthread_mutex_unlock(mutex) };
                futex::wait(&self.0, seen, time);
                // SAFETY: as above.
                unsafe { libc::pthread_mutex_lock(mutex) };
            }
        }
    } else {
        use core::cell::UnsafeCell;
        use core::mem::MaybeUninit;

        /// libc's condition variable.
        pub(super) struct Condvar(UnsafeCell<MaybeUninit<libc::pthread_cond_t>>);

        impl Condvar {
            pub(super) const fn new() -> Self {
                Condvar(UnsafeCell::new(MaybeUninit::uninit()))
            }

            fn condition(&self) -> *mut libc::pthread_cond_t {
                self.0.get().cast()
            }

            /// Initialises the condition variable, at first and again in a child of `fork`.
            ///
            /// # Safety
            ///
            /// No thread uses the condition variable.
            #[cfg(target_vendor = "apple")]
            pub(super) unsafe fn reset(&self) {
                // SAFETY: the caller's promise.
                unsafe { *self.condition() = libc::PTHREAD_COND_INITIALIZER };
            }

            /// Initialises the condition variable, at first and again in a child of `fork`.
            ///
            /// # Safety
            ///
            /// No thread uses the condition variable.
            #[cfg(not(target_vendor = "apple"))]
            pub(super) unsafe fn reset(&self) {
                let mut attributes = MaybeUninit::uninit();
                // SAFETY: the caller's promise; the first call initialises what the
                // others use. None fails: every libc that has the second has this clock.
                unsafe {
                    libc::pthread_condattr_init(attributes.as_mut_ptr());
                    libc::pthread_condattr_setclock(attributes.as_mut_ptr(), libc::CLOCK_MONOTONIC);
                    libc::pthread_cond_init(self.condition(), attributes.as_ptr());
                    libc::pthread_condattr_destroy(attributes.as_mut_ptr());
                }
            }

            pub(super) fn notify_all(&self) -> Result<(), Errno> {
                // SAFETY: made by `reset`, in a static.
                match unsafe { libc::pthread_cond_broadcast(self.condition()) } {
                    0 => Ok(()),
                    errno => Err(errno),
                }
            }

            /// # Safety
            ///
            /// The lock is initialised, and this thread holds it.
            pub(super) unsafe fn wait_until(&self, mutex: *mut libc::pthread_mutex_t, time: u64) {
                let condition = self.condition();
                // SAFETY: the caller's promise, made by `reset`, and a live timespec.
                unsafe {
                    if time == u64::MAX {
                        libc::pthread_cond_wait(condition, mutex);
                        return;
                    }
                    // macOS lacks `pthread_condattr_setclock` but has this function, which
                    // takes a duration.
                    #[cfg(target_vendor = "apple")]
                    {
                        let rest = timespec(time.saturating_sub(crate::sys::clock::now_ns()));
                        libc::pthread_cond_timedwait_relative_np(condition, mutex, &rest);
                    }
                    #[cfg(not(target_vendor = "apple"))]
                    libc::pthread_cond_timedwait(condition, mutex, &timespec(time));
                }
            }
        }

        fn timespec(nanoseconds: u64) -> libc::timespec {
            let parts = [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000];
            // 32 bits hold 68 years, which is enough on every target.
            let [seconds, rest] = parts.map(|part| i32::try_from(part).unwrap_or(i32::MAX));
            // SAFETY: a timespec is integers, for which zero is a value.
            let mut time: libc::timespec = unsafe { core::mem::zeroed() };
            time.tv_sec = seconds.into();
            time.tv_nsec = rest.into();
            time
        }
    }
}
