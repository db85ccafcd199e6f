//! Receiving with a deadline: looking and sleeping in turns.

use core::time::Duration;

use super::RecvError;
use crate::error::Error;

/// Calls `look` until it returns anything but `Empty`, and sleeps in between. Returns
/// `Empty` if `timeout` passes first.
///
/// `now` returns the time in nanoseconds. It is not called before the first look, without a
/// time-out, or for a time-out of zero, so that a message that is there is received even if
/// a sandbox refuses the clock.
pub(super) fn recv_deadline<T>(
    timeout: Option<Duration>,
    look: impl Fn() -> Result<T, RecvError>,
    now: impl Fn() -> Result<u64, Error>,
    sleep: impl Fn(Option<Duration>) -> Result<(), Error>,
) -> Result<T, RecvError> {
    match look() {
        Err(RecvError::Empty) if timeout != Some(Duration::ZERO) => {}
        result => return result,
    }
    let now = || now().map_err(RecvError::Failed);
    let deadline = match timeout.map(|timeout| u64::try_from(timeout.as_nanos())) {
        Some(Ok(timeout)) => now()?.checked_add(timeout),
        // A time-out that is too long for the clock is forever.
        Some(Err(_)) | None => None,
    };
    let mut rest = deadline.and(timeout);
    loop {
        let slept = sleep(rest);
        // Look after every sleep, woken or not, and also after an error: the sleeper
        // reports a hang-up as an error, while the look reports the end.
        match look() {
            Err(RecvError::Empty) => slept.map_err(RecvError::Failed)?,
            result => return result,
        }
        if let Some(deadline) = deadline {
            rest = Some(Duration::from_nanos(deadline.saturating_sub(now()?)));
            if rest == Some(Duration::ZERO) {
                return Err(RecvError::Empty);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Operation;
    use crate::mechanism::Mechanism;
    use core::cell::Cell;

    const REFUSED: Error = Error::new(Operation::Wait, Mechanism::Pipe, libc::EPERM);
    const SECOND: Option<Duration> = Some(Duration::from_secs(1));

    /// Returns the result of `recv_timeout` if the clock is refused after this number of
    /// calls.
    fn refused_after(
        times: u32,
        timeout: Option<Duration>,
        look: impl Fn() -> Result<u32, RecvError>,
    ) -> Result<u32, RecvError> {
        let asked = Cell::new(0);
        let now = || {
            asked.set(asked.get() + 1);
            match asked.get() > times {
                true => Err(REFUSED),
                false => Ok(7),
            }
        };
        recv_deadline(timeout, look, now, |_| Ok(()))
    }

    #[test]
    fn a_clock_that_is_refused_is_an_error() {
        for times in [0, 1, 5] {
            let received = refused_after(times, SECOND, || Err(RecvError::Empty));
            assert_eq!(received, Err(RecvError::Failed(REFUSED)));
        }
    }

    #[test]
    fn what_needs_no_clock_asks_for_none() {
        // A message is there, there is no time to wait, or there is no time-out.
        assert_eq!(refused_after(0, SECOND, || Ok(1)), Ok(1));
        let empty = || Err(RecvError::Empty);
        assert_eq!(refused_after(0, Some(Duration::ZERO), empty), empty());
        for forever in [None, Some(Duration::MAX)] {
            let looks = Cell::new(0);
            let late = || {
                looks.set(looks.get() + 1);
                match looks.get() {
                    10 => Ok(10),
                    _ => Err(RecvError::Empty),
                }
            };
            assert_eq!(refused_after(0, forever, late), Ok(10));
        }
    }
}
