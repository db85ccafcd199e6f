//! The table of signals and objects: everything that a signal handler reads, in atomics.

use libc::c_int;

use super::pending_in_child::PendingInChild;
use super::slot::Slot;
use super::target::{self, Target};
use crate::sys::atomic::{fence, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use crate::sys::errno::Errno;
use crate::sys::process;
use crate::sys::sigaction::{notify, AtomicSigaction, EntryPoints, OnSignal, Sigaction, LEVELS};
use crate::sys::siginfo::Record;
use crate::sys::sigset::{every_number, SignalSet, COUNT};

/// The maximum number of objects: the number of bits in a word.
pub(super) const MAX_OBJECTS: usize = 32;

/// The state of one signal. Handlers read it. The registry alone writes it, except the slot
/// and `pending_in_child`.
pub(super) struct Entry {
    pub(super) slot: Slot<{ Record::WORDS }>,
    /// A signal that came while the parent still owned the table.
    pub(super) pending_in_child: PendingInChild,
    /// One bit for each object that watches the signal.
    pub(super) watchers: AtomicU32,
    /// The bits `BY_HANDLER`, `MASK_CHANGED` and so on.
    flags: AtomicU32,
    /// The action that was installed before the entry point of each level, and that is
    /// called after it.
    saved: [AtomicSigaction; LEVELS],
    /// The entry point that records the signal. Those at lower levels only pass it on.
    level: AtomicUsize,
    /// The number of entry points that the kernel or another handler may call.
    depth: AtomicUsize,
}

/// The objects watch the signal with handlers.
pub(super) const BY_HANDLER: u32 = 1;
/// The first object has changed the mask of its thread.
pub(super) const MASK_CHANGED: u32 = 2;
/// The first object found the signal blocked.
pub(super) const WAS_BLOCKED: u32 = 4;
/// The signal was ignored, and now has the default action for a signalfd.
const WAS_IGNORED: u32 = 8;
/// The action was changed at some time.
pub(super) const TOUCHED: u32 = 16;

/// The first signal number of each word of an object.
const FIRST_OF_WORD: [c_int; 4] = [1, 33, 65, 97];

/// The state of one object.
pub(super) struct Object {
    pub(super) target: Target,
    /// One bit for each signal that came and was not taken.
    pending: [AtomicU32; COUNT / 32],
}

pub(super) struct Table {
    pub(super) entries: [Entry; COUNT],
    pub(super) objects: [Object; MAX_OBJECTS],
    /// The process id that owns the slots and what is pending.
    pub(super) owner: AtomicI32,
    /// One more than the index of the object that is being created or dropped, or zero.
    pub(super) unfinished: AtomicUsize,
}

#[allow(clippy::declare_interior_mutable_const)] // To fill the tables with.
const ENTRY: Entry = Entry {
    slot: Slot {
        state: AtomicU32::new(0),
        words: [ZERO; Record::WORDS],
    },
    pending_in_child: PendingInChild(AtomicI32::new(0)),
    watchers: AtomicU32::new(0),
    flags: AtomicU32::new(0),
    saved: [AtomicSigaction::DEFAULT; LEVELS],
    level: ZERO,
    depth: ZERO,
};
#[allow(clippy::declare_interior_mutable_const)]
const OBJECT: Object = Object {
    target: Target {
        process: AtomicI32::new(0),
        descriptor: AtomicI32::new(target::NONE),
        pins: AtomicU32::new(0),
    },
    pending: [NOTHING; COUNT / 32],
};
#[allow(clippy::declare_interior_mutable_const)]
const ZERO: AtomicUsize = AtomicUsize::new(0);
#[allow(clippy::declare_interior_mutable_const)]
const NOTHING: AtomicU32 = AtomicU32::new(0);

pub(super) static TABLE: Table = Table {
    entries: [ENTRY; COUNT],
    objects: [OBJECT; MAX_OBJECTS],
    owner: AtomicI32::new(0),
    unfinished: ZERO,
};
static ENTRY_POINTS: EntryPoints = EntryPoints::new::<Table>();

impl OnSignal for Table {
    fn on_signal(level: usize, number: c_int, record: &Record) -> Option<&'static AtomicSigaction> {
        let entry = TABLE.entry(number)?;
        let saved = entry.saved.get(level)?;
        let is_installed = || {
            let found = Sigaction::installed(number).ok();
            found.and_then(|found| ENTRY_POINTS.level_of(&found)) == Some(level)
        };
        if entry.is_watched() {
            // An entry point that was below another library's handler is the installed one
            // again after that handler is removed.
            if entry.level.load(Ordering::Relaxed) == level || is_installed() {
                TABLE.record(entry, number, record);
            }
        } else if is_installed() && saved.load().is_default() {
            // Another library has restored the handler that it found: an entry point that
            // no object uses any more. The signal gets the effect that it has without this
            // crate.
            if saved.load().install(number).is_ok() {
                let _ = process::raise(number);
            }
        }
        Some(saved)
    }
}

