//! Waiting for one descriptor with `poll(2)`.
//!
//! Not `ppoll`, which would take nanoseconds and a signal mask: ARM kernels
//! had no entry for it until some time after 2.6.21.

use core::time::Duration;

use libc::c_int;

use super::clock;
use super::cvt;
use super::errno::{self, Errno};
use crate::{RawFd, Wait};

/// Waits until `fd` is readable, which it says, or `timeout` has passed: nanoseconds, of
/// which a negative number is for ever.
pub(crate) fn wait(fd: RawFd, timeout: i64) -> Result<bool, Errno> {
    let mut rest = timeout;
    let mut end = 0;
    if rest > 0 {
        let now = clock::now();
        // Without it there would be no end: a sandbox refuses it.
        if now == 0 {
            return Err(errno::last());
        }
        end = now.wrapping_add(rest);
    }
    loop {
        let result = poll(fd, milliseconds(rest));
        let interrupted = result == Err(libc::EINTR);
        if !interrupted && result != Ok(false) {
            return result;
        }
        // Ask the clock even after a full sleep: kernels that count jiffies can
        // be early, and a long time-out is slept in pieces.
        if rest > 0 {
            rest = end.wrapping_sub(clock::now()).max(0);
        }
        // After a signal look once more, even if the time is over: its handler
        // may have notified.
        if rest == 0 && !interrupted {
            return result;
        }
    }
}

/// As [`wait`], for the types of the Rust API.
pub(crate) fn wait_for(fd: RawFd, timeout: Option<Duration>) -> Result<Wait, Errno> {
    wait(fd, nanoseconds(timeout)).map(|readable| {
        if readable {
            Wait::Notified
        } else {
            Wait::TimedOut
        }
    })
}

/// A time-out in nanoseconds; for ever if there is none, and if its end is beyond what
/// the clock has in 64 bits.
fn nanoseconds(timeout: Option<Duration>) -> i64 {
    const FOREVER: i64 = -1;
    // The other half is the clock's. (`as_nanos` would do it in 128 bits.)
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

/// What `poll` takes: rounded up, so as not to spin through the last millisecond, and -1
/// for ever.
///
/// More than 4 seconds are slept in pieces, each a little shorter than what is left:
/// a 32-bit machine would divide 64 bits by a function of its own.
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
    match cvt(unsafe { libc::poll(&mut entry, 1, milliseconds) }.into())? {
        0 => Ok(false),
        _ if entry.revents & libc::POLLIN != 0 => Ok(true),
        // Not open, or a pipe without its writing end: both are ours, so
        // somebody closed one by number.
        _ => Err(libc::EBADF),
    }
}

/// Lets others run, for a millisecond. To yield would not let a thread of lower
/// priority run.
#[cfg(any(feature = "channel", feature = "signal", feature = "timer"))]
pub(crate) fn sleep_1ms() {
    // SAFETY: no entries, so no memory is touched.
    unsafe { libc::poll(core::ptr::null_mut(), 0, 1) };
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
