//! The kinds of objects under test, and what a case or a fault can do with any of them.

use core::time::Duration;

use libc::{SIGUSR1, SIGUSR2};
use wakefd::{
    AutoNotifier, Backend, Counter, Error, Mechanism, Mode, Operation, RawFd, Signals, Timer, Wait,
    Waker,
};

use crate::sys::signals::{is_blocked, send_self, set_blocked};
use crate::Constructor;

/// The kind of object that a case is about: it must be available for the case to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Object {
    /// Notifiers, and what is made of them.
    Notifier,
    /// Counters whose `take` takes one, which a build without the pipe cannot make
    /// everywhere.
    Semaphore,
    /// Timers.
    Timer,
    /// Signals as a descriptor.
    Signals,
    /// The same where there are handlers, for cases that are about these alone.
    SignalHandlers,
}

impl Object {
    pub(crate) const ALL: [Object; 5] = [
        Object::Notifier,
        Object::Semaphore,
        Object::Timer,
        Object::Signals,
        Object::SignalHandlers,
    ];

    /// Its mechanisms, best first.
    #[must_use]
    pub const fn mechanisms(self) -> &'static [Mechanism] {
        match self {
            Object::Notifier | Object::Semaphore => &Mechanism::FOR_NOTIFIERS,
            Object::Timer => &Mechanism::FOR_TIMERS,
            Object::Signals => &Mechanism::FOR_SIGNALS,
            Object::SignalHandlers => &[Mechanism::SignalHandler],
        }
    }

    /// Makes one, and says on which mechanism it stands.
    pub(crate) fn try_out(self, constructor: Constructor) -> Result<Mechanism, Error> {
        fn mechanism<S: Subject>(constructor: Constructor) -> Result<Mechanism, Error> {
            S::create(constructor).map(|made| made.mechanism())
        }
        match self {
            Object::Notifier => mechanism::<AutoNotifier>(constructor),
            Object::Semaphore => {
                constructor.try_counter(Mode::Semaphore)?;
                mechanism::<AutoNotifier>(constructor)
            }
            Object::Timer => mechanism::<Timer>(constructor),
            Object::Signals | Object::SignalHandlers => mechanism::<Signals>(constructor),
        }
    }
}

/// An operation of a [`Subject`], called in a way in which it reaches the descriptor.
pub(crate) type Call<S> = fn(&S) -> Result<(), Error>;

/// A kind of object, so that one case or one row of the fault matrix serves all kinds.
pub(crate) trait Subject: Sized + Send + Sync + 'static {
    /// Every operation after creation that reports errors, by the name that its errors
    /// have.
    const OPERATIONS: &'static [(Operation, Call<Self>)];
    /// Which of them [`consume`](Self::consume) is.
    const CONSUME: Operation;
    /// Whether what is pending is the process's and not the object's.
    const IS_PENDING_IN_PROCESS: bool = false;

    fn create(constructor: Constructor) -> Result<Self, Error>;
    fn mechanism(&self) -> Mechanism;
    fn as_raw_fd(&self) -> RawFd;
    /// Makes it readable: notifies, adds, expires, or sends itself a signal.
    fn trigger(&self);
    /// Takes what is pending, and says whether anything was.
    fn consume(&self) -> Result<bool, Error>;
    fn wait_readable(&self, timeout: Option<Duration>) -> Result<Wait, Error>;
    fn reinit_after_fork(&self) -> Result<(), Error>;

    fn is_readable(&self) -> bool {
        self.wait_readable(Some(Duration::ZERO)) == Ok(Wait::Notified)
    }

    /// Panics unless nothing is pending and it does what it is for.
    fn works(&self) {
        passes_one_on(self);
    }
}

/// Nothing is pending; what is triggered arrives, once.
fn passes_one_on(subject: &impl Subject) {
    assert_eq!(subject.consume(), Ok(false));
    subject.trigger();
    assert_eq!(subject.wait_readable(None), Ok(Wait::Notified));
    assert_eq!(subject.consume(), Ok(true));
    assert_eq!(subject.consume(), Ok(false));
    assert!(!subject.is_readable());
}

/// The methods that every type has of its own, the mechanism perhaps by way of another.
macro_rules! own_methods {
    ($($by_way_of:ident)?) => {
        fn mechanism(&self) -> Mechanism {
            self$(.$by_way_of())?.mechanism()
        }
        fn as_raw_fd(&self) -> RawFd {
            self.as_raw_fd()
        }
        fn reinit_after_fork(&self) -> Result<(), Error> {
            self.reinit_after_fork()
        }
        fn wait_readable(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
            self.wait(timeout)
        }
    };
}

