//! Receiving in turns of looking and sleeping.

use core::time::Duration;
use std::time::Instant;

use super::RecvError;
use crate::Error;

/// Looks until something else than nothing is found, and sleeps in between;
/// `Empty` if `timeout` passes first.
pub(super) fn until<T>(
    timeout: Option<Duration>,
    look: impl Fn() -> Result<T, RecvError>,
    sleep: impl Fn(Option<Duration>) -> Result<(), Error>,
) -> Result<T, RecvError> {
    // What is too long for the clock is for ever.
    let deadline = timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    loop {
        match look() {
            Err(RecvError::Empty) => {}
            found => return found,
        }
        let rest = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if rest == Some(Duration::ZERO) {
            return Err(RecvError::Empty);
        }
        // Whether it was woken or not, it looks once more. After an error too: a
        // hang-up is one to who sleeps, and means the end to who looks.
        if let Err(error) = sleep(rest) {
            return match look() {
                Err(RecvError::Empty) => Err(RecvError::Failed(error)),
                found => found,
            };
        }
    }
}
