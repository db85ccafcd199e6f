//! Tests timers and time-outs in a program that sees another time than the kernel's. The
//! program defines its own `clock_gettime`, as libfaketime does.
#![allow(unsafe_code)]

mod suite;

use core::time::Duration;

use wakefd::{AutoNotifier, Clock, Mechanism, Timer, Wait};

/// It is always the same time.
#[no_mangle]
extern "C" fn clock_gettime(_: libc::clockid_t, time: *mut libc::timespec) -> libc::c_int {
    // SAFETY: the caller has room for it.
    unsafe {
        (*time).tv_sec = 4242;
        (*time).tv_nsec = 0;
    }
    0
}

/// The same for std, which prefers this name on 32-bit processors: glibc has it since 2.34.
#[cfg(all(target_env = "gnu", target_pointer_width = "32"))]
#[no_mangle]
extern "C" fn __clock_gettime64(_: libc::clockid_t, time: *mut [i64; 2]) -> libc::c_int {
    // The nanoseconds are zero, so their place among the last eight bytes is no matter.
    // SAFETY: the caller has room for it.
    unsafe { *time = [4242, 0] };
    0
}

/// The kernel's.
fn now() -> Duration {
    let mut time = [0 as libc::c_long; 2];
    // SAFETY: the kernel writes two of its longs.
    unsafe {
        libc::syscall(
            libc::SYS_clock_gettime,
            libc::CLOCK_MONOTONIC,
            time.as_mut_ptr(),
        )
    };
    Duration::new(time[0] as u64, time[1] as u32)
}

const SOON: Duration = Duration::from_millis(20);

fn timers(mechanism: Mechanism) {
    let before = now();
    assert!(before <= Timer::now() && Timer::now() <= now());
    let timer = Timer::at(mechanism).expect("a timer");
    let due = Timer::now() + SOON;
    assert_eq!(timer.arm_at(due, None), Ok(()));
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    assert!(now() >= due);
    assert_eq!(timer.take().map(|taken| taken.map(u64::from)), Ok(Some(1)));
    assert_eq!(timer.arm_after(SOON, Some(SOON)), Ok(()));
    let left = timer.remaining().expect("remaining").expect("armed");
    assert!(left.time <= SOON && left.period == Some(SOON), "{left:?}");
}

fn time_outs() {
    let notifier = AutoNotifier::new().expect("a notifier");
    let begin = now();
    assert_eq!(notifier.wait(Some(SOON)), Ok(Wait::TimedOut));
    assert!(now() >= begin + SOON);
}

fn main() {
    let shown = std::time::Instant::now();
    assert_eq!(shown.elapsed(), Duration::ZERO, "std has another clock");
    assert!(Clock::Realtime.now() > Duration::from_secs(4242));
    let timers = Mechanism::FOR_TIMERS.map(|mechanism| {
        suite::Test::isolated(format!("timers_on_{mechanism}"), move || timers(mechanism))
    });
    let tests = [suite::Test::isolated("time_outs", time_outs)];
    suite::main(timers.into_iter().chain(tests));
}
