//! A priority queue that owners and a thread of one process share under one lock, without
//! an allocator: each entry is in a page of its own, which lives as long as its owner.
//!
//! It is a leftist heap (Knuth, volume 3, section 5.2.3). The path along the right children
//! is the shortest way to the end of the tree, so it has at most log n nodes, and two heaps
//! are merged along these paths. Reading the first entry takes constant time; inserting,
//! moving and removing an entry take O(log n).

use core::cell::UnsafeCell;
use core::mem;
use core::ptr::null;

use super::errno::Errno;
use super::fork_mutex::{ForkMutex, Initial, Locked};
use super::page::Page;
use super::process;
use crate::sys::atomic::{AtomicI32, Ordering};

/// The process id of a node that is in no heap.
const NO_PROCESS: libc::pid_t = 0;

/// An item, by which the heap sorts.
pub(crate) trait Item: Initial {
    /// Returns the time when the thread has to look at the item; `u64::MAX` means never.
    fn due(&self) -> u64;
}

/// A state and a heap of items, both under one lock. Each item has a companion, which its
/// owner uses without the lock.
pub(crate) struct SharedHeap<S: 'static, T: 'static, C: 'static>(ForkMutex<Heap<S, T, C>>);

/// The state and the heap that the lock guards.
pub(crate) struct Heap<S, T, C> {
    pub(crate) state: S,
    first: Link<T, C>,
}

/// A pointer to a node of the heap, or null.
type Link<T, C> = *const Node<T, C>;

struct Node<T, C> {
    /// The process whose heap has the node, or `NO_PROCESS`.
    process: AtomicI32,
    companion: C,
    /// The item and the links. The lock guards them.
    entry: UnsafeCell<(T, Links<T, C>)>,
}

/// The place of a node in the heap.
struct Links<T, C> {
    parent: Link<T, C>,
    /// The two children. The left one has the higher rank.
    children: [Link<T, C>; 2],
    /// The number of nodes along the right children, including this one.
    rank: u32,
}

impl<T, C> Links<T, C> {
    const ALONE: Self = Links {
        parent: null(),
        children: [null(); 2],
        rank: 1,
    };
}

impl<S: Initial, T, C> Initial for Heap<S, T, C> {
    const INITIAL: Self = Heap {
        state: S::INITIAL,
        first: null(),
    };
}

// SAFETY: the pointers are to nodes, which are in pages that stay until their owners have
// taken them out of the heap, under the lock.
unsafe impl<S: Send, T: Send, C: Sync> Send for Heap<S, T, C> {}
// SAFETY: as above; the owner may be dropped by any thread.
unsafe impl<T: Send, C: Send> Send for Node<T, C> {}
// SAFETY: what is in the cell is used under the lock.
unsafe impl<T: Send, C: Sync> Sync for Node<T, C> {}

impl<S: Initial, T: Item, C> SharedHeap<S, T, C> {
    pub(crate) const fn new() -> Self {
        SharedHeap(ForkMutex::new())
    }

    /// Wakes the thread that serves the heap.
    pub(crate) fn notify(&self) -> Result<(), Errno> {
        self.0.notify_all()
    }

    /// Serves the heap in the calling thread. Calls `f` under the lock, and again at the
    /// time that it returned or after [`notify`](Self::notify), until it returns `None`.
    pub(crate) fn serve(&'static self, mut f: impl FnMut(&mut Heap<S, T, C>) -> Option<u64>) {
        let mut heap = self.0.lock_in_thread();
        while let Some(time) = f(&mut heap) {
            heap.wait_until(time);
        }
    }
}

impl<S, T: Item, C> Heap<S, T, C> {
    /// Returns the time when the first item is due.
    pub(crate) fn due(&self) -> u64 {
        // SAFETY: the nodes of the heap are alive, and whoever has the heap has the lock.
        unsafe { self.first.as_ref() }.map_or(u64::MAX, due)
    }

    /// Calls `f` with the first item and its companion, if there is one, and moves the item
    /// to its new place.
    pub(crate) fn with_first(&mut self, f: impl FnOnce(&mut T, &C)) {
        // SAFETY: as in `due`.
        if let Some(first) = unsafe { self.first.as_ref() } {
            self.change(first, |item| f(item, &first.companion));
        }
    }

    /// Changes the item of a node of this heap, and moves the node to its new place.
    fn change<R>(&mut self, node: &Node<T, C>, f: impl FnOnce(&mut T) -> R) -> R {
        let before = due(node);
        // SAFETY: the lock is held, and this is the only reference.
        let result = f(unsafe { &mut (*node.entry.get()).0 });
        if due(node) != before {
            self.remove(node);
            self.insert(node);
        }
        result
    }

