//! mio's `Waker`: an eventfd that is watched edge-triggered and never read.

use std::sync::Arc;

use mio::{Events, Poll, Token, Waker};

use super::{Loop, Wake};

pub(crate) struct Mio {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
}

impl Wake for Arc<Waker> {
    fn wake(&self) {
        Waker::wake(self).unwrap();
    }
}

impl Loop for Mio {
    type Waker = Arc<Waker>;

    fn new() -> Self {
        let poll = Poll::new().unwrap();
        let waker = Arc::new(Waker::new(poll.registry(), Token(0)).unwrap());
        Mio {
            poll,
            events: Events::with_capacity(1),
            waker,
        }
    }

    fn waker(&self) -> Arc<Waker> {
        Arc::clone(&self.waker)
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        loop {
            self.poll.poll(&mut self.events, None).unwrap();
            if !self.events.is_empty() && !answer() {
                break;
            }
        }
    }
}
