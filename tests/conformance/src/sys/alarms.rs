//! Signals from a timer.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use super::errno::check;
use super::signals::Action;

/// The handler of the moment.
type Handler<'a> = &'a dyn Fn();

/// Where the signal handler finds it; null while there is none.
static HANDLER: AtomicPtr<Handler<'static>> = AtomicPtr::new(null_mut());

pub(super) extern "C" fn call_handler(_: i32) {
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
    Action::Alarm.install(libc::SIGALRM);
    set_timer(microseconds);
    work();
    set_timer(0);
    HANDLER.store(null_mut(), Ordering::Release);
}

/// Runs `work` under alarms that do nothing but interrupt it, again and again until
/// several have come during one of the times, however slow the machine is.
pub(crate) fn interrupted(mut work: impl FnMut()) {
    let alarms = AtomicU32::new(0);
    let handler = || _ = alarms.fetch_add(1, Ordering::Relaxed);
    with_alarms(5_000, &handler, || {
        while alarms.swap(0, Ordering::Relaxed) <= 2 {
            work();
        }
    });
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
    check(result, "setitimer");
}