impl Subject for AutoNotifier {
    const OPERATIONS: &'static [(Operation, Call<Self>)] = &[
        (Operation::Notify, |notifier| notifier.notify()),
        (Operation::Clear, |notifier| notifier.clear().map(drop)),
        (Operation::Wait, |notifier| notifier.wait(None).map(drop)),
    ];
    const CONSUME: Operation = Operation::Clear;

    own_methods!();

    fn create(constructor: Constructor) -> Result<Self, Error> {
        match constructor {
            Constructor::Auto => AutoNotifier::new(),
            Constructor::At(mechanism) => AutoNotifier::at(mechanism),
        }
    }

    fn trigger(&self) {
        assert_eq!(self.notify(), Ok(()));
    }

    fn consume(&self) -> Result<bool, Error> {
        self.clear()
    }
}

impl Subject for Waker<AutoNotifier> {
    const OPERATIONS: &'static [(Operation, Call<Self>)] = &[
        (Operation::Notify, |waker| waker.wake()),
        (Operation::Clear, |waker| waker.clear().map(drop)),
        (Operation::Wait, |waker| waker.wait(None).map(drop)),
    ];
    const CONSUME: Operation = Operation::Clear;

    own_methods!(notifier);

    fn create(constructor: Constructor) -> Result<Self, Error> {
        AutoNotifier::create(constructor).map(Waker::new)
    }

    fn trigger(&self) {
        assert_eq!(self.wake(), Ok(()));
    }

    fn consume(&self) -> Result<bool, Error> {
        self.clear()
    }
}

impl Subject for Counter {
    const OPERATIONS: &'static [(Operation, Call<Self>)] = &[
        (Operation::Add, |counter| counter.add(1)),
        (Operation::Take, |counter| counter.take().map(drop)),
        (Operation::Wait, |counter| counter.wait(None).map(drop)),
    ];
    const CONSUME: Operation = Operation::Take;

    own_methods!();

    fn create(constructor: Constructor) -> Result<Self, Error> {
        constructor.try_counter(Mode::Sum)
    }

    fn trigger(&self) {
        assert_eq!(self.add(1), Ok(()));
    }

    fn consume(&self) -> Result<bool, Error> {
        self.take().map(|taken| taken.is_some())
    }
}

impl Subject for Timer {
    const OPERATIONS: &'static [(Operation, Call<Self>)] = &[
        (Operation::Arm, |timer| timer.arm_after(Duration::MAX, None)),
        (Operation::Arm, |timer| timer.arm_at(Duration::MAX, None)),
        (Operation::Disarm, |timer| timer.disarm()),
        (Operation::Remaining, |timer| timer.remaining().map(drop)),
        (Operation::Take, |timer| timer.take().map(drop)),
        (Operation::Wait, |timer| timer.wait(None).map(drop)),
    ];
    const CONSUME: Operation = Operation::Take;

    own_methods!();

    fn create(constructor: Constructor) -> Result<Self, Error> {
        match constructor {
            Constructor::Auto => Timer::new(),
            Constructor::At(mechanism) => Timer::at(mechanism),
        }
    }

    /// Lets it expire once.
    fn trigger(&self) {
        assert_eq!(self.arm_after(Duration::from_millis(1), None), Ok(()));
        assert_eq!(self.wait(None), Ok(Wait::Notified));
    }

    fn consume(&self) -> Result<bool, Error> {
        let taken = self.take()?.map(u64::from);
        assert!(matches!(taken, None | Some(1)), "{taken:?}");
        Ok(taken.is_some())
    }

    fn works(&self) {
        assert_eq!(self.disarm(), Ok(()));
        passes_one_on(self);
    }
}

/// What [`Signals`] watch here. The second is there so that the first can be done
/// already.
const WATCHED: [i32; 2] = [SIGUSR1, SIGUSR2];

impl Subject for Signals {
    const OPERATIONS: &'static [(Operation, Call<Self>)] = &[
        (Operation::Next, |signals| signals.next().map(drop)),
        (Operation::Wait, |signals| signals.wait(None).map(drop)),
    ];
    const CONSUME: Operation = Operation::Next;
    const IS_PENDING_IN_PROCESS: bool = true;

    own_methods!();

    fn create(constructor: Constructor) -> Result<Self, Error> {
        constructor.try_signals(&WATCHED)
    }

    fn trigger(&self) {
        send_self(SIGUSR1);
    }

    fn consume(&self) -> Result<bool, Error> {
        let taken = self.next()?.map(|signal| signal.number());
        assert!(matches!(taken, None | Some(SIGUSR1)), "{taken:?}");
        Ok(taken.is_some())
    }

    /// For the only thread of the process, whichever has made the object.
    fn works(&self) {
        let before = WATCHED.map(is_blocked);
        for number in WATCHED {
            set_blocked(number, self.backend() == Backend::SignalFd);
        }
        passes_one_on(self);
        send_self(SIGUSR2);
        assert_eq!(self.wait(None), Ok(Wait::Notified));
        let taken = self.next().map(|taken| taken.map(|signal| signal.number()));
        assert_eq!(taken, Ok(Some(SIGUSR2)));
        assert!(!self.is_readable());
        for (number, blocked) in WATCHED.into_iter().zip(before) {
            set_blocked(number, blocked);
        }
    }
}