    /// Inserts a node that is in no heap of this process.
    fn insert(&mut self, node: &Node<T, C>) {
        *links(node) = Links::ALONE;
        self.first = merge(self.first, node);
        // SAFETY: the nodes of the heap are alive.
        links(unsafe { &*self.first }).parent = null();
    }

    /// Removes a node of this heap, and puts its children in its place.
    fn remove(&mut self, node: &Node<T, C>) {
        let Links {
            parent, children, ..
        } = mem::replace(links(node), Links::ALONE);
        let below = merge(children[0], children[1]);
        // SAFETY: the nodes of the heap are alive.
        unsafe {
            if let Some(below) = below.as_ref() {
                links(below).parent = parent;
            }
            let mut above = parent.as_ref();
            match above {
                None => self.first = below,
                Some(parent) => {
                    let [left, right] = &mut links(parent).children;
                    *if core::ptr::eq(*left, node) {
                        left
                    } else {
                        right
                    } = below;
                }
            }
            // Restores the nodes above whose ranks shrink: at most as many as a path has.
            while let Some(node) = above.filter(|node| restore(node)) {
                above = links(node).parent.as_ref();
            }
        }
    }
}

fn due<T: Item, C>(node: &Node<T, C>) -> u64 {
    // SAFETY: only called under the lock.
    unsafe { &(*node.entry.get()).0 }.due()
}

#[allow(clippy::mut_from_ref)] // Of a cell.
fn links<T, C>(node: &Node<T, C>) -> &mut Links<T, C> {
    // SAFETY: only called under the lock, and no two references to one node's are alive at a
    // time.
    unsafe { &mut (*node.entry.get()).1 }
}

/// Merges two heaps and returns the first node. The parent of that node stays unchanged.
fn merge<T: Item, C>(one: Link<T, C>, other: Link<T, C>) -> Link<T, C> {
    // SAFETY: the nodes of a heap are alive.
    let (one, other) = match unsafe { (one.as_ref(), other.as_ref()) } {
        (None, _) => return other,
        (_, None) => return one,
        (Some(one), Some(other)) if due(other) < due(one) => (other, one),
        (Some(one), Some(other)) => (one, other),
    };
    let below = merge(links(one).children[1], other);
    links(one).children[1] = below;
    // SAFETY: as above; two heaps of which one has a node are not empty.
    links(unsafe { &*below }).parent = one;
    restore(one);
    one
}

/// Puts the child of higher rank to the left, and returns whether the node's rank has changed.
fn restore<T, C>(node: &Node<T, C>) -> bool {
    // SAFETY: the nodes of a heap are alive.
    let rank = |child: Link<T, C>| unsafe { child.as_ref() }.map_or(0, |child| links(child).rank);
    let [left, right] = links(node).children.map(rank);
    let links = links(node);
    if left < right {
        links.children.swap(0, 1);
    }
    let rank = left.min(right).wrapping_add(1);
    mem::replace(&mut links.rank, rank) != rank
}

/// Owns an entry, which is in the heap from [`insert`](Self::insert) to
/// [`remove`](Self::remove). In a child of `fork` the entry is in no heap.
pub(crate) struct Entry<S: Initial + 'static, T: Item + 'static, C: 'static> {
    heap: &'static SharedHeap<S, T, C>,
    node: Page<Node<T, C>>,
}

impl<S: Initial, T: Item, C> Entry<S, T, C> {
    /// Creates an entry for this heap. The entry is not in the heap yet.
    pub(crate) fn new(heap: &'static SharedHeap<S, T, C>, companion: C) -> Result<Self, Errno> {
        let node = Page::new(Node {
            process: AtomicI32::new(NO_PROCESS),
            companion,
            entry: UnsafeCell::new((T::INITIAL, Links::ALONE)),
        })?;
        Ok(Entry { heap, node })
    }

    pub(crate) fn companion(&self) -> &C {
        &self.node.companion
    }

