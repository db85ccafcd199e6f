//! Waiting for one descriptor with `poll(2)`.
//!
//! Not with `ppoll`, which takes nanoseconds and a signal mask, because ARM kernels lacked
//! it until some time after 2.6.21.

use core::mem::MaybeUninit;
use core::ptr::null_mut;
use core::time::Duration;

use libc::c_int;

use super::errno::{self, Errno};
use super::fd::RawFd;
use super::{clock, cvt};

/// Waits until `fd` is readable or `timeout` nanoseconds have passed, and returns whether
/// `fd` is readable. A negative time-out waits forever.
pub(crate) fn wait(fd: RawFd, timeout: i64) -> Result<bool, Errno> {
    let mut rest = timeout;
    let mut end = 0;
    let mut interrupted = true;
    loop {
        // Ask the clock even after a full sleep: kernels that count jiffies can be early,
        // and a long time-out is slept in pieces.
        if timeout > 0 {
            match clock::now() {
                // Without the clock the wait would not end. A sandbox may refuse it at any
                // moment.
                0 => return Err(errno::last()),
                now if end == 0 => end = now.wrapping_add(timeout),
                now => rest = end.wrapping_sub(now).max(0),
            }
        }
        // After a signal, poll once more even if the time is over: its handler may have
        // notified.
        if rest == 0 && !interrupted {
            return Ok(false);
        }
        let result = poll(fd, milliseconds(rest));
        interrupted = result == Err(libc::EINTR);
        if !interrupted && result != Ok(false) {
            return result;
        }
    }
}

/// Waits as [`wait`] does; `None` waits forever.
pub(crate) fn wait_for(fd: RawFd, timeout: Option<Duration>) -> Result<bool, Errno> {
    wait(fd, nanoseconds(timeout))
}

/// Converts a time-out to nanoseconds. Returns a negative number, which waits forever, for
/// no time-out and for one whose end does not fit into the clock's 64 bits.
fn nanoseconds(timeout: Option<Duration>) -> i64 {
    const FOREVER: i64 = -1;
    // The other half of the range is for the clock. (`as_nanos` would compute in 128 bits.)
    const LONGEST: u64 = i64::MAX as u64 / 2;
    let timeout = match timeout {
        Some(timeout) => timeout,
        None => return FOREVER,
    };
    match timeout.as_secs().checked_mul(1_000_000_000) {
        Some(seconds) if seconds <= LONGEST => {
            let sum = seconds.wrapping_add(timeout.subsec_nanos().into());
            i64::try_from(sum).unwrap_or(FOREVER)
        }
        _ => FOREVER,
    }
}

/// Returns the time-out for `poll`: rounded up, so that the last millisecond is not spent
/// in a loop, and -1 for a negative one.
///
/// A time-out of more than 4 seconds is slept in pieces that are a little shorter than the
/// rest, because a 32-bit machine would need a function to divide 64 bits.
fn milliseconds(nanoseconds: i64) -> c_int {
    if nanoseconds < 0 {
        return -1;
    }
    match u32::try_from(nanoseconds) {
        Ok(nanoseconds) => {
            let rest = c_int::from(nanoseconds % 1_000_000 > 0);
            #[allow(clippy::cast_possible_wrap)] // After the division it is small.
            let whole = (nanoseconds / 1_000_000) as c_int;
            whole.wrapping_add(rest)
        }
        Err(_) => c_int::try_from(nanoseconds >> 20).unwrap_or(c_int::MAX),
    }
}

fn poll(fd: RawFd, milliseconds: c_int) -> Result<bool, Errno> {
    let mut entry = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one live entry, as the length says.
    match cvt(unsafe { libc::poll(&mut entry, 1, milliseconds) }.into()) {
        Ok(0) => Ok(false),
        Ok(_) if entry.revents & libc::POLLIN != 0 => Ok(true),
        // The descriptor is not open, or it is a pipe without its writing end. This crate
        // owns both, so other code closed one by number.
        Ok(_) => Err(libc::EBADF),
        // Linux refuses to poll more descriptors than RLIMIT_NOFILE, and a process that has
        // set this limit to zero keeps the descriptors it has.
        Err(libc::EINVAL) => select(fd, milliseconds),
        Err(errno) => Err(errno),
    }
}

