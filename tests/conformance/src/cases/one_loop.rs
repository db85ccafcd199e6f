//! One thread waits in `poll`, without a time-out, for a notifier and a counter that another
//! thread uses, for signals, for the end of a child, and for a timer.

use super::timer::Counted;
use super::*;
use crate::sys::multiplexer::readable;

/// What the other thread publishes, and as often it adds one.
const MESSAGES: u32 = 500;
/// The least that the timer expires while the loop runs.
const EXPIRATIONS: u64 = 5;
const PERIOD: Duration = Duration::from_millis(1);
/// What the child exits with.
const STATUS: i32 = 7;

/// On each mechanism of signals and of timers that is available. That others are absent
/// is said by the cases about them.
pub(super) fn one_loop_for_everything(constructor: Constructor) {
    for of_signals in Mechanism::FOR_SIGNALS {
        for of_timer in Mechanism::FOR_TIMERS {
            let signals = Constructor::At(of_signals).try_signals(&[SIGCHLD, SIGTERM]);
            let timer = Timer::create(Constructor::At(of_timer));
            match (signals, timer) {
                (Ok(signals), Ok(timer)) => run(constructor, &signals, &timer),
                (Err(error), _) if of_signals == Mechanism::SignalHandler => {
                    panic!("no signals: {error}")
                }
                (_, Err(error)) if of_timer == Mechanism::TimerThread => {
                    panic!("no timer: {error}")
                }
                _ => {}
            }
        }
    }
}

fn run(constructor: Constructor, signals: &Signals, timer: &Timer) {
    let notifier: &dyn Notifier = &constructor.notifier();
    let go: &dyn Notifier = &constructor.notifier();
    let counter = &constructor.counter(Mode::Sum);
    let published = &AtomicU32::new(0);
    let parent = pid();
    let child = &fork_to(|| {
        assert_eq!(go.wait(None), Ok(Wait::Notified));
        send(parent, SIGTERM);
        STATUS
    });
    let sources = Sources {
        notifier,
        published,
        counter,
        signals,
        child,
    };
    run_threads(2, &|index| match index {
        0 => sources.run(Counted::new(timer, time::exact() + PERIOD, PERIOD), go),
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

/// What the thread of the loop waits for, beside the timer.
struct Sources<'a> {
    notifier: &'a dyn Notifier,
    published: &'a AtomicU32,
    counter: &'a Counter,
    signals: &'a Signals,
    child: &'a Child,
}

/// What it has seen of them.
#[derive(Default)]
struct Seen {
    /// The last message.
    message: u32,
    /// What the counter has given.
    sum: u64,
    is_reaped: bool,
    is_terminated: bool,
}

impl Sources<'_> {
    /// Wakes the child by `go` when all has come; it then ends the loop and itself.
    fn run(&self, mut timer: Counted<'_>, go: &dyn Notifier) {
        let mut seen = Seen::default();
        let mut is_told = false;
        while !(seen.is_terminated && seen.is_reaped) {
            self.turn(&mut seen, &mut timer, is_told);
            let all = (MESSAGES, MESSAGES.into());
            if !is_told && (seen.message, seen.sum) == all && timer.total >= EXPIRATIONS {
                assert_eq!(go.notify(), Ok(()));
                is_told = true;
            }
        }
        // Nothing came twice.
        assert_eq!((seen.message, seen.sum), (MESSAGES, MESSAGES.into()));
    }

    fn turn(&self, seen: &mut Seen, timer: &mut Counted<'_>, is_told: bool) {
        let [notified, counted, signalled, expired] = readable([
            self.notifier.as_raw_fd(),
            self.counter.as_raw_fd(),
            self.signals.as_raw_fd(),
            timer.timer.as_raw_fd(),
        ]);
        if notified {
            // Clear, then look.
            assert_eq!(self.notifier.clear(), Ok(true));
            seen.message = self.published.load(Ordering::Acquire);
        }
        if counted {
            let taken = self.counter.take().expect("take");
            seen.sum += taken.map_or(0, u64::from);
        }
        if expired {
            timer.take();
        }
        if signalled {
            while let Some(signal) = self.signals.next().expect("next") {
                // The child had to be woken for either, and does each once.
                assert!(is_told);
                self.take_signal(&signal, seen);
            }
        }
    }

    fn take_signal(&self, signal: &Signal, seen: &mut Seen) {
        assert_eq!(signal.pid(), Some(self.child.pid() as u32));
        if signal.number() == SIGTERM {
            assert!(!seen.is_terminated);
            seen.is_terminated = true;
        } else {
            let ended = (signal.number(), signal.status());
            assert_eq!(ended, (SIGCHLD, Some(STATUS)));
            assert_eq!(self.child.try_wait(), Some(Ended::Exited(STATUS)));
            seen.is_reaped = true;
        }
    }
}
