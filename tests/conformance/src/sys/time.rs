//! The clock and sleeping, in milliseconds.

use core::time::Duration;

use super::errno::check;

/// Monotonic milliseconds, rounded down.
pub(crate) fn now() -> u64 {
    exact().as_millis() as u64
}

/// The monotonic clock.
pub(crate) fn exact() -> Duration {
    read(libc::CLOCK_MONOTONIC)
}

/// The processor's time that this process, all its threads, has used.
pub(crate) fn used() -> Duration {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

fn read(clock: libc::clockid_t) -> Duration {
    // SAFETY: a timespec is integers, for which zero is a value.
    let mut time: libc::timespec = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a live timespec.
    check(
        unsafe { libc::clock_gettime(clock, &mut time) },
        "clock_gettime",
    );
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Sleeps about so long; a signal may end it early.
pub(crate) fn sleep(milliseconds: i32) {
    // SAFETY: no entries, so no memory is touched.
    unsafe { libc::poll(core::ptr::null_mut(), 0, milliseconds) };
}
