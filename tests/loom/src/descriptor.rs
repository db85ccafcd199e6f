//! A model of a notifier's descriptor.

use core::time::Duration;

use loom::sync::{Condvar, Mutex};

use crate::{Error, Mechanism, Notifier, RawFd, Wait};

/// Stands for a descriptor: readable or not, and somebody may sleep on it.
pub(crate) struct Descriptor {
    state: Mutex<State>,
    changed: Condvar,
    trigger: Trigger,
    mechanism: Mechanism,
}

#[derive(Default)]
struct State {
    readable: bool,
    /// Written since the last wait.
    edge: bool,
}

/// What ends a wait.
enum Trigger {
    Level,
    Edge,
}

impl Descriptor {
    /// A descriptor of no backend, in a level-triggered set.
    pub(crate) fn new() -> Self {
        Self::with(Trigger::Level, Mechanism::Other)
    }

    /// An eventfd in a level-triggered set.
    pub(crate) fn level_triggered_eventfd() -> Self {
        Self::with(Trigger::Level, Mechanism::EventFd2)
    }

    /// An eventfd in an edge-triggered set.
    pub(crate) fn edge_triggered_eventfd() -> Self {
        Self::with(Trigger::Edge, Mechanism::EventFd2)
    }

    fn with(trigger: Trigger, mechanism: Mechanism) -> Self {
        Descriptor {
            state: Mutex::default(),
            changed: Condvar::new(),
            trigger,
            mechanism,
        }
    }
}

impl Notifier for Descriptor {
    fn notify(&self) -> Result<(), Error> {
        *self.state.lock().unwrap() = State {
            readable: true,
            edge: true,
        };
        self.changed.notify_all();
        Ok(())
    }

    fn clear(&self) -> Result<bool, Error> {
        Ok(core::mem::take(&mut *self.state.lock().unwrap()).readable)
    }

    fn wait(&self, _: Option<Duration>) -> Result<Wait, Error> {
        let mut state = self.state.lock().unwrap();
        while !match self.trigger {
            Trigger::Level => state.readable,
            Trigger::Edge => state.edge,
        } {
            state = self.changed.wait(state).unwrap();
        }
        state.edge = false;
        Ok(Wait::Notified)
    }

    fn as_raw_fd(&self) -> RawFd {
        -1
    }

    fn mechanism(&self) -> Mechanism {
        self.mechanism
    }

    /// The models do not fork.
    fn reinit_after_fork(&self) -> Result<(), Error> {
        unreachable!()
    }
}