impl Table {
    pub(super) fn entry(&self, number: c_int) -> Option<&Entry> {
        self.entries
            .get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    pub(super) fn entries(&self, set: SignalSet) -> impl Iterator<Item = (c_int, &Entry)> {
        set.numbers()
            .filter_map(move |number| Some((number, self.entry(number)?)))
    }

    /// Returns the signals that an object watches.
    pub(super) fn watched_by(&self, index: usize) -> SignalSet {
        let mut set = SignalSet::EMPTY;
        every_number()
            .zip(&self.entries)
            .filter(|(_, entry)| entry.is_watched_by(index))
            .for_each(|(number, _)| set.insert(number));
        set
    }

    /// Called by a handler when a signal has come.
    fn record(&self, entry: &Entry, number: c_int, record: &Record) {
        let process = process::id();
        // In a child the signal waits until the table and the descriptors are its own: the
        // parent also owns the descriptors, and after `vfork` even the table.
        let owner = &self.owner;
        if owner.load(Ordering::Acquire) != process && !entry.pending_in_child.leave(process, owner)
        {
            return;
        }
        let watchers = self.mark(entry, number, record);
        // Pairs with the fence of `Target::open`.
        fence(Ordering::SeqCst);
        for index in bits(watchers) {
            if let Some(object) = self.objects.get(index) {
                object.target.with(process, notify);
            }
        }
    }

    /// Marks a signal in every object that watches it, and returns the objects that the
    /// caller has to notify.
    pub(super) fn mark(&self, entry: &Entry, number: c_int, record: &Record) -> u32 {
        let mut marked = 0;
        let mark = || {
            let watchers = entry.watchers.load(Ordering::Relaxed);
            marked |= watchers;
            let mut is_new = false;
            for object in bits(watchers).filter_map(|index| self.objects.get(index)) {
                is_new |= object.mark(number);
            }
            is_new
        };
        match entry.slot.record(&record.words(), mark) {
            true => marked,
            false => 0,
        }
    }

    /// Takes the lowest signal that is pending in an object.
    pub(super) fn take(&self, index: usize) -> Option<(c_int, Record)> {
        let object = self.objects.get(index)?;
        self.pending(index).find_map(|(number, entry)| {
            let mark = || _ = object.mark(number);
            let words = entry.slot.take(|| object.unmark(number), mark)?;
            Some((number, Record::from_words(words)))
        })
    }

    /// Returns whether a signal is pending in an object.
    pub(super) fn any(&self, index: usize) -> bool {
        self.pending(index).any(|(_, entry)| !entry.slot.is_busy())
    }

    /// Iterates over the signals that are marked in an object and watched by it. A handler
    /// may mark a signal that is no longer watched.
    fn pending(&self, index: usize) -> impl Iterator<Item = (c_int, &Entry)> {
        let object = self.objects.get(index);
        let words = object.into_iter().flat_map(|object| &object.pending);
        words
            .zip(self.entries.chunks(32))
            .zip(FIRST_OF_WORD)
            .flat_map(|((word, entries), first)| {
                bits(word.load(Ordering::Acquire)).filter_map(move |bit| {
                    let number = first.wrapping_add(c_int::try_from(bit).ok()?);
                    Some((number, entries.get(bit)?))
                })
            })
            .filter(move |(_, entry)| entry.is_watched_by(index))
    }
}

impl Object {
    /// Marks a signal, and returns whether it was unmarked before.
    pub(super) fn mark(&self, number: c_int) -> bool {
        let (word, bit) = self.place(number);
        word.map_or(false, |word| {
            word.fetch_or(bit, Ordering::AcqRel) & bit == 0
        })
    }

    /// Removes the mark of a signal, and returns whether it was marked before.
    pub(super) fn unmark(&self, number: c_int) -> bool {
        let (word, bit) = self.place(number);
        word.map_or(false, |word| {
            word.fetch_and(!bit, Ordering::AcqRel) & bit != 0
        })
    }

    pub(super) fn unmark_all(&self) {
        for word in &self.pending {
            word.store(0, Ordering::Relaxed);
        }
    }

    fn place(&self, number: c_int) -> (Option<&AtomicU32>, u32) {
        let place = (number as usize).wrapping_sub(1);
        (self.pending.get(place / 32), 1 << (place % 32))
    }
}

impl Entry {
    pub(super) fn is_watched(&self) -> bool {
        self.watchers.load(Ordering::Relaxed) != 0
    }

