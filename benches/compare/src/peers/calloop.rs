//! calloop's `ping` and its `channel`.

use calloop::EventLoop;
use calloop::channel::{Event, Sender, channel};
use calloop::ping::{Ping, make_ping};

use super::{Channel, Loop, Sending, Tally, Wake};

pub(crate) struct PingLoop {
    /// The shared data is whether it was pinged.
    event_loop: EventLoop<'static, bool>,
    ping: Ping,
}

impl Wake for Ping {
    fn wake(&self) {
        self.ping();
    }
}

impl Loop for PingLoop {
    type Waker = Ping;

    fn new() -> Self {
        let event_loop = EventLoop::try_new().unwrap();
        let (ping, source) = make_ping().unwrap();
        event_loop
            .handle()
            .insert_source(source, |(), (), pinged| *pinged = true)
            .unwrap();
        PingLoop { event_loop, ping }
    }

    fn waker(&self) -> Ping {
        self.ping.clone()
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        loop {
            let mut pinged = false;
            self.event_loop.dispatch(None, &mut pinged).unwrap();
            if pinged && !answer() {
                break;
            }
        }
    }
}

pub(crate) struct ChannelLoop(EventLoop<'static, Tally>);

impl Sending for Sender<usize> {
    fn send(&self, message: usize) {
        Sender::send(self, message).unwrap();
    }
}

impl Channel for ChannelLoop {
    type Sender = Sender<usize>;

    fn new() -> (Self::Sender, Self) {
        let event_loop: EventLoop<'static, Tally> = EventLoop::try_new().unwrap();
        let (sender, source) = channel();
        event_loop
            .handle()
            .insert_source(source, |event, (), tally| {
                if let Event::Msg(message) = event {
                    tally.take(message);
                }
            })
            .unwrap();
        (sender, ChannelLoop(event_loop))
    }

    fn receive(&mut self, tally: &mut Tally) {
        while tally.missing > 0 {
            self.0.dispatch(None, tally).unwrap();
        }
    }
}
