//! This thread's errno.

#[cfg(target_os = "android")]
use libc::__errno as location;
#[cfg(not(target_os = "android"))]
use libc::__errno_location as location;

/// Reads it.
pub(crate) fn get() -> i32 {
    // SAFETY: the location is this thread's own and always valid.
    unsafe { *location() }
}

/// Sets it.
pub(crate) fn set(errno: i32) {
    // SAFETY: as in `get`.
    unsafe { *location() = errno }
}

/// Runs `work`, and says whether it has left errno as it was.
pub(crate) fn is_kept<R>(work: impl FnOnce() -> R) -> (R, bool) {
    // No call fails with this errno.
    const MARK: i32 = 4242;
    set(MARK);
    let result = work();
    (result, get() == MARK)
}

/// Runs `work`, which must leave errno as it was.
#[track_caller]
pub(crate) fn kept<R>(work: impl FnOnce() -> R) -> R {
    let (result, is_kept) = is_kept(work);
    assert!(is_kept, "errno");
    result
}

/// Returns what a call has returned, which must not be negative.
#[track_caller]
pub(crate) fn check(result: i32, call: &str) -> i32 {
    assert!(result >= 0, "{call}: errno {}", get());
    result
}
