//! The one signal that the table sends.

/// Blocks SIGUSR1 in this thread, or not.
pub(crate) fn block(blocked: bool) {
    let how = match blocked {
        true => libc::SIG_BLOCK,
        false => libc::SIG_UNBLOCK,
    };
    // SAFETY: a set that is made before it is used, and no old one.
    unsafe {
        let mut set = core::mem::zeroed();
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGUSR1);
        libc::pthread_sigmask(how, &set, core::ptr::null_mut());
    }
}

/// Sends it to the process.
pub(crate) fn send() {
    // SAFETY: no pointers.
    unsafe { libc::kill(libc::getpid(), libc::SIGUSR1) };
}

/// Sends it to this thread.
pub(crate) fn raise() {
    // SAFETY: no pointers.
    unsafe { libc::raise(libc::SIGUSR1) };
}
