//! The functions `wakefd_timer_…` of wakefd.h.

use core::mem::{align_of, size_of};
use core::time::Duration;

use libc::c_int;
use wakefd::{ffi, Clock, Timer};

use crate::held::{Held, OPEN};
use crate::selection::{AUTO, TIMERFD, TIMER_THREAD};
use crate::{answer, close, errno, open, timeout, waited};

/// `struct wakefd_timer`.
pub type Object = Held<Timer>;

// The size and alignment in wakefd.h. Since Rust 1.64 the size is 24.
const _: () = assert!(size_of::<Object>() <= 32 && align_of::<Object>() <= align_of::<usize>());

/// Calls a method of an open timer that returns no number.
fn on(object: Option<&Object>, call: impl FnOnce(&Timer) -> Result<(), wakefd::Error>) -> c_int {
    answer(open(object).and_then(|timer| call(timer).map(|()| 0).map_err(errno)))
}

/// `wakefd_timer_init`
#[no_mangle]
pub extern "C" fn wakefd_timer_init(object: Option<&mut Object>, selection: c_int) -> c_int {
    answer((|| {
        let object = object.ok_or(libc::EINVAL)?;
        object.init(OPEN, || {
            let chain = match selection {
                AUTO => ffi::timer::AUTO,
                TIMERFD => ffi::timer::TIMERFD,
                TIMER_THREAD => ffi::timer::THREAD,
                _ => return Err(libc::EINVAL),
            };
            ffi::timer::create(chain).map_err(errno)
        })
    })())
}

/// `wakefd_timer_init_clock`
#[no_mangle]
pub extern "C" fn wakefd_timer_init_clock(object: Option<&mut Object>, clock: c_int) -> c_int {
    answer((|| {
        let object = object.ok_or(libc::EINVAL)?;
        object.init(OPEN, || {
            let clock = match clock {
                libc::CLOCK_MONOTONIC => Clock::Monotonic,
                #[cfg(any(target_os = "linux", target_os = "android"))]
                libc::CLOCK_BOOTTIME => Clock::Boottime,
                libc::CLOCK_REALTIME => Clock::Realtime,
                _ => return Err(libc::EINVAL),
            };
            Timer::with_clock(clock).map_err(errno)
        })
    })())
}

/// `wakefd_timer_arm`
#[no_mangle]
pub extern "C" fn wakefd_timer_arm(object: Option<&Object>, first: u64, period: u64) -> c_int {
    on(object, |timer| {
        timer.arm_after(
            Duration::from_nanos(first),
            Some(Duration::from_nanos(period)),
        )
    })
}

/// `wakefd_timer_arm_at`
#[no_mangle]
pub extern "C" fn wakefd_timer_arm_at(object: Option<&Object>, at: u64, period: u64) -> c_int {
    on(object, |timer| {
        timer.arm_at(Duration::from_nanos(at), Some(Duration::from_nanos(period)))
    })
}

/// `wakefd_timer_now`
#[no_mangle]
pub extern "C" fn wakefd_timer_now() -> u64 {
    nanoseconds(Timer::now())
}

/// Returns nanoseconds. Times of the kernel fit into 64 bits.
fn nanoseconds(time: Duration) -> u64 {
    time.as_secs()
        .wrapping_mul(1_000_000_000)
        .wrapping_add(time.subsec_nanos().into())
}

/// `wakefd_timer_disarm`
#[no_mangle]
pub extern "C" fn wakefd_timer_disarm(object: Option<&Object>) -> c_int {
    on(object, Timer::disarm)
}

/// `wakefd_timer_take`
#[no_mangle]
pub extern "C" fn wakefd_timer_take(object: Option<&Object>, count: Option<&mut u64>) -> c_int {
    answer((|| {
        let timer = open(object)?;
        let count = count.ok_or(libc::EINVAL)?;
        *count = timer.take().map_err(errno)?.map_or(0, u64::from);
        Ok((*count != 0).into())
    })())
}

/// `wakefd_timer_remaining`
#[no_mangle]
pub extern "C" fn wakefd_timer_remaining(
    object: Option<&Object>,
    left: Option<&mut u64>,
    period: Option<&mut u64>,
) -> c_int {
    answer((|| {
        let timer = open(object)?;
        let (left, period) = (left.ok_or(libc::EINVAL)?, period.ok_or(libc::EINVAL)?);
        let remaining = timer.remaining().map_err(errno)?;
        *left = remaining.map_or(0, |remaining| nanoseconds(remaining.time));
        let of = remaining.and_then(|remaining| remaining.period);
        *period = of.map_or(0, nanoseconds);
        Ok(remaining.is_some().into())
    })())
}

/// `wakefd_timer_wait`
#[no_mangle]
pub extern "C" fn wakefd_timer_wait(object: Option<&Object>, milliseconds: c_int) -> c_int {
    answer((|| {
        let timer = open(object)?;
        timer
            .wait(timeout(milliseconds)?)
            .map(waited)
            .map_err(errno)
    })())
}

/// `wakefd_timer_fd`
#[no_mangle]
pub extern "C" fn wakefd_timer_fd(object: Option<&Object>) -> c_int {
    answer(open(object).map(Timer::as_raw_fd))
}

/// `wakefd_timer_backend`
#[no_mangle]
pub extern "C" fn wakefd_timer_backend(object: Option<&Object>) -> c_int {
    answer(open(object).map(|timer| match timer.backend() {
        wakefd::Backend::TimerFd => TIMERFD,
        _ => TIMER_THREAD,
    }))
}

/// `wakefd_timer_mechanism`
#[no_mangle]
pub extern "C" fn wakefd_timer_mechanism(object: Option<&Object>) -> c_int {
    answer(open(object).map(|timer| timer.mechanism() as c_int + 1))
}

/// `wakefd_timer_reinit_after_fork`
#[no_mangle]
pub extern "C" fn wakefd_timer_reinit_after_fork(object: Option<&Object>) -> c_int {
    on(object, Timer::reinit_after_fork)
}

/// `wakefd_timer_close`
#[no_mangle]
pub extern "C" fn wakefd_timer_close(object: Option<&mut Object>) -> c_int {
    close(object)
}
