//! tokio on a current-thread runtime that sleeps in epoll: `Notify`, and the
//! unbounded mpsc channel.

use std::sync::Arc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::Notify;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{Channel, Loop, Sending, Tally, Wake};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_io().build().unwrap()
}

pub(crate) struct NotifyLoop {
    runtime: Runtime,
    notify: Arc<Notify>,
}

impl Wake for Arc<Notify> {
    fn wake(&self) {
        self.notify_one();
    }
}

impl Loop for NotifyLoop {
    type Waker = Arc<Notify>;

    fn new() -> Self {
        NotifyLoop {
            runtime: runtime(),
            notify: Arc::default(),
        }
    }

    fn waker(&self) -> Arc<Notify> {
        Arc::clone(&self.notify)
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        self.runtime.block_on(async {
            loop {
                self.notify.notified().await;
                if !answer() {
                    break;
                }
            }
        });
    }
}

pub(crate) struct MpscLoop {
    runtime: Runtime,
    receiver: UnboundedReceiver<usize>,
}

impl Sending for UnboundedSender<usize> {
    fn send(&self, message: usize) {
        UnboundedSender::send(self, message).unwrap();
    }
}

impl Channel for MpscLoop {
    type Sender = UnboundedSender<usize>;

    fn new() -> (Self::Sender, Self) {
        let (sender, receiver) = unbounded_channel();
        let runtime = runtime();
        (sender, MpscLoop { runtime, receiver })
    }

    fn receive(&mut self, tally: &mut Tally) {
        let receiver = &mut self.receiver;
        self.runtime
            .block_on(async { while tally.take(receiver.recv().await.unwrap()) {} });
    }
}
