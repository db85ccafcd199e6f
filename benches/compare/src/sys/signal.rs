//! A signal from a thread to itself.

pub(crate) const USR1: i32 = libc::SIGUSR1;

/// Raises SIGUSR1, which something must watch, as its default action ends the program.
pub(crate) fn raise_usr1() {
    // SAFETY: a plain call.
    assert_eq!(unsafe { libc::raise(USR1) }, 0);
}
