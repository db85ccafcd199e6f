//! The table: every function of the API, on every mechanism, in every situation in which it
//! makes other calls.

extern crate alloc;

use alloc::sync::Arc;
use alloc::task::Wake;
use core::time::Duration;
use std::os::unix::io::{AsRawFd, OwnedFd, RawFd};

use wakefd::{
    box_channel, box_channel_at, channel, channel_on, probe, probe_with, sync_channel,
    sync_channel_on, AutoNotifier, Backend, BoxReceiver, BoxSender, Clock, Counter, Error, EventFd,
    Mechanism, Mode, Notifier, NotifyFd, Operation, PipeChannel, Prepared, Receiver, RecvError,
    Selection, SelfPipe, SendError, Sender, Signals, Timer, Wait, Waker,
};
use Mechanism::{EventFd2, Pipe, Pipe2, TimerThread};

use super::operation::{Object, Said, Table};
use super::signals::{block, raise, send};

const NOW: Option<Duration> = Some(Duration::ZERO);
const SHORT: Option<Duration> = Some(Duration::from_millis(1));
/// More notifications than one `read` takes out of a pipe.
const MANY: usize = 3000;

fn errno(error: Error) -> i32 {
    error.raw_os_error()
}

fn nothing<T>(result: Result<T, Error>) -> Said {
    result.map(|_| false).map_err(errno)
}

fn is_told(result: Result<bool, Error>) -> Said {
    result.map_err(errno)
}

fn waited(result: Result<Wait, Error>) -> Said {
    nothing(result)
}

pub(crate) fn table() -> Table {
    let mut table = Table::default();
    notifier::<AutoNotifier>(&mut table);
    notifier::<EventFd>(&mut table);
    notifier::<SelfPipe>(&mut table);
    selection(&mut table);
    handles(&mut table);
    waker(&mut table);
    counter(&mut table);
    timer(&mut table);
    signals(&mut table);
    messages(&mut table);
    boxes(&mut table);
    values(&mut table);
    plain(&mut table);
    table
}

macro_rules! notifier_object {
    ($($type:ident on $mechanisms:expr;)*) => {$(
        impl Object for $type {
            const NAME: &'static str = stringify!($type);
            const MECHANISMS: &'static [Mechanism] = $mechanisms;
            fn new() -> Result<Self, i32> {
                $type::new().map_err(errno)
            }
            fn at(mechanism: Mechanism) -> Result<Self, i32> {
                $type::at(mechanism).map_err(errno)
            }
            fn trigger(&mut self) {
                assert_eq!(self.notify(), Ok(()));
            }
            fn consume(&mut self) -> Said {
                is_told(self.clear())
            }
            fn fd(&self) -> RawFd {
                self.as_raw_fd()
            }
            fn renew(&mut self) -> Said {
                nothing(self.reinit_after_fork())
            }
        }
    )*};
}

notifier_object! {
    AutoNotifier on &Mechanism::FOR_NOTIFIERS;
    EventFd on &[EventFd2, Mechanism::EventFd];
    SelfPipe on &[Pipe2, Pipe];
}

fn notifier<N: Object + Notifier + Wake>(table: &mut Table) {
    let many = |n: &mut N| (0..MANY).for_each(|_| n.trigger());
    let block = |n: &mut N| (0..1024).for_each(|_| n.trigger());
    table.makes::<N>();
    table.row::<N>("N::notify", |n| nothing(n.notify()));
    table.row::<N>("N::clear", |n| is_told(n.clear()));
    table.row::<N>("N::clear", |n| is_told(n.clear())).pending();
    table
        .row::<N>("N::clear", |n| is_told(n.clear()))
        .when("many pending", many)
        .keeps();
    table
        .row::<N>("N::clear", |n| is_told(n.clear()))
        .when("1024 pending", block);
    table
        .row::<N>("N::wait", |n| waited(n.wait(None)))
        .pending();
    table.row::<N>("N::wait", |n| waited(n.wait(SHORT)));
    table
        .row::<N>("N::reinit_after_fork", |n| nothing(n.reinit_after_fork()))
        .renews();
    table.drops::<N>("drop");
    table
        .row::<N>("N::as_raw_fd N::mechanism N::backend", |n| {
            let _ = (Notifier::as_raw_fd(n), n.mechanism(), n.backend());
            Ok(false)
        })
        .quiet();
    table.row::<Shared<N>>("N::wake", |n| {
        Wake::wake(Arc::clone(&n.0));
        Ok(false)
    });
    table.row::<Shared<N>>("N::wake_by_ref", |n| {
        Wake::wake_by_ref(&n.0);
        Ok(false)
    });
}

