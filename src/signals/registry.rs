//! What the process has once: the objects that watch each signal, what is to be restored,
//! and all that a handler looks at.

use libc::c_int;

use super::pending_in_child::PendingInChild;
use super::slot::Slot;
use super::target::{self, Target};
use crate::atomic::{AtomicI32, AtomicU32, AtomicUsize, Ordering};
use crate::mechanism::Backend;
use crate::sys::errno::Errno;
use crate::sys::fd::RawFd;
use crate::sys::sigaction::{
    notify, AtomicSigaction, OnSignal, OurHandler, PreviousHandler, Sigaction,
};
use crate::sys::siginfo::Record;
use crate::sys::sigset::{self, SignalSet, COUNT};
use crate::sys::{poll, process};

/// How many objects there can be on the mechanism of handlers: a word has so many bits.
const MAX_OBJECTS: usize = 32;

/// What is known of one signal. But for the slot and what the handler uses, it is changed
/// under the lock only.
struct Entry {
    slot: Slot<4>,
    /// The handler that ours calls afterwards.
    previous: PreviousHandler,
    /// A signal that came while the parent still owned the slot.
    pending_in_child: PendingInChild,
    /// How many objects watch the signal.
    refcount: AtomicU32,
    /// Bits of `BY_HANDLER`, ….
    flags: AtomicU32,
    /// The action that the first of the objects found installed.
    saved: AtomicSigaction,
    /// Another library's handler that stood above ours when ours was to be removed, so that
    /// ours was left. Zero if there is none.
    foreign_handler: AtomicUsize,
}

/// The objects use the mechanism of handlers.
const BY_HANDLER: u32 = 1;
/// The first object found the signal blocked.
const WAS_BLOCKED: u32 = 2;
/// The saved action is to be restored.
const CHANGED: u32 = 4;

#[allow(clippy::declare_interior_mutable_const)] // To fill the tables with.
const ENTRY: Entry = Entry {
    slot: Slot {
        state: AtomicU32::new(0),
        words: [ZERO; 4],
        watchers: ZERO,
    },
    previous: PreviousHandler::NONE,
    pending_in_child: PendingInChild(AtomicI32::new(0)),
    refcount: ZERO,
    flags: ZERO,
    saved: AtomicSigaction::DEFAULT,
    foreign_handler: AtomicUsize::new(0),
};
#[allow(clippy::declare_interior_mutable_const)]
const ZERO: AtomicU32 = AtomicU32::new(0);
#[allow(clippy::declare_interior_mutable_const)]
const FREE: Target = Target {
    process: AtomicI32::new(0),
    descriptor: AtomicI32::new(target::NONE),
    pins: ZERO,
};

static ENTRIES: [Entry; COUNT] = [ENTRY; COUNT];
static TARGETS: [Target; MAX_OBJECTS] = [FREE; MAX_OBJECTS];
/// The process id that owns the slots.
static OWNER: AtomicI32 = AtomicI32::new(0);
static OUR_HANDLER: OurHandler = OurHandler::new::<Registry>();

fn entry(number: c_int) -> Option<&'static Entry> {
    ENTRIES.get(usize::try_from(number).ok()?.checked_sub(1)?)
}

fn entries(set: SignalSet) -> impl Iterator<Item = (c_int, &'static Entry)> {
    set.numbers()
        .filter_map(|number| Some((number, entry(number)?)))
}

struct Registry;

impl OnSignal for Registry {
    fn on_signal(number: c_int, record: &Record) -> Option<&'static PreviousHandler> {
        let entry = entry(number)?;
        entry.record_signal(record);
        Some(&entry.previous)
    }
}

impl Entry {
    /// Called by the handler when a signal has come.
    fn record_signal(&self, record: &Record) {
        let process = process::id();
        // In a child, until it has slots and descriptors of its own: the descriptors
        // are the parent's too, and after `vfork` even the slots are.
        if OWNER.load(Ordering::Acquire) != process && !self.pending_in_child.leave(process, &OWNER)
        {
            return;
        }
        let mut watchers = self.slot.record(&record.words());
        for target in &TARGETS {
            if watchers & 1 != 0 {
                target.with(process, notify);
            }
            watchers >>= 1;
        }
    }

    /// Installs our handler.
    fn install(&self, number: c_int) -> Result<(), Errno> {
        let found = Sigaction::installed(number)?;
        let foreign = self.foreign_handler.load(Ordering::Relaxed);
        if foreign != 0 && found.is_handler() && !OUR_HANDLER.is_in(&found) {
            // The handler that stands above ours can be expected to call it, and with
            // ours above theirs again, the two would call each other for ever. Of
            // another one nobody knows whether it does.
            if found.handler() != foreign {
                return Err(libc::EBUSY);
            }
        } else {
            if !OUR_HANDLER.is_in(&found) {
                self.save_action(&found);
                let replaced = OUR_HANDLER.in_place_of(&found).install(number)?;
                // Set by somebody else in between.
                if replaced.handler() != found.handler() && !OUR_HANDLER.is_in(&replaced) {
                    self.save_action(&replaced);
                }
            }
            self.foreign_handler.store(0, Ordering::Relaxed);
        }
        self.set(CHANGED);
        Ok(())
    }

