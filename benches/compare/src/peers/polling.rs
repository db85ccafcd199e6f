//! polling's `Poller::notify`.

use std::sync::Arc;

use polling::{Events, Poller};

use super::{Loop, Wake};

pub(crate) struct Polling {
    poller: Arc<Poller>,
    events: Events,
}

impl Wake for Arc<Poller> {
    fn wake(&self) {
        self.notify().unwrap();
    }
}

impl Loop for Polling {
    type Waker = Arc<Poller>;

    fn new() -> Self {
        Polling {
            poller: Arc::new(Poller::new().unwrap()),
            events: Events::new(),
        }
    }

    fn waker(&self) -> Arc<Poller> {
        Arc::clone(&self.poller)
    }

    /// Without a time-out and without any other descriptor, `wait` returns for
    /// nothing but a notification.
    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        loop {
            self.events.clear();
            self.poller.wait(&mut self.events, None).unwrap();
            if !answer() {
                break;
            }
        }
    }
}
