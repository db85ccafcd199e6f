//! What a signal handler shares with the program, under loom. A handler is a thread
//! here, which can do all that one on the same thread can, and more.

use loom::cell::UnsafeCell;
use loom::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use loom::sync::atomic::{AtomicI32, AtomicU32};
use loom::sync::Arc;
use loom::thread;

use crate::descriptor::Descriptor;
use crate::pending::next;
use crate::pending_in_child::PendingInChild;
use crate::slot::Slot;
use crate::target::{Target, NONE};
use crate::{Notifier, Wait};

/// An object and the one signal that it watches.
struct Watched {
    slot: Slot<2>,
    descriptor: Descriptor,
    /// What was published before the signals were sent, a bit for each. Relaxed, so
    /// that it arrives only through the slot.
    published: AtomicU32,
}

/// The object's bit among the watchers.
const OBJECT: u32 = 1;

impl Watched {
    fn new(watchers: u32) -> Arc<Self> {
        Arc::new(Watched {
            slot: Slot {
                state: AtomicU32::new(0),
                words: [0; 2].map(AtomicU32::new),
                watchers: AtomicU32::new(watchers),
            },
            descriptor: Descriptor::new(),
            published: AtomicU32::new(0),
        })
    }

    /// What the handler does, for a signal that was sent after this was published.
    fn handle(&self, bit: u32) {
        self.published.fetch_or(bit, Relaxed);
        if self.slot.record(&[bit; 2]) & OBJECT != 0 {
            self.descriptor.notify().unwrap();
        }
    }

    fn take(&self) -> Option<u32> {
        let words = self.slot.take()?;
        assert_eq!(words, [words[0]; 2], "of two signals");
        Some(words[0])
    }

    fn next(&self) -> Option<u32> {
        next(&self.descriptor, || self.take(), || self.slot.is_full()).unwrap()
    }

    /// Sleeps, and looks at what is published only if a signal came, until it is all
    /// there.
    fn receive(&self, all: u32) {
        let mut seen = 0;
        while seen != all {
            assert_eq!(self.descriptor.wait(None), Ok(Wait::Notified));
            while self.next().is_some() {
                seen = self.published.load(Relaxed);
            }
        }
    }
}

fn handlers(watched: &Arc<Watched>, bits: &[u32]) -> std::vec::Vec<thread::JoinHandle<()>> {
    let handler = |&bit| {
        let watched = Arc::clone(watched);
        thread::spawn(move || watched.handle(bit))
    };
    bits.iter().map(handler).collect()
}

#[test]
fn two_handlers_at_once_are_both_seen() {
    loom::model(|| {
        let watched = Watched::new(OBJECT);
        let threads = handlers(&watched, &[1, 2]);
        watched.receive(3);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        // What was published may have been seen before its signal came.
        while watched.next().is_some() {}
        assert_eq!(watched.descriptor.clear(), Ok(false));
    });
}

/// A look that nobody asked for takes no signal unseen.
#[test]
fn next_at_any_time_leaves_what_is_pending_readable() {
    loom::model(|| {
        let watched = Watched::new(OBJECT);
        let threads = handlers(&watched, &[1]);
        match watched.next() {
            Some(bit) => assert_eq!(bit, 1),
            None => watched.receive(1),
        }
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
        // The one that was taken is not pending; it may be readable for nothing.
        assert_eq!(watched.next(), None);
        assert_eq!(watched.descriptor.clear(), Ok(false));
    });
}

/// Each is taken once, and whole.
#[test]
fn two_takers_share_what_two_signals_leave() {
    loom::model(|| {
        let watched = Watched::new(OBJECT);
        let takers = [(); 2].map(|()| {
            let other = Arc::clone(&watched);
            thread::spawn(move || other.take())
        });
        watched.slot.record(&[1; 2]);
        watched.slot.record(&[2; 2]);
        let mut taken: std::vec::Vec<_> = takers.map(|taker| taker.join().unwrap()).into();
        taken.push(watched.take());
        taken.retain(Option::is_some);
        let count = taken.len();
        taken.sort_unstable();
        taken.dedup();
        assert_eq!(taken.len(), count, "taken twice");
        assert!(count == 1 || count == 2);
        assert_eq!(watched.take(), None);
    });
}

/// An object that comes while a handler runs is told, or finds it.
#[test]
fn a_new_watcher_misses_nothing() {
    loom::model(|| {
        // There is another object already.
        let watched = Watched::new(OBJECT << 1);
        let threads = handlers(&watched, &[1]);
        if watched.slot.watch(OBJECT) {
            watched.descriptor.notify().unwrap();
        }
        watched.receive(1);
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

/// In a child: a handler runs while the slots, and then the descriptor, become its own.
#[test]
fn a_child_misses_nothing_that_comes_meanwhile() {
    loom::model(|| {
        struct Child {
            owner: AtomicI32,
            pending: PendingInChild,
            target: Target,
            watched: Arc<Watched>,
        }
        let child = Arc::new(Child {
            owner: AtomicI32::new(1),
            pending: PendingInChild(AtomicI32::new(0)),
            target: Target {
                process: AtomicI32::new(1),
                descriptor: AtomicI32::new(5), // Under the same number.
                pins: AtomicU32::new(0),
            },
            watched: Watched::new(OBJECT),
        });
        let shared = Arc::clone(&child);
        let handler = thread::spawn(move || {
            let Child { owner, pending, .. } = &*shared;
            if owner.load(Acquire) == 2 || pending.leave(2, owner) {
                assert_eq!(shared.watched.slot.record(&[1; 2]), OBJECT);
                shared.target.with(2, |number| {
                    assert_eq!(number, 5);
                    shared.watched.descriptor.notify().unwrap();
                });
            }
        });
        child.watched.slot.reset();
        child.owner.store(2, Release);
        if child.pending.take(2) {
            child.watched.slot.record(&[1; 2]);
        }
        child.target.open(5, 2);
        if child.watched.slot.is_full() {
            child.watched.descriptor.notify().unwrap();
        }
        // Asleep for ever if nobody has said it.
        assert_eq!(child.watched.descriptor.wait(None), Ok(Wait::Notified));
        handler.join().unwrap();
        assert_eq!(child.watched.take(), Some(1));
        assert_eq!(child.watched.take(), None);
    });
}

/// loom sees whether a handler may use the descriptor while it is closed.
#[test]
fn a_descriptor_is_closed_when_no_handler_has_it() {
    loom::model(|| {
        struct Shared {
            target: Target,
            descriptor: UnsafeCell<()>,
        }
        let shared = Arc::new(Shared {
            target: Target {
                process: AtomicI32::new(1),
                descriptor: AtomicI32::new(NONE),
                pins: AtomicU32::new(0),
            },
            descriptor: UnsafeCell::new(()),
        });
        shared.target.open(5, 1);
        let threads = [1, 1].map(|process| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                shared.target.with(process, |number| {
                    assert_eq!(number, 5);
                    shared.descriptor.with(|_| ());
                });
            })
        });
        shared.target.close();
        while !shared.target.is_idle() {
            thread::yield_now();
        }
        shared.descriptor.with_mut(|_| ());
        for thread in threads {
            thread.join().unwrap();
        }
    });
}
