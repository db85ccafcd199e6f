//! The one writer of the table of signals: who watches what, what is installed, and what is
//! to be put back.

use super::table::{bit, Entry, BY_HANDLER, MASK_CHANGED, TABLE, TOUCHED, WAS_BLOCKED};
use crate::atomic::Ordering;
use crate::mechanism::Backend;
use crate::sys::errno::Errno;
use crate::sys::fd::RawFd;
use crate::sys::fork_mutex::{ForkMutex, Initial, Locked};
use crate::sys::sigaction::notify;
use crate::sys::siginfo::Record;
use crate::sys::sigset::{self, every_number, SignalSet};
use crate::sys::{poll, process};

/// The right to change the table, which is what the lock guards.
///
/// A child of `fork` gets a new lock and a table that is repaired. The parent's other threads
/// may have been in the middle of a change, so each step leaves the table such that the next
/// one can be derived: what an entry point of ours puts back is saved before it is installed
/// and kept afterwards, what is installed is asked of the kernel, and the object that is being
/// made or dropped is named in `unfinished`.
pub(super) struct Registry(());

static REGISTRY: ForkMutex<Registry> = ForkMutex::new();

/// Waits for the right to change the table. Not for signal handlers.
pub(super) fn lock() -> Locked<Registry> {
    REGISTRY.lock(process::id())
}

impl Initial for Registry {
    const INITIAL: Self = Registry(());

    fn begin(&mut self, process: libc::pid_t) {
        TABLE.entries.iter().for_each(|entry| entry.slot.reset());
        for object in &TABLE.objects {
            object.unmark_all();
            object.target.unpin();
        }
        TABLE.owner.store(process, Ordering::Release);
        for (number, entry) in every_number().zip(&TABLE.entries) {
            if entry.pending_in_child.take(process) {
                TABLE.mark(entry, number, &Record::UNKNOWN);
            }
        }
        if let Some(index) = TABLE.unfinished.load(Ordering::Relaxed).checked_sub(1) {
            self.release(index);
        }
    }
}

impl Registry {
    /// Registers an object that watches `set`, and returns its place in the table. All or
    /// nothing.
    pub(super) fn register(
        &self,
        backend: Backend,
        set: SignalSet,
        descriptor: RawFd,
    ) -> Result<usize, Errno> {
        let (index, object) = TABLE
            .objects
            .iter()
            .enumerate()
            .find(|(_, object)| object.target.is_free())
            .ok_or(libc::EAGAIN)?;
        TABLE
            .unfinished
            .store(index.wrapping_add(1), Ordering::Relaxed);
        object.unmark_all();
        object.target.open(descriptor, process::id());
        let result = self.watch(index, backend, set);
        match result {
            Ok(()) => TABLE.unfinished.store(0, Ordering::Relaxed),
            Err(_) => self.release(index),
        }
        result.map(|()| index)
    }

    /// Has an object watch the signals of `set` too. All or nothing.
    pub(super) fn watch(
        &self,
        index: usize,
        backend: Backend,
        set: SignalSet,
    ) -> Result<(), Errno> {
        let set = set.without(TABLE.watched_by(index));
        let by_handler = backend == Backend::SignalHandler;
        // A signal is blocked on one backend and not on the other.
        let is_other = |entry: &Entry| entry.is_watched() && entry.has(BY_HANDLER) != by_handler;
        if TABLE.entries(set).any(|(_, entry)| is_other(entry)) {
            return Err(libc::EBUSY);
        }
        let mut watched = SignalSet::EMPTY;
        let result = self.begin_to_watch(index, by_handler, set, &mut watched);
        if result.is_err() {
            self.unwatch(index, watched);
        }
        result
    }

    fn begin_to_watch(
        &self,
        index: usize,
        by_handler: bool,
        set: SignalSet,
        watched: &mut SignalSet,
    ) -> Result<(), Errno> {
        for (number, entry) in TABLE.entries(set) {
            watched.insert(number);
            if let Some(object) = TABLE.objects.get(index) {
                object.unmark(number);
            }
            if by_handler {
                entry.set(BY_HANDLER);
            }
            // Before the handler, which would let the signal act as if nobody watched.
            entry.watchers.fetch_or(bit(index), Ordering::Relaxed);
            match by_handler {
                true => entry.install(number)?,
                false if number == libc::SIGCHLD => entry.stop_ignoring(number)?,
                false => {}
            }
        }
        let before = match by_handler {
            true => sigset::unblock(set)?,
            false => sigset::block(set)?,
        };
        for (number, entry) in TABLE.entries(set) {
            if !entry.has(MASK_CHANGED) && before.contains(number) {
                entry.set(WAS_BLOCKED);
            }
            entry.set(MASK_CHANGED);
        }
        Ok(())
    }

