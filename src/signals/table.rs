//! What the process has in one place: who watches which signal, what is to be put
//! back, and all that a handler looks at.

use libc::c_int;

use super::early::Early;
use super::set::{every_number, SignalSet, COUNT};
use super::signal::Record;
use super::slot::Slot;
use super::target::{self, Target};
use crate::atomic::{AtomicU32, AtomicUsize, Ordering};
use crate::sys::errno::Errno;
use crate::sys::poll;
use crate::sys::sigaction::{Action, Chain, Saved};
use crate::sys::signals::{self, process};
use crate::RawFd;

/// How many objects there can be on the mechanism of handlers: a word has so many bits.
pub(crate) const MOST: usize = 32;

/// What is known of one signal. But for the slot and the chain, it is changed under
/// the lock only.
struct Entry {
    slot: Slot<4>,
    /// Whom the handler calls afterwards.
    chain: Chain,
    /// A signal that came while the slot was still the parent's.
    early: Early,
    /// How many objects watch it.
    users: AtomicU32,
    /// Bits of `BY_HANDLER`, ….
    marks: AtomicU32,
    /// What the first of them found installed.
    saved: Saved,
    /// Somebody else's handler, above ours when ours was to be taken away: it was
    /// left. Zero if there is none.
    above: AtomicUsize,
}

/// The users stand on the mechanism of handlers.
const BY_HANDLER: u32 = 1;
/// The first user found it blocked.
const WAS_BLOCKED: u32 = 2;
/// What was saved is to be put back.
const CHANGED: u32 = 4;

#[allow(clippy::declare_interior_mutable_const)] // To fill the tables with.
const NEW: Entry = Entry {
    slot: Slot {
        state: AtomicU32::new(0),
        words: [ZERO; 4],
        watchers: ZERO,
    },
    chain: Chain::NONE,
    early: Early(ZERO),
    users: ZERO,
    marks: ZERO,
    saved: Saved::NEW,
    above: AtomicUsize::new(0),
};
#[allow(clippy::declare_interior_mutable_const)]
const ZERO: AtomicU32 = AtomicU32::new(0);
#[allow(clippy::declare_interior_mutable_const)]
const FREE: Target = Target {
    process: ZERO,
    descriptor: AtomicU32::new(target::NONE),
    pins: ZERO,
};

static ENTRIES: [Entry; COUNT] = [NEW; COUNT];
static TARGETS: [Target; MOST] = [FREE; MOST];
/// Whose the slots are.
static PROCESS: AtomicU32 = AtomicU32::new(0);

fn entry(number: c_int) -> Option<&'static Entry> {
    ENTRIES.get(usize::try_from(number).ok()?.checked_sub(1)?)
}

fn entries(set: SignalSet) -> impl Iterator<Item = (c_int, &'static Entry)> {
    set.numbers()
        .filter_map(|number| Some((number, entry(number)?)))
}

/// By the handler: a signal has come.
pub(crate) fn arrived(number: c_int, record: &Record) {
    let process = process();
    let entry = match entry(number) {
        Some(entry) => entry,
        None => return,
    };
    // In a child, until it has slots and descriptors of its own: the descriptors
    // are the parent's too, and after `vfork` even the slots are.
    if PROCESS.load(Ordering::Acquire) != process && !entry.early.leave(process, &PROCESS) {
        return;
    }
    let mut watchers = entry.slot.record(&record.words());
    for target in &TARGETS {
        if watchers & 1 != 0 {
            target.with(process, signals::notify);
        }
        watchers >>= 1;
    }
}

/// By the handler: whom to call afterwards.
pub(crate) fn chain(number: c_int) -> Option<&'static Chain> {
    entry(number).map(|entry| &entry.chain)
}

/// Has the signals of `set` recorded and written to `descriptor`. Gives the number of
/// the object, for [`release`].
pub(super) fn watch_by_handler(set: SignalSet, descriptor: RawFd) -> Result<usize, Errno> {
    let _lock = Lock::take();
    let process = process();
    adopt(process);
    agree(set, BY_HANDLER)?;
    let (index, target) = TARGETS
        .iter()
        .enumerate()
        .find(|(_, target)| target.is_free())
        .ok_or(libc::EAGAIN)?;
    let descriptor = u32::try_from(descriptor).map_err(|_| libc::EBADF)?;
    target.open(descriptor, process);

    let (mut done, mut firsts, mut missed) = (SignalSet::EMPTY, SignalSet::EMPTY, false);
    for (number, entry) in entries(set) {
        let first = entry.users.fetch_add(1, Ordering::Relaxed) == 0;
        done.insert(number);
        if first {
            // What came to a handler as the last user went.
            let _ = entry.slot.take();
            entry.marks.fetch_or(BY_HANDLER, Ordering::Relaxed);
            firsts.insert(number);
        }
        missed |= entry.slot.watch(bit(index));
        if first {
            if let Err(errno) = install(number, entry) {
                give_up(done, Some(index));
                return Err(errno);
            }
        }
    }
    let before = match signals::unblock(set) {
        Ok(before) => before,
        Err(errno) => {
            give_up(done, Some(index));
            return Err(errno);
        }
    };
    remember(firsts, before);
    if missed {
        signals::notify(descriptor);
    }
    Ok(index)
}

