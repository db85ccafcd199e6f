//! Signals from a timer, and what a process does with signals when it begins.

use core::mem::MaybeUninit;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

/// The handler of the moment.
type Handler<'a> = &'a dyn Fn();

/// Where the signal handler finds it; null while there is none.
static HANDLER: AtomicPtr<Handler<'static>> = AtomicPtr::new(null_mut());

extern "C" fn call_handler(_: i32) {
    let handler = HANDLER.load(Ordering::Acquire);
    if !handler.is_null() {
        // SAFETY: `with_alarms` keeps what it stores alive until it has stopped
        // the timer, on the one thread that takes the signals.
        unsafe { (*handler)() }
    }
}

/// Runs `work` while `handler`, which must be async-signal-safe, is called
/// every so many microseconds, in a signal handler that interrupts what `work`
/// does and restarts no call. For processes of one thread.
pub(crate) fn with_alarms(microseconds: i32, handler: Handler<'_>, work: impl FnOnce()) {
    let stored: *const Handler<'_> = &handler;
    HANDLER.store(stored as *mut Handler<'static>, Ordering::Release);
    // SAFETY: zero is a value of every field: no flags, an empty mask.
    unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        action.sa_sigaction = call_handler as extern "C" fn(i32) as usize;
        assert_eq!(libc::sigaction(libc::SIGALRM, &action, null_mut()), 0);
    }
    set_timer(microseconds);
    work();
    set_timer(0);
    HANDLER.store(null_mut(), Ordering::Release);
}

/// Whatever this process was started with, by `nohup` or in a shell's background: no
/// signal is ignored. But for SIGPIPE, which std ignores.
pub(crate) fn ignore_none() {
    for number in (1..=64).filter(|&number| number != libc::SIGPIPE) {
        // SAFETY: no handler is installed. It fails for numbers that are libc's or the
        // kernel's own.
        unsafe { libc::signal(number, libc::SIG_DFL) };
    }
}

/// Runs `work` while this thread takes no signal.
pub(crate) fn without_signals(work: impl FnOnce()) {
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: each set is filled before it is read.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
    }
    work();
    // SAFETY: filled by the first call.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut()) };
}

/// SIGALRM every so many microseconds; 0 stops it.
fn set_timer(microseconds: i32) {
    // SAFETY: a timeval is integers, for which zero is a value.
    let mut interval: libc::timeval = unsafe { core::mem::zeroed() };
    interval.tv_usec = microseconds.into();
    let timer = libc::itimerval {
        it_interval: interval,
        it_value: interval,
    };
    // SAFETY: the pointer is to a live itimerval; the old one is not wanted.
    let result = unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, null_mut()) };
    assert_eq!(result, 0, "setitimer");
}
