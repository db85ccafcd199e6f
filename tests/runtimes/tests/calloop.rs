//! calloop: a `Generic` source in each of its modes.

use std::sync::Arc;
use std::time::Duration;

use calloop::generic::Generic;
use calloop::{EventLoop, Interest, Mode, PostAction, RegistrationToken};
use wakefd::{AutoNotifier, Waker};
use wakefd_runtimes::{Ledger, Loop, Source, each_mechanism, loop_suite, watched};

struct Calloop {
    /// The shared data is whether it was readable.
    event_loop: EventLoop<'static, bool>,
    token: RegistrationToken,
    source: Source,
}

impl Calloop {
    fn with(mode: Mode, source: Source) -> Self {
        let event_loop = EventLoop::try_new().unwrap();
        let generic = Generic::new(source.clone(), Interest::READ, mode);
        let token = event_loop
            .handle()
            .insert_source(generic, |ready, _, readable| {
                *readable = ready.readable;
                Ok(PostAction::Continue)
            })
            .unwrap();
        Calloop {
            event_loop,
            token,
            source,
        }
    }

    fn readable(&mut self, timeout: Option<Duration>) -> bool {
        let mut readable = false;
        self.event_loop.dispatch(timeout, &mut readable).unwrap();
        readable
    }

    fn unwatch(self) -> Source {
        self.event_loop.handle().remove(self.token);
        self.source
    }
}

macro_rules! calloop_loop {
    ($name:ident, $mode:expr, $before:expr) => {
        struct $name(Calloop);

        impl Loop for $name {
            fn watch(source: Source) -> Self {
                $name(Calloop::with($mode, source))
            }

            fn readable(&mut self, timeout: Option<Duration>) -> bool {
                let before: fn(&Calloop) = $before;
                before(&self.0);
                self.0.readable(timeout)
            }

            fn unwatch(self) -> Source {
                self.0.unwatch()
            }
        }
    };
}

calloop_loop!(LevelTriggered, Mode::Level, |_| ());
calloop_loop!(EdgeTriggered, Mode::Edge, |_| ());
// Armed anew before each sleep.
calloop_loop!(OneShot, Mode::OneShot, |calloop| {
    calloop.event_loop.handle().update(&calloop.token).unwrap();
});
loop_suite!(level: LevelTriggered);
loop_suite!(edge: EdgeTriggered);
loop_suite!(one_shot: OneShot);

/// All in the callback, where calloop's users have it.
#[test]
fn a_callback_loses_nothing() {
    watched(|| {
        for (mechanism, mode) in each_mechanism()
            .flat_map(|mechanism| [(mechanism, Mode::Level), (mechanism, Mode::Edge)])
        {
            let waker = Arc::new(Waker::new(AutoNotifier::at(mechanism).unwrap()));
            let ledger = Arc::new(Ledger::default());
            let mut event_loop = EventLoop::<bool>::try_new().unwrap();
            let generic = Generic::new(Arc::clone(&waker), Interest::READ, mode);
            let account = Arc::clone(&ledger);
            event_loop
                .handle()
                .insert_source(generic, move |_, waker, all_seen| {
                    *all_seen = account.clear_then_look(|| waker.clear());
                    Ok(match *all_seen {
                        true => PostAction::Remove,
                        false => PostAction::Continue,
                    })
                })
                .unwrap();
            let producers = ledger.produce(move || waker.wake().unwrap());
            let mut all_seen = false;
            while !all_seen {
                event_loop.dispatch(None, &mut all_seen).unwrap();
            }
            for producer in producers {
                producer.join().unwrap();
            }
        }
    });
}

/// A receiver is watched level-triggered: what `drain` leaves is reported again.
#[test]
fn a_receiver_in_batches() {
    watched(|| {
        const MESSAGES: usize = 5000;
        for mechanism in each_mechanism() {
            let (sender, receiver) = wakefd::channel_on(AutoNotifier::at(mechanism).unwrap());
            let mut event_loop = EventLoop::<Option<usize>>::try_new().unwrap();
            let generic = Generic::new(receiver, Interest::READ, Mode::Level);
            event_loop
                .handle()
                .insert_source(generic, |_, receiver, count| {
                    let taken = receiver.drain().count();
                    *count = count.map(|count| count + taken);
                    match receiver.is_disconnected() {
                        true => {
                            assert_eq!(count.take(), Some(MESSAGES));
                            Ok(PostAction::Remove)
                        }
                        false => Ok(PostAction::Continue),
                    }
                })
                .unwrap();
            (0..MESSAGES).for_each(|message| sender.send(message).unwrap());
            drop(sender);
            let mut count = Some(0);
            while count.is_some() {
                event_loop.dispatch(None, &mut count).unwrap();
            }
        }
    });
}
