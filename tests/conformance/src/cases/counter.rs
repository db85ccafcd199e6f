//! The counter: nothing is lost, nothing is invented.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use wakefd::{Counter, Mode, Operation, Wait};

use crate::sys::descriptors::{close, Open};
use crate::sys::memory::Shared;
use crate::sys::process::fork;
use crate::sys::thread::together;
use crate::sys::{alarms, errno, time};
use crate::Way;

pub(super) const LIMIT: u64 = Counter::LIMIT;

pub(super) fn make(way: Way, mode: Mode) -> Counter {
    match way.counter(mode) {
        Ok(counter) => counter,
        Err(error) => panic!("no counter: {error}"),
    }
}

pub(super) fn take(counter: &Counter) -> Option<u64> {
    counter.take().expect("take").map(u64::from)
}

pub(super) fn is_readable(counter: &Counter) -> bool {
    counter.wait(Some(Duration::ZERO)) == Ok(Wait::Notified)
}

/// What eventfd(2) says, as a program.
struct Model {
    count: u64,
    mode: Mode,
}

impl Model {
    fn add(&mut self, n: u64) -> Result<(), i32> {
        if n == u64::MAX {
            return Err(libc::EINVAL);
        }
        match self.count.checked_add(n) {
            Some(sum) if sum <= LIMIT => {
                self.count = sum;
                Ok(())
            }
            _ => Err(libc::EAGAIN),
        }
    }

    fn take(&mut self) -> Option<u64> {
        let taken = match self.mode {
            Mode::Sum => self.count,
            Mode::Semaphore => self.count.min(1),
        };
        self.count -= taken;
        (taken > 0).then_some(taken)
    }
}

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Random operations on a counter and on the model, compared after each.
pub(super) fn agree(way: Way, mode: Mode, seeds: u64) {
    for seed in 1..=seeds {
        let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let counter = make(way, mode);
        let mut model = Model { count: 0, mode };
        let add = |model: &mut Model, n| {
            let result = counter.add(n).map_err(|error| error.raw_os_error());
            assert_eq!(result, model.add(n), "add({n}), seed {seed}");
        };
        for step in 0..200 {
            let choice = random.next();
            let room = LIMIT - model.count;
            match choice % 16 {
                // Of every size, but most of the large ones late.
                0..=3 => add(&mut model, 1),
                4..=5 => add(&mut model, choice >> 48),
                6 => add(&mut model, choice >> 28),
                7 if step > 150 => add(&mut model, random.next() >> (choice >> 58)),
                8 if step > 180 => add(&mut model, room),
                9 if step > 180 => add(&mut model, room + 1),
                10 => (0..choice >> 59).for_each(|_| add(&mut model, 1)),
                _ => assert_eq!(take(&counter), model.take(), "seed {seed}, step {step}"),
            }
            assert_eq!(is_readable(&counter), model.count > 0, "seed {seed}");
        }
        // All of it, and nothing more.
        if mode == Mode::Sum || model.count < 1000 {
            while model.count > 0 {
                assert_eq!(take(&counter), model.take());
            }
            assert_eq!(take(&counter), None);
        }
    }
}

pub(super) fn counter_agrees_with_a_model(way: Way) {
    agree(way, Mode::Sum, 20);
}

pub(super) fn counter_at_its_limit(way: Way) {
    let counter = make(way, Mode::Sum);
    for first in [1, 1 << 20, 1 << 40, 1 << 61, 1 << 63, LIMIT - 1, LIMIT] {
        assert_eq!(counter.add(first), Ok(()));
        assert_eq!(counter.add(LIMIT - first), Ok(()));
        for more in [1, 2, 1 << 33, LIMIT] {
            errno::set(4242);
            let error = counter.add(more).expect_err("above the limit");
            assert_eq!(errno::get(), 4242);
            assert!(error.is_would_block());
            assert_eq!(error.operation(), Operation::Add);
        }
        assert_eq!(counter.add(0), Ok(()));
        assert!(is_readable(&counter));
        assert_eq!(take(&counter), Some(LIMIT));
        assert!(!is_readable(&counter));
        assert_eq!(take(&counter), None);
    }
}

/// A pipe of 64 KiB holds 8192 additions.
pub(super) fn counter_when_the_pipe_is_full(way: Way) {
    let counter = make(way, Mode::Sum);
    for times in [8191, 8192, 8193, 20_000] {
        for n in 1..=times {
            assert_eq!(counter.add(n), Ok(()));
        }
        assert!(is_readable(&counter));
        assert_eq!(take(&counter), Some(times * (times + 1) / 2));
        assert!(!is_readable(&counter));
    }
}

/// Adds numbers of many sizes, and says how many in all, in 32 bits.
fn add_some(counter: &Counter, seed: u64, times: u32) -> u32 {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut added = 0_u32;
    for _ in 0..times {
        let n = match random.next() {
            large if large % 64 == 0 => large >> 24,
            small => small >> 54,
        };
        assert_eq!(counter.add(n), Ok(()));
        added = added.wrapping_add(n as u32);
    }
    added
}

/// Takes, polling, until `added` says that all adders are done and nothing is
/// left.
fn take_all(counter: &Counter, done: &AtomicU32, adders: u32, taken: &AtomicU32) {
    loop {
        let all_done = done.load(Ordering::Acquire) == adders;
        match take(counter) {
            Some(n) => _ = taken.fetch_add(n as u32, Ordering::Relaxed),
            None if all_done => return,
            None => _ = counter.wait(Some(Duration::from_millis(1))).expect("wait"),
        }
    }
}

