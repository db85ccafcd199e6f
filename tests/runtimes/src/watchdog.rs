//! Ends a test that hangs after a lost wake-up, as a failure.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Runs a test in a thread of its own, and panics if it does not end.
///
/// The time is no part of the test: one that passes takes a thousandth of it.
/// `WAKEFD_WATCHDOG` sets it, in seconds.
pub fn watched(test: impl FnOnce() + Send + 'static) {
    let seconds = std::env::var("WAKEFD_WATCHDOG").map_or(60, |seconds| {
        seconds.parse().expect("WAKEFD_WATCHDOG is in seconds")
    });
    // Dropped at the end of the thread, whether the test returns or panics.
    let (running, ended) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        let _running = running;
        test();
    });
    match ended.recv_timeout(Duration::from_secs(seconds)) {
        Err(RecvTimeoutError::Timeout) => panic!("hung for {seconds} s: a wake-up was lost"),
        _ => thread
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}
