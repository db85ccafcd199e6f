//! Tests that no state between two steps of a waker loses a wake-up when calls fail, wakers
//! never finish, or callbacks panic.
//!
//! The tests use a notifier whose calls they can replace or let fail one by one, so that each
//! call of each operation fails once.

use core::cell::{Cell, RefCell};
use core::panic::AssertUnwindSafe;
use core::time::Duration;
use std::os::unix::io::RawFd;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::mpsc;
use std::thread::{self, Scope, ScopedJoinHandle};

use wakefd::{AutoNotifier, Error, Mechanism, Notifier, Wait, Waker};

type Step = Box<dyn FnOnce(&AutoNotifier) -> Result<(), Error>>;

thread_local! {
    /// What the next `notify` of this thread does instead.
    static INSTEAD: RefCell<Option<Step>> = const { RefCell::new(None) };
    /// How many calls of this thread still succeed before one fails; negative is all.
    static UNTIL_FAILURE: Cell<i32> = const { Cell::new(-1) };
}

/// A notifier whose calls fail, or do something else, on the thread that wants it.
#[derive(Debug)]
struct Faulty(AutoNotifier);

impl Faulty {
    /// Counts a call, which may be the one that is to fail.
    fn call(&self) -> Result<(), Error> {
        let left = UNTIL_FAILURE.with(Cell::get);
        UNTIL_FAILURE.with(|until| until.set((left - 1).max(-1)));
        match left {
            0 => Err(refused()),
            _ => Ok(()),
        }
    }
}

/// Any error will do.
fn refused() -> Error {
    AutoNotifier::at(Mechanism::TimerFd).expect_err("that is no notifier's mechanism")
}

impl Notifier for Faulty {
    fn notify(&self) -> Result<(), Error> {
        self.call()?;
        match INSTEAD.with(|step| step.borrow_mut().take()) {
            Some(step) => step(&self.0),
            None => self.0.notify(),
        }
    }

    fn clear(&self) -> Result<bool, Error> {
        self.call()?;
        self.0.clear()
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        self.call()?;
        self.0.wait(timeout)
    }

    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }

    fn mechanism(&self) -> Mechanism {
        self.0.mechanism()
    }

    fn reinit_after_fork(&self) -> Result<(), Error> {
        self.call()?;
        self.0.reinit_after_fork()
    }
}

fn each_waker(test: impl Fn(&Waker<Faulty>)) {
    for mechanism in Mechanism::FOR_NOTIFIERS {
        if let Ok(notifier) = AutoNotifier::at(mechanism) {
            test(&Waker::new(Faulty(notifier)));
        }
    }
}

fn is_readable(waker: &Waker<Faulty>) -> bool {
    waker.notifier().0.wait(Some(Duration::ZERO)) == Ok(Wait::Notified)
}

/// What must hold whatever has happened: a wake-up makes the descriptor readable, a
/// clear reports it, and then the descriptor is unreadable and the next one writes.
fn works(waker: &Waker<Faulty>) {
    for _ in 0..2 {
        assert_eq!(waker.wake(), Ok(()));
        assert!(is_readable(waker), "woken, and nobody will know");
        assert_eq!(waker.clear(), Ok(true));
        assert!(!is_readable(waker));
    }
}

/// `Waker::clear_if_empty`, with a look that says whether there is nothing.
fn clear_if_empty(waker: &Waker<Faulty>, is_empty: impl FnMut() -> bool) -> Result<bool, Error> {
    waker.clear_if_empty(is_empty)
}

/// Runs `work` with its call of this index failing, and says whether there was one.
fn failing(index: i32, work: impl FnOnce()) -> bool {
    UNTIL_FAILURE.with(|until| until.set(index));
    work();
    UNTIL_FAILURE.with(|until| until.replace(-1)) < 0
}

/// An item that a consumer must come to know of.
#[derive(Default)]
struct Item {
    /// Its wake-up succeeded.
    announced: Cell<bool>,
}

impl Item {
    fn publish(&self, waker: &Waker<Faulty>) {
        self.announced.set(waker.wake().is_ok());
    }
}

/// Every operation of a consumer, each with an item that was published before it. An
/// operation returns whether it told the consumer to look, or gave it an error.
#[allow(clippy::type_complexity)]
const OPERATIONS: [(&str, fn(&Waker<Faulty>, &Item) -> bool); 8] = [
    ("clear", |waker, item| {
        item.publish(waker);
        waker.clear() != Ok(false)
    }),
    ("clear_if_empty, not empty", |waker, item| {
        item.publish(waker);
        clear_if_empty(waker, || false) != Ok(true)
    }),
    ("clear_if_empty, not empty after all", |waker, item| {
        let _ = waker.wake();
        // It comes when the first look is over.
        let mut looks = 0;
        let cleared = clear_if_empty(waker, || {
            looks += 1;
            if looks == 1 {
                item.publish(waker);
            }
            looks == 1
        });
        cleared != Ok(true)
    }),
    ("clear_if_empty, empty", |waker, item| {
        let _ = waker.wake();
        let result = clear_if_empty(waker, || true);
        item.publish(waker);
        result != Ok(true)
    }),
    ("drop of Awake", |waker, item| {
        let awake = waker.awake();
        item.publish(waker);
        drop(awake);
        // It cannot report; but the next clear says that there was something.
        is_readable(waker) || waker.clear() == Ok(true)
    }),
    ("finish", |waker, item| {
        let mut awake = waker.awake();
        let prepared = awake.prepare_wait().expect("nothing is pending");
        item.publish(waker);
        prepared.finish(true) != Ok(false)
    }),
    ("finish, and prepare again", |waker, item| {
        let mut awake = waker.awake();
        let prepared = awake.prepare_wait().expect("nothing is pending");
        item.publish(waker);
        // Not looked at, if it is an error.
        prepared.finish(true).is_ok() || awake.prepare_wait().is_none()
    }),
    ("wait", |waker, item| {
        let mut awake = waker.awake();
        let prepared = awake.prepare_wait().expect("nothing is pending");
        item.publish(waker);
        prepared.wait(Some(Duration::ZERO)) != Ok(Wait::TimedOut)
    }),
];