/// Has the signals of `set` blocked, for a signalfd.
pub(super) fn watch_by_descriptor(set: SignalSet) -> Result<(), Errno> {
    let _lock = Lock::take();
    agree(set, 0)?;
    let is_free = |entry: &Entry| entry.users.load(Ordering::Relaxed) == 0;
    let children =
        entry(libc::SIGCHLD).filter(|entry| set.contains(libc::SIGCHLD) && is_free(entry));
    if let Some(entry) = children {
        be_told_of_children(entry)?;
    }
    let before = match signals::block(set) {
        Ok(before) => before,
        Err(errno) => {
            if let Some(entry) = children {
                let _ = put_back(libc::SIGCHLD, entry);
            }
            return Err(errno);
        }
    };
    let mut firsts = SignalSet::EMPTY;
    for (number, entry) in entries(set) {
        if entry.users.fetch_add(1, Ordering::Relaxed) == 0 {
            firsts.insert(number);
        }
    }
    remember(firsts, before);
    Ok(())
}

/// One object less. `index` is what [`watch_by_handler`] gave.
pub(super) fn release(set: SignalSet, index: Option<usize>) {
    let _lock = Lock::take();
    give_up(set, index);
}

fn give_up(set: SignalSet, index: Option<usize>) {
    // Signals to block, and to unblock, so that it is as before.
    let (mut last, mut block, mut unblock) = (SignalSet::EMPTY, SignalSet::EMPTY, SignalSet::EMPTY);
    for (number, entry) in entries(set) {
        if let Some(index) = index {
            entry.slot.unwatch(bit(index));
        }
        if entry.users.fetch_sub(1, Ordering::Relaxed) != 1 {
            continue;
        }
        last.insert(number);
        match (index, marked(entry, WAS_BLOCKED)) {
            (Some(_), true) => block.insert(number),
            (None, false) => unblock.insert(number),
            _ => {}
        }
    }
    // What nobody has taken is gone, on every mechanism. What a sandbox does not let go must
    // not end the process instead, and stays blocked.
    let kept = match index {
        None => signals::discard(last),
        Some(_) => SignalSet::EMPTY,
    };
    let _ = signals::block(block);
    for (number, entry) in entries(last) {
        let _ = put_back(number, entry);
        let _ = entry.slot.take();
        entry
            .marks
            .fetch_and(!(BY_HANDLER | WAS_BLOCKED | CHANGED), Ordering::Relaxed);
    }
    let _ = signals::unblock(unblock.without(kept));

    if let Some(target) = index.and_then(|index| TARGETS.get(index)) {
        target.close();
        // A handler that has it pinned has one call to make, which does not block.
        // In a child of fork, those that had it are not here.
        while target.is_of(process()) && !target.is_idle() {
            poll::sleep_1ms();
        }
    }
}

/// Whether the object is of this process: not inherited from a parent.
pub(super) fn is_ours(index: usize) -> bool {
    TARGETS
        .get(index)
        .map_or(false, |target| target.is_of(process()))
}

/// In a child, with a new `descriptor` under the old number.
pub(super) fn reinit(set: SignalSet, index: usize, descriptor: RawFd) {
    let _lock = Lock::take();
    let process = process();
    adopt(process);
    if let (Some(target), Ok(descriptor)) = (TARGETS.get(index), u32::try_from(descriptor)) {
        target.open(descriptor, process);
        if any(set) {
            signals::notify(descriptor);
        }
    }
}

/// The first of `set` that has come.
pub(super) fn take(set: SignalSet) -> Option<(c_int, Record)> {
    entries(set).find_map(|(number, entry)| {
        let words = entry.slot.take()?;
        Some((number, Record::from_words(words)))
    })
}

/// Whether one of `set` has come.
pub(super) fn any(set: SignalSet) -> bool {
    entries(set).any(|(_, entry)| entry.slot.is_full())
}

/// In a child, before `exec`: the mask and what exec inherits of the actions are as
/// they were before there was any object. Async-signal-safe: takes no lock.
pub(super) fn before_exec() -> Result<(), Errno> {
    let process = process();
    let (mut block, mut unblock) = (SignalSet::EMPTY, SignalSet::EMPTY);
    let mut result = Ok(());
    for number in every_number() {
        let entry = match entry(number) {
            Some(entry) if entry.users.load(Ordering::Relaxed) > 0 => entry,
            _ => continue,
        };
        result = result.and(put_back(number, entry));
        if marked(entry, WAS_BLOCKED) {
            block.insert(number);
        } else {
            unblock.insert(number);
        }
        // Came to our handler in this child, and nobody will ask for it. A handler
        // of the program's own has been called already.
        if entry.early.is_of(process) && entry.saved.load().is_default() {
            result = result.and(signals::raise(number));
        }
    }
    // All is tried, and the first failure is said.
    result
        .and(signals::block(block).map(drop))
        .and(signals::unblock(unblock).map(drop))
}

