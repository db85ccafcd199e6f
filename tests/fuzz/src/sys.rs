//! Unsafe code: signals, and a handler that does what the test wants.

use core::sync::atomic::{AtomicPtr, Ordering};

/// What the handler of the moment does.
type Handler<'a> = &'a dyn Fn();

static HANDLER: AtomicPtr<Handler<'static>> = AtomicPtr::new(core::ptr::null_mut());

extern "C" fn call_handler(_: i32) {
    let handler = HANDLER.load(Ordering::Relaxed);
    if !handler.is_null() {
        // SAFETY: `in_handler` keeps it alive until its signal has been handled.
        unsafe { (*handler)() }
    }
}

/// Sets the handler. Once, before any signal.
pub fn handle_signals() {
    // SAFETY: a function of the right type.
    unsafe { libc::signal(libc::SIGUSR1, call_handler as extern "C" fn(i32) as usize) };
}

/// Runs `work`, which must be async-signal-safe, in a signal handler.
pub fn in_handler(work: Handler<'_>) {
    let stored: *const Handler<'_> = &work;
    HANDLER.store(stored as *mut Handler<'static>, Ordering::Relaxed);
    // SAFETY: no preconditions; the handler runs before this returns.
    unsafe { libc::raise(libc::SIGUSR1) };
    HANDLER.store(core::ptr::null_mut(), Ordering::Relaxed);
}

/// Calls `function` when the process exits.
pub fn at_exit(function: extern "C" fn()) {
    // SAFETY: a function that may be called then.
    unsafe { libc::atexit(function) };
}

/// A duplicate, for the caller to close.
pub fn duplicate(number: i32) -> i32 {
    // SAFETY: makes a descriptor and touches no memory.
    let duplicate = unsafe { libc::dup(number) };
    assert!(duplicate >= 0, "dup");
    duplicate
}

/// Whether a descriptor is readable now.
pub fn is_readable(number: i32) -> bool {
    let mut entry = libc::pollfd {
        fd: number,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one live entry.
    let ready = unsafe { libc::poll(&mut entry, 1, 0) };
    assert!(ready >= 0 && entry.revents & !libc::POLLIN == 0);
    ready == 1
}

/// The number that the next descriptor gets: as before, if none has leaked.
pub fn lowest_free() -> i32 {
    let free = duplicate(0);
    wakefd_conformance::close(free);
    free
}
