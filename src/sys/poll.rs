//! Waiting for one descriptor with `poll(2)`.
//!
//! Not `ppoll`, which would take nanoseconds and a signal mask: ARM kernels
//! had no entry for it until some time after 2.6.21.

use core::time::Duration;

use super::errno::{self, Errno};
use super::{clock, fd::Fd};
use crate::Wait;

/// Waits until `fd` is readable or `timeout` has passed.
pub(crate) fn wait(fd: &Fd, timeout: Option<Duration>) -> Result<Wait, Errno> {
    // A deadline beyond the clock's range is none.
    let deadline = match timeout {
        Some(timeout) if !timeout.is_zero() => clock::now().checked_add(timeout),
        _ => None,
    };
    let mut remaining = timeout;
    loop {
        let slept = match poll(fd, remaining.map_or(FOREVER, milliseconds)) {
            Ok(true) => return Ok(Wait::Notified),
            Ok(false) => true,
            Err(libc::EINTR) => false,
            Err(errno) => return Err(errno),
        };
        // Ask the clock even after a full sleep: kernels that count jiffies can
        // be early, and a long time-out is slept in pieces.
        if let Some(deadline) = deadline {
            remaining = Some(deadline.saturating_sub(clock::now()));
        }
        // After a signal look once more, even if the time is over: its handler
        // may have notified.
        if slept && remaining == Some(Duration::ZERO) {
            return Ok(Wait::TimedOut);
        }
    }
}

/// What `poll` takes for "no time-out".
const FOREVER: libc::c_int = -1;

/// Rounds up, so as not to spin through the last millisecond; what is too long
/// for one call is cut.
fn milliseconds(duration: Duration) -> libc::c_int {
    let whole = duration.as_secs().saturating_mul(1000);
    let rest = (duration.subsec_nanos() + 999_999) / 1_000_000;
    let sum = whole.saturating_add(u64::from(rest));
    libc::c_int::try_from(sum).unwrap_or(libc::c_int::MAX)
}

fn poll(fd: &Fd, milliseconds: libc::c_int) -> Result<bool, Errno> {
    let mut entry = libc::pollfd {
        fd: fd.as_raw(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one live entry, as the length says.
    match unsafe { libc::poll(&mut entry, 1, milliseconds) } {
        0 => Ok(false),
        1 if entry.revents & libc::POLLIN != 0 => Ok(true),
        // Not open, or a pipe without its writing end: both are ours, so
        // somebody closed one by number.
        1 => Err(libc::EBADF),
        _ => Err(errno::last()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milliseconds_round_up_and_saturate() {
        let table = [
            (Duration::ZERO, 0),
            (Duration::from_nanos(1), 1),
            (Duration::from_millis(1), 1),
            (Duration::from_micros(1001), 2),
            (Duration::from_secs(2), 2000),
            (Duration::from_secs(u64::from(u32::MAX)), libc::c_int::MAX),
            (Duration::MAX, libc::c_int::MAX),
        ];
        for (duration, expected) in table {
            assert_eq!(milliseconds(duration), expected, "{duration:?}");
        }
    }
}
