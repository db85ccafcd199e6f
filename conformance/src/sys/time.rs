//! The clock and sleeping, in milliseconds.

/// Monotonic milliseconds, rounded down.
pub(crate) fn now() -> u64 {
    // SAFETY: a timespec is integers, for which zero is a value.
    let mut time: libc::timespec = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a live timespec.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    assert_eq!(result, 0, "clock_gettime");
    time.tv_sec as u64 * 1000 + time.tv_nsec as u64 / 1_000_000
}

/// Sleeps about so long; a signal may end it early.
pub(crate) fn sleep(milliseconds: i32) {
    // SAFETY: no entries, so no memory is touched.
    unsafe { libc::poll(core::ptr::null_mut(), 0, milliseconds) };
}