    pub(super) fn is_watched_by(&self, index: usize) -> bool {
        self.watchers.load(Ordering::Relaxed) & bit(index) != 0
    }

    pub(super) fn has(&self, flag: u32) -> bool {
        self.flags.load(Ordering::Relaxed) & flag != 0
    }

    pub(super) fn set(&self, flag: u32) {
        self.flags.fetch_or(flag, Ordering::Relaxed);
    }

    pub(super) fn unset(&self, flags: u32) {
        self.flags.fetch_and(!flags, Ordering::Relaxed);
    }

    /// Returns whether the objects have unblocked the signal, which was blocked before.
    pub(super) fn is_unblocked(&self) -> bool {
        self.has(BY_HANDLER) && self.has(MASK_CHANGED) && self.has(WAS_BLOCKED)
    }

    /// Returns whether the objects have blocked the signal, which was not blocked before.
    pub(super) fn is_blocked(&self) -> bool {
        !self.has(BY_HANDLER) && self.has(MASK_CHANGED) && !self.has(WAS_BLOCKED)
    }

    /// Installs an entry point, unless the installed handler is one of the crate's. The
    /// entry point calls another library's handler afterwards.
    pub(super) fn install(&self, number: c_int) -> Result<(), Errno> {
        let found = Sigaction::installed(number)?;
        if let Some(level) = ENTRY_POINTS.level_of(&found) {
            self.level.store(level, Ordering::Relaxed);
            return Ok(());
        }
        // That handler may call the crate's handlers at lower levels.
        let level = match found.is_handler() {
            true => self.depth.load(Ordering::Relaxed),
            false => 0,
        };
        let saved = self.saved.get(level).ok_or(libc::EBUSY)?;
        let action = ENTRY_POINTS.in_front_of(level, &found).ok_or(libc::EBUSY)?;
        // Saved first, because the entry point and a child of fork rely on it.
        saved.store(&found);
        self.depth.store(level + 1, Ordering::Relaxed);
        self.set(TOUCHED);
        let replaced = action.install(number)?;
        if !replaced.is_same_handler(&found) {
            // Another thread has changed the action meanwhile.
            saved.store(&replaced);
        }
        self.level.store(level, Ordering::Relaxed);
        Ok(())
    }

    /// Installs the default action if the signal is ignored. For an ignored SIGCHLD the
    /// kernel sends no signal at all (waitpid(2)), and on the mechanism of handlers it is
    /// not ignored either.
    pub(super) fn stop_ignoring(&self, number: c_int) -> Result<(), Errno> {
        let found = Sigaction::installed(number)?;
        if found.is_ignore() {
            self.saved[0].store(&found);
            self.set(TOUCHED | WAS_IGNORED);
            Sigaction::DEFAULT.install(number)?;
        }
        Ok(())
    }

    /// Restores the action that was installed before the crate's, if the crate's is
    /// installed, and returns the action that is installed afterwards. Async-signal-safe.
    ///
    /// Reads the installed action from the kernel and not from the table, because a child
    /// of `fork` may have the table in the middle of a change.
    pub(super) fn restore(&self, number: c_int) -> Result<Sigaction, Errno> {
        let found = Sigaction::installed(number)?;
        let level = match ENTRY_POINTS.level_of(&found) {
            Some(level) => level,
            None if self.has(WAS_IGNORED) && found.is_default() => 0,
            None => {
                if !found.is_handler() {
                    self.depth.store(0, Ordering::Relaxed);
                }
                return Ok(found);
            }
        };
        let saved = self.saved.get(level).ok_or(libc::EINVAL)?.load();
        // The replaced action must be the one that was found. If other code has installed a
        // handler meanwhile, that handler is put back.
        let (mut there, mut put) = (found, saved);
        loop {
            let replaced = put.install(number)?;
            if replaced.is_same_handler(&there) {
                break;
            }
            (there, put) = (put, replaced);
        }
        self.unset(WAS_IGNORED);
        self.depth.store(level, Ordering::Relaxed);
        Ok(put)
    }

    /// Returns whether the handler of another library is installed.
    pub(super) fn is_under_another(number: c_int) -> bool {
        Sigaction::installed(number).map_or(false, |found| {
            found.is_handler() && ENTRY_POINTS.level_of(&found).is_none()
        })
    }
}

/// Returns the bit of an object among the watchers of a signal.
pub(super) fn bit(index: usize) -> u32 {
    1 << (index % MAX_OBJECTS)
}

/// Iterates over the indices of the set bits of a word, the lowest first.
fn bits(mut word: u32) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let lowest = (word != 0).then(|| word.trailing_zeros() as usize);
        word &= word.wrapping_sub(1);
        lowest
    })
}
