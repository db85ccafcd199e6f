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
    // What is too long for the clock is for ever.
    let timeout = timeout.and_then(nanoseconds);
    let deadline = match timeout {
        Some(timeout) if timeout > 0 => clock::now().and_then(|now| now.checked_add(timeout)),
        _ => None,
    };
    let mut remaining = timeout;
    loop {
        let asked = remaining.map_or(FOREVER, milliseconds);
        let slept = match poll(fd, asked) {
            Ok(true) => return Ok(Wait::Notified),
            Ok(false) => true,
            Err(libc::EINTR) => false,
            Err(errno) => return Err(errno),
        };
        // Ask the clock even after a full sleep: kernels that count jiffies can
        // be early, and a long time-out is slept in pieces.
        match (deadline, clock::now()) {
            (Some(deadline), Some(now)) => remaining = Some(deadline.saturating_sub(now)),
            // Without a clock, a full sleep counts as what was asked for.
            (_, None) if slept => {
                let slept = u64::try_from(asked).unwrap_or(0).saturating_mul(1_000_000);
                remaining = remaining.map(|remaining| remaining.saturating_sub(slept));
            }
            _ => {}
        }
        // After a signal look once more, even if the time is over: its handler
        // may have notified.
        if slept && remaining == Some(0) {
            return Ok(Wait::TimedOut);
        }
    }
}

/// `None` if they are more than 64 bits hold. (`Duration::as_nanos` would do it
/// in 128 bits, for which a 32-bit machine calls a function.)
fn nanoseconds(duration: Duration) -> Option<u64> {
    duration
        .as_secs()
        .checked_mul(1_000_000_000)?
        .checked_add(u64::from(duration.subsec_nanos()))
}

/// What `poll` takes for "no time-out".
const FOREVER: libc::c_int = -1;

/// Rounds up, so as not to spin through the last millisecond; what is too long
/// for one call is cut.
fn milliseconds(nanoseconds: u64) -> libc::c_int {
    let rest = u64::from(nanoseconds % 1_000_000 > 0);
    libc::c_int::try_from((nanoseconds / 1_000_000).saturating_add(rest))
        .unwrap_or(libc::c_int::MAX)
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
            (0, 0),
            (1, 1),
            (1_000_000, 1),
            (1_001_000, 2),
            (2_000_000_000, 2000),
            (u64::from(u32::MAX) * 1_000_000_000, libc::c_int::MAX),
            (u64::MAX, libc::c_int::MAX),
        ];
        for (nanoseconds, expected) in table {
            assert_eq!(milliseconds(nanoseconds), expected, "{nanoseconds}");
        }
    }
}
