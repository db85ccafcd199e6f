//! A list that owners and a thread of one process share under one lock, without an
//! allocator: each entry is in a page of its own, which lives as long as its owner.

use core::cell::UnsafeCell;
use core::ops::{Deref, DerefMut};
use core::ptr::{self, null};

use super::errno::Errno;
use super::fork_mutex::{ForkMutex, Initial, Locked};
use super::page::Page;
use super::process;
use crate::atomic::{AtomicI32, Ordering};

/// A state and a list of items, both under the lock. Each item has a companion, which its
/// owner uses without the lock.
pub(crate) struct SharedList<S: 'static, T: 'static, C: 'static>(ForkMutex<Head<S, T, C>>);

/// What the lock guards.
struct Head<S, T, C> {
    state: S,
    first: *const Node<T, C>,
}

struct Node<T, C> {
    /// The process in whose list the node is, or 0.
    process: AtomicI32,
    companion: C,
    /// The item, and the next node of the list: under the lock.
    listed: UnsafeCell<(T, *const Node<T, C>)>,
}

impl<S: Initial, T, C> Initial for Head<S, T, C> {
    const INITIAL: Self = Head {
        state: S::INITIAL,
        first: null(),
    };
}

// SAFETY: the pointers are to nodes, which are in pages that stay until their owners have
// taken them out of the list, under the lock.
unsafe impl<S: Send, T: Send, C: Sync> Send for Head<S, T, C> {}
// SAFETY: as above; the owner may be dropped by any thread.
unsafe impl<T: Send, C: Send> Send for Node<T, C> {}
// SAFETY: what is in the cell is used under the lock.
unsafe impl<T: Send, C: Sync> Sync for Node<T, C> {}

impl<S: Initial, T, C> SharedList<S, T, C> {
    pub(crate) const fn new() -> Self {
        SharedList(ForkMutex::new())
    }

    /// Wakes the thread that waits, see [`Guard::wait_until`].
    pub(crate) fn notify(&self) -> Result<(), Errno> {
        self.0.notify_all()
    }

    /// Waits for the lock, in the thread that serves the list.
    pub(crate) fn lock_in_thread(&'static self) -> Guard<S, T, C> {
        Guard(self.0.lock_in_thread())
    }
}

/// The list while it is locked. Dereferences to the state.
pub(crate) struct Guard<S: 'static, T: 'static, C: 'static>(Locked<Head<S, T, C>>);

impl<S, T, C> Guard<S, T, C> {
    /// Calls `f` with each item and its companion.
    pub(crate) fn for_each(&mut self, mut f: impl FnMut(&mut T, &C)) {
        let mut next = self.0.first;
        // SAFETY: the nodes of the list are alive.
        while let Some(node) = unsafe { next.as_ref() } {
            // SAFETY: the lock is held, and this is the only reference.
            let (item, after) = unsafe { &mut *node.listed.get() };
            f(item, &node.companion);
            next = *after;
        }
    }

    /// Releases the lock until [`SharedList::notify`] or this time; see
    /// [`Locked::wait_until`].
    pub(crate) fn wait_until(&mut self, time: u64) {
        self.0.wait_until(time);
    }
}

impl<S, T, C> Deref for Guard<S, T, C> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0.state
    }
}

impl<S, T, C> DerefMut for Guard<S, T, C> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.0.state
    }
}

/// Owns an entry, which is in the list from [`insert`](Self::insert) to
/// [`remove`](Self::remove). A child of `fork` has the entry in no list.
pub(crate) struct Entry<S: Initial + 'static, T: Initial + 'static, C: 'static> {
    list: &'static SharedList<S, T, C>,
    node: Page<Node<T, C>>,
}

impl<S: Initial, T: Initial, C> Entry<S, T, C> {
    /// Creates an entry for this list, in no list yet.
    pub(crate) fn new(list: &'static SharedList<S, T, C>, companion: C) -> Result<Self, Errno> {
        let node = Page::new(Node {
            process: AtomicI32::new(0),
            companion,
            listed: UnsafeCell::new((T::INITIAL, null())),
        })?;
        Ok(Entry { list, node })
    }

    pub(crate) fn companion(&self) -> &C {
        &self.node.companion
    }

    /// Inserts the entry with the initial item, unless it is in the list, if `prepare`
    /// succeeds with the state.
    pub(crate) fn insert(
        &self,
        prepare: impl FnOnce(&mut S) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let process = process::id();
        let mut head = self.list.0.lock(process);
        if !self.is_listed_in(process) {
            prepare(&mut head.state)?;
            // SAFETY: the lock is held, and the node is in no list of this process.
            unsafe { *self.node.listed.get() = (T::INITIAL, head.first) };
            head.first = &*self.node;
            self.node.process.store(process, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Calls `f` with the state and the item, under the lock; `None` if the entry is not in
    /// the list of this process.
    pub(crate) fn with<R>(&self, f: impl FnOnce(&mut S, &mut T) -> R) -> Option<R> {
        let process = process::id();
        // Before it locks, as a child of `vfork` must leave no trace in this memory.
        if !self.is_listed_in(process) {
            return None;
        }
        let mut head = self.list.0.lock(process);
        // SAFETY: the lock is held, and this is the only reference.
        let (item, _) = unsafe { &mut *self.node.listed.get() };
        Some(f(&mut head.state, item))
    }

    /// Removes the entry from the list of this process, if it is in it. If it was the last,
    /// calls `f` with the state, under the lock.
    pub(crate) fn remove<R>(&self, f: impl FnOnce(&mut S) -> R) -> Option<R> {
        let process = process::id();
        if !self.is_listed_in(process) {
            return None;
        }
        let mut head = self.list.0.lock(process);
        let mut link: *mut *const Node<T, C> = &mut head.first;
        // SAFETY: the lock is held, and the nodes of the list are alive; this node is one
        // of them.
        unsafe {
            while !ptr::eq(*link, &*self.node) {
                link = &mut (*(**link).listed.get()).1;
            }
            *link = (*self.node.listed.get()).1;
        }
        self.node.process.store(0, Ordering::Relaxed);
        head.first.is_null().then(|| f(&mut head.state))
    }

    /// In another process the lock and the list are other ones too.
    fn is_listed_in(&self, process: libc::pid_t) -> bool {
        self.node.process.load(Ordering::Relaxed) == process
    }
}

impl<S: Initial, T: Initial, C> Drop for Entry<S, T, C> {
    fn drop(&mut self) {
        let _ = self.remove(|_| ());
    }
}
