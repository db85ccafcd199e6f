//! The clock and sleeping, in milliseconds.

use core::time::Duration;

use super::errno::check;

/// Monotonic milliseconds, rounded down.
pub(crate) fn now() -> u64 {
    exact().as_millis() as u64
}

/// The monotonic clock.
pub(crate) fn exact() -> Duration {
    read(libc::CLOCK_MONOTONIC)
}

/// The processor's time that this process, all its threads, has used.
pub(crate) fn used() -> Duration {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Below which the clock cannot tell two expirations apart.
pub(crate) fn resolution() -> Duration {
    // SAFETY: as in `read`.
    let mut time: libc::timespec = unsafe { core::mem::zeroed() };
    // SAFETY: as in `read`.
    check(
        unsafe { libc::clock_getres(libc::CLOCK_MONOTONIC, &mut time) },
        "clock_getres",
    );
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Whether this machine runs nothing but tests, and its clock may be set: nobody has given it
/// a name.
pub(crate) fn may_be_set() -> bool {
    // SAFETY: a utsname is characters, for which zero is a value.
    let mut name: libc::utsname = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a live utsname.
    check(unsafe { libc::uname(&mut name) }, "uname");
    name.nodename
        .iter()
        .zip(b"(none)\0")
        .all(|(one, other)| *one as u8 == *other)
}

/// Sets the real-time clock to what it shows.
pub(crate) fn set_real() {
    // SAFETY: as in `read`.
    let mut time: libc::timespec = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a live timespec.
    let result = unsafe {
        libc::clock_gettime(libc::CLOCK_REALTIME, &mut time);
        libc::clock_settime(libc::CLOCK_REALTIME, &time)
    };
    check(result, "clock_settime");
}

fn read(clock: libc::clockid_t) -> Duration {
    // SAFETY: a timespec is integers, for which zero is a value.
    let mut time: libc::timespec = unsafe { core::mem::zeroed() };
    // SAFETY: the pointer is to a live timespec.
    check(
        unsafe { libc::clock_gettime(clock, &mut time) },
        "clock_gettime",
    );
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Sleeps about so long; a signal may end it early.
pub(crate) fn sleep(milliseconds: i32) {
    // SAFETY: no entries, so no memory is touched.
    unsafe { libc::poll(core::ptr::null_mut(), 0, milliseconds) };
}
