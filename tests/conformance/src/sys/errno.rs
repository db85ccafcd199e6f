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