pub(super) fn counter_is_exact_between_threads(way: Way) {
    const ADDERS: u32 = 4;
    let counter = make(way, Mode::Sum);
    let [added, taken, done] = [(); 3].map(|()| AtomicU32::new(0));
    together(6, &|index| match index {
        0 | 1 => take_all(&counter, &done, ADDERS, &taken),
        _ => {
            added.fetch_add(add_some(&counter, index as u64, 4_000), Ordering::Relaxed);
            done.fetch_add(1, Ordering::Release);
        }
    });
    // What one thread was writing back, another may have missed.
    while let Some(n) = take(&counter) {
        taken.fetch_add(n as u32, Ordering::Relaxed);
    }
    assert_eq!(added.into_inner(), taken.into_inner());
}

pub(super) fn counter_is_exact_between_processes(way: Way) {
    const ADDERS: u32 = 3;
    let counter = make(way, Mode::Sum);
    let [added, taken, done] = [(); 3].map(|()| Shared::new());
    let children = [1, 2, 3, 4].map(|index| {
        fork(|| match index {
            4 => take_all(&counter, &done, ADDERS, &taken),
            _ => {
                added.fetch_add(add_some(&counter, index, 4_000), Ordering::Relaxed);
                done.fetch_add(1, Ordering::Release);
            }
        })
    });
    take_all(&counter, &done, ADDERS, &taken);
    for child in children {
        child.succeeds();
    }
    while let Some(n) = take(&counter) {
        taken.fetch_add(n as u32, Ordering::Relaxed);
    }
    assert_eq!(added.load(Ordering::Relaxed), taken.load(Ordering::Relaxed));
}

/// Additions that are refused add nothing, the others all they say.
pub(super) fn counter_is_exact_at_the_limit_between_threads(way: Way) {
    const ADDERS: u32 = 3;
    // Fewer for the automatic choice: they fill a pipe each time, which takes an
    // emulator long.
    let rounds = match way {
        Way::At(_) => 60,
        Way::Auto => 10,
    };
    let counter = make(way, Mode::Sum);
    let [added, taken, done] = [(); 3].map(|()| AtomicU32::new(0));
    together(4, &|index| {
        if index == 0 {
            return take_all(&counter, &done, ADDERS, &taken);
        }
        for round in 0..rounds {
            let n = LIMIT / 2 + index as u64 * 1000 + round;
            match counter.add(n) {
                Ok(()) => _ = added.fetch_add(n as u32, Ordering::Relaxed),
                Err(error) => assert!(error.is_would_block(), "{error}"),
            }
        }
        done.fetch_add(1, Ordering::Release);
    });
    while let Some(n) = take(&counter) {
        taken.fetch_add(n as u32, Ordering::Relaxed);
    }
    assert_eq!(added.into_inner(), taken.into_inner());
    // And it still works.
    assert_eq!(counter.add(7), Ok(()));
    assert_eq!(take(&counter), Some(7));
}

pub(super) fn counter_is_exact_under_signals(way: Way) {
    let counter = make(way, Mode::Sum);
    let by_handler = AtomicU32::new(0);
    let mut added = 0;
    let mut taken = 0;
    alarms::with_alarms(
        50,
        &|| {
            assert_eq!(counter.add(1), Ok(()));
            by_handler.fetch_add(1, Ordering::Relaxed);
        },
        || {
            let end = time::now() + 200;
            while time::now() < end || by_handler.load(Ordering::Relaxed) < 20 {
                // So many that the pipe becomes full from time to time.
                for _ in 0..700 {
                    assert_eq!(counter.add(3), Ok(()));
                    added += 3;
                }
                if added % 13 == 0 {
                    taken += take(&counter).unwrap_or(0);
                }
            }
        },
    );
    taken += take(&counter).unwrap_or(0);
    assert_eq!(taken, added + u64::from(by_handler.into_inner()));
}

pub(super) fn counter_and_fork(way: Way) {
    forked(way, Mode::Sum, |count| count);
}

/// Shared after a fork, and then the child's own. `taken` says what a take gives
/// of a count.
pub(super) fn forked(way: Way, mode: Mode, taken: fn(u64) -> u64) {
    let counter = make(way, mode);
    assert_eq!(counter.mode(), mode);
    // What the child adds, the parent takes.
    fork(|| counter.add(2).expect("add")).succeeds();
    assert!(is_readable(&counter));
    assert_eq!(take(&counter), Some(taken(2)));
    assert_eq!(is_readable(&counter), taken(2) < 2);
    while take(&counter).is_some() {}
    assert_eq!(counter.add(1), Ok(()));
    fork(|| {
        let before = Open::now();
        counter.reinit_after_fork().expect("reinit_after_fork");
        assert_eq!(Open::now(), before, "the numbers");
        assert_eq!(take(&counter), None);
        assert_eq!(counter.add(3), Ok(()));
        // The mode is still the same.
        assert_eq!(take(&counter), Some(taken(3)));
    })
    .succeeds();
    assert!(is_readable(&counter));
    assert_eq!(take(&counter), Some(1));
}

pub(super) fn counter_errors(way: Way) {
    let before = Open::now();
    let counter = make(way, Mode::Sum);
    let error = counter.add(u64::MAX).expect_err("too high");
    assert_eq!(error.raw_os_error(), libc::EINVAL);
    assert_eq!(take(&counter), None);

    Open::now().since(before).for_each(close);
    let errors = [
        counter.add(1).expect_err("add"),
        counter.take().expect_err("take"),
    ];
    for (error, operation) in errors.into_iter().zip([Operation::Add, Operation::Take]) {
        assert_eq!(error.raw_os_error(), libc::EBADF);
        assert_eq!(error.operation(), operation);
        assert_eq!(error.mechanism(), counter.mechanism());
    }
    core::mem::forget(counter);
}
