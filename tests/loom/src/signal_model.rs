//! The state that a signal handler shares with the program, under loom. A thread stands for the
//! handler, because a thread can do everything that a handler on the same thread can.

use loom::cell::UnsafeCell;
use loom::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};
use loom::sync::atomic::{fence, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use loom::sync::Arc;
use loom::thread;

use crate::descriptor::Descriptor;
use crate::pending::Pending;
use crate::pending_in_child::PendingInChild;
use crate::slot::Slot;
use crate::target::{Target, NONE};
use crate::{Notifier, Wait};

/// The objects that watch the one signal.
struct Watched<const OBJECTS: usize = 1> {
    slot: Slot<2>,
    objects: [Object; OBJECTS],
    /// What was published before the signals were sent, a bit for each. Relaxed, so
    /// that it arrives only through the slot.
    published: AtomicU32,
}

struct Object {
    /// The mark.
    pending: AtomicU32,
    descriptor: Descriptor,
}

impl Object {
    fn mark(&self) -> bool {
        self.pending.fetch_or(1, AcqRel) == 0
    }

    fn unmark(&self) -> bool {
        self.pending.fetch_and(0, AcqRel) != 0
    }
}

/// One of them, as its owner sees it.
struct View<'a, const OBJECTS: usize>(&'a Watched<OBJECTS>, usize);

impl<const OBJECTS: usize> Pending for View<'_, OBJECTS> {
    type Taken = u32;

    fn take(&self) -> Option<u32> {
        self.0.take(self.1)
    }
    fn give_back(&self, _: &u32) {
        self.0.objects[self.1].mark();
    }
    fn any(&self) -> bool {
        self.0.objects[self.1].pending.load(Acquire) != 0 && !self.0.slot.is_busy()
    }
    fn notify(&self) -> Result<(), i32> {
        self.0.objects[self.1].descriptor.notify().unwrap();
        Ok(())
    }
    fn clear(&self) -> Result<(), i32> {
        self.0.objects[self.1].descriptor.clear().unwrap();
        Ok(())
    }
}

impl<const OBJECTS: usize> Watched<OBJECTS> {
    fn new() -> Arc<Self> {
        Arc::new(Watched {
            slot: Slot {
                state: AtomicU32::new(0),
                words: [0; 2].map(AtomicUsize::new),
            },
            objects: [(); OBJECTS].map(|()| Object {
                pending: AtomicU32::new(0),
                descriptor: Descriptor::new(),
            }),
            published: AtomicU32::new(0),
        })
    }

    /// What the handler does, for a signal that was sent after this was published.
    fn handle(&self, bit: u32) {
        self.published.fetch_or(bit, Relaxed);
        if self.record(bit) {
            for object in &self.objects {
                object.descriptor.notify().unwrap();
            }
        }
    }

    fn record(&self, bit: u32) -> bool {
        self.slot.record(&[bit as usize; 2], || {
            // All of them, whatever the first says.
            let is_new: Vec<_> = self.objects.iter().map(|object| object.mark()).collect();
            is_new.contains(&true)
        })
    }

    fn take(&self, index: usize) -> Option<u32> {
        let object = &self.objects[index];
        let words = self.slot.take(|| object.unmark(), || _ = object.mark())?;
        assert_eq!(words, [words[0]; 2], "of two signals");
        Some(words[0] as u32)
    }

    fn next(&self, index: usize) -> Option<u32> {
        View(self, index).next().unwrap()
    }

    /// Sleeps, and looks at what is published only if a signal came, until it is all
    /// there.
    fn receive(&self, index: usize, all: u32) {
        let mut seen = 0;
        while seen != all {
            let descriptor = &self.objects[index].descriptor;
            assert_eq!(descriptor.wait(None), Ok(Wait::Notified));
            while self.next(index).is_some() {
                seen = self.published.load(Relaxed);
            }
        }
    }
}

fn handlers<const OBJECTS: usize>(
    watched: &Arc<Watched<OBJECTS>>,
    bits: &[u32],
) -> std::vec::Vec<thread::JoinHandle<()>> {
    let handler = |&bit| {
        let watched = Arc::clone(watched);
        thread::spawn(move || watched.handle(bit))
    };
    bits.iter().map(handler).collect()
}

fn join(threads: std::vec::Vec<thread::JoinHandle<()>>) {
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
}

#[test]
fn two_handlers_at_once_are_both_seen() {
    loom::model(|| {
        let watched = Watched::<1>::new();
        let threads = handlers(&watched, &[1, 2]);
        watched.receive(0, 3);
        join(threads);
        // What was published may have been seen before its signal came.
        while watched.next(0).is_some() {}
        assert_eq!(watched.objects[0].descriptor.clear(), Ok(false));
    });
}

