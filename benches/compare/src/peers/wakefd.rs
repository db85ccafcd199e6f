//! wakefd: the waker and the channel in the loops that their documentation shows,
//! and the bare notifier.

use std::hint::spin_loop;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wakefd::{AutoNotifier, Receiver, Selection, Sender, Waker};

use super::bare::{Bare, Descriptor};
use super::{Channel, Loop, Sending, Tally, Wake};
use crate::sys::epoll::Epoll;

/// A backend, forced.
pub(crate) trait Backend: Send + Sync {
    const SELECTION: Selection;

    fn notifier() -> AutoNotifier {
        AutoNotifier::with(Self::SELECTION).unwrap()
    }
}

pub(crate) struct EventFd;

impl Backend for EventFd {
    const SELECTION: Selection = Selection::EventFd;
}

pub(crate) struct Pipe;

impl Backend for Pipe {
    const SELECTION: Selection = Selection::Pipe;
}

/// Tells the waker when it is awake.
pub(crate) struct WakerLoop<B> {
    waker: Arc<Waker<AutoNotifier>>,
    epoll: Epoll,
    backend: PhantomData<B>,
}

impl Wake for Arc<Waker<AutoNotifier>> {
    fn wake(&self) {
        Waker::wake(self).unwrap();
    }
}

impl<B: Backend> Loop for WakerLoop<B> {
    type Waker = Arc<Waker<AutoNotifier>>;

    fn new() -> Self {
        let waker = Arc::new(Waker::new(B::notifier()));
        let epoll = Epoll::watching(waker.notifier().as_raw_fd());
        WakerLoop {
            waker,
            epoll,
            backend: PhantomData,
        }
    }

    fn waker(&self) -> Self::Waker {
        Arc::clone(&self.waker)
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        let mut awake = self.waker.awake();
        loop {
            let woken = match awake.prepare_wait() {
                Some(prepared) => prepared.finish(self.epoll.wait()).unwrap(),
                None => true,
            };
            if woken && !answer() {
                break;
            }
        }
    }
}

/// The same with an edge-triggered set, as mio, tokio and async-io have it: an eventfd is not
/// drained.
pub(crate) struct EdgeLoop<B>(WakerLoop<B>);

impl<B: Backend> Loop for EdgeLoop<B> {
    type Waker = Arc<Waker<AutoNotifier>>;

    fn new() -> Self {
        let waker = Arc::new(Waker::new(B::notifier()));
        let epoll = Epoll::watching_edges(waker.notifier().as_raw_fd());
        EdgeLoop(WakerLoop {
            waker,
            epoll,
            backend: PhantomData,
        })
    }

    fn waker(&self) -> Self::Waker {
        self.0.waker()
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        let WakerLoop { waker, epoll, .. } = &self.0;
        let mut awake = waker.awake();
        loop {
            let woken = match awake.prepare_wait() {
                Some(prepared) => prepared.finish_edge_triggered(epoll.wait()).unwrap(),
                None => true,
            };
            if woken && !answer() {
                break;
            }
        }
    }
}

/// The same, but before it sleeps it looks for a wake-up for a while.
pub(crate) struct SpinningLoop<B>(WakerLoop<B>);

impl<B> SpinningLoop<B> {
    const FOR: Duration = Duration::from_micros(20);
}

impl<B: Backend> Loop for SpinningLoop<B> {
    type Waker = Arc<Waker<AutoNotifier>>;

    fn new() -> Self {
        SpinningLoop(WakerLoop::new())
    }

    fn waker(&self) -> Self::Waker {
        self.0.waker()
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        let WakerLoop { waker, epoll, .. } = &self.0;
        let mut awake = waker.awake();
        loop {
            let begin = Instant::now();
            while !awake.is_woken() && begin.elapsed() < Self::FOR {
                spin_loop();
            }
            let woken = match awake.prepare_wait() {
                Some(prepared) => prepared.finish(epoll.wait()).unwrap(),
                None => true,
            };
            if woken && !answer() {
                break;
            }
        }
    }
}

/// A notifier without a waker: a descriptor like others.
pub(crate) type NotifierLoop<B> = Bare<Forced<B>>;

pub(crate) struct Forced<B>(AutoNotifier, PhantomData<B>);

impl<B: Backend> Descriptor for Forced<B> {
    fn new() -> Self {
        Forced(B::notifier(), PhantomData)
    }

    fn notify(&self) {
        self.0.notify().unwrap();
    }

    fn clear(&self) -> bool {
        self.0.clear().unwrap()
    }

    fn raw(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

/// The channel, with its descriptor in an epoll set.
pub(crate) struct ChannelLoop<B> {
    receiver: Receiver<usize>,
    epoll: Epoll,
    backend: PhantomData<B>,
}

impl Sending for Sender<usize> {
    fn send(&self, message: usize) {
        Sender::send(self, message).unwrap();
    }
}

impl<B: Backend> Channel for ChannelLoop<B> {
    type Sender = Sender<usize>;

    fn new() -> (Self::Sender, Self) {
        let (sender, receiver) = wakefd::channel_on(B::notifier());
        let epoll = Epoll::watching(receiver.as_raw_fd());
        let channel = ChannelLoop {
            receiver,
            epoll,
            backend: PhantomData,
        };
        (sender, channel)
    }

    fn receive(&mut self, tally: &mut Tally) {
        while tally.missing > 0 {
            if self.epoll.wait() {
                for message in self.receiver.drain() {
                    tally.take(message);
                }
            }
        }
    }
}
