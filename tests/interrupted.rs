//! Tests calls that fail with EINTR several times in a row. A seccomp filter cannot count, so
//! the program defines its own `poll`, which the crate calls.
#![cfg(all(feature = "eventfd", feature = "pipe"))]
#![allow(unsafe_code)]

use core::cell::Cell;
use core::time::Duration;
use std::os::raw::{c_int, c_long};

use wakefd::{AutoNotifier, Mechanism, Wait};

thread_local! {
    /// How often a call on this thread is still to be interrupted.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// Interrupts a call, if that is due. Each to come, on the thread that asked for it.
fn is_interrupted() -> bool {
    let interrupted = LEFT.with(|left| {
        let before = left.get();
        left.set(before.saturating_sub(1));
        before > 0
    });
    if interrupted {
        // SAFETY: the location is this thread's own.
        unsafe { *libc::__errno_location() = libc::EINTR };
    }
    interrupted
}

#[no_mangle]
extern "C" fn poll(entries: *mut libc::pollfd, count: libc::nfds_t, milliseconds: c_int) -> c_int {
    if is_interrupted() {
        return -1;
    }
    // `ppoll`, since not every architecture has a `poll`; two longs are its timespec
    // wherever it is not called `ppoll_time64`.
    let time = [
        c_long::from(milliseconds / 1000),
        c_long::from(milliseconds % 1000) * 1_000_000,
    ];
    let time = match milliseconds {
        -1 => core::ptr::null(),
        _ => time.as_ptr(),
    };
    // SAFETY: the caller's arguments, in the place of libc's function; no signal mask.
    unsafe {
        libc::syscall(
            libc::SYS_ppoll,
            entries,
            count,
            time,
            0 as c_long,
            8 as c_long,
        ) as c_int
    }
}

/// Gives what `work` gives after its next call has been interrupted so many times.
fn interrupted<R>(times: u32, work: impl FnOnce() -> R) -> R {
    LEFT.with(|left| left.set(times));
    let result = work();
    LEFT.with(|left| assert_eq!(left.get(), 0, "not interrupted, or not often enough"));
    result
}

#[test]
fn a_wait_goes_on() {
    for mechanism in Mechanism::FOR_NOTIFIERS {
        let notifier = match AutoNotifier::at(mechanism) {
            Ok(notifier) => notifier,
            Err(_) => continue, // Not in this build, or of this architecture.
        };
        for times in [1, 2, 1000] {
            let short = Some(Duration::from_millis(2));
            assert_eq!(
                interrupted(times, || notifier.wait(short)),
                Ok(Wait::TimedOut)
            );
            assert_eq!(notifier.notify(), Ok(()));
            assert_eq!(
                interrupted(times, || notifier.wait(None)),
                Ok(Wait::Notified)
            );
            assert_eq!(notifier.clear(), Ok(true));
        }
    }
}