/// Polls as [`poll`] does, with `select(2)`, which no limit binds. Fails with `EINVAL` for
/// a descriptor of 1024 or more, for which its set has no room.
#[cold]
fn select(fd: RawFd, milliseconds: c_int) -> Result<bool, Errno> {
    let mut set = MaybeUninit::<libc::fd_set>::zeroed();
    if !usize::try_from(fd).map_or(false, |fd| fd < libc::FD_SETSIZE) {
        return Err(libc::EINVAL);
    }
    // SAFETY: a timeval is integers, for which zero is a value.
    let mut time: libc::timeval = unsafe { core::mem::zeroed() };
    let time: *mut libc::timeval = match u32::try_from(milliseconds) {
        // At most one second: the caller asks the clock for the rest.
        Ok(0..=999) => {
            time.tv_usec = (milliseconds * 1000).into();
            &mut time
        }
        Ok(_) => {
            time.tv_sec = 1;
            &mut time
        }
        Err(_) => null_mut(),
    };
    // SAFETY: the set is integers, for which zero is a value, and has room for the
    // descriptor; the time is live or null.
    cvt(unsafe {
        libc::FD_SET(fd, set.as_mut_ptr());
        libc::select(fd + 1, set.as_mut_ptr(), null_mut(), null_mut(), time).into()
    })
    .map(|ready| ready > 0)
}

/// Sleeps for a millisecond, so that threads of lower priority run too, unlike a yield.
///
/// On Linux by number, because a thread that is cancelled here could leave a lock behind.
/// If that call is refused or interrupted, libc's function is called.
#[cfg(any(feature = "channel", feature = "signal", feature = "timer"))]
pub(crate) fn sleep_1ms() {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    {
        let time = clock::Timespec::from_ns(1_000_000);
        let (number, clock) = (
            super::numbers::timed::CLOCK_NANOSLEEP,
            libc::CLOCK_MONOTONIC,
        );
        let null = null_mut::<libc::c_void>();
        // SAFETY: the kernel reads a live time, and a null says that the rest of an
        // interrupted sleep is not wanted.
        if cvt(unsafe { libc::syscall(number, clock, 0 as c_int, &time, null) }).is_ok() {
            return;
        }
    }
    // SAFETY: no entries, so no memory is touched.
    unsafe { libc::poll(null_mut(), 0, 1) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_round_up_or_are_a_piece() {
        let table = [
            (-1, -1),
            (i64::MIN, -1),
            (0, 0),
            (1, 1),
            (1_000_000, 1),
            (1_001_000, 2),
            (2_000_000_000, 2000),
            (i64::from(u32::MAX), 4295),
            (i64::from(u32::MAX) + 1, 4096),
            (60_000_000_000, 57_220),
            (i64::MAX, c_int::MAX),
        ];
        for (nanoseconds, expected) in table {
            assert_eq!(milliseconds(nanoseconds), expected, "{nanoseconds}");
        }
    }

    #[test]
    fn what_is_too_long_is_for_ever() {
        assert_eq!(nanoseconds(None), -1);
        assert_eq!(nanoseconds(Some(Duration::ZERO)), 0);
        assert_eq!(nanoseconds(Some(Duration::new(2, 3))), 2_000_000_003);
        assert!(nanoseconds(Some(Duration::from_secs(1 << 32))) > 0);
        assert_eq!(nanoseconds(Some(Duration::from_secs(1 << 33))), -1);
        assert_eq!(nanoseconds(Some(Duration::MAX)), -1);
    }
}