    /// Inserts the entry with the initial item, unless it is in the heap already. Calls
    /// `prepare` with the state first, and inserts nothing if that fails.
    pub(crate) fn insert(
        &self,
        prepare: impl FnOnce(&mut S) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let process = process::id();
        let mut heap = self.heap.0.lock(process);
        if !self.is_listed_in(process) {
            prepare(&mut heap.state)?;
            // SAFETY: the lock is held, and the node is in no heap of this process.
            unsafe { (*self.node.entry.get()).0 = T::INITIAL };
            heap.insert(&self.node);
            self.node.process.store(process, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Calls `f` with the item and then `then` with the state and the item, under the lock,
    /// and returns both results. Fails with `EXDEV` if the entry is not in the heap of this
    /// process.
    pub(crate) fn with<R, Q>(
        &self,
        f: impl FnOnce(&mut T) -> Result<R, Errno>,
        then: impl FnOnce(&mut S, &T) -> Q,
    ) -> Result<(R, Q), Errno> {
        let process = process::id();
        // Check before locking, because a child of `vfork` must leave no trace in this
        // memory.
        if !self.is_listed_in(process) {
            return Err(libc::EXDEV);
        }
        let mut heap = self.heap.0.lock(process);
        let result = heap.change(&self.node, f)?;
        // SAFETY: the lock is held, and this is the only reference.
        let item = unsafe { &(*self.node.entry.get()).0 };
        Ok((result, then(&mut heap.state, item)))
    }

    /// Removes the entry from the heap of this process, if it is there. If it was the last
    /// one, calls `f` with the state, under the lock.
    pub(crate) fn remove(&self, f: impl FnOnce(&mut S)) {
        if let Some(mut heap) = self.unlink() {
            f(&mut heap.state);
        }
    }

    /// Removes the entry, and returns the lock if the heap is empty afterwards.
    fn unlink(&self) -> Option<Locked<Heap<S, T, C>>> {
        // Makes no system call if the entry is in no heap at all, as after a first
        // `remove`.
        if self.is_listed_in(NO_PROCESS) {
            return None;
        }
        let process = process::id();
        if !self.is_listed_in(process) {
            return None;
        }
        let mut heap = self.heap.0.lock(process);
        heap.remove(&self.node);
        self.node.process.store(NO_PROCESS, Ordering::Relaxed);
        heap.first.is_null().then_some(heap)
    }

    /// Returns whether the entry is in the heap of this process. Another process has
    /// another lock and another heap.
    fn is_listed_in(&self, process: libc::pid_t) -> bool {
        self.node.process.load(Ordering::Relaxed) == process
    }
}

impl<S: Initial, T: Item, C> Drop for Entry<S, T, C> {
    fn drop(&mut self) {
        drop(self.unlink());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    impl Initial for u64 {
        const INITIAL: u64 = u64::MAX;
    }
    impl Item for u64 {
        fn due(&self) -> u64 {
            *self
        }
    }

    type TestEntry = Entry<usize, u64, usize>;

    /// Checks a subtree, and returns its number of nodes and its rank.
    fn check(link: Link<u64, usize>, parent: Link<u64, usize>) -> (usize, u32) {
        // SAFETY: the nodes are alive, and the lock is held.
        let node = match unsafe { link.as_ref() } {
            None => return (0, 0),
            Some(node) => node,
        };
        assert!(core::ptr::eq(links(node).parent, parent));
        // SAFETY: as above.
        let above = unsafe { parent.as_ref() }.map_or(0, due);
        assert!(above <= due(node));
        let [left, right] = links(node).children.map(|child| check(child, link));
        assert!(left.1 >= right.1);
        assert_eq!(links(node).rank, right.1 + 1);
        (left.0 + right.0 + 1, right.1 + 1)
    }

    #[test]
    fn agrees_with_a_list() {
        static HEAP: SharedHeap<usize, u64, usize> = SharedHeap::new();
        let mut random = 1_u64;
        let mut next = |below: u64| {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (random >> 33) % below
        };
        let mut entries: Vec<(TestEntry, u64)> = Vec::new();
        for step in 0..4_000 {
            match next(4) {
                0 | 1 if entries.len() < 200 => {
                    let entry = Entry::new(&HEAP, step).expect("a page");
                    entry.insert(|_| Ok(())).expect("listed");
                    entries.push((entry, u64::MAX));
                }
                2 if !entries.is_empty() => {
                    let index = next(entries.len() as u64) as usize;
                    drop(entries.swap_remove(index));
                }
                _ if !entries.is_empty() => {
                    let index = next(entries.len() as u64) as usize;
                    let due = if next(8) == 0 { u64::MAX } else { next(100) };
                    let (entry, expected) = &mut entries[index];
                    let change = |item: &mut u64| Ok(core::mem::replace(item, due));
                    let before = entry.with(change, |_, item| *item);
                    assert_eq!(before, Ok((*expected, due)));
                    *expected = due;
                }
                _ => {}
            }
            let mut heap = HEAP.0.lock(process::id());
            let first = entries.iter().map(|(_, due)| *due).min();
            assert_eq!(heap.due(), first.unwrap_or(u64::MAX));
            assert_eq!(check(heap.first, null()).0, entries.len());
            // The first item of the heap belongs to an entry of the list.
            let mut found = None;
            heap.with_first(|item, step| found = Some((*item, *step)));
            let is_one = |&(due, step): &(u64, usize)| {
                let mut all = entries.iter();
                all.any(|(entry, expected)| (*expected, *entry.companion()) == (due, step))
            };
            assert_eq!(found.filter(is_one).is_some(), !entries.is_empty());
        }
    }
}
