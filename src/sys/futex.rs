//! Sleeping until another thread changes a word.
//!
//! On Linux this is futex(2), by number, because few libcs have a function for it. On other
//! systems, and where a sandbox refuses the call, the sleeper checks the word once a
//! millisecond.

use super::errno::Errno;
use super::poll;
use crate::sys::atomic::{AtomicU32, Ordering};

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        use super::clock::{self, Timespec};
        use super::cvt;
        use super::numbers::timed;

        /// Calls futex(2) without `FUTEX_PRIVATE_FLAG`, which came with Linux 2.6.22.
        fn futex(
            word: &AtomicU32,
            operation: libc::c_int,
            value: u32,
            time: Option<&Timespec>,
        ) -> Result<(), Errno> {
            let word: *const AtomicU32 = word;
            let time = time.map_or(core::ptr::null(), |time| time as *const Timespec);
            // SAFETY: the kernel reads a live word, and a live time if it is not null.
            cvt(unsafe { libc::syscall(timed::FUTEX, word, operation, value, time) }).map(drop)
        }

        fn sleep(word: &AtomicU32, value: u32, until: u64) -> Result<(), Errno> {
            if until == u64::MAX {
                return futex(word, libc::FUTEX_WAIT, value, None);
            }
            // Without the clock the sleep would not end. On an error the caller checks the
            // word once a millisecond.
            let now = clock::try_now_ns()?;
            let rest = Timespec::from_ns(until.saturating_sub(now));
            match futex(word, libc::FUTEX_WAIT, value, Some(&rest)) {
                Err(libc::ETIMEDOUT) => Ok(()),
                result => result,
            }
        }

        /// Wakes up to `count` threads that sleep on `word`.
        pub(crate) fn wake(word: &AtomicU32, count: u32) -> Result<(), Errno> {
            match futex(word, libc::FUTEX_WAKE, count, None) {
                Err(libc::ENOSYS) if is_denied() => Ok(()),
                result => result,
            }
        }

        /// Returns whether a preloaded library refuses every call by number (torsocks). It
        /// refuses them to all threads of the process, so no thread sleeps for longer than
        /// a millisecond.
        #[cold]
        fn is_denied() -> bool {
            // SAFETY: no preconditions.
            cvt(unsafe { libc::syscall(libc::SYS_getpid) }) == Err(libc::ENOSYS)
        }
    } else {
        fn sleep(_: &AtomicU32, _: u32, _: u64) -> Result<(), Errno> {
            Err(libc::ENOSYS)
        }

        /// Does nothing: no thread sleeps for longer than a millisecond on this system.
        pub(crate) fn wake(_: &AtomicU32, _: u32) -> Result<(), Errno> {
            Ok(())
        }
    }
}

/// Sleeps as long as `word` is `value`, but no longer than until `until`, in nanoseconds of
/// the monotonic clock; `u64::MAX` means forever. May return early.
pub(crate) fn wait(word: &AtomicU32, value: u32, until: u64) {
    // If the call is refused, the caller checks the word once a millisecond.
    if sleep(word, value, until).is_err() && word.load(Ordering::Relaxed) == value {
        poll::sleep_1ms();
    }
}
