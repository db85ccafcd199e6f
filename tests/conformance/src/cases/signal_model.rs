//! Random operations on signals, compared after each with a model of the mechanism.

use super::counter::Random;
use super::*;

const OBJECTS: usize = 4;
const KINDS: usize = 4;

/// Signals that have the same numbers everywhere, so that an emulator keeps their order, and a
/// real-time signal.
fn kinds() -> [i32; KINDS] {
    [SIGHUP, libc::SIGALRM, SIGTERM, libc::SIGRTMIN() + 1]
}

/// The real-time signal among them.
const REAL_TIME: usize = KINDS - 1;
/// More than what the kernel queues for the model.
const QUEUE: usize = 16;

/// What is pending of a kind: with handlers one in each object, with a signalfd a queue of the
/// process.
#[derive(Clone, Copy, Default)]
struct Pending {
    values: [i32; QUEUE],
    count: usize,
}

impl Pending {
    fn push(&mut self, value: i32) {
        self.values[self.count] = value;
        self.count += 1;
    }

    fn pop(&mut self) -> Option<i32> {
        let count = self.count.checked_sub(1)?;
        let value = self.values[0];
        self.values.copy_within(1.., 0);
        self.count = count;
        Some(value)
    }
}

struct Model {
    by_handler: bool,
    /// What each object watches.
    watches: [[bool; KINDS]; OBJECTS],
    /// With handlers: what is marked in each object.
    marked: [[bool; KINDS]; OBJECTS],
    /// With handlers: what is told of each kind.
    told: [i32; KINDS],
    /// With a signalfd.
    queued: [Pending; KINDS],
    /// How often the handler of before has been called.
    calls: u32,
}

impl Model {
    fn is_watched(&self, kind: usize) -> bool {
        self.watches.iter().any(|watched| watched[kind])
    }

    fn send(&mut self, kind: usize, value: i32) {
        if self.by_handler {
            let mut is_new = false;
            for (watched, marked) in self.watches.iter().zip(&mut self.marked) {
                is_new |= watched[kind] && !marked[kind];
                marked[kind] |= watched[kind];
            }
            if is_new {
                self.told[kind] = value;
            }
            self.calls += 1;
        } else if !self.is_watched(kind) {
            self.calls += 1;
        } else if kind == REAL_TIME || self.queued[kind].count == 0 {
            self.queued[kind].push(value);
        }
    }

    fn next(&mut self, object: usize) -> Option<(usize, i32)> {
        (0..KINDS)
            .filter(|&kind| self.watches[object][kind])
            .find_map(|kind| {
                let value = match self.by_handler {
                    true => {
                        core::mem::take(&mut self.marked[object][kind]).then_some(self.told[kind])
                    }
                    false => self.queued[kind].pop(),
                };
                value.map(|value| (kind, value))
            })
    }

    fn is_readable(&self, object: usize) -> bool {
        (0..KINDS).any(|kind| {
            self.watches[object][kind]
                && match self.by_handler {
                    true => self.marked[object][kind],
                    false => self.queued[kind].count > 0,
                }
        })
    }

    fn unwatch(&mut self, object: usize, kind: usize) {
        self.watches[object][kind] = false;
        self.marked[object][kind] = false;
        if !self.is_watched(kind) {
            self.queued[kind] = Pending::default();
        }
    }
}

/// Does so many random operations, and panics where the object and the model differ.
pub(crate) fn agrees_with_a_model(constructor: Constructor, operations: u32, seed: u64) {
    let kinds = kinds();
    for number in kinds {
        Action::Plain.install(number);
    }
    let before = Open::now();
    let mut random = Random::new(seed);
    let mut objects: [Option<Signals>; OBJECTS] = Default::default();
    let mut model = Model {
        by_handler: constructor.signals(&[]).backend() == Backend::SignalHandler,
        watches: Default::default(),
        marked: Default::default(),
        told: [0; KINDS],
        queued: Default::default(),
        calls: calls(),
    };
    for step in 0..operations {
        let index = random.below(OBJECTS);
        let kind = random.below(KINDS);
        let (number, value) = (kinds[kind], step as i32);
        match (random.below(16), &objects[index]) {
            (0..=4, _) => {
                if model.queued[kind].count + 1 < QUEUE {
                    queue_self(number, value);
                    model.send(kind, value);
                }
            }
            (5, _) => {
                fork(|| in_a_child(&objects, kinds)).succeeds();
            }
            (_, None) => {
                let set = random.below(1 << KINDS);
                let has = |kind: usize| set & 1 << kind != 0;
                let mut numbers = [number; KINDS];
                for other in (0..KINDS).filter(|&other| has(other)) {
                    numbers[other] = kinds[other];
                }
                objects[index] = Some(constructor.signals(&numbers));
                model.watches[index] = core::array::from_fn(|other| has(other) || other == kind);
            }
            (6, Some(_)) => {
                objects[index] = None;
                (0..KINDS).for_each(|kind| model.unwatch(index, kind));
            }
            (7 | 8, Some(signals)) => {
                assert_eq!(signals.add(number), Ok(()));
                model.watches[index][kind] = true;
            }
            (9, Some(signals)) => {
                assert_eq!(signals.remove(number), Ok(()));
                model.unwatch(index, kind);
            }
            (_, Some(signals)) => {
                let taken = signals.next().expect("next");
                match (taken, model.next(index)) {
                    (Some(signal), Some((kind, value))) => {
                        assert_eq!(signal.number(), kinds[kind], "{step}");
                        assert!(has_value(signals, &signal, value), "{step}: {signal:?}");
                    }
                    (taken, expected) => assert_eq!((taken, expected), (None, None), "{step}"),
                }
            }
        }
        for (index, signals) in objects.iter().enumerate() {
            if let Some(signals) = signals {
                assert_eq!(signals.is_readable(), model.is_readable(index), "{step}");
            }
        }
        for (kind, number) in kinds.into_iter().enumerate() {
            let blocked = !model.by_handler && model.is_watched(kind);
            assert_eq!(is_blocked(number), blocked, "{step}");
            let is_ours = model.by_handler && model.is_watched(kind);
            assert_eq!(
                Action::installed(number) == Action::Plain,
                !is_ours,
                "{step}"
            );
        }
        assert_eq!(calls(), model.calls, "{step}");
    }
    drop(objects);
    assert_eq!(Open::now(), before);
}

/// A child makes what it has inherited its own, uses it, and drops it. The parent sees nothing
/// of it.
fn in_a_child(objects: &[Option<Signals>], kinds: [i32; KINDS]) {
    for signals in objects.iter().flatten() {
        assert_eq!(signals.reinit_after_fork(), Ok(()));
        assert!(!signals.is_readable());
    }
    kinds.into_iter().for_each(send_self);
    for signals in objects.iter().flatten() {
        while signals.next().expect("next").is_some() {}
    }
    assert_eq!(Signals::before_exec(), Ok(()));
    for number in kinds {
        assert_eq!(Action::installed(number), Action::Plain);
        assert!(!is_blocked(number));
    }
}

/// The short form.
pub(super) fn signal_agrees_with_a_model(constructor: Constructor) {
    agrees_with_a_model(constructor, 1_000, 1);
}
