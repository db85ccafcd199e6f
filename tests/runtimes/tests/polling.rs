//! polling: `Poller`, in each of its modes.
#![allow(unsafe_code)] // `Poller::add` is unsafe: a source must be deleted in time.

use std::time::Duration;

use polling::{Event, Events, PollMode, Poller};
use wakefd_runtimes::{Loop, Source, each_source, loop_suite, watched};

struct Polling {
    poller: Poller,
    events: Events,
    mode: PollMode,
    source: Source,
}

impl Polling {
    fn with(mode: PollMode, source: Source) -> Self {
        let poller = Poller::new().unwrap();
        // SAFETY: the source lives as long as the poller, and longer when it is taken
        // out, which deletes it.
        unsafe { poller.add_with_mode(&source, Event::readable(7), mode) }.unwrap();
        Polling {
            poller,
            events: Events::new(),
            mode,
            source,
        }
    }

    /// In mode `Oneshot` a source sleeps until it is armed anew.
    fn arm(&self) {
        if self.mode == PollMode::Oneshot {
            self.poller
                .modify(&self.source, Event::readable(7))
                .unwrap();
        }
    }
}

impl Drop for Polling {
    fn drop(&mut self) {
        let _ = self.poller.delete(&self.source);
    }
}

macro_rules! polling_loop {
    ($name:ident, $mode:expr) => {
        struct $name(Polling);

        impl Loop for $name {
            fn watch(source: Source) -> Self {
                $name(Polling::with($mode, source))
            }

            fn readable(&mut self, timeout: Option<Duration>) -> bool {
                let polling = &mut self.0;
                polling.arm();
                polling.events.clear();
                polling.poller.wait(&mut polling.events, timeout).unwrap();
                polling
                    .events
                    .iter()
                    .any(|event| event.key == 7 && event.readable)
            }

            fn unwatch(self) -> Source {
                self.0.poller.delete(&self.0.source).unwrap();
                self.0.source.clone()
            }
        }
    };
}

polling_loop!(OneShot, PollMode::Oneshot);
polling_loop!(LevelTriggered, PollMode::Level);
polling_loop!(EdgeTriggered, PollMode::Edge);
polling_loop!(EdgeOneShot, PollMode::EdgeOneshot);
loop_suite!(one_shot: OneShot);
loop_suite!(level: LevelTriggered);
loop_suite!(edge: EdgeTriggered);

/// In this mode a source is silent after it was reported, until it is armed anew; then
/// what is pending counts, although it is no new edge.
#[test]
fn edge_one_shot_is_reported_once() {
    watched(|| {
        for source in each_source() {
            let mut watching = EdgeOneShot::watch(source.clone());
            source.notify().unwrap();
            assert!(watching.readable(None));
            assert!(!watching.readable(Some(Duration::ZERO)));
            assert_eq!(source.clear(), Ok(true));
            source.notify().unwrap();
            assert!(!watching.readable(Some(Duration::ZERO)));
            // Armed anew while it is pending: reported.
            let Polling {
                poller,
                source,
                mode,
                ..
            } = &watching.0;
            poller
                .modify_with_mode(source, Event::readable(7), *mode)
                .unwrap();
            assert!(watching.readable(None));
        }
    });
}

/// Between two waits a oneshot source is silent, and nothing is lost meanwhile.
#[test]
fn one_shot_is_silent_until_it_is_armed() {
    watched(|| {
        for source in each_source() {
            let mut watching = OneShot::watch(source.clone());
            source.notify().unwrap();
            assert!(watching.readable(None));
            assert_eq!(source.clear(), Ok(true));
            source.notify().unwrap();
            let Polling { poller, events, .. } = &mut watching.0;
            events.clear();
            poller.wait(events, Some(Duration::ZERO)).unwrap();
            assert!(events.is_empty());
            assert!(watching.readable(None));
        }
    });
}
