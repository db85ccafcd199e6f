//! A list that owners and a thread of one process share under one lock, without an
//! allocator: each entry is in a page of its own, which lives as long as its owner.

use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ptr::{self, null};

use super::errno::Errno;
use super::fork_mutex::{ForkMutex, Initial, Locked};
use super::page::Page;
use super::process;
use crate::atomic::{AtomicI32, Ordering};

/// The process of a node that is in no list.
const NO_PROCESS: libc::pid_t = 0;

/// A state and a list of items, both under the lock. Each item has a companion, which its
/// owner uses without the lock.
pub(crate) struct SharedList<S: 'static, T: 'static, C: 'static>(ForkMutex<Head<S, T, C>>);

/// What the lock guards.
struct Head<S, T, C> {
    state: S,
    first: *const Node<T, C>,
}

struct Node<T, C> {
    /// The process in whose list the node is, or `NO_PROCESS`.
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

    /// Wakes the thread that serves the list.
    pub(crate) fn notify(&self) -> Result<(), Errno> {
        self.0.notify_all()
    }

    /// Serves the list in the calling thread: calls `f` with the state and the entries, under
    /// the lock, and again at the time that it returns or after [`notify`](Self::notify),
    /// until it returns `None`.
    pub(crate) fn serve(
        &'static self,
        mut f: impl FnMut(&mut S, Entries<'_, T, C>) -> Option<u64>,
    ) {
        let mut head = self.0.lock_in_thread();
        loop {
            let entries = Entries(head.first, PhantomData);
            match f(&mut head.state, entries) {
                Some(time) => head.wait_until(time),
                None => return,
            }
        }
    }
}

/// Iterates over the items of a list and their companions, while the list is locked.
pub(crate) struct Entries<'a, T, C>(*const Node<T, C>, PhantomData<&'a mut T>);

impl<'a, T, C: 'a> Iterator for Entries<'a, T, C> {
    type Item = (&'a mut T, &'a C);

    fn next(&mut self) -> Option<Self::Item> {
        // SAFETY: the lock is held, the nodes of the list are alive, and each is visited
        // once.
        unsafe {
            let node = self.0.as_ref()?;
            let (item, next) = &mut *node.listed.get();
            self.0 = *next;
            Some((item, &node.companion))
        }
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
            process: AtomicI32::new(NO_PROCESS),
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

    /// Calls `f` with the state and the item, under the lock. `EXDEV` if the entry is not in
    /// the list of this process.
    pub(crate) fn with<R>(
        &self,
        f: impl FnOnce(&mut S, &mut T) -> Result<R, Errno>,
    ) -> Result<R, Errno> {
        let process = process::id();
        // Before it locks, as a child of `vfork` must leave no trace in this memory.
        if !self.is_listed_in(process) {
            return Err(libc::EXDEV);
        }
        let mut head = self.list.0.lock(process);
        // SAFETY: the lock is held, and this is the only reference.
        let (item, _) = unsafe { &mut *self.node.listed.get() };
        f(&mut head.state, item)
    }

    /// Removes the entry from the list of this process, if it is in it. If it was the last,
    /// calls `f` with the state, under the lock.
    pub(crate) fn remove(&self, f: impl FnOnce(&mut S)) {
        if let Some(mut head) = self.unlink() {
            f(&mut head.state);
        }
    }

    /// Returns the lock if the list is empty now.
    fn unlink(&self) -> Option<Locked<Head<S, T, C>>> {
        // Without a system call if it is in no list at all, as after a first `remove`.
        if self.is_listed_in(NO_PROCESS) {
            return None;
        }
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
        self.node.process.store(NO_PROCESS, Ordering::Relaxed);
        head.first.is_null().then_some(head)
    }

    /// In another process the lock and the list are other ones too.
    fn is_listed_in(&self, process: libc::pid_t) -> bool {
        self.node.process.load(Ordering::Relaxed) == process
    }
}

impl<S: Initial, T: Initial, C> Drop for Entry<S, T, C> {
    fn drop(&mut self) {
        drop(self.unlink());
    }
}
