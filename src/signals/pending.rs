//! Readable if, and only if, something is pending: what the kernel does for a
//! signalfd, for signals in memory and a notifier.

use crate::{Error, Notifier};

/// Takes what `take` finds. `any` says whether more is there, and then the
/// descriptor stays readable.
///
/// It is drained first, then looked once more: what came in between was recorded
/// before its notification, so it is seen here, or its notification is still to come.
pub(super) fn next<T>(
    notifier: &impl Notifier,
    take: impl Fn() -> Option<T>,
    any: impl Fn() -> bool,
) -> Result<Option<T>, Error> {
    let taken = take();
    if any() {
        return Ok(taken);
    }
    let drained = match notifier.clear() {
        Ok(_) if any() => notifier.notify(),
        Ok(_) => Ok(()),
        Err(error) => Err(error),
    };
    match (taken, drained) {
        (None, Err(error)) => Err(error),
        // What was taken must not get lost; the error will come again.
        (taken, _) => Ok(taken),
    }
}