/// Each object sees the signal, whenever the other one takes it.
#[test]
fn two_objects_see_each_signal() {
    loom::model(|| {
        let watched = Watched::<2>::new();
        let threads = handlers(&watched, &[1]);
        let other = Arc::clone(&watched);
        let taker = thread::spawn(move || other.next(0));
        watched.receive(1, 1);
        let taken = taker.join().unwrap();
        join(threads);
        assert_eq!(watched.next(1), None);
        match taken {
            Some(bit) => assert_eq!((bit, watched.next(0)), (1, None)),
            None => {
                let object = &watched.objects[0];
                assert_eq!(object.descriptor.wait(None), Ok(Wait::Notified));
                assert_eq!(watched.next(0), Some(1));
            }
        }
    });
}

/// What an object takes after a second signal is that of the second, if it has taken the
/// first.
#[test]
fn an_object_is_told_the_same_once() {
    loom::model(|| {
        let watched = Watched::<2>::new();
        watched.handle(1);
        assert_eq!(watched.next(0), Some(1));
        let threads = handlers(&watched, &[2]);
        match watched.next(0) {
            Some(bit) => assert_eq!(bit, 2),
            None => {
                let descriptor = &watched.objects[0].descriptor;
                assert_eq!(descriptor.wait(None), Ok(Wait::Notified));
                assert_eq!(watched.next(0), Some(2));
            }
        }
        join(threads);
        assert_eq!(watched.next(1), Some(2));
        assert_eq!((watched.next(0), watched.next(1)), (None, None));
    });
}

/// A signal that comes while the one before it is taken is told once: with that one, or later.
#[test]
fn a_signal_that_comes_meanwhile_is_told_once() {
    loom::model(|| {
        let watched = Watched::<1>::new();
        watched.handle(1);
        let threads = handlers(&watched, &[2]);
        let first = watched.next(0);
        join(threads);
        let rest = core::iter::from_fn(|| watched.next(0));
        let taken: std::vec::Vec<_> = first.into_iter().chain(rest).collect();
        assert!(matches!(taken[..], [1] | [2] | [1, 2]), "{taken:?}");
    });
}

/// A look that nobody asked for takes no signal unseen.
#[test]
fn next_at_any_time_leaves_what_is_pending_readable() {
    loom::model(|| {
        let watched = Watched::<1>::new();
        let threads = handlers(&watched, &[1]);
        match watched.next(0) {
            Some(bit) => assert_eq!(bit, 1),
            None => watched.receive(0, 1),
        }
        join(threads);
        // The one that was taken is not pending; it may be readable for nothing.
        assert_eq!(watched.next(0), None);
        assert_eq!(watched.objects[0].descriptor.clear(), Ok(false));
    });
}

/// Two threads that take from one object never take more than came.
#[test]
fn two_takers_share_what_two_signals_leave() {
    loom::model(|| {
        let watched = Watched::<1>::new();
        let other = Arc::clone(&watched);
        let taker = thread::spawn(move || other.take(0));
        watched.record(1);
        watched.record(2);
        let taken = [taker.join().unwrap(), watched.take(0), watched.take(0)];
        let count = taken.iter().flatten().count();
        assert!(count == 1 || count == 2, "{taken:?}");
        assert_eq!(
            taken.iter().flatten().filter(|&&bit| bit == 1).count() / 2,
            0
        );
        assert_eq!(watched.take(0), None);
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
            watched: Watched::new(),
        });
        let shared = Arc::clone(&child);
        let handler = thread::spawn(move || {
            let Child { owner, pending, .. } = &*shared;
            let is_ours = owner.load(Acquire) == 2 || pending.leave(2, owner);
            if is_ours && shared.watched.record(1) {
                fence(Ordering::SeqCst);
                shared.target.with(2, |number| {
                    assert_eq!(number, 5);
                    shared.watched.objects[0].descriptor.notify().unwrap();
                });
            }
        });
        child.watched.slot.reset();
        child.owner.store(2, Release);
        if child.pending.take(2) {
            child.watched.record(1);
        }
        child.target.open(5, 2);
        let view = View(&child.watched, 0);
        if view.any() {
            view.notify().unwrap();
        }
        // Asleep for ever if nobody has said it.
        let descriptor = &child.watched.objects[0].descriptor;
        assert_eq!(descriptor.wait(None), Ok(Wait::Notified));
        handler.join().unwrap();
        assert_eq!(child.watched.take(0), Some(1));
        assert_eq!(child.watched.take(0), None);
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
