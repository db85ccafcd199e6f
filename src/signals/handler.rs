//! The fallback: a signal handler that records signals and notifies. Available on every
//! Unix.

use libc::c_int;

use super::{pending, registry};
use crate::backend::AutoNotifier;
use crate::error::{Error, Operation};
use crate::mechanism::Mechanism;
use crate::sys::errno::Errno;
use crate::sys::siginfo::Record;
use crate::sys::sigset::SignalSet;

/// A notifier that the handlers of its signals write to.
pub(super) struct Handler {
    pub(super) notifier: AutoNotifier,
    pub(super) set: SignalSet,
    /// The place among the registry's targets.
    index: usize,
}

impl Handler {
    pub(super) fn new(set: SignalSet) -> Result<Self, Error> {
        let notifier =
            AutoNotifier::new().map_err(|below| error(Operation::Create, below.raw_os_error()))?;
        let index = registry::watch_by_handler(set, notifier.notify_fd().as_raw())
            .map_err(|errno| error(Operation::Watch, errno))?;
        Ok(Handler {
            notifier,
            set,
            index,
        })
    }

    pub(super) fn next(&self) -> Result<Option<(c_int, Record)>, Errno> {
        // The descriptor is the parent's too: a child that clears it loses the parent's
        // notification.
        if !registry::is_ours(self.index) {
            return Err(libc::EXDEV);
        }
        let (take, any) = (|| registry::take(self.set), || registry::any(self.set));
        pending::next(&self.notifier, take, any)
    }

    pub(super) fn reinit_after_fork(&self) -> Result<(), Error> {
        self.notifier
            .reinit_after_fork()
            .map_err(|below| error(below.operation(), below.raw_os_error()))?;
        registry::reinit(self.set, self.index, self.notifier.notify_fd().as_raw());
        Ok(())
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        registry::release(self.set, Some(self.index));
    }
}

/// Its errors name its own mechanism, not that of its notifier.
fn error(operation: Operation, errno: Errno) -> Error {
    Error::new(operation, Mechanism::SignalHandler, errno)
}
