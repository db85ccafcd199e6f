//! mio: always edge-triggered, so a descriptor that is not cleared is not reported again.

use std::os::fd::AsRawFd;
use std::time::Duration;

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use wakefd::{AutoNotifier, Counter, Mode};
use wakefd_runtimes::{Loop, Source, each_mechanism, loop_suite, watched};

struct Mio {
    poll: Poll,
    events: Events,
    source: Source,
}

impl Loop for Mio {
    fn watch(source: Source) -> Self {
        let poll = Poll::new().unwrap();
        poll.registry()
            .register(
                &mut SourceFd(&source.as_raw_fd()),
                Token(0),
                Interest::READABLE,
            )
            .unwrap();
        let events = Events::with_capacity(4);
        Mio {
            poll,
            events,
            source,
        }
    }

    fn readable(&mut self, timeout: Option<Duration>) -> bool {
        self.poll.poll(&mut self.events, timeout).unwrap();
        self.events.iter().any(|event| event.is_readable())
    }

    fn unwatch(self) -> Source {
        self.poll
            .registry()
            .deregister(&mut SourceFd(&self.source.as_raw_fd()))
            .unwrap();
        self.source
    }
}

loop_suite!(edge: Mio);

/// The tokens that are reported without waiting.
fn reported(poll: &mut Poll) -> Vec<Token> {
    let mut events = Events::with_capacity(4);
    poll.poll(&mut events, Some(Duration::ZERO)).unwrap();
    events.iter().map(|event| event.token()).collect()
}

#[test]
fn reregistered_under_another_token_and_deregistered() {
    watched(|| {
        for mechanism in each_mechanism() {
            let notifier = AutoNotifier::at(mechanism).unwrap();
            let descriptor = notifier.as_raw_fd();
            let mut source = SourceFd(&descriptor);
            let mut poll = Poll::new().unwrap();
            let registry = poll.registry();
            registry
                .register(&mut source, Token(1), Interest::READABLE)
                .unwrap();
            notifier.notify().unwrap();
            assert_eq!(reported(&mut poll), [Token(1)]);
            assert_eq!(reported(&mut poll), [], "an edge is reported once");

            // It is still pending, which a registration reports.
            let registry = poll.registry();
            registry
                .reregister(&mut source, Token(2), Interest::READABLE)
                .unwrap();
            assert_eq!(reported(&mut poll), [Token(2)]);
            notifier.clear().unwrap();
            notifier.notify().unwrap();
            assert_eq!(reported(&mut poll), [Token(2)]);

            poll.registry().deregister(&mut source).unwrap();
            notifier.clear().unwrap();
            notifier.notify().unwrap();
            assert_eq!(reported(&mut poll), []);
        }
    });
}

#[test]
fn several_sources_keep_their_tokens() {
    watched(|| {
        let mut poll = Poll::new().unwrap();
        let notifiers: Vec<_> = each_mechanism()
            .map(|mechanism| AutoNotifier::at(mechanism).unwrap())
            .collect();
        for (index, notifier) in notifiers.iter().enumerate() {
            poll.registry()
                .register(
                    &mut SourceFd(&notifier.as_raw_fd()),
                    Token(index),
                    Interest::READABLE,
                )
                .unwrap();
        }
        for (index, notifier) in notifiers.iter().enumerate() {
            notifier.notify().unwrap();
            assert_eq!(reported(&mut poll), [Token(index)]);
            assert_eq!(notifier.clear(), Ok(true));
        }
    });
}

/// An edge of a semaphore comes with an `add`, not with each that is left: so it is
/// taken until there is none.
#[test]
fn a_semaphore_is_taken_to_the_end() {
    watched(|| {
        for mechanism in each_mechanism() {
            let Ok(semaphore) = Counter::at(mechanism, Mode::Semaphore) else {
                assert_eq!(
                    mechanism,
                    wakefd::Mechanism::EventFd,
                    "which takes no flags"
                );
                continue;
            };
            let mut poll = Poll::new().unwrap();
            poll.registry()
                .register(
                    &mut SourceFd(&semaphore.as_raw_fd()),
                    Token(0),
                    Interest::READABLE,
                )
                .unwrap();
            for round in 1..4 {
                semaphore.add(round).unwrap();
                assert_eq!(reported(&mut poll), [Token(0)]);
                let mut taken = 0;
                while semaphore.take().unwrap().is_some() {
                    taken += 1;
                }
                assert_eq!(taken, round);
            }
            assert_eq!(reported(&mut poll), []);
        }
    });
}
