//! The service thread: one for all timers of the process. It sleeps until the next timer is
//! due, and notifies its owner.

use super::schedule::Schedule;
use crate::backend::AutoNotifier;
use crate::sys::clock;
use crate::sys::errno::Errno;
use crate::sys::fork_mutex::Initial;
use crate::sys::shared_heap::{Entry, Item, SharedHeap};
use crate::sys::thread::{Run, Thread};

static SERVICE: SharedHeap<Service, Schedule, AutoNotifier> = SharedHeap::new();

/// The state under the lock, beside the schedules.
struct Service {
    thread: Option<Thread>,
    /// The number of the current thread. A thread that finds another number ends.
    generation: usize,
    /// The time when the thread will look at the schedules again.
    sleeps_until: u64,
}

impl Initial for Service {
    const INITIAL: Self = Service {
        thread: None,
        generation: 0,
        sleeps_until: u64::MAX,
    };
}

impl Initial for Schedule {
    const INITIAL: Self = Schedule::DISARMED;
}

impl Item for Schedule {
    fn due(&self) -> u64 {
        self.alarm()
    }
}

/// A schedule that the service thread watches, and the notifier that reports its
/// expirations.
pub(super) struct Alarm(Entry<Service, Schedule, AutoNotifier>);

impl Alarm {
    /// Registers a new, disarmed alarm.
    pub(super) fn new(notifier: AutoNotifier) -> Result<Self, Errno> {
        let alarm = Alarm(Entry::new(&SERVICE, notifier)?);
        alarm.register()?;
        Ok(alarm)
    }

    pub(super) fn notifier(&self) -> &AutoNotifier {
        self.0.companion()
    }

    /// Registers the alarm in this process, disarmed, unless it is registered already. A
    /// child of `fork` inherits the alarm but not the thread. The first alarm starts the
    /// thread.
    pub(super) fn register(&self) -> Result<(), Errno> {
        self.0.insert(|service| {
            if service.thread.is_none() {
                // A thread without a clock would never notify.
                clock::try_now_ns()?;
                service.thread = Some(Thread::spawn::<Service>(service.generation)?);
            }
            Ok(())
        })
    }

    /// Changes the schedule under the lock. Fails with `EXDEV` in a process that has not
    /// registered the alarm. Beside the result it returns whether the thread knows of the
    /// change: if the thread could not be woken, the next change wakes it.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&mut Schedule) -> Result<T, Errno>,
    ) -> Result<(T, Result<(), Errno>), Errno> {
        let (result, is_earlier) = self.0.with(change, |service, schedule| {
            schedule.alarm() < service.sleeps_until
        })?;
        let woken = match is_earlier {
            true => SERVICE.notify(),
            false => Ok(()),
        };
        Ok((result, woken))
    }
}

impl Drop for Alarm {
    /// Unregisters the alarm. The last alarm ends the thread.
    fn drop(&mut self) {
        let mut last = None;
        self.0.remove(|service| {
            service.generation = service.generation.wrapping_add(1);
            last = service.thread.take();
        });
        if let Some(thread) = last {
            match SERVICE.notify() {
                Ok(()) => thread.join(),
                // The thread keeps sleeping, perhaps forever.
                Err(_) => thread.detach(),
            }
        }
    }
}

impl Run for Service {
    const NAME: &'static [u8; 16] = b"wakefd-timers\0\0\0";

    /// Serves the schedules until the thread's generation has passed.
    fn run(generation: usize) {
        SERVICE.serve(|schedules| {
            if schedules.state.generation != generation {
                return None;
            }
            let now = clock::now_ns();
            while schedules.due() <= now {
                schedules.with_first(|schedule, notifier| {
                    if schedule.expire(now) {
                        // This fails if other code closed the descriptor by number. The
                        // owner's next call on it then fails too and returns the error.
                        let _ = notifier.notify();
                    }
                });
            }
            schedules.state.sleeps_until = schedules.due();
            Some(schedules.state.sleeps_until)
        });
    }
}