    /// Installs the default action if SIGCHLD is ignored: the kernel then sends none at all
    /// (waitpid(2)), and on the mechanism of handlers it is not ignored either.
    fn stop_ignoring_children(&self) -> Result<(), Errno> {
        let found = Sigaction::installed(libc::SIGCHLD)?;
        if found.is_ignore() {
            self.save_action(&found);
            Sigaction::DEFAULT.install(libc::SIGCHLD)?;
            self.set(CHANGED);
        }
        Ok(())
    }

    fn save_action(&self, action: &Sigaction) {
        self.saved.store(action);
        self.previous.set(action);
    }

    /// Installs the saved action, unless somebody else has installed something meanwhile.
    fn restore_action(&self, number: c_int) -> Result<(), Errno> {
        if !self.has(CHANGED) {
            return Ok(());
        }
        let by_handler = self.has(BY_HANDLER);
        let found = Sigaction::installed(number)?;
        if OUR_HANDLER.is_in(&found) || !by_handler && found.is_default() {
            self.saved.load().install(number)?;
        } else if by_handler && found.is_handler() {
            // It may call ours: that stays, and goes on calling what was before it.
            self.foreign_handler
                .store(found.handler(), Ordering::Relaxed);
        }
        self.flags.fetch_and(!CHANGED, Ordering::Relaxed);
        Ok(())
    }

    fn is_watched(&self) -> bool {
        self.refcount.load(Ordering::Relaxed) != 0
    }

    fn has(&self, flag: u32) -> bool {
        self.flags.load(Ordering::Relaxed) & flag != 0
    }

    fn set(&self, flag: u32) {
        self.flags.fetch_or(flag, Ordering::Relaxed);
    }
}

/// Has the signals of `set` recorded and written to `descriptor`. Returns the place of the
/// object among the targets, for [`release`].
pub(super) fn watch_by_handler(set: SignalSet, descriptor: RawFd) -> Result<usize, Errno> {
    let _lock = Lock::acquire();
    let process = process::id();
    reset_in_child(process);
    check_same_backend(set, Backend::SignalHandler)?;
    let (index, target) = TARGETS
        .iter()
        .enumerate()
        .find(|(_, target)| target.is_free())
        .ok_or(libc::EAGAIN)?;
    target.open(descriptor, process);

    let (mut watched, mut missed) = (SignalSet::EMPTY, false);
    let mut watch = || {
        for (number, entry) in entries(set) {
            watched.insert(number);
            let is_first = entry.refcount.fetch_add(1, Ordering::Relaxed) == 0;
            if is_first {
                // What came to a handler while the last object was dropped.
                let _ = entry.slot.take();
                entry.set(BY_HANDLER);
            }
            missed |= entry.slot.watch(bit(index));
            if is_first {
                entry.install(number)?;
            }
        }
        sigset::unblock(set)
    };
    match watch() {
        Ok(before) => save_mask(set, before),
        Err(errno) => {
            unwatch(watched, Some(index));
            return Err(errno);
        }
    }
    if missed {
        notify(descriptor);
    }
    Ok(index)
}

/// Has the signals of `set` blocked, for a signalfd.
pub(super) fn watch_by_signalfd(set: SignalSet) -> Result<(), Errno> {
    let _lock = Lock::acquire();
    check_same_backend(set, Backend::SignalFd)?;
    let children =
        entry(libc::SIGCHLD).filter(|entry| set.contains(libc::SIGCHLD) && !entry.is_watched());
    if let Some(entry) = children {
        entry.stop_ignoring_children()?;
    }
    match sigset::block(set) {
        Ok(before) => {
            for (_, entry) in entries(set) {
                entry.refcount.fetch_add(1, Ordering::Relaxed);
            }
            save_mask(set, before);
            Ok(())
        }
        Err(errno) => {
            let _ = children.map(|entry| entry.restore_action(libc::SIGCHLD));
            Err(errno)
        }
    }
}

/// Saves which signals of a new object were blocked, where it is the first object.
fn save_mask(set: SignalSet, blocked_before: SignalSet) {
    for (number, entry) in entries(set) {
        if entry.refcount.load(Ordering::Relaxed) == 1 && blocked_before.contains(number) {
            entry.set(WAS_BLOCKED);
        }
    }
}

/// Unregisters an object. `index` is what [`watch_by_handler`] returned.
pub(super) fn release(set: SignalSet, index: Option<usize>) {
    let _lock = Lock::acquire();
    unwatch(set, index);
}