/// As an executor has it.
struct Shared<N>(Arc<N>);

impl<N: Object + Notifier> Object for Shared<N> {
    const NAME: &'static str = N::NAME;
    const MECHANISMS: &'static [Mechanism] = N::MECHANISMS;
    fn new() -> Result<Self, i32> {
        N::new().map(Arc::new).map(Shared)
    }
    fn at(mechanism: Mechanism) -> Result<Self, i32> {
        N::at(mechanism).map(Arc::new).map(Shared)
    }
    fn trigger(&mut self) {
        assert_eq!(self.0.notify(), Ok(()));
    }
    fn consume(&mut self) -> Said {
        is_told(self.0.clear())
    }
    fn fd(&self) -> RawFd {
        Notifier::as_raw_fd(&*self.0)
    }
    fn renew(&mut self) -> Said {
        nothing(self.0.reinit_after_fork())
    }
}

/// A notifier, and a descriptor that only notifies it.
struct Handle(AutoNotifier, Arc<NotifyFd>);

impl Object for Handle {
    const NAME: &'static str = "NotifyFd";
    const MECHANISMS: &'static [Mechanism] = &Mechanism::FOR_NOTIFIERS;
    fn new() -> Result<Self, i32> {
        Self::at(EventFd2)
    }
    fn at(mechanism: Mechanism) -> Result<Self, i32> {
        let notifier = <AutoNotifier as Object>::at(mechanism)?;
        let handle = notifier.to_notify_fd().map_err(errno)?;
        Ok(Handle(notifier, Arc::new(handle)))
    }
    fn trigger(&mut self) {
        assert_eq!(self.1.notify(), Ok(()));
    }
    fn consume(&mut self) -> Said {
        is_told(self.0.clear())
    }
    fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

fn handles(table: &mut Table) {
    table.row::<AutoNotifier>("N::to_notify_fd", |n| nothing(n.to_notify_fd()));
    table.row::<EventFd>("N::to_notify_fd", |n| nothing(n.to_notify_fd()));
    table.row::<SelfPipe>("N::to_notify_fd", |n| nothing(n.to_notify_fd()));
    table.row::<Handle>("N::notify", |h| nothing(h.1.notify()));
    table.row::<Handle>("N::wake", |h| {
        Wake::wake(Arc::clone(&h.1));
        Ok(false)
    });
    table.row::<Handle>("N::wake_by_ref", |h| {
        Wake::wake_by_ref(&h.1);
        Ok(false)
    });
    table
        .row::<Handle>("N::as_raw_fd", |h| {
            let _ = h.1.as_raw_fd();
            Ok(false)
        })
        .quiet();
    table.drops::<Handle>("drop of a NotifyFd");
    table.takes::<EventFd>("N::try_from", |n| {
        let _ = EventFd::try_from(OwnedFd::from(n));
    });
    table.takes::<SelfPipe>("N::try_from", |n| {
        let _ = SelfPipe::try_from(<(OwnedFd, OwnedFd)>::from(n));
    });
}

fn selection(table: &mut Table) {
    fn with(_: Mechanism) -> Result<AutoNotifier, i32> {
        AutoNotifier::with(Selection::Kernel).map_err(errno)
    }
    table.constructor("AutoNotifier::with", &[EventFd2], with);
    table.constructor("Counter::with", &[EventFd2], |_| {
        Counter::with(Selection::Kernel, Mode::Sum)
            .map(Sum)
            .map_err(errno)
    });
    table
        .takes::<EventFd>("EventFd::into_raw_fd", |n| {
            let _ = std::os::unix::io::IntoRawFd::into_raw_fd(n);
        })
        .quiet();
}

impl Object for Waker<AutoNotifier> {
    const NAME: &'static str = "Waker";
    const MECHANISMS: &'static [Mechanism] = &Mechanism::FOR_NOTIFIERS;
    fn new() -> Result<Self, i32> {
        <AutoNotifier as Object>::new().map(Waker::new)
    }
    fn at(mechanism: Mechanism) -> Result<Self, i32> {
        <AutoNotifier as Object>::at(mechanism).map(Waker::new)
    }
    fn trigger(&mut self) {
        assert_eq!((*self).wake(), Ok(()));
    }
    fn consume(&mut self) -> Said {
        is_told((*self).clear())
    }
    fn fd(&self) -> RawFd {
        self.as_raw_fd()
    }
    fn renew(&mut self) -> Said {
        nothing((*self).reinit_after_fork())
    }
}

type W = Waker<AutoNotifier>;

/// Publishes while the consumer is about to sleep, then does `last`.
fn asleep(waker: &W, last: impl FnOnce(Prepared<'_, AutoNotifier>) -> Said) -> Said {
    let mut awake = waker.awake();
    let prepared = awake.prepare_wait().expect("nothing is pending");
    waker.wake().map_err(errno)?;
    last(prepared)
}

fn waker(table: &mut Table) {
    table.row::<W>("Waker::wake Waker::notify", |w| nothing(W::wake(w)));
    table
        .row::<W>("Waker::wake", |w| nothing(W::wake(w)))
        .pending()
        .quiet();
    table.row::<W>("Waker::wake_published", |w| nothing(w.wake_published()));
    table
        .row::<W>("Waker::wake_published", |w| nothing(w.wake_published()))
        .pending()
        .quiet();
    table.row::<Shared<W>>("Waker::wake_by_ref", |w| {
        Wake::wake_by_ref(&w.0);
        Ok(false)
    });
    table.row::<W>("Waker::clear", |w| is_told(w.clear()));
    table
        .row::<W>("Waker::clear", |w| is_told(w.clear()))
        .pending();
    table
        .row::<W>("Waker::clear", |w| is_told(w.clear()))
        .when("many in a pipe", |w| {
            (0..MANY).for_each(|_| w.notifier().trigger_shared());
            w.trigger();
        })
        .keeps();
    table.row::<W>("Waker::clear_edge_triggered", |w| {
        is_told(w.clear_edge_triggered())
    });
    table
        .row::<W>("Waker::clear_edge_triggered", |w| {
            is_told(w.clear_edge_triggered())
        })
        .when("notified by others", |w| w.notifier().trigger_shared());
    table
        .row::<W>("Waker::clear_if_empty", |w| {
            is_told(w.clear_if_empty(|| true))
        })
        .pending();
    table
        .row::<W>("Waker::clear_if_empty", |w| {
            is_told(w.clear_if_empty(|| false).map(|_| true))
        })
        .when("not empty", Object::trigger)
        .quiet();
    table
        .row::<W>("Waker::clear_if_empty", |w| {
            let mut looks = 0;
            let woken = core::cell::Cell::new(true);
            let result = w.clear_if_empty(|| {
                looks += 1;
                woken.set(w.wake().is_ok());
                looks == 1
            });
            // What the look has found is the consumer's to take.
            result.map(|_| woken.get()).map_err(errno)
        })
        .when("woken meanwhile", Object::trigger);
    table
        .row::<W>("Waker::wait", |w| waited(w.wait(None)))
        .pending();
    table.row::<W>("Waker::wait", |w| waited(w.wait(SHORT)));
    table
        .row::<W>("Waker::reinit_after_fork", |w| {
            nothing(w.reinit_after_fork())
        })
        .renews();
    table.drops::<W>("drop");
    table
        .row::<W>("Awake::drop", |w| {
            let awake = w.awake();
            w.wake().map_err(errno)?;
            drop(awake);
            Ok(false)
        })
        .when("woken", |_| {})
        .keeps();
    table
        .row::<W>("Awake::drop", |w| {
            drop(w.awake());
            Ok(false)
        })
        .quiet();
    table
        .row::<W>("Prepared::finish", |w| {
            asleep(w, |prepared| is_told(prepared.finish(true)))
        })
        .when("woken", |_| {});
    table
        .row::<W>("Prepared::finish_edge_triggered", |w| {
            asleep(w, |prepared| is_told(prepared.finish_edge_triggered(true)))
        })
        .when("woken", |_| {});
    table
        .row::<W>("Prepared::wait", |w| {
            asleep(w, |prepared| match prepared.wait(None) {
                Ok(wait) => Ok(wait == Wait::Notified),
                Err(error) => Err(errno(error)),
            })
        })
        .when("woken", |_| {});
    table.row::<W>("Prepared::wait", |w| {
        let mut awake = w.awake();
        let prepared = awake.prepare_wait().expect("nothing is pending");
        nothing(prepared.wait(SHORT))
    });
    table
        .row::<W>(
            "Waker::new Waker::awake Waker::notifier Waker::as_raw_fd Waker::mechanism \
             Waker::backend Awake::prepare_wait Awake::is_woken",
            |w| {
                let _ = (w.notifier(), w.as_raw_fd(), w.mechanism(), w.backend());
                let mut awake = w.awake();
                let _ = awake.is_woken();
                let prepared = awake.prepare_wait();
                is_told(prepared.map_or(Ok(false), |prepared| prepared.finish(false)))
            },
        )
        .quiet();
}

trait TriggerShared {
    fn trigger_shared(&self);
}

impl TriggerShared for AutoNotifier {
    fn trigger_shared(&self) {
        assert_eq!(self.notify(), Ok(()));
    }
}

/// Counts as a whole.
struct Sum(Counter);
/// Counts one by one.
struct Semaphore(Counter);

macro_rules! counter_object {
    ($($type:ident, $mode:ident, $new:ident, $mechanisms:expr;)*) => {$(
        impl Object for $type {
            const NAME: &'static str = "Counter";
            const MECHANISMS: &'static [Mechanism] = $mechanisms;
            fn new() -> Result<Self, i32> {
                Counter::$new().map($type).map_err(errno)
            }
            fn at(mechanism: Mechanism) -> Result<Self, i32> {
                Counter::at(mechanism, Mode::$mode).map($type).map_err(errno)
            }
            fn trigger(&mut self) {
                assert_eq!(self.0.add(1), Ok(()));
            }
            fn consume(&mut self) -> Said {
                self.0.take().map(|taken| taken.is_some()).map_err(errno)
            }
            fn fd(&self) -> RawFd {
                self.0.as_raw_fd()
            }
            fn renew(&mut self) -> Said {
                nothing(self.0.reinit_after_fork())
            }
        }
    )*};
}

counter_object! {
    Sum, Sum, new, &Mechanism::FOR_NOTIFIERS;
    Semaphore, Semaphore, semaphore, &[EventFd2, Pipe2, Pipe];
}

fn counter(table: &mut Table) {
    table.constructor("Counter::new", &[EventFd2], |_| Sum::new());
    table.constructor("Counter::semaphore", &[EventFd2], |_| Semaphore::new());
    table.constructor("Counter::at", Sum::MECHANISMS, Sum::at);
    table.constructor("Counter::at", Semaphore::MECHANISMS, Semaphore::at);
    table
        .row::<Sum>("Counter::add", |c| nothing(c.0.add(1)))
        .pending();
    table
        .row::<Sum>("Counter::add", |c| nothing(c.0.add(0)))
        .quiet();
    // These two, where a pipe counts, lose what they cannot put back: see `Counter`.
    table
        .row::<Sum>("Counter::add", |c| nothing(c.0.add(1 << 32)))
        .when("2^32, pending", Object::trigger);
    table
        .row::<Semaphore>("Counter::take", |s| s.consume())
        .when("2 at once in a semaphore", |s| {
            assert_eq!(s.0.add(2), Ok(()));
        });
    table.row::<Sum>("Counter::take", |c| c.consume()).pending();
    table.row::<Sum>("Counter::take", |c| c.consume());
    table
        .row::<Sum>("Counter::take", |c| c.consume())
        .when("300 additions pending", |c| {
            (0..300).for_each(|_| c.trigger())
        });
    table
        .row::<Sum>("Counter::add", |c| nothing(c.0.add(1)))
        .when("a pipe that is full", |c| {
            (0..8192).for_each(|_| c.trigger())
        });
    table
        .row::<Semaphore>("Counter::take", |s| s.consume())
        .pending();
    table
        .row::<Sum>("Counter::wait", |c| waited(c.0.wait(None)))
        .pending();
    table.row::<Sum>("Counter::wait", |c| waited(c.0.wait(SHORT)));
    table
        .row::<Sum>("Counter::reinit_after_fork", |c| {
            nothing(c.0.reinit_after_fork())
        })
        .renews();
    table
        .row::<Semaphore>("Counter::reinit_after_fork", |c| {
            nothing(c.0.reinit_after_fork())
        })
        .renews();
    table.drops::<Sum>("drop");
    table.drops::<Semaphore>("drop of a semaphore");
    table
        .row::<Sum>("N::as_raw_fd N::mechanism N::backend N::mode", |c| {
            let _ = (c.0.as_raw_fd(), c.0.mechanism(), c.0.backend(), c.0.mode());
            Ok(false)
        })
        .quiet();
}

impl Object for Timer {
    const NAME: &'static str = "Timer";
    const MECHANISMS: &'static [Mechanism] = &Mechanism::FOR_TIMERS;
    fn new() -> Result<Self, i32> {
        Timer::new().map_err(errno)
    }
    fn at(mechanism: Mechanism) -> Result<Self, i32> {
        Timer::at(mechanism).map_err(errno)
    }
    /// Lets it expire, once.
    fn trigger(&mut self) {
        assert_eq!(self.arm_after(Duration::from_nanos(1), None), Ok(()));
        assert_eq!(self.wait(None), Ok(Wait::Notified));
    }
    fn consume(&mut self) -> Said {
        self.take().map(|taken| taken.is_some()).map_err(errno)
    }
    fn settle(&mut self) {
        assert_eq!(self.disarm(), Ok(()));
    }
    fn fd(&self) -> RawFd {
        self.as_raw_fd()
    }
    fn renew(&mut self) -> Said {
        nothing(self.reinit_after_fork())
    }
    fn libc_decides(mechanism: Mechanism) -> bool {
        mechanism == TimerThread
    }
}

fn timer(table: &mut Table) {
    const HOUR: Duration = Duration::from_secs(3600);
    table.makes::<Timer>();
    table.row::<Timer>("N::arm_after", |t| nothing(t.arm_after(HOUR, None)));
    table
        .row::<Timer>("N::arm_after", |t| {
            nothing(t.arm_after(Duration::ZERO, Some(HOUR)))
        })
        .when("expired", Object::trigger);
    table.row::<Timer>("N::arm_at", |t| nothing(t.arm_at(Duration::MAX, None)));
    table
        .row::<Timer>("N::disarm", |t| nothing(t.disarm()))
        .when("expired", Object::trigger);
    table.row::<Timer>("N::take", |t| t.consume());
    table.row::<Timer>("N::take", |t| t.consume()).pending();
    table
        .row::<Timer>("N::take", |t| t.consume())
        .when("periodic", |t| {
            let millisecond = Duration::from_millis(1);
            assert_eq!(t.arm_after(millisecond, Some(millisecond)), Ok(()));
            assert_eq!(t.wait(None), Ok(Wait::Notified));
            std::thread::sleep(5 * millisecond);
        })
        .keeps();
    table
        .row::<Timer>("N::wait", |t| waited(t.wait(None)))
        .pending();
    table.row::<Timer>("N::wait", |t| waited(t.wait(SHORT)));
    table
        .row::<Timer>("N::reinit_after_fork", |t| nothing(t.reinit_after_fork()))
        .renews();
    table.constructor("Timer::with_clock", &Timer::MECHANISMS[..1], |_| {
        Timer::with_clock(Clock::Monotonic).map_err(errno)
    });
    table.row::<Timer>("N::remaining", |t| nothing(t.remaining()));
    // Zero where the clock is refused.
    table.row::<Timer>("N::now Clock::now", |t| {
        let _ = (Timer::now(), t.clock().now());
        Ok(false)
    });
    table.drops::<Timer>("drop");
    table
        .row::<Timer>("N::as_raw_fd N::mechanism N::backend N::clock", |t| {
            let _ = (t.as_raw_fd(), t.mechanism(), t.backend(), t.clock());
            Ok(false)
        })
        .quiet();
}

impl Object for Signals {
    const NAME: &'static str = "Signals";
    const MECHANISMS: &'static [Mechanism] = &Mechanism::FOR_SIGNALS;
    fn new() -> Result<Self, i32> {
        Signals::new([libc::SIGUSR1]).map_err(errno)
    }
    fn at(mechanism: Mechanism) -> Result<Self, i32> {
        Signals::at(mechanism, [libc::SIGUSR1]).map_err(errno)
    }
    /// The threads that come later inherit the mask.
    fn begin(mechanism: Mechanism) {
        block(mechanism.backend() == Backend::SignalFd);
    }
    fn trigger(&mut self) {
        block(self.backend() == Backend::SignalFd);
        send();
    }
    fn consume(&mut self) -> Said {
        self.next().map(|taken| taken.is_some()).map_err(errno)
    }
    fn fd(&self) -> RawFd {
        self.as_raw_fd()
    }
    fn renew(&mut self) -> Said {
        nothing(self.reinit_after_fork())
    }
}

fn signals(table: &mut Table) {
    table.makes::<Signals>();
    // In the library's handler.
    table
        .row::<Signals>("", |_| {
            raise();
            Ok(false)
        })
        .when("a signal comes", |_| {})
        .only_on(&[Mechanism::SignalHandler])
        .keeps();
    table.row::<Signals>("N::next", |s| s.consume());
    table.row::<Signals>("N::next", |s| s.consume()).pending();
    table
        .row::<Signals>("N::wait", |s| waited(s.wait(None)))
        .pending();
    table.row::<Signals>("N::wait", |s| waited(s.wait(SHORT)));
    table
        .row::<Signals>("N::reinit_after_fork", |s| nothing(s.reinit_after_fork()))
        .renews();
    table.constructor("Signals::with", &[Mechanism::SignalFd4], |_| {
        Signals::with(Backend::SignalFd, [libc::SIGUSR1]).map_err(errno)
    });
    table.row::<Signals>("N::add", |s| nothing(s.add(libc::SIGUSR2)));
    table
        .row::<Signals>("N::remove", |s| nothing(s.remove(libc::SIGUSR2)))
        .when("one of two", |s| assert_eq!(s.add(libc::SIGUSR2), Ok(())));
    table.row::<Signals>("N::spawn_mask", |_| nothing(Signals::spawn_mask()));
    table.drops::<Signals>("drop");
    // On a thread of its own, whose mask it puts back.
    table
        .row::<Signals>("N::before_exec", |_| nothing(Signals::before_exec()))
        .only_on(&[Mechanism::SignalHandler])
        .ends(|_| assert_eq!(Signals::before_exec(), Ok(())));
    // The signal was blocked before, and stays so.
    table
        .row::<Signals>("N::before_exec", |_| nothing(Signals::before_exec()))
        .only_on(&[Mechanism::SignalFd4, Mechanism::SignalFd])
        .quiet();
    table
        .row::<Signals>("N::as_raw_fd N::mechanism N::backend", |s| {
            let _ = (s.as_raw_fd(), s.mechanism(), s.backend());
            Ok(false)
        })
        .quiet();
}

/// Both ends of a channel, until one of them is dropped.
struct Ends {
    sender: Option<Sender<u32>>,
    receiver: Option<Receiver<u32>>,
}

impl From<(Sender<u32>, Receiver<u32>)> for Ends {
    fn from((sender, receiver): (Sender<u32>, Receiver<u32>)) -> Self {
        Ends {
            sender: Some(sender),
            receiver: Some(receiver),
        }
    }
}

fn received<T>(result: Result<T, RecvError>) -> Said {
    match result {
        Ok(_) => Ok(true),
        Err(RecvError::Empty) => Ok(false),
        Err(RecvError::Failed(error)) => Err(errno(error)),
        Err(other) => panic!("{other:?}"),
    }
}

fn sent<T>(result: Result<(), SendError<T>>) -> Said {
    match result {
        Ok(()) => Ok(false),
        Err(SendError::Full(_)) => Err(libc::EAGAIN),
        Err(SendError::NotSent(_, error) | SendError::NotWoken(error)) => Err(errno(error)),
        Err(_) => panic!("the receiver is there"),
    }
}

impl Ends {
    fn sender(&self) -> &Sender<u32> {
        self.sender.as_ref().expect("it is there")
    }

    fn receiver(&self) -> &Receiver<u32> {
        self.receiver.as_ref().expect("it is there")
    }
}

impl Object for Ends {
    const NAME: &'static str = "channel";
    const MECHANISMS: &'static [Mechanism] = &[EventFd2, Pipe2];
    const ALLOCATES: bool = true;
    fn new() -> Result<Self, i32> {
        channel().map(Ends::from).map_err(errno)
    }
    fn at(mechanism: Mechanism) -> Result<Self, i32> {
        let notifier = <AutoNotifier as Object>::at(mechanism)?;
        Ok(sync_channel_on(notifier, 4).into())
    }
    fn trigger(&mut self) {
        self.sender().send(1).expect("there is a receiver");
    }
    fn consume(&mut self) -> Said {
        received(self.receiver().try_recv())
    }
    fn fd(&self) -> RawFd {
        self.receiver().as_raw_fd()
    }
}

fn messages(table: &mut Table) {
    let full = |e: &mut Ends| (0..4).for_each(|_| e.trigger());
    table.constructor("channel", &[EventFd2], |_| Ends::new());
    table.constructor("sync_channel", &[EventFd2], |_| {
        sync_channel(4).map(Ends::from).map_err(errno)
    });
    table
        .row::<Ends>("channel_on sync_channel_on", |_| Ok(false))
        .when("a notifier that is there", |e| {
            let notifier = || <AutoNotifier as Object>::at(EventFd2).expect("a notifier");
            *e = channel_on(notifier()).into();
            *e = sync_channel_on(notifier(), 4).into();
        })
        .quiet();
    table.row::<Ends>("Sender::send", |e| sent(e.sender().send(1)));
    table.row::<Ends>("Sender::try_send", |e| sent(e.sender().try_send(1)));
    table
        .row::<Ends>("Sender::try_send", |e| {
            let full = e.sender().try_send(1);
            assert!(matches!(full, Err(SendError::Full(_))));
            Ok(false)
        })
        .when("full", full)
        .quiet();
    table.row::<Ends>("Receiver::try_recv", |e| e.consume());
    table
        .row::<Ends>("Receiver::try_recv", |e| e.consume())
        .when("one there", Object::trigger)
        .quiet();
    table
        .row::<Ends>("Receiver::try_recv", |e| {
            let first = e.consume()?;
            Ok(e.consume()? || first)
        })
        .when("the last one taken", Object::trigger);
    table
        .row::<Ends>("Receiver::recv", |e| received(e.receiver().recv()))
        .when("one there", Object::trigger)
        .quiet();
    table.row::<Ends>("Receiver::recv_timeout", |e| {
        received(e.receiver().recv_timeout(Duration::from_millis(1)))
    });
    table
        .row::<Ends>("Receiver::drain Drain::next", |e| {
            Ok(e.receiver().drain().count() > 0)
        })
        .pending();
    table
        .row::<Ends>("Receiver::try_iter TryIter::next", |e| {
            Ok(e.receiver().try_iter().count() > 0)
        })
        .pending();
    table
        .row::<Ends>("Receiver::iter Receiver::into_iter Iter::next", |e| {
            Ok((e.receiver()).into_iter().next().is_some())
        })
        .pending()
        .quiet();
    table
        .row::<Ends>("Receiver::is_disconnected Receiver::as_raw_fd", |e| {
            let _ = (e.receiver().is_disconnected(), e.receiver().as_raw_fd());
            Ok(false)
        })
        .quiet();
    table
        .row::<Ends>("Sender::drop", |e| {
            e.sender = None;
            Ok(false)
        })
        .ends(|e| assert_eq!(e.receiver().recv(), Err(RecvError::Disconnected)));
    table
        .row::<Ends>("Receiver::recv IntoIter::next", |e| {
            e.sender = None;
            match e.receiver().recv() {
                Err(RecvError::Disconnected) => Ok(false),
                result => received(result),
            }
        })
        .when("no sender left", |_| {})
        .ends(|e| assert_eq!(e.receiver().recv(), Err(RecvError::Disconnected)));
    table
        .row::<Ends>("Receiver::drop", |e| {
            e.receiver = None;
            Ok(false)
        })
        .quiet()
        .when("a sender left", |_| {})
        .ends(|e| {
            let sender = e.sender.take().expect("it is there");
            assert_eq!(sender.send(1), Err(SendError::Disconnected(1)));
        });
    table.drops::<Ends>("drop of a channel");
}

struct Boxes(BoxSender<u32>, BoxReceiver<u32>);

impl Object for Boxes {
    const NAME: &'static str = "box_channel";
    const MECHANISMS: &'static [Mechanism] = &[Pipe2, Pipe];
    const ALLOCATES: bool = true;
    fn new() -> Result<Self, i32> {
        let made = box_channel().map_err(errno);
        made.map(|(sender, receiver)| Boxes(sender, receiver))
    }
    fn at(mechanism: Mechanism) -> Result<Self, i32> {
        let made = box_channel_at(mechanism).map_err(errno);
        made.map(|(sender, receiver)| Boxes(sender, receiver))
    }
    fn trigger(&mut self) {
        self.0.send(Box::new(1)).expect("there is room");
    }
    fn consume(&mut self) -> Said {
        received(self.1.try_recv())
    }
    fn fd(&self) -> RawFd {
        self.1.as_raw_fd()
    }
}

fn boxes(table: &mut Table) {
    table.constructor("box_channel", &[Pipe2], |_| Boxes::new());
    table.constructor("box_channel_at", Boxes::MECHANISMS, Boxes::at);
    table.row::<Boxes>("BoxSender::send", |b| sent(b.0.send(Box::new(1))));
    table.row::<Boxes>("BoxReceiver::try_recv", |b| b.consume());
    table
        .row::<Boxes>("BoxReceiver::try_recv", |b| b.consume())
        .pending();
    table
        .row::<Boxes>("BoxReceiver::recv", |b| received(b.1.recv()))
        .pending();
    table.row::<Boxes>("BoxReceiver::recv_timeout", |b| {
        received(b.1.recv_timeout(Duration::from_millis(1)))
    });
    table
        .row::<Boxes>("BoxReceiver::as_raw_fd", |b| {
            let _ = b.1.as_raw_fd();
            Ok(false)
        })
        .quiet();
    table
        .row::<Boxes>("BoxReceiver::drop", |b| {
            let another = Boxes::at(Pipe2)?;
            *b = another;
            Ok(false)
        })
        .when("one pending", Object::trigger);
    table.drops::<Boxes>("drop of a box_channel");
}

impl Object for PipeChannel<u32> {
    const NAME: &'static str = "PipeChannel";
    const MECHANISMS: &'static [Mechanism] = &[Pipe2, Pipe];
    fn new() -> Result<Self, i32> {
        PipeChannel::new().map_err(errno)
    }
    fn at(mechanism: Mechanism) -> Result<Self, i32> {
        PipeChannel::at(mechanism).map_err(errno)
    }
    fn trigger(&mut self) {
        assert_eq!(self.send(1), Ok(()));
    }
    fn consume(&mut self) -> Said {
        self.try_recv().map(|value| value.is_some()).map_err(errno)
    }
    fn fd(&self) -> RawFd {
        self.as_raw_fd()
    }
    fn renew(&mut self) -> Said {
        nothing(self.reinit_after_fork())
    }
}

fn values(table: &mut Table) {
    type C = PipeChannel<u32>;
    table.makes::<C>();
    table.row::<C>("N::send", |c| nothing(c.send(1))).pending();
    table.row::<C>("N::try_recv", |c| c.consume());
    table.row::<C>("N::try_recv", |c| c.consume()).pending();
    table
        .row::<C>("N::wait", |c| waited(c.wait(None)))
        .pending();
    table.row::<C>("N::wait", |c| waited(c.wait(NOW)));
    table
        .row::<C>("N::reinit_after_fork", |c| nothing(c.reinit_after_fork()))
        .renews();
    table.drops::<C>("drop");
    table
        .row::<C>("N::as_raw_fd N::mechanism", |c| {
            let _ = (c.as_raw_fd(), c.mechanism());
            Ok(false)
        })
        .quiet();
}

/// What has no descriptor of its own.
fn plain(table: &mut Table) {
    type N = AutoNotifier;
    table.row::<N>("probe", |_| {
        let _ = probe();
        Ok(false)
    });
    table.row::<N>("probe_with", |_| {
        let _ = probe_with(Selection::Pipe);
        Ok(false)
    });
    table
        .row::<N>(
            "Error::is_would_block Error::mechanism Error::operation Error::raw_os_error \
             Error::new Mechanism::as_str Mechanism::backend Backend::as_str",
            |_| {
                let error = Error::new(Operation::Create, EventFd2, libc::EIO);
                let _ = (error.is_would_block(), error.operation(), errno(error));
                let mechanism = error.mechanism();
                let _ = (mechanism.as_str(), mechanism.backend().as_str());
                Ok(false)
            },
        )
        .quiet();
    table
        .row::<Reported>(
            "Report::choice Report::kernel Report::libc Report::machine Report::outcomes \
             Report::reason",
            |r| {
                let r = &r.0;
                let _ = (r.choice(), r.kernel(), r.libc(), r.machine(), r.reason());
                let _ = r.outcomes();
                Ok(false)
            },
        )
        .quiet();
    table
        .row::<Reported>(
            "Signal::code Signal::number Signal::pid Signal::status Signal::uid Signal::value \
             Signal::band Signal::fd Signal::overrun Signal::timer_id Signal::value_ptr",
            |r| {
                let s = &r.1;
                let _ = (
                    s.code(),
                    s.number(),
                    s.pid(),
                    s.status(),
                    s.uid(),
                    s.value(),
                );
                let _ = (s.band(), s.fd(), s.overrun(), s.timer_id(), s.value_ptr());
                Ok(false)
            },
        )
        .quiet();
}

/// Plain data, which a report and a signal are; and a notifier for the rest.
struct Reported(wakefd::Report, wakefd::Signal, AutoNotifier);

impl Object for Reported {
    const NAME: &'static str = "data";
    const MECHANISMS: &'static [Mechanism] = &[EventFd2];
    fn new() -> Result<Self, i32> {
        let notifier = <AutoNotifier as Object>::new()?;
        let mut signals = <Signals as Object>::new()?;
        signals.trigger();
        let signal = signals.next().expect("next").expect("one is pending");
        Ok(Reported(probe(), signal, notifier))
    }
    fn at(_: Mechanism) -> Result<Self, i32> {
        Self::new()
    }
    fn trigger(&mut self) {
        Object::trigger(&mut self.2);
    }
    fn consume(&mut self) -> Said {
        self.2.consume()
    }
    fn fd(&self) -> RawFd {
        Object::fd(&self.2)
    }
}
