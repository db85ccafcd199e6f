//! Unsafe code: descriptors and signals.

use core::mem::zeroed;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

/// How many descriptors are open, beside the first three.
pub fn open_above_two() -> usize {
    // SAFETY: a command without an argument.
    let is_open = |&number: &i32| unsafe { libc::fcntl(number, libc::F_GETFD) } >= 0;
    (3..4096).filter(is_open).count()
}

/// Allows so many descriptors. Says how many there may be.
pub fn allow(descriptors: u64) -> u64 {
    // SAFETY: the first call fills the struct that the second reads.
    unsafe {
        let mut limit: libc::rlimit = zeroed();
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit), 0);
        limit.rlim_cur = descriptors.min(limit.rlim_max);
        assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &limit), 0);
        limit.rlim_cur
    }
}

/// This thread's errno.
pub fn errno() -> i32 {
    // SAFETY: the location is this thread's own.
    unsafe { *libc::__errno_location() }
}

/// Sets this thread's errno.
pub fn set_errno(errno: i32) {
    // SAFETY: as in `errno`.
    unsafe { *libc::__errno_location() = errno }
}

type Handler<'a> = &'a dyn Fn();

static HANDLER: AtomicPtr<Handler<'static>> = AtomicPtr::new(null_mut());

extern "C" fn call_handler(_: i32) {
    let handler = HANDLER.load(Ordering::Acquire);
    if !handler.is_null() {
        // SAFETY: `with_alarms` keeps it alive until it has stopped the timer, on
        // the one thread that takes the signals.
        unsafe { (*handler)() }
    }
}

/// Runs `work` while `handler`, which must be async-signal-safe, is called in a
/// signal handler, as often as leaves time for anything else: every microsecond, or
/// half as often each time that a hundred signals in a row have seen no `progress`.
/// Says how many microseconds it came to. For processes of one thread.
pub fn with_alarms(progress: &AtomicU32, handler: &dyn Fn(), work: impl FnOnce()) -> u32 {
    let [interval, seen, stuck] = [1, 0, 0].map(AtomicU32::new);
    let handler: Handler<'_> = &|| {
        handler();
        let now = progress.load(Ordering::Relaxed);
        if seen.swap(now, Ordering::Relaxed) != now {
            stuck.store(0, Ordering::Relaxed);
        } else if stuck.fetch_add(1, Ordering::Relaxed) > 100 {
            stuck.store(0, Ordering::Relaxed);
            // setitimer is a bare system call.
            set_timer(2 * interval.fetch_add(interval.load(Ordering::Relaxed), Ordering::Relaxed));
        }
    };
    let stored: *const Handler<'_> = &handler;
    HANDLER.store(stored as *mut Handler<'static>, Ordering::Release);
    // SAFETY: zero is a value of every field: no flags, an empty mask.
    unsafe {
        let mut action: libc::sigaction = zeroed();
        action.sa_sigaction = call_handler as extern "C" fn(i32) as usize;
        assert_eq!(libc::sigaction(libc::SIGALRM, &action, null_mut()), 0);
    }
    set_timer(1);
    work();
    set_timer(0);
    HANDLER.store(null_mut(), Ordering::Release);
    interval.into_inner()
}

fn set_timer(microseconds: u32) {
    let interval = libc::timeval {
        tv_sec: 0,
        tv_usec: microseconds.into(),
    };
    let timer = libc::itimerval {
        it_interval: interval,
        it_value: interval,
    };
    // SAFETY: the pointer is to a live itimerval; the old one is not wanted.
    let result = unsafe { libc::setitimer(libc::ITIMER_REAL, &timer, null_mut()) };
    assert_eq!(result, 0, "setitimer");
}