fn unwatch(set: SignalSet, index: Option<usize>) {
    // Signals to block, and to unblock, so that it is as before.
    let (mut last, mut block, mut unblock) = (SignalSet::EMPTY, SignalSet::EMPTY, SignalSet::EMPTY);
    for (number, entry) in entries(set) {
        if let Some(index) = index {
            entry.slot.unwatch(bit(index));
        }
        if entry.refcount.fetch_sub(1, Ordering::Relaxed) != 1 {
            continue;
        }
        last.insert(number);
        match (index, entry.has(WAS_BLOCKED)) {
            (Some(_), true) => block.insert(number),
            (None, false) => unblock.insert(number),
            _ => {}
        }
    }
    // What nobody has taken is gone, on every mechanism. What a sandbox does not let go must
    // not end the process instead, and stays blocked.
    let kept = match index {
        None => sigset::discard_pending(last),
        Some(_) => SignalSet::EMPTY,
    };
    let _ = sigset::block(block);
    for (number, entry) in entries(last) {
        let _ = entry.restore_action(number);
        let _ = entry.slot.take();
        entry.flags.store(0, Ordering::Relaxed);
    }
    let _ = sigset::unblock(unblock.without(kept));

    if let Some(target) = index.and_then(|index| TARGETS.get(index)) {
        target.close();
        // A handler that has it pinned has one call to make, which does not block.
        // In a child of fork, those that had it are not here.
        while target.is_of(process::id()) && !target.is_idle() {
            poll::sleep_1ms();
        }
    }
}

/// Returns whether the object belongs to this process and is not inherited from a parent.
pub(super) fn is_ours(index: usize) -> bool {
    TARGETS
        .get(index)
        .map_or(false, |target| target.is_of(process::id()))
}

/// Called in a child, with a new `descriptor` under the old number.
pub(super) fn reinit(set: SignalSet, index: usize, descriptor: RawFd) {
    let _lock = Lock::acquire();
    let process = process::id();
    reset_in_child(process);
    if let Some(target) = TARGETS.get(index) {
        target.open(descriptor, process);
        if any(set) {
            notify(descriptor);
        }
    }
}

/// Takes the first signal of `set` that has come.
pub(super) fn take(set: SignalSet) -> Option<(c_int, Record)> {
    entries(set).find_map(|(number, entry)| {
        let words = entry.slot.take()?;
        Some((number, Record::from_words(words)))
    })
}

/// Returns whether a signal of `set` has come.
pub(super) fn any(set: SignalSet) -> bool {
    entries(set).any(|(_, entry)| entry.slot.is_full())
}

/// Called in a child, before `exec`: makes the mask and what exec inherits of the actions
/// what they were before there was any object. Async-signal-safe: takes no lock.
pub(super) fn before_exec() -> Result<(), Errno> {
    let process = process::id();
    let (mut block, mut unblock) = (SignalSet::EMPTY, SignalSet::EMPTY);
    let mut result = Ok(());
    for (number, entry) in sigset::every_number()
        .zip(&ENTRIES)
        .filter(|(_, entry)| entry.is_watched())
    {
        result = result.and(entry.restore_action(number));
        match entry.has(WAS_BLOCKED) {
            true => block.insert(number),
            false => unblock.insert(number),
        }
        // It came to our handler in this child, and nobody will ask for it. A handler
        // of the program's own has been called already.
        if entry.pending_in_child.is_of(process) && entry.saved.load().is_default() {
            result = result.and(process::raise(number));
        }
    }
    // All is tried, and the first failure is returned.
    result
        .and(sigset::block(block).map(drop))
        .and(sigset::unblock(unblock).map(drop))
}

/// Fails with EBUSY if another object watches one of the signals on the other backend: a
/// signal is blocked on one and not on the other.
fn check_same_backend(set: SignalSet, backend: Backend) -> Result<(), Errno> {
    let by_handler = backend == Backend::SignalHandler;
    match entries(set).all(|(_, entry)| !entry.is_watched() || entry.has(BY_HANDLER) == by_handler)
    {
        true => Ok(()),
        false => Err(libc::EBUSY),
    }
}

/// Makes the slots those of this process: in a child they are the parent's.
fn reset_in_child(process: i32) {
    if OWNER.load(Ordering::Relaxed) == process {
        return;
    }
    ENTRIES.iter().for_each(|entry| entry.slot.reset());
    TARGETS.iter().for_each(Target::unpin);
    OWNER.store(process, Ordering::Release);
    for entry in &ENTRIES {
        if entry.pending_in_child.take(process) {
            entry.slot.record(&Record::UNKNOWN.words());
        }
    }
}

/// The bit of an object among the watchers of a slot.
fn bit(index: usize) -> u32 {
    1 << (index % MAX_OBJECTS)
}

/// Held by a thread that creates, drops or renews an object: never by a handler.
struct Lock;

/// The process that holds the lock, or 0.
static LOCKED_BY: AtomicI32 = AtomicI32::new(0);

impl Lock {
    fn acquire() -> Self {
        let process = process::id();
        let mut free = 0;
        while let Err(holder) =
            LOCKED_BY.compare_exchange_weak(free, process, Ordering::Acquire, Ordering::Relaxed)
        {
            // Another process held it when a thread that is not here called fork: nobody
            // will release it.
            free = if holder == process { 0 } else { holder };
            if holder == process {
                poll::sleep_1ms();
            }
        }
        Lock
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        LOCKED_BY.store(0, Ordering::Release);
    }
}
