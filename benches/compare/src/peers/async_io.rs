//! async-channel under async-io's `block_on`, which sleeps in epoll.

use async_channel::{Receiver, Sender, TrySendError, bounded, unbounded};
use async_io::block_on;

use super::{Channel, Loop, Sending, Tally, Wake};

/// A channel for one unit is its notification that coalesces.
pub(crate) struct UnitLoop {
    sender: Sender<()>,
    receiver: Receiver<()>,
}

impl Wake for Sender<()> {
    fn wake(&self) {
        match self.try_send(()) {
            Ok(()) | Err(TrySendError::Full(())) => {}
            Err(TrySendError::Closed(())) => panic!("the loop has a sender itself"),
        }
    }
}

impl Loop for UnitLoop {
    type Waker = Sender<()>;

    fn new() -> Self {
        let (sender, receiver) = bounded(1);
        UnitLoop { sender, receiver }
    }

    fn waker(&self) -> Sender<()> {
        self.sender.clone()
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        block_on(async {
            loop {
                self.receiver.recv().await.unwrap();
                if !answer() {
                    break;
                }
            }
        });
    }
}

pub(crate) struct ChannelLoop(Receiver<usize>);

impl Sending for Sender<usize> {
    fn send(&self, message: usize) {
        self.try_send(message).unwrap();
    }
}

impl Channel for ChannelLoop {
    type Sender = Sender<usize>;

    fn new() -> (Self::Sender, Self) {
        let (sender, receiver) = unbounded();
        (sender, ChannelLoop(receiver))
    }

    fn receive(&mut self, tally: &mut Tally) {
        block_on(async { while tally.take(self.0.recv().await.unwrap()) {} });
    }
}
