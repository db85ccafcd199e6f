//! The one writer of the table of signals: which object watches which signal, which actions
//! are installed, and which have to be restored.

use super::table::{bit, Entry, BY_HANDLER, MASK_CHANGED, TABLE, TOUCHED, WAS_BLOCKED};
use crate::mechanism::Backend;
use crate::sys::atomic::Ordering;
use crate::sys::errno::Errno;
use crate::sys::fd::RawFd;
use crate::sys::fork_mutex::{ForkMutex, Initial, Locked};
use crate::sys::sigaction::notify;
use crate::sys::siginfo::Record;
use crate::sys::sigset::{self, every_number, SignalSet};
use crate::sys::{poll, process};

/// The right to change the table. The lock guards it.
///
/// A child of `fork` gets a new lock and a repaired table. The parent's other threads may
/// have been in the middle of a change, so each step leaves the table such that the next
/// step can be derived: the action that an entry point replaces is saved before the entry
/// point is installed and kept afterwards, the installed action is read from the kernel,
/// and `unfinished` names the object that is being created or dropped.
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
    /// Registers an object that watches `set`, and returns its index in the table.
    /// Registers nothing if that fails.
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

    /// Makes an object watch the signals of `set` too, or none of them if that fails.
    pub(super) fn watch(
        &self,
        index: usize,
        backend: Backend,
        set: SignalSet,
    ) -> Result<(), Errno> {
        let set = set.without(TABLE.watched_by(index));
        let by_handler = backend == Backend::SignalHandler;
        // One backend blocks its signals and the other does not.
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
            // This comes before the handler, which would otherwise act as if no object
            // watched the signal.
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

    /// Makes an object stop watching the signals of `set`. Discards what is pending there;
    /// for the last object of a signal, restores everything to the state in which the first
    /// object found it.
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
            // Another library, whose handler is above the crate's, may rely on the signal
            // by now.
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
        // A signal that was not taken is discarded, on every mechanism. A signal that could
        // not be discarded, because there are too many or a sandbox refuses the call, must
        // not end the process: it stays blocked.
        let kept = sigset::discard_pending(taken);
        let _ = sigset::block(block);
        for (number, entry) in TABLE.entries(last) {
            // This comes before the removal of the last watcher: the handler would let the
            // signal act otherwise.
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
            // A handler that has pinned the descriptor makes one more call, which does not
            // block. In a child of `fork` the threads that had pinned it do not exist.
            while object.target.is_of(process::id()) && !object.target.is_idle() {
                poll::sleep_1ms();
            }
        }
        TABLE.unfinished.store(0, Ordering::Relaxed);
    }

    /// Called in a child, which may have inherited the table in the middle of a change.
    /// Installs the crate's handler for all signals of an object.
    pub(super) fn install_again(&self, index: usize) -> Result<(), Errno> {
        TABLE
            .entries(TABLE.watched_by(index))
            .try_for_each(|(number, entry)| entry.install(number))
    }

    /// Called in a child, with the new `descriptor` under the old number.
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

/// Returns whether the object belongs to this process and was not inherited from a parent.
pub(super) fn is_ours(index: usize) -> bool {
    let is_of = |process| {
        TABLE
            .objects
            .get(index)
            .map(|object| object.target.is_of(process))
    };
    is_of(process::id()) == Some(true)
}

/// Returns the signals to block and those to unblock to restore the mask that was there
/// before any object.
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

/// Returns the mask that this thread would have without any object.
pub(super) fn spawn_mask() -> Result<SignalSet, Errno> {
    let (block, unblock) = mask_changes();
    Ok(sigset::blocked()?.without(unblock).with(block))
}

/// Called in a child before `exec`. Restores the mask, and the actions that `exec`
/// inherits, to what they were before there was any object. Async-signal-safe: takes no
/// lock.
pub(super) fn before_exec() -> Result<(), Errno> {
    let process = process::id();
    let (block, unblock) = mask_changes();
    // Everything is tried, and the first error is returned.
    let mut result = sigset::block(block).map(drop);
    for (number, entry) in every_number().zip(&TABLE.entries) {
        if !entry.has(TOUCHED) {
            continue;
        }
        let restored = entry.restore(number).and_then(|action| {
            // The signal came to the crate's handler in this child, and no caller will take
            // it. A handler of the program was called already.
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
