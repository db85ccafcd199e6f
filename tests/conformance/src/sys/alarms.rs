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
/// How often the interrupted code has called [`progress`].
static PROGRESS: AtomicU32 = AtomicU32::new(0);
/// What the last handler saw there, and how many in a row have seen the same.
static SEEN: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];
/// The longest pause to which a shorter one is raised, in microseconds.
const LONGEST: i32 = 10_000;

pub(super) extern "C" fn call_handler(_: i32) {
    let handler = HANDLER.load(Ordering::Acquire);
    if !handler.is_null() {
        // SAFETY: `with_alarms` keeps what it stores alive until it has stopped
        // the timer, on the one thread that takes the signals.
        unsafe { (*handler)() }
        lengthen_if_stuck();
        set_timer(PAUSE.load(Ordering::Relaxed));
    }
}

/// Doubles the pause if the last hundred handlers have seen no progress.
fn lengthen_if_stuck() {
    let [progress, times] = &SEEN;
    let now = PROGRESS.load(Ordering::Relaxed);
    if progress.swap(now, Ordering::Relaxed) != now {
        times.store(0, Ordering::Relaxed);
    } else if times.fetch_add(1, Ordering::Relaxed) >= 100 {
        times.store(0, Ordering::Relaxed);
        let pause = PAUSE.load(Ordering::Relaxed);
        PAUSE.store(pause.max(LONGEST.min(2 * pause)), Ordering::Relaxed);
    }
}

/// Tells the alarms that they leave this code enough time.
pub(crate) fn progress() {
    PROGRESS.fetch_add(1, Ordering::Relaxed);
}

/// Runs `work` while `handler`, which must be async-signal-safe, is called again and again,
/// in a signal handler that interrupts what `work` does and restarts no call. So many
/// microseconds are between the end of one call and the next: a handler that takes longer
/// than that, as on an emulated machine, would otherwise leave `work` no time at all. Where
/// the delivery of a signal takes longer too, `work` calls [`progress`], and the pause becomes
/// longer until it does so. For processes of one thread.
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
