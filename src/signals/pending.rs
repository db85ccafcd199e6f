//! Readable if, and only if, something is pending: what the kernel does for a
//! signalfd, for signals in memory and a notifier.

use crate::backend::Primitive;
use crate::sys::errno::Errno;

/// Takes what `take` finds. `any` says whether more is there, and then the
/// descriptor stays readable.
///
/// It is drained first, then looked once more: what came in between was recorded
/// before its notification, so it is seen here, or its notification is still to come.
pub(super) fn next<T>(
    notifier: &impl Primitive,
    take: impl Fn() -> Option<T>,
    any: impl Fn() -> bool,
) -> Result<Option<T>, Errno> {
    let taken = take();
    if any() {
        return Ok(taken);
    }
    let drained = match notifier.clear() {
        Ok(_) if any() => notifier.notify(),
        cleared => cleared.map(drop),
    };
    match (taken, drained) {
        (None, Err(errno)) => Err(errno),
        // What was taken must not get lost; the error will come again.
        (taken, _) => Ok(taken),
    }
}
