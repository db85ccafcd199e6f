//! The default backend: a signal handler that records signals and notifies. Available on
//! every Unix.

use libc::c_int;

use super::pending::Pending;
use super::registry;
use super::table::TABLE;
use crate::backend::{AutoNotifier, Primitive};
use crate::error::{Error, Operation};
use crate::mechanism::{Backend, Mechanism};
use crate::sys::errno::Errno;
use crate::sys::siginfo::Record;
use crate::sys::sigset::SignalSet;

/// A notifier that the handlers of the object's signals write to.
pub(super) struct Handler {
    pub(super) notifier: AutoNotifier,
    /// The index of the object in the table.
    pub(super) index: usize,
}

impl Handler {
    pub(super) fn new(set: SignalSet) -> Result<Self, Error> {
        let notifier =
            AutoNotifier::new().map_err(|below| error(Operation::Create, below.raw_os_error()))?;
        let descriptor = notifier.notify_fd().as_raw();
        let index = registry::lock()
            .register(Backend::SignalHandler, set, descriptor)
            .map_err(|errno| error(Operation::Watch, errno))?;
        Ok(Handler { notifier, index })
    }

    pub(super) fn add(&self, set: SignalSet) -> Result<(), Errno> {
        registry::lock().watch(self.index, Backend::SignalHandler, set)
    }

    pub(super) fn remove(&self, set: SignalSet) -> Result<(), Errno> {
        registry::lock().unwatch(self.index, set);
        // Perhaps the last pending signal is gone. In a child of `fork` the descriptor also
        // belongs to the parent.
        match registry::is_ours(self.index) {
            true => self.settle(),
            false => Ok(()),
        }
    }

    pub(super) fn next(&self) -> Result<Option<(c_int, Record)>, Errno> {
        // A child of `fork` shares the descriptor with the parent. If the child cleared it,
        // the parent would lose a notification.
        match registry::is_ours(self.index) {
            true => Pending::next(self),
            false => Err(libc::EXDEV),
        }
    }

    pub(super) fn reinit_after_fork(&self) -> Result<(), Error> {
        let registry = registry::lock();
        registry
            .install_again(self.index)
            .map_err(|errno| error(Operation::Watch, errno))?;
        self.notifier
            .reinit_after_fork()
            .map_err(|below| error(below.operation(), below.raw_os_error()))?;
        registry.adopt(self.index, self.notifier.notify_fd().as_raw());
        Ok(())
    }
}

impl Pending for Handler {
    type Taken = (c_int, Record);

    fn take(&self) -> Option<(c_int, Record)> {
        TABLE.take(self.index)
    }

    fn give_back(&self, &(number, _): &(c_int, Record)) {
        if let Some(object) = TABLE.objects.get(self.index) {
            object.mark(number);
        }
    }

    fn any(&self) -> bool {
        TABLE.any(self.index)
    }

    fn notify(&self) -> Result<(), Errno> {
        Primitive::notify(&self.notifier)
    }

    fn clear(&self) -> Result<(), Errno> {
        Primitive::clear(&self.notifier).map(drop)
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        registry::lock().release(self.index);
    }
}

/// Creates an error that names the mechanism of `Signals`, not that of the notifier.
fn error(operation: Operation, errno: Errno) -> Error {
    Error::new(operation, Mechanism::SignalHandler, errno)
}
