//! A model of a notifier's descriptor.

use core::time::Duration;

use loom::sync::{Condvar, Mutex};

use crate::{Error, Mechanism, Notifier, RawFd, Wait};

/// Stands for a descriptor: readable or not, and somebody may sleep on it.
pub(crate) struct Descriptor {
    readable: Mutex<bool>,
    changed: Condvar,
}

impl Descriptor {
    pub(crate) fn new() -> Self {
        Descriptor {
            readable: Mutex::new(false),
            changed: Condvar::new(),
        }
    }
}

impl Notifier for Descriptor {
    fn notify(&self) -> Result<(), Error> {
        *self.readable.lock().unwrap() = true;
        self.changed.notify_all();
        Ok(())
    }

    fn clear(&self) -> Result<bool, Error> {
        Ok(core::mem::take(&mut *self.readable.lock().unwrap()))
    }

    fn wait(&self, _: Option<Duration>) -> Result<Wait, Error> {
        let mut readable = self.readable.lock().unwrap();
        while !*readable {
            readable = self.changed.wait(readable).unwrap();
        }
        Ok(Wait::Notified)
    }

    fn as_raw_fd(&self) -> RawFd {
        -1
    }

    fn mechanism(&self) -> Mechanism {
        Mechanism::Other
    }

    /// The models do not fork.
    fn reinit_after_fork(&self) -> Result<(), Error> {
        unreachable!()
    }
}
