//! Signals from a timer.

use core::ptr::null_mut;
use core::sync::atomic::{AtomicI32, AtomicPtr, AtomicU32, Ordering};

use super::errno::check;
use super::signals::Action;

/// The handler of the moment.
type Handler<'a> = &'a dyn Fn();

/// Where the signal handler finds it; null while there is none.
static HANDLER: AtomicPtr<Handler<'static>> = AtomicPtr::new(null_mut());
/// How long after a handler's end the next alarm comes, in microseconds.
static PAUSE: AtomicI32 = AtomicI32::new(0);

pub(super) extern "C" fn call_handler(_: i32) {
    let handler = HANDLER.load(Ordering::Acquire);
    if !handler.is_null() {
        // SAFETY: `with_alarms` keeps what it stores alive until it has stopped
        // the timer, on the one thread that takes the signals.
        unsafe { (*handler)() }
        set_timer(PAUSE.load(Ordering::Relaxed));
    }
}

/// Runs `work` while `handler`, which must be async-signal-safe, is called again and again,
/// in a signal handler that interrupts what `work` does and restarts no call. So many
/// microseconds are between the end of one call and the next: a handler that takes longer
/// than that, as on an emulated machine, would otherwise leave `work` no time at all. For
/// processes of one thread.
pub(crate) fn with_alarms(microseconds: i32, handler: Handler<'_>, work: impl FnOnce()) {
    let stored: *const Handler<'_> = &handler;
    PAUSE.store(microseconds, Ordering::Relaxed);
    HANDLER.store(stored as *mut Handler<'static>, Ordering::Release);
    Action::Alarm.install(libc::SIGALRM);
    set_timer(microseconds);
    work();
    // An alarm that comes before the handler is gone sets the timer again.
    HANDLER.store(null_mut(), Ordering::Release);
    set_timer(0);
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

/// SIGALRM once, after so many microseconds; 0 stops it.
fn set_timer(microseconds: i32) {
    // SAFETY: a timer's setting is integers, for which zero is a value.
    let mut timer: libc::itimerval = unsafe { core::mem::zeroed() };
    timer.it_value.tv_usec = microseconds.into();
    // SAFETY: the pointer is to a live itimerval; the old one is not wanted.
    let result = unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, null_mut()) };
    check(result, "setitimer");
}