#[test]
fn a_call_that_fails_in_any_position_silences_nobody() {
    each_waker(|waker| {
        for (name, operation) in OPERATIONS {
            let mut calls = 0;
            while failing(calls, || {
                let item = Item::default();
                let told = operation(waker, &item) || is_readable(waker);
                assert!(
                    told || !item.announced.get(),
                    "{name}, when call {calls} fails: the item is there, and nobody knows"
                );
            }) {
                works(waker);
                calls += 1;
            }
            works(waker);
            assert!(calls > 0, "{name} makes no call");
        }
    });
}

#[test]
fn a_panic_in_a_look_silences_nobody() {
    each_waker(|waker| {
        // Before the drain, and after it, when a wake-up has come meanwhile.
        for last in [1, 2] {
            assert_eq!(waker.wake(), Ok(()));
            let mut looks = 0;
            let result = catch_unwind(AssertUnwindSafe(|| {
                clear_if_empty(waker, || {
                    looks += 1;
                    if looks == last {
                        resume_unwind(Box::new(()));
                    }
                    waker.wake().is_ok()
                })
            }));
            assert!(result.is_err());
            // What the look was about to find is not forgotten.
            assert!(is_readable(waker));
            assert_eq!(waker.clear(), Ok(true));
            works(waker);
        }
    });
}

/// A waker that has stopped in the middle of its wake-up, until it is let go.
struct Stopped<'scope> {
    thread: ScopedJoinHandle<'scope, Result<(), Error>>,
    /// Dropped to let it go, so that a test that fails does not hang.
    hold: mpsc::Sender<()>,
}

impl<'scope> Stopped<'scope> {
    /// Wakes on a thread of its own, with `write` in the place of the write, and stops
    /// when that is done and nobody knows of it.
    fn new(
        scope: &'scope Scope<'scope, '_>,
        waker: &'scope Waker<Faulty>,
        write: fn(&AutoNotifier) -> Result<(), Error>,
    ) -> Self {
        let (hold, held) = mpsc::channel();
        let (stopped, has_stopped) = mpsc::channel();
        let thread = scope.spawn(move || {
            INSTEAD.with(|step| {
                *step.borrow_mut() = Some(Box::new(move |notifier| {
                    let written = write(notifier);
                    stopped.send(()).expect("the test waits for it");
                    let _ = held.recv();
                    written
                }));
            });
            waker.wake()
        });
        has_stopped.recv().expect("it comes to its write");
        Stopped { thread, hold }
    }

    fn go_on(self) -> Result<(), Error> {
        drop(self.hold);
        self.thread.join().expect("no panic")
    }
}

/// It was killed, or a thread of higher priority has the processor, for long.
#[test]
fn nobody_relies_on_a_write_that_is_not_complete() {
    each_waker(|waker| {
        thread::scope(|scope| {
            let stopped = Stopped::new(scope, waker, |_| Err(refused()));
            for _ in 0..3 {
                works(waker);
            }
            assert_eq!(waker.wake(), Ok(()));
            assert_eq!(stopped.go_on(), Err(refused()));
            // The one that failed has not taken back what another one did.
            assert!(is_readable(waker));
            assert_eq!(waker.clear(), Ok(true));
            works(waker);
        });
    });
}

/// Another wake-up comes meanwhile, to a consumer that is awake.
#[test]
fn a_wake_that_fails_takes_back_nothing_of_others() {
    each_waker(|waker| {
        thread::scope(|scope| {
            let mut awake = waker.awake();
            let prepared = awake.prepare_wait().expect("nothing is pending");
            let stopped = Stopped::new(scope, waker, |_| Err(refused()));
            // The consumer wakes up for something else, and another waker comes.
            assert_eq!(prepared.finish(false), Ok(false));
            assert_eq!(waker.wake(), Ok(()));
            assert_eq!(stopped.go_on(), Err(refused()));
            assert!(awake.prepare_wait().is_none(), "it would sleep over that");
        });
    });
}

/// A waker that says late that it has written, when the consumer has drained that long
/// since, makes nobody rely on it.
#[test]
fn a_late_confirmation_confirms_nothing() {
    each_waker(|waker| {
        thread::scope(|scope| {
            let late = Stopped::new(scope, waker, |notifier| notifier.notify());
            assert_eq!(waker.clear(), Ok(true));
            assert_eq!(late.go_on(), Ok(()));
            works(waker);
        });
    });
}
