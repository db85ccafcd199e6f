//! Schedules that a thread of this process watches: one thread for all, which
//! sleeps until the next of them is due, and notifies.
//!
//! There is no allocator here. What thread and owner share of an alarm is a page of
//! its own from `mmap`, and these pages are linked in a list.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::size_of;
use core::ptr::{self, null, null_mut, NonNull};

use super::errno::{self, Errno};
use super::fork_mutex::{process, ForkMutex};
use super::{clock, thread};
use crate::atomic::{AtomicI32, Ordering};
use crate::timer::Schedule;
use crate::{AutoNotifier, Notifier};

/// A schedule and the notifier that says when it is due.
pub(crate) struct Alarm(NonNull<Node>);

// SAFETY: of a node, the schedule and the link are used under the service's lock;
// the rest is an atomic and a notifier, which are Sync.
unsafe impl Send for Alarm {}
// SAFETY: as above.
unsafe impl Sync for Alarm {}

struct Node {
    /// In whose list it is.
    process: AtomicI32,
    notifier: AutoNotifier,
    /// Under the lock.
    listed: UnsafeCell<Listed>,
}

struct Listed {
    schedule: Schedule,
    next: *const Node,
}

/// What is under the lock, beside what is listed.
#[derive(Clone, Copy)]
struct Service {
    first: *const Node,
    thread: Option<libc::pthread_t>,
    /// Which thread is the present one: one that finds another number ends.
    generation: usize,
    /// When the thread will look again.
    sleeps_until: u64,
}

// SAFETY: the pointers are to nodes that stay until they are taken out of the list,
// under the lock; a pthread_t may be used by any thread.
unsafe impl Send for Service {}

static SERVICE: ForkMutex<Service> = ForkMutex::new(Service {
    first: null(),
    thread: None,
    generation: 0,
    sleeps_until: u64::MAX,
});

impl Alarm {
    /// Lists a new one, disarmed. The first of a process starts the thread.
    pub(crate) fn new(notifier: AutoNotifier) -> Result<Self, Errno> {
        let alarm = Alarm(page()?.cast());
        // SAFETY: the page is new, as large as a node, and aligned.
        unsafe {
            alarm.0.as_ptr().write(Node {
                process: AtomicI32::new(0),
                notifier,
                listed: UnsafeCell::new(Listed {
                    schedule: Schedule::DISARMED,
                    next: null(),
                }),
            });
        }
        alarm.adopt()?;
        Ok(alarm)
    }

    pub(crate) fn notifier(&self) -> &AutoNotifier {
        &self.node().notifier
    }

    /// Changes the schedule under the lock. `EXDEV` in a process that has not
    /// adopted it. With what `change` gives it says whether the thread knows: if it
    /// could not be woken, the next change wakes it.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Schedule, &AutoNotifier) -> Result<T, Errno>,
    ) -> Result<(T, Result<(), Errno>), Errno> {
        let (node, process) = (self.node(), process());
        if !node.is_listed_in(process) {
            return Err(libc::EXDEV);
        }
        let service = SERVICE.lock(process);
        // SAFETY: the lock is held, and this is the only reference.
        let schedule = unsafe { &mut (*node.listed.get()).schedule };
        let result = change(schedule, &node.notifier)?;
        let woken = match schedule.alarm() < service.sleeps_until {
            true => service.wake(),
            false => Ok(()),
        };
        Ok((result, woken))
    }

    /// Takes a place in the list of this process, unless it has one. For a child,
    /// which inherits the page but not the thread.
    pub(crate) fn adopt(&self) -> Result<(), Errno> {
        let (node, process) = (self.node(), process());
        let mut service = SERVICE.lock(process);
        if node.is_listed_in(process) {
            return Ok(());
        }
        if service.thread.is_none() {
            // Of a thread that cannot tell the time nothing would be heard again.
            clock::try_now_ns()?;
            service.thread = Some(thread::spawn(serve, service.generation)?);
        }
        // SAFETY: the lock is held; no thread of this process knew the node's list.
        let listed = unsafe { &mut *node.listed.get() };
        listed.schedule = Schedule::DISARMED;
        listed.next = service.first;
        service.first = node;
        node.process.store(process, Ordering::Relaxed);
        Ok(())
    }

    fn node(&self) -> &Node {
        // SAFETY: the page stays as long as `self`.
        unsafe { self.0.as_ref() }
    }
}

impl Node {
    /// In another process than this one, the lock and the list are other ones too.
    fn is_listed_in(&self, process: libc::pid_t) -> bool {
        self.process.load(Ordering::Relaxed) == process
    }
}

impl Service {
    fn remove(&mut self, node: &Node) {
        let mut link: *mut *const Node = &mut self.first;
        // SAFETY: the lock is held, and listed nodes are alive; the list ends with
        // null, and this node is in it.
        unsafe {
            while !(*link).is_null() && !ptr::eq(*link, node) {
                link = &mut (*(**link).listed.get()).next;
            }
            *link = (*node.listed.get()).next;
        }
    }

    /// Notifies where a schedule is due, and says when the next one is.
    fn expire(&mut self, now: u64) -> u64 {
        let mut next = u64::MAX;
        let mut node = self.first;
        while !node.is_null() {
            // SAFETY: the lock is held, listed nodes are alive, and nobody else has
            // a reference to what is listed.
            let (listed, notifier) = unsafe { (&mut *(*node).listed.get(), &(*node).notifier) };
            if listed.schedule.expire(now) {
                // It fails if somebody closed the descriptor by number. Then the
                // owner's next call on it fails too, and says so.
                let _ = notifier.notify();
            }
            next = next.min(listed.schedule.alarm());
            node = listed.next;
        }
        next
    }
}

/// What the thread does until there is no alarm left.
extern "C" fn serve(generation: *mut c_void) -> *mut c_void {
    let mut service = SERVICE.lock(SERVICE.owner());
    while service.generation == generation as usize {
        let next = service.expire(clock::now_ns());
        service.sleeps_until = next;
        service.wait_until(next);
    }
    null_mut()
}

impl Drop for Alarm {
    fn drop(&mut self) {
        let (node, process) = (self.node(), process());
        if node.is_listed_in(process) {
            let mut service = SERVICE.lock(process);
            service.remove(node);
            if service.first.is_null() {
                let last = service.thread.take();
                service.generation = service.generation.wrapping_add(1);
                let woken = service.wake();
                if let Some(thread) = last {
                    match woken {
                        Ok(()) => thread::join(thread),
                        // It sleeps on, perhaps for ever.
                        Err(_) => thread::detach(thread),
                    }
                }
            }
        }
        // SAFETY: in no list any more, so this is the last that knows the page,
        // which `page` mapped with this size.
        unsafe {
            self.0.as_ptr().drop_in_place();
            libc::munmap(self.0.as_ptr().cast(), size_of::<Node>());
        }
    }
}

/// Maps memory for one node.
fn page() -> Result<NonNull<c_void>, Errno> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
    // SAFETY: a new mapping at an address of the kernel's choice.
    let page = unsafe { libc::mmap(null_mut(), size_of::<Node>(), protection, flags, -1, 0) };
    match NonNull::new(page) {
        Some(page) if page.as_ptr() != libc::MAP_FAILED => Ok(page),
        _ => Err(errno::last()),
    }
}