    /// Has an object no longer watch the signals of `set`. What is pending there is gone, and
    /// for the last object of a signal all is put back as the first one found it.
    pub(super) fn unwatch(&self, index: usize, set: SignalSet) {
        let (mut last, mut taken) = (SignalSet::EMPTY, SignalSet::EMPTY);
        let (mut block, mut unblock) = (SignalSet::EMPTY, SignalSet::EMPTY);
        for (number, entry) in TABLE.entries(set) {
            match entry.watchers.load(Ordering::Relaxed) {
                watchers if watchers == bit(index) => last.insert(number),
                _ => entry.remove_watcher(index, number),
            }
        }
        for (number, entry) in TABLE.entries(last) {
            // Somebody else, whose handler is above ours, may rely on the signal by now.
            if entry.is_unblocked() && !Entry::is_under_another(number) {
                block.insert(number);
            }
            if entry.is_blocked() {
                unblock.insert(number);
            }
            if entry.has(MASK_CHANGED) && !entry.has(BY_HANDLER) {
                taken.insert(number);
            }
        }
        // What nobody has taken is gone, on every mechanism. What is left because there is too
        // much of it, or a sandbox keeps it, must not end the process: it stays blocked.
        let kept = sigset::discard_pending(taken);
        let _ = sigset::block(block);
        for (number, entry) in TABLE.entries(last) {
            // Before the last watcher goes: the handler would let the signal act.
            if entry.has(TOUCHED) {
                let _ = entry.restore(number);
            }
            entry.remove_watcher(index, number);
            entry.unset(!TOUCHED);
        }
        let _ = sigset::unblock(unblock.without(kept));
    }

    /// Unregisters an object.
    pub(super) fn release(&self, index: usize) {
        TABLE
            .unfinished
            .store(index.wrapping_add(1), Ordering::Relaxed);
        self.unwatch(index, TABLE.watched_by(index));
        if let Some(object) = TABLE.objects.get(index) {
            object.target.close();
            // A handler that has it pinned has one call to make, which does not block.
            // In a child of fork, those that had it are not here.
            while object.target.is_of(process::id()) && !object.target.is_idle() {
                poll::sleep_1ms();
            }
        }
        TABLE.unfinished.store(0, Ordering::Relaxed);
    }

    /// Called in a child, which may have inherited the table in the middle of a change: has
    /// our handler installed for all signals of an object.
    pub(super) fn install_again(&self, index: usize) -> Result<(), Errno> {
        TABLE
            .entries(TABLE.watched_by(index))
            .try_for_each(|(number, entry)| entry.install(number))
    }

    /// Called in a child, with a new `descriptor` under the old number.
    pub(super) fn adopt(&self, index: usize, descriptor: RawFd) {
        if let Some(object) = TABLE.objects.get(index) {
            object.target.open(descriptor, process::id());
            if TABLE.any(index) {
                notify(descriptor);
            }
        }
    }
}

impl Entry {
    fn remove_watcher(&self, index: usize, number: libc::c_int) {
        self.watchers.fetch_and(!bit(index), Ordering::Relaxed);
        if let Some(object) = TABLE.objects.get(index) {
            object.unmark(number);
        }
    }
}

/// Returns whether the object belongs to this process and is not inherited from a parent.
pub(super) fn is_ours(index: usize) -> bool {
    let is_of = |process| {
        TABLE
            .objects
            .get(index)
            .map(|object| object.target.is_of(process))
    };
    is_of(process::id()) == Some(true)
}

/// Returns the signals to block, and those to unblock, so that the mask is as it was before
/// there was any object.
fn mask_changes() -> (SignalSet, SignalSet) {
    let (mut block, mut unblock) = (SignalSet::EMPTY, SignalSet::EMPTY);
    for (number, entry) in every_number().zip(&TABLE.entries) {
        if entry.is_watched() && entry.is_unblocked() {
            block.insert(number);
        }
        if entry.is_watched() && entry.is_blocked() {
            unblock.insert(number);
        }
    }
    (block, unblock)
}

/// Returns this thread's mask as it would be without any object.
pub(super) fn spawn_mask() -> Result<SignalSet, Errno> {
    let (block, unblock) = mask_changes();
    Ok(sigset::blocked()?.without(unblock).with(block))
}

/// Called in a child, before `exec`: makes the mask and what exec inherits of the actions
/// what they were before there was any object. Async-signal-safe: takes no lock.
pub(super) fn before_exec() -> Result<(), Errno> {
    let process = process::id();
    let (block, unblock) = mask_changes();
    // All is tried, and the first failure is returned.
    let mut result = sigset::block(block).map(drop);
    for (number, entry) in every_number().zip(&TABLE.entries) {
        if !entry.has(TOUCHED) {
            continue;
        }
        let restored = entry.restore(number).and_then(|action| {
            // It came to our handler in this child, and nobody will ask for it. A handler
            // of the program's own has been called already.
            if entry.pending_in_child.is_of(process) && action.is_default() {
                process::raise(number)?;
                entry.pending_in_child.take(process);
            }
            Ok(())
        });
        result = result.and(restored);
    }
    result.and(sigset::unblock(unblock).map(drop))
}
