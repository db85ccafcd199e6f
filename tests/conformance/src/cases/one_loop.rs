//! One thread in `poll`, without a time-out, for all that there is: a notifier and a
//! counter that another thread uses, signals, a child's end, and a timer.

use core::sync::atomic::{AtomicU32, Ordering};
use core::time::Duration;

use libc::{SIGCHLD, SIGTERM};
use wakefd::{Counter, Mechanism, Mode, Notifier, Signals, Timer, Wait};

use super::make;
use super::timer::Counted;
use crate::sys::multiplexer::readable;
use crate::sys::process::{fork_to, Child, Ended};
use crate::sys::signals::{pid, send};
use crate::sys::thread::together;
use crate::sys::time;
use crate::Way;

/// What the other thread publishes, and as often it adds one.
const MESSAGES: u32 = 500;
/// The least that the timer expires while the loop runs.
const EXPIRATIONS: u64 = 5;
const PERIOD: Duration = Duration::from_millis(1);
/// What the child exits with.
const STATUS: i32 = 7;

/// On each mechanism of signals and of timers that is here.
pub(super) fn one_loop_for_everything(way: Way) {
    for mechanism in Mechanism::FOR_SIGNALS {
        for timer in Mechanism::FOR_TIMERS {
            let signals = Way::At(mechanism).signals(&[SIGCHLD, SIGTERM]);
            let timer = match (Way::At(timer).timer(), timer) {
                (Err(error), Mechanism::TimerThread) => panic!("no timer: {error}"),
                (timer, _) => timer,
            };
            match (signals, timer) {
                (Ok(signals), Ok(timer)) => run(way, &signals, &timer),
                (Err(error), _) if mechanism == Mechanism::SignalHandler => {
                    panic!("no signals: {error}")
                }
                // That these are absent is said by the cases about them.
                _ => {}
            }
        }
    }
}

fn run(way: Way, signals: &Signals, timer: &Timer) {
    let notifier: &dyn Notifier = &make(way);
    let go: &dyn Notifier = &make(way);
    let counter = way.counter(Mode::Sum).expect("a counter");
    let published = AtomicU32::new(0);
    let parent = pid();
    let child = fork_to(|| {
        assert_eq!(go.wait(None), Ok(Wait::Notified));
        send(parent, SIGTERM);
        STATUS
    });
    together(2, &|index| match index {
        0 => Loop {
            notifier,
            published: &published,
            seen: 0,
            counter: &counter,
            sum: 0,
            timer: armed(timer),
            signals,
            child: &child,
            go,
            is_told: false,
            is_reaped: false,
            is_terminated: false,
        }
        .run(),
        _ => {
            for number in 1..=MESSAGES {
                // Publish, then notify.
                published.store(number, Ordering::Release);
                assert_eq!(notifier.notify(), Ok(()));
                assert_eq!(counter.add(1), Ok(()));
            }
        }
    });
    assert_eq!(counter.take(), Ok(None));
    assert_eq!(signals.next(), Ok(None));
}

fn armed(timer: &Timer) -> Counted<'_> {
    let first = time::exact() + PERIOD;
    assert_eq!(timer.arm_at(first, Some(PERIOD)), Ok(()));
    Counted {
        timer,
        first,
        period: PERIOD,
        total: 0,
    }
}

/// What the thread of the loop has.
struct Loop<'a> {
    notifier: &'a dyn Notifier,
    published: &'a AtomicU32,
    /// The last that it has seen.
    seen: u32,
    counter: &'a Counter,
    /// What it has taken from there.
    sum: u64,
    timer: Counted<'a>,
    signals: &'a Signals,
    child: &'a Child,
    /// Wakes the child, which then ends the loop and itself.
    go: &'a dyn Notifier,
    is_told: bool,
    is_reaped: bool,
    is_terminated: bool,
}

impl Loop<'_> {
    fn run(mut self) {
        while !(self.is_terminated && self.is_reaped) {
            self.turn();
            if self.has_it_all() && !self.is_told {
                assert_eq!(self.go.notify(), Ok(()));
                self.is_told = true;
            }
        }
        // Nothing came twice.
        assert_eq!((self.seen, self.sum), (MESSAGES, MESSAGES.into()));
    }

    fn has_it_all(&self) -> bool {
        let enough = self.timer.total >= EXPIRATIONS;
        enough && self.seen == MESSAGES && self.sum >= MESSAGES.into()
    }

    fn turn(&mut self) {
        let [notified, counted, signalled, expired] = readable([
            self.notifier.as_raw_fd(),
            self.counter.as_raw_fd(),
            self.signals.as_raw_fd(),
            self.timer.timer.as_raw_fd(),
        ]);
        if notified {
            // Clear, then look.
            assert_eq!(self.notifier.clear(), Ok(true));
            self.seen = self.published.load(Ordering::Acquire);
        }
        if counted {
            let taken = self.counter.take().expect("take");
            self.sum += taken.map_or(0, u64::from);
        }
        if expired {
            self.timer.take();
        }
        if signalled {
            self.take_signals();
        }
    }

    fn take_signals(&mut self) {
        while let Some(signal) = self.signals.next().expect("next") {
            // The child had to be woken for either, and does each once.
            assert!(self.is_told);
            assert_eq!(signal.pid(), Some(self.child.pid() as u32));
            match signal.number() {
                SIGTERM => {
                    assert!(!self.is_terminated);
                    self.is_terminated = true;
                }
                number => {
                    assert_eq!((number, signal.status()), (SIGCHLD, Some(STATUS)));
                    assert_eq!(self.child.try_wait(), Some(Ended::Exited(STATUS)));
                    self.is_reaped = true;
                }
            }
        }
    }
}
