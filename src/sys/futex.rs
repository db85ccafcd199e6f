//! Sleeping until another thread changes a word.
//!
//! On Linux that is futex(2), by number, as few libcs have a function for it. Elsewhere,
//! and where a sandbox refuses the call, the sleeper looks at the word by turns.

use super::poll;
use crate::atomic::{AtomicU32, Ordering};

cfg_if::cfg_if! {
    if #[cfg(all(
        any(target_os = "linux", target_os = "android"),
        // Here the kernel's `long` is not the `long` of C, or the call is gone.
        not(any(
            all(target_arch = "x86_64", target_pointer_width = "32"),
            target_arch = "riscv32",
        )),
    ))] {
        use core::ptr::null;

        use super::cvt;
        use super::errno::Errno;

        /// Without `FUTEX_PRIVATE_FLAG`, which is of Linux 2.6.22.
        fn futex(word: &AtomicU32, operation: libc::c_int, value: u32) -> Result<(), Errno> {
            let (word, forever): (*const AtomicU32, *const libc::timespec) = (word, null());
            // SAFETY: the kernel reads a live word, and no time.
            cvt(unsafe { libc::syscall(libc::SYS_futex, word, operation, value, forever) })
                .map(drop)
        }

        fn sleep(word: &AtomicU32, value: u32) -> Result<(), Errno> {
            match futex(word, libc::FUTEX_WAIT, value) {
                // Another value, or a signal: look again.
                Err(libc::EAGAIN | libc::EINTR) => Ok(()),
                result => result,
            }
        }

        /// Wakes so many threads that sleep on `word`.
        pub(crate) fn wake(word: &AtomicU32, count: u32) {
            let _ = futex(word, libc::FUTEX_WAKE, count);
        }
    } else {
        fn sleep(_: &AtomicU32, _: u32) -> Result<(), ()> {
            Err(())
        }

        /// Nobody sleeps for longer than a turn.
        pub(crate) fn wake(_: &AtomicU32, _: u32) {}
    }
}

/// Sleeps as long as `word` is `value`. May come back for nothing.
pub(crate) fn wait(word: &AtomicU32, value: u32) {
    if word.load(Ordering::Relaxed) == value && sleep(word, value).is_err() {
        poll::sleep_1ms();
    }
}
