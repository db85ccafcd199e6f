//! The clock and sleeping, in milliseconds.

use core::time::Duration;

/// Monotonic milliseconds, rounded down.
pub(crate) fn now() -> u64 {
    exact().as_millis() as u64
}

/// The monotonic clock.
pub(crate) fn exact() -> Duration {
    // SAFETY: a timespec is integers, for which zero is a value.
    let mut time: libc::timespec = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a live timespec.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    assert_eq!(result, 0, "clock_gettime");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Sleeps about so long; a signal may end it early.
pub(crate) fn sleep(milliseconds: i32) {
    // SAFETY: no entries, so no memory is touched.
    unsafe { libc::poll(core::ptr::null_mut(), 0, milliseconds) };
}

/// The processor's time that this process, all its threads, has used.
pub(crate) fn used() -> Duration {
    // SAFETY: as in `exact`.
    let mut time: libc::timespec = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a live timespec.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    assert_eq!(result, 0, "clock_gettime");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}
