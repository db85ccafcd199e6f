//! The counter: nothing is lost, nothing is invented.

use super::*;

pub(super) const LIMIT: u64 = Counter::LIMIT;

pub(super) fn take(counter: &Counter) -> Option<u64> {
    counter.take().expect("take").map(u64::from)
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
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit
    }
}

/// Random operations on a counter and on the model, compared after each.
pub(super) fn agree(constructor: Constructor, mode: Mode, seeds: u64) {
    for seed in 1..=seeds {
        let mut random = Random::new(seed);
        let counter = constructor.counter(mode);
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
            assert_eq!(counter.is_readable(), model.count > 0, "seed {seed}");
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

pub(super) fn counter_agrees_with_a_model(constructor: Constructor) {
    agree(constructor, Mode::Sum, 20);
}

pub(super) fn counter_at_its_limit(constructor: Constructor) {
    let counter = constructor.counter(Mode::Sum);
    for first in [1, 1 << 20, 1 << 40, 1 << 61, 1 << 63, LIMIT - 1, LIMIT] {
        assert_eq!(counter.add(first), Ok(()));
        assert_eq!(counter.add(LIMIT - first), Ok(()));
        for more in [1, 2, 1 << 33, LIMIT] {
            let error = errno::kept(|| counter.add(more)).expect_err("above the limit");
            assert!(error.is_would_block());
            assert_eq!(error.operation(), Operation::Add);
        }
        assert_eq!(counter.add(0), Ok(()));
        assert!(counter.is_readable());
        assert_eq!(take(&counter), Some(LIMIT));
        assert!(!counter.is_readable());
        assert_eq!(take(&counter), None);
    }
}

/// A pipe of 64 KiB holds 8192 additions.
pub(super) fn counter_when_the_pipe_is_full(constructor: Constructor) {
    let counter = constructor.counter(Mode::Sum);
    for times in [8191, 8192, 8193, 20_000] {
        for n in 1..=times {
            assert_eq!(counter.add(n), Ok(()));
        }
        assert!(counter.is_readable());
        assert_eq!(take(&counter), Some(times * (times + 1) / 2));
        assert!(!counter.is_readable());
    }
}

/// Adds numbers of many sizes, and says how many in all, in 32 bits.
fn add_some(counter: &Counter, seed: u64, times: u32) -> u32 {
    let mut random = Random::new(seed);
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

/// A counter that threads or processes share, and what has been added, what taken, and
/// how many adders are done.
pub(super) struct Account<'a> {
    counter: &'a Counter,
    added: Shared,
    taken: Shared,
    done: Shared,
}

impl<'a> Account<'a> {
    pub(super) fn new(counter: &'a Counter) -> Self {
        Account {
            counter,
            added: Shared::new(),
            taken: Shared::new(),
            done: Shared::new(),
        }
    }

    /// Adds what `add` adds, in 32 bits.
    pub(super) fn adder(&self, add: impl FnOnce() -> u32) {
        self.added.fetch_add(add(), Ordering::Relaxed);
        self.done.fetch_add(1, Ordering::Release);
    }

    /// Takes, polling, until so many adders are done and nothing is left.
    pub(super) fn taker(&self, adders: u32) {
        loop {
            let all_done = self.done.load(Ordering::Acquire) == adders;
            match take(self.counter) {
                Some(n) => _ = self.taken.fetch_add(n as u32, Ordering::Relaxed),
                None if all_done => return,
                None => {
                    _ = self
                        .counter
                        .wait(Some(Duration::from_millis(1)))
                        .expect("wait")
                }
            }
        }
    }

    /// When all are done. What one was writing back, another may have missed.
    pub(super) fn balances(&self) {
        while let Some(n) = take(self.counter) {
            self.taken.fetch_add(n as u32, Ordering::Relaxed);
        }
        let [added, taken] = [&self.added, &self.taken].map(|sum| sum.load(Ordering::Relaxed));
        assert_eq!(added, taken);
    }
}

pub(super) fn counter_is_exact_between_threads(constructor: Constructor) {
    let counter = &constructor.counter(Mode::Sum);
    let account = Account::new(counter);
    run_threads(6, &|index| match index {
        0 | 1 => account.taker(4),
        _ => account.adder(|| add_some(counter, index as u64, 4_000)),
    });
    account.balances();
}

pub(super) fn counter_is_exact_between_processes(constructor: Constructor) {
    let counter = &constructor.counter(Mode::Sum);
    let account = Account::new(counter);
    let children = [1, 2, 3, 4].map(|index| {
        fork(|| match index {
            4 => account.taker(3),
            _ => account.adder(|| add_some(counter, index, 4_000)),
        })
    });
    account.taker(3);
    children.into_iter().for_each(Child::succeeds);
    account.balances();
}

/// Additions that are refused add nothing, the others all they say.
pub(super) fn counter_is_exact_at_the_limit_between_threads(constructor: Constructor) {
    // Fewer for the automatic choice: they fill a pipe each time, which takes an
    // emulator long.
    let rounds = match constructor {
        Constructor::At(_) => 60,
        Constructor::Auto => 10,
    };
    let counter = &constructor.counter(Mode::Sum);
    let account = Account::new(counter);
    let add = |index| {
        (0..rounds).fold(0, |sum: u32, round| {
            let n = LIMIT / 2 + index as u64 * 1000 + round;
            match counter.add(n) {
                Ok(()) => sum.wrapping_add(n as u32),
                Err(error) => {
                    assert!(error.is_would_block(), "{error}");
                    sum
                }
            }
        })
    };
    run_threads(4, &|index| match index {
        0 => account.taker(3),
        _ => account.adder(|| add(index)),
    });
    account.balances();
    counter.works();
}

pub(super) fn counter_is_exact_under_signals(constructor: Constructor) {
    let counter = constructor.counter(Mode::Sum);
    let by_handler = AtomicU32::new(0);
    let mut added = 0;
    let mut taken = 0;
    with_alarms(
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
                    progress();
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

pub(super) fn counter_and_fork(constructor: Constructor) {
    forked(constructor, Mode::Sum, |count| count);
}

/// Shared after a fork, and then the child's own. `taken` says what a take gives
/// of a count.
pub(super) fn forked(constructor: Constructor, mode: Mode, taken: fn(u64) -> u64) {
    let counter = constructor.counter(mode);
    assert_eq!(counter.mode(), mode);
    // What the child adds, the parent takes.
    fork(|| counter.add(2).expect("add")).succeeds();
    assert!(counter.is_readable());
    assert_eq!(take(&counter), Some(taken(2)));
    assert_eq!(counter.is_readable(), taken(2) < 2);
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
    assert!(counter.is_readable());
    assert_eq!(take(&counter), Some(1));
}