/// One mechanism at a time: a signal is blocked on one and not on the other.
fn agree(set: SignalSet, by_handler: u32) -> Result<(), Errno> {
    let agrees = |entry: &Entry| {
        entry.users.load(Ordering::Relaxed) == 0
            || entry.marks.load(Ordering::Relaxed) & BY_HANDLER == by_handler
    };
    match entries(set).all(|(_, entry)| agrees(entry)) {
        true => Ok(()),
        false => Err(libc::EBUSY),
    }
}

/// Makes the slots those of this process: in a child they are the parent's.
fn adopt(process: u32) {
    if PROCESS.load(Ordering::Relaxed) == process {
        return;
    }
    ENTRIES.iter().for_each(|entry| entry.slot.reset());
    TARGETS.iter().for_each(Target::unpin);
    PROCESS.store(process, Ordering::Release);
    for entry in &ENTRIES {
        if entry.early.take(process) {
            entry.slot.record(&Record::UNKNOWN.words());
        }
    }
}

fn install(number: c_int, entry: &Entry) -> Result<(), Errno> {
    let found = signals::action(number)?;
    let above = entry.above.load(Ordering::Relaxed);
    if above != 0 && found.is_handler() && !found.is_ours() {
        // The handler that stands above ours can be expected to call it, and with
        // ours above theirs again, the two would call each other for ever. Of
        // another one nobody knows whether it does.
        if found.handler() != above {
            return Err(libc::EBUSY);
        }
    } else {
        if !found.is_ours() {
            entry.keep(&found);
            let replaced = signals::set_action(number, &Action::ours(&found))?;
            // Set by somebody else in between.
            if replaced.handler() != found.handler() && !replaced.is_ours() {
                entry.keep(&replaced);
            }
        }
        entry.above.store(0, Ordering::Relaxed);
    }
    entry.marks.fetch_or(CHANGED, Ordering::Relaxed);
    Ok(())
}

/// No SIGCHLD is sent at all while it is ignored (waitpid(2)), and the handler's mechanism
/// does not ignore it.
fn be_told_of_children(entry: &Entry) -> Result<(), Errno> {
    let found = signals::action(libc::SIGCHLD)?;
    if found.is_ignore() {
        entry.keep(&found);
        signals::set_action(libc::SIGCHLD, &Action::DEFAULT)?;
        entry.marks.fetch_or(CHANGED, Ordering::Relaxed);
    }
    Ok(())
}

/// Installs what was saved, unless somebody else has installed something meanwhile.
fn put_back(number: c_int, entry: &Entry) -> Result<(), Errno> {
    if !marked(entry, CHANGED) {
        return Ok(());
    }
    let by_handler = marked(entry, BY_HANDLER);
    let found = signals::action(number)?;
    if found.is_ours() || !by_handler && found.is_default() {
        signals::set_action(number, &entry.saved.load())?;
    } else if by_handler && found.is_handler() {
        // It may call ours: that stays, and goes on calling what was before it.
        entry.above.store(found.handler(), Ordering::Relaxed);
    }
    entry.marks.fetch_and(!CHANGED, Ordering::Relaxed);
    Ok(())
}

fn remember(firsts: SignalSet, blocked_before: SignalSet) {
    for (number, entry) in entries(firsts) {
        if blocked_before.contains(number) {
            entry.marks.fetch_or(WAS_BLOCKED, Ordering::Relaxed);
        }
    }
}

impl Entry {
    fn keep(&self, action: &Action) {
        self.saved.store(action);
        self.chain.lead_to(action);
    }
}

fn marked(entry: &Entry, mark: u32) -> bool {
    entry.marks.load(Ordering::Relaxed) & mark != 0
}

fn bit(index: usize) -> u32 {
    u32::try_from(index).map_or(0, |index| 1 << (index % 32))
}

/// Taken by whoever makes, drops or renews an object: never by a handler.
struct Lock;

/// The process that has it taken, or 0.
static TAKEN_BY: AtomicU32 = AtomicU32::new(0);

impl Lock {
    fn take() -> Self {
        let process = process();
        let mut free = 0;
        while let Err(holder) =
            TAKEN_BY.compare_exchange_weak(free, process, Ordering::Acquire, Ordering::Relaxed)
        {
            // Copied from the parent, by a fork while a thread had it that is not
            // here: nobody will give it back.
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
        TAKEN_BY.store(0, Ordering::Release);
    }
}
