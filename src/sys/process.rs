//! `getpid` and `kill`.

/// Returns the id of this process. A child of `fork` has another one.
pub(crate) fn id() -> libc::pid_t {
    // SAFETY: no preconditions.
    unsafe { libc::getpid() }
}

/// Sends a signal to this process.
#[cfg(feature = "signal")]
pub(crate) fn raise(number: libc::c_int) -> Result<(), super::errno::Errno> {
    // SAFETY: no memory is touched.
    super::cvt(unsafe { libc::kill(id(), number) }.into()).map(drop)
}
