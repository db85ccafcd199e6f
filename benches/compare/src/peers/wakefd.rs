//! wakefd: the waker and the channel in the loops that their documentation shows,
//! and the bare notifier.

use std::hint::spin_loop;
use std::marker::PhantomData;
use std::os::fd::{AsRawFd, RawFd};
use std::sync::Arc;
use std::time::{Duration, Instant};

use wakefd::{AutoNotifier, Awake, Prepared, Receiver, Selection, Sender, Wait, Waker};

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

/// How a loop sleeps and is told of a wake-up.
pub(crate) trait Manner {
    fn epoll(waker: &Waker<AutoNotifier>) -> Epoll {
        Epoll::watching(waker.as_raw_fd())
    }

    /// Called before the loop sleeps.
    fn linger(_: &Awake<'_, AutoNotifier>) {}

    fn finish(prepared: Prepared<'_, AutoNotifier>, readable: bool) -> bool {
        prepared.finish(readable).unwrap()
    }
}

/// As the documentation of `Waker` has it.
pub(crate) struct Plain;

impl Manner for Plain {}

/// With an edge-triggered set, as mio, tokio and async-io have it: an eventfd is not drained.
pub(crate) struct Edge;

impl Manner for Edge {
    fn epoll(waker: &Waker<AutoNotifier>) -> Epoll {
        Epoll::watching_edges(waker.as_raw_fd())
    }

    fn finish(prepared: Prepared<'_, AutoNotifier>, readable: bool) -> bool {
        prepared.finish_edge_triggered(readable).unwrap()
    }
}

/// Looks for a wake-up for a while before it sleeps.
pub(crate) struct Spinning;

impl Manner for Spinning {
    fn linger(awake: &Awake<'_, AutoNotifier>) {
        let begin = Instant::now();
        while !awake.is_woken() && begin.elapsed() < Duration::from_micros(20) {
            spin_loop();
        }
    }
}

/// Tells the waker when it is awake.
pub(crate) struct WakerLoop<B, M = Plain> {
    waker: Arc<Waker<AutoNotifier>>,
    epoll: Epoll,
    kind: PhantomData<(B, M)>,
}

impl Wake for Arc<Waker<AutoNotifier>> {
    fn wake(&self) {
        Waker::wake(self).unwrap();
    }
}

impl<B: Backend, M: Manner> Loop for WakerLoop<B, M> {
    type Waker = Arc<Waker<AutoNotifier>>;

    fn new() -> Self {
        let waker = Arc::new(Waker::new(B::notifier()));
        let epoll = M::epoll(&waker);
        WakerLoop {
            waker,
            epoll,
            kind: PhantomData,
        }
    }

    fn waker(&self) -> Self::Waker {
        Arc::clone(&self.waker)
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        let mut awake = self.waker.awake();
        loop {
            M::linger(&awake);
            let woken = match awake.prepare_wait() {
                Some(prepared) => M::finish(prepared, self.epoll.wait()),
                None => true,
            };
            if woken && !answer() {
                break;
            }
        }
    }
}

/// A notifier in a loop without an epoll set: `wait` is `poll`, as GLib's loop is.
pub(crate) struct PollLoop<B>(Arc<Waker<AutoNotifier>>, PhantomData<B>);

impl<B: Backend> Loop for PollLoop<B> {
    type Waker = Arc<Waker<AutoNotifier>>;

    fn new() -> Self {
        PollLoop(Arc::new(Waker::new(B::notifier())), PhantomData)
    }

    fn waker(&self) -> Self::Waker {
        Arc::clone(&self.0)
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        let mut awake = self.0.awake();
        loop {
            let woken = match awake.prepare_wait() {
                Some(prepared) => {
                    let wait = self.0.notifier().wait(None).unwrap();
                    prepared.finish(wait == Wait::Notified).unwrap()
                }
                None => true,
            };
            if woken && !answer() {
                break;
            }
        }
    }
}

/// A waker without its fence, as `uv_async_send` has none: the producer orders its data.
#[derive(Clone)]
pub(crate) struct Published(Arc<Waker<AutoNotifier>>);

impl Default for Published {
    fn default() -> Self {
        Published(Arc::new(Waker::new(EventFd::notifier())))
    }
}

impl Wake for Published {
    fn wake(&self) {
        self.0.wake_published().unwrap();
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
