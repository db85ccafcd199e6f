//! An unbounded queue of many producers and one consumer, in which no thread waits for
//! another.
//!
//! The queue is a list of blocks of slots. One word, the tail, has the address of the
//! youngest block and, in the low bits that its alignment leaves free, the number of its
//! reserved slots. A producer reserves a slot, and with the last one of a block appends the
//! next block, by compare-and-exchange on that word. The consumer closes the queue by exchanging that
//! word. So each message either is reserved before the end, and the consumer finds it, or
//! is returned to its sender.
//!
//! A producer may stop between reserving a slot and filling it, because of a thread of
//! higher priority or forever. The consumer abandons such a slot and goes on. A producer
//! that finds its slot abandoned takes the message back and starts again. So no message
//! that was pushed waits behind one that was not, and the messages of one producer keep
//! their order.
//!
//! A consumer that looks at the queue while producers fill it takes the lines of the cache
//! from them, and one that goes to sleep has to be woken. So after a burst of messages the
//! consumer pauses once before it reports an empty queue, and finds several.
//!
//! Each block points to the next older one, so the list is complete at any time. The
//! producer that appends a block tells the consumer, before it fills the last slot of the one
//! before it. If that producer stops, the consumer walks from the tail to its own block, and
//! records the way. Only the consumer gives blocks back, and
//! the queue keeps one of them for reuse. A block with abandoned slots is freed by the last
//! thread that uses it.

use alloc::alloc::{alloc, dealloc, handle_alloc_error};
use alloc::sync::Arc;
use core::alloc::Layout;
use core::cell::{Cell, UnsafeCell};
use core::hint::spin_loop;
use core::marker::PhantomData;
use core::mem::{align_of, size_of, ManuallyDrop, MaybeUninit};
use core::ptr::{addr_of_mut, copy_nonoverlapping, null_mut};

// Imported from `crate::sys::atomic`, so that the model in tests/loom/ can substitute its own
// atomics.
use crate::sys::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};

/// The states of a slot.
const EMPTY: u32 = 0;
const FULL: u32 = 1;
const ABANDONED: u32 = 2;

/// The number of slots in a block, the most that the low bits of the tail can count. It is
/// smaller if messages are large.
const SLOTS: usize = LOW_BITS - 1;
/// The approximate size of a block's messages.
const BLOCK_SIZE: usize = 16 << 10;

/// The number of messages in a row after which the consumer pauses at an empty queue.
const BURST: u32 = 32;
/// The number of `spin_loop`s in a pause. That is a few microseconds on processors with an
/// instruction that waits, and less where it is an ordinary one.
const PAUSE: u32 = 128;

/// The number of slots of a block.
pub(crate) const fn slots<T>() -> usize {
    match BLOCK_SIZE.checked_div(size_of::<T>()) {
        Some(0) => 1,
        Some(fit) if fit < SLOTS => fit,
        Some(_) | None => SLOTS,
    }
}

/// The header of a block. Its slots follow.
#[repr(C)]
struct Block<T> {
    /// The beginning of the allocation.
    memory: *mut u8,
    /// The next older block, which may be freed already.
    older: *mut Block<T>,
    /// The next younger block, once the producer of the last slot or the consumer knows it.
    younger: AtomicPtr<Block<T>>,
    /// The number of slots that the consumer has abandoned in this block.
    abandoned: usize,
    /// The number of producers that have yet to find their slot abandoned. Producers that
    /// find it before the consumer leaves the block make the number negative; the consumer
    /// then adds the number of all of them.
    expected: AtomicUsize,
    slots: [Slot<T>; 0],
}

struct Slot<T> {
    state: AtomicU32,
    /// The message, initialised if the state is `FULL`.
    message: UnsafeCell<MaybeUninit<T>>,
}

impl<T> Block<T> {
    /// The alignment of a block, by which the low bits of its address can hold a number of
    /// slots or `CLOSED`.
    const ALIGNMENT: usize = {
        let least = LOW_BITS + 1;
        let own = align_of::<Self>();
        if own > least {
            own
        } else {
            least
        }
    };

    /// The layout of an allocation for one block. It is larger than the block, so that the
    /// block can be aligned inside it, because allocators are slow at alignment.
    fn layout() -> Layout {
        let slots = size_of::<Slot<T>>().checked_mul(slots::<T>());
        let size = slots.and_then(|slots| slots.checked_add(size_of::<Self>() + Self::ALIGNMENT));
        match size.map(|size| Layout::from_size_align(size, align_of::<usize>())) {
            Some(Ok(layout)) => layout,
            // The size exceeds the address space.
            _ => handle_alloc_error(Layout::new::<Slot<T>>()),
        }
    }

    /// Allocates a block, whose slots are not initialised.
    fn new() -> *mut Self {
        // SAFETY: the size is not zero.
        let memory = unsafe { alloc(Self::layout()) };
        if memory.is_null() {
            handle_alloc_error(Self::layout());
        }
        let offset = Self::ALIGNMENT - (memory as usize & (Self::ALIGNMENT - 1));
        let block: *mut Self = memory.wrapping_add(offset).cast();
        let header = Block {
            memory,
            older: null_mut(),
            younger: AtomicPtr::new(null_mut()),
            abandoned: 0,
            expected: AtomicUsize::new(0),
            slots: [],
        };
        // SAFETY: there is room for it, and for as many slots. The alignment is that of both,
        // and nobody else has it.
        unsafe { block.write(header) };
        block
    }

    /// Empties the slots of a block.
    ///
    /// Writes all of it, and not the states alone. The consumer has read this memory, so its
    /// core has a share in the lines of the cache. To acquire them all at once takes much less
    /// time than that each sender waits for those of its message.
    ///
    /// # Safety
    ///
    /// No other thread has the block, and nobody uses its messages.
    unsafe fn clear(block: *mut Self) {
        // SAFETY: there are so many slots, and the caller's promise. A message needs no value.
        unsafe {
            (*block).younger.store(null_mut(), Ordering::Relaxed);
            slot(block, 0).write_bytes(0, slots::<T>());
            for index in 0..slots::<T>() {
                addr_of_mut!((*slot(block, index)).state).write(AtomicU32::new(EMPTY));
            }
        }
    }

    /// Frees the block's memory. Does not drop messages in it.
    ///
    /// # Safety
    ///
    /// `block` is from [`new`](Self::new), and no thread uses it.
    unsafe fn free(block: *mut Self) {
        // SAFETY: the caller's promise, and the layout is that of `new`.
        unsafe { dealloc((*block).memory, Self::layout()) };
    }
}

/// Returns the address of a slot of a block.
///
/// # Safety
///
/// The block is kept, and has more slots than `index`.
unsafe fn slot<T>(block: *mut Block<T>, index: usize) -> *mut Slot<T> {
    // SAFETY: the caller's promise. Not by a reference to the block, which ends before them.
    unsafe { addr_of_mut!((*block).slots).cast::<Slot<T>>().add(index) }
}

/// The address of the youngest block, plus the number of its reserved slots.
type Tail<T> = *mut Block<T>;

const LOW_BITS: usize = 63;
/// The value of the low bits if the queue is closed. The address is null then.
const CLOSED: usize = LOW_BITS;

fn join<T>(block: *mut Block<T>, reserved: usize) -> Tail<T> {
    block.cast::<u8>().wrapping_add(reserved).cast()
}

fn split<T>(tail: Tail<T>) -> (*mut Block<T>, usize) {
    let reserved = tail as usize & LOW_BITS;
    (tail.cast::<u8>().wrapping_sub(reserved).cast(), reserved)
}

struct Queue<T> {
    tail: AtomicPtr<Block<T>>,
    /// A block for reuse, or null. Memory that one thread allocates and another
    /// frees is expensive.
    spare: AtomicPtr<Block<T>>,
    /// Messages go from one thread to another.
    messages: PhantomData<*mut T>,
}

// SAFETY: a slot is used by the producer that has reserved it, until it makes it `FULL`,
// then by the consumer; by release and acquire. Messages must be `Send`, as they go from
// the one to the other.
unsafe impl<T: Send> Send for Queue<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Queue<T> {}

impl<T> Queue<T> {
    /// Returns an empty block: the spare one, or a new one.
    fn block(&self) -> *mut Block<T> {
        let spare = self.spare.swap(null_mut(), Ordering::AcqRel);
        let block = match spare.is_null() {
            true => Block::new(),
            false => spare,
        };
        // SAFETY: it is new, or the consumer has given it back.
        unsafe { Block::clear(block) };
        block
    }

    /// Keeps a block, or none if it is null, and frees the one that was kept.
    ///
    /// # Safety
    ///
    /// `block` is null, or a block without messages that no thread uses.
    unsafe fn keep(&self, block: *mut Block<T>) {
        let before = self.spare.swap(block, Ordering::AcqRel);
        if !before.is_null() {
            // SAFETY: the caller's promise, of the one before, which is this thread's now.
            unsafe { Block::free(before) };
        }
    }
}

impl<T> Drop for Queue<T> {
    fn drop(&mut self) {
        // SAFETY: none is to be kept.
        unsafe { self.keep(null_mut()) };
    }
}

/// The end that pushes. Any number of threads share it.
pub(crate) struct Producer<T>(Arc<Queue<T>>);

/// The end that pops. Dropping it closes the queue and drops the messages in it.
pub(crate) struct Consumer<T> {
    queue: Arc<Queue<T>>,
    /// The place of the consumer: a block, and the number of slots that it has finished
    /// there.
    block: Cell<*mut Block<T>>,
    done: Cell<usize>,
    /// The number of messages since the queue was found empty.
    burst: Cell<u32>,
    /// The last tail, after the queue was closed.
    end: Cell<Option<Tail<T>>>,
}

// SAFETY: what it points to is its own or shared as said for the queue, and its messages
// are `Send`.
unsafe impl<T: Send> Send for Consumer<T> {}

/// Creates an empty queue. Allocates a block only when the first message comes.
pub(crate) fn queue<T>() -> (Producer<T>, Consumer<T>) {
    let queue = Arc::new(Queue {
        tail: AtomicPtr::new(null_mut()),
        spare: AtomicPtr::new(null_mut()),
        messages: PhantomData,
    });
    let consumer = Consumer {
        queue: Arc::clone(&queue),
        block: Cell::new(null_mut()),
        // There is no block yet, so no slot is left in it.
        done: Cell::new(slots::<T>()),
        burst: Cell::new(0),
        end: Cell::new(None),
    };
    (Producer(queue), consumer)
}

impl<T> Clone for Producer<T> {
    fn clone(&self) -> Self {
        Producer(Arc::clone(&self.0))
    }
}

impl<T> Producer<T> {
    /// Appends a message, or returns it if the queue is closed. The last step is a
    /// read-modify-write of `SeqCst` order. Allocates, so it is not for signal handlers.
    pub(crate) fn push(&self, message: T) -> Result<(), T> {
        // Copied once, as it may be large.
        let message = ManuallyDrop::new(message);
        while let Some((block, index)) = self.reserve() {
            // SAFETY: the slot has just been reserved, and the message is moved once: this
            // returns if that is done.
            if unsafe { fill(block, index, &message) } {
                return Ok(());
            }
        }
        Err(ManuallyDrop::into_inner(message))
    }

    /// Reserves a slot, or returns `None` if the queue is closed.
    ///
    /// An exchange gives this thread a slot of the block that was the youngest at that moment,
    /// even if another one was at the same address before. The block is kept until the slot is
    /// done with.
    fn reserve(&self) -> Option<(*mut Block<T>, usize)> {
        let mut tail = self.tail();
        loop {
            let (block, reserved) = split(tail);
            let slot = match reserved {
                CLOSED => return None,
                _ if block.is_null() || reserved + 1 >= slots::<T>() => self.append(tail),
                _ => self
                    .replace(tail, join(block, reserved + 1))
                    .map(|()| (block, reserved)),
            };
            match slot {
                Ok(slot) => return Some(slot),
                Err(now) => tail = now,
            }
        }
    }

    /// Appends a block, and reserves the last slot of the one before it or, if that is taken,
    /// the first slot of the new one. Returns the tail if it is not this one any more.
    ///
    /// With the last slot, so that the new block is there before the slot is reserved: an
    /// allocation takes long, and the consumer abandons a slot that is not filled soon. Not if
    /// a block has one slot, so that no large block waits for a message.
    #[cold]
    fn append(&self, tail: Tail<T>) -> Result<(*mut Block<T>, usize), Tail<T>> {
        let (block, reserved) = split(tail);
        let new = self.0.block();
        // SAFETY: nobody else has it yet.
        unsafe { (*new).older = block };
        let has_slot = !block.is_null() && reserved < slots::<T>();
        let (next, slot) = match has_slot {
            true => (new, (block, reserved)),
            false => (join(new, 1), (new, 0)),
        };
        match self.replace(tail, next) {
            Ok(()) if has_slot => {
                // SAFETY: the block is kept, as its last slot is not filled yet.
                unsafe { (*block).younger.store(new, Ordering::Release) };
            }
            Ok(()) => {}
            Err(now) => {
                // SAFETY: nobody else has got it.
                unsafe { self.0.keep(new) };
                return Err(now);
            }
        }
        Ok(slot)
    }

    /// Returns whether the consumer has closed the queue.
    pub(crate) fn is_closed(&self) -> bool {
        split(self.tail()).1 == CLOSED
    }

    fn tail(&self) -> Tail<T> {
        self.0.tail.load(Ordering::Acquire)
    }

    /// Exchanges the tail. Acquires, to see the block into which other producers reserve,
    /// and releases, to publish it to them.
    fn replace(&self, tail: Tail<T>, new: Tail<T>) -> Result<(), Tail<T>> {
        self.0
            .tail
            .compare_exchange(tail, new, Ordering::AcqRel, Ordering::Acquire)
            .map(drop)
    }
}

/// Moves a message into a slot, or returns `false` if the consumer has abandoned the slot.
///
/// # Safety
///
/// The caller has reserved this slot, and has not filled it. It does not use the message
/// after `true`.
unsafe fn fill<T>(block: *mut Block<T>, index: usize, message: &ManuallyDrop<T>) -> bool {
    // SAFETY: the slot is the caller's, and the consumer keeps the block until it is filled
    // or, where it has abandoned it, until the caller has been counted below. Of those who
    // are counted, one comes last, and then nobody uses the block any more.
    unsafe {
        let slot = &*slot(block, index);
        let place = slot.message.get().cast::<ManuallyDrop<T>>();
        copy_nonoverlapping(message, place, 1);
        if slot.state.swap(FULL, Ordering::SeqCst) == EMPTY {
            return true;
        }
        if (*block).expected.fetch_sub(1, Ordering::AcqRel) == 1 {
            Block::free(block);
        }
        false
    }
}

impl<T> Consumer<T> {
    /// Takes the oldest message. Does not wait, except for a pause after a burst.
    pub(crate) fn pop(&self) -> Option<T> {
        self.pop_or_else(|| (), Some, || None)
    }

    /// Takes the oldest message and returns `some` of it, or else `none`.
    ///
    /// A message may be large, so the compiler shall copy it once, from its slot into what
    /// `some` makes of it. Therefore nothing is done between these steps, and `before` is
    /// called before them.
    pub(crate) fn pop_or_else<R>(
        &self,
        before: impl FnOnce(),
        some: impl FnOnce(T) -> R,
        none: impl FnOnce() -> R,
    ) -> R {
        if self.is_empty() && (!self.pause() || self.is_empty()) {
            return none();
        }
        before();
        self.burst.set(self.burst.get().saturating_add(1));
        let (block, index) = (self.block.get(), self.done.get());
        self.done.set(index + 1);
        // SAFETY: the queue is not empty, so the slot is full, and its producer is done with
        // it; it is passed now, and so read once. The consumer keeps the block.
        some(unsafe { (*slot(block, index)).message.get().cast::<T>().read() })
    }

    /// Ends a burst of messages. Returns whether it was one, and the consumer has paused.
    #[cold]
    fn pause(&self) -> bool {
        let is_burst = self.burst.replace(0) >= BURST;
        if is_burst {
            (0..PAUSE).for_each(|_| spin_loop());
        }
        is_burst
    }

    /// Returns whether there is no message. If there is one, the next slot is full.
    pub(crate) fn is_empty(&self) -> bool {
        loop {
            let (block, index) = (self.block.get(), self.done.get());
            if index == slots::<T>() {
                if !self.leave_block() {
                    return true;
                }
                continue;
            }
            // SAFETY: the consumer keeps the block, and there are more slots than these.
            let state = unsafe { &(*slot(block, index)).state };
            if state.load(Ordering::Acquire) == FULL {
                return false;
            }
            if self.tail() == join(block, index) {
                return true;
            }
            // The slot is reserved but not filled. That would take a moment if its producer
            // ran.
            let (success, failure) = (Ordering::Acquire, Ordering::Acquire);
            if state
                .compare_exchange(EMPTY, ABANDONED, success, failure)
                .is_err()
            {
                return false;
            }
            // SAFETY: as above; this field is the consumer's.
            unsafe { (*block).abandoned += 1 };
            self.done.set(index + 1);
        }
    }

    /// Closes the queue: from now on messages are returned to their producers.
    pub(crate) fn close(&self) {
        if self.end.get().is_none() {
            let closed = join(null_mut(), CLOSED);
            let end = self.queue.tail.swap(closed, Ordering::AcqRel);
            self.end.set(Some(end));
        }
    }

    /// Moves on to the next block, and returns whether there is one.
    fn leave_block(&self) -> bool {
        let block = self.block.get();
        let mut next = match block.is_null() {
            true => null_mut(),
            // SAFETY: the consumer keeps the block.
            false => unsafe { (*block).younger.load(Ordering::Acquire) },
        };
        if next.is_null() {
            next = split(self.tail()).0;
            if next == block {
                return false;
            }
            // SAFETY: the blocks from the tail to the consumer's are kept, and each has the
            // address of the one before it; the oldest of them that of the consumer's, or
            // null as that is.
            unsafe {
                while (*next).older != block {
                    let older = (*next).older;
                    (*older).younger.store(next, Ordering::Relaxed);
                    next = older;
                }
            }
        }
        self.block.set(next);
        self.done.set(0);
        // SAFETY: all its slots are done with.
        unsafe { self.leave(block) };
        true
    }

    /// Gives a block back, or leaves that to the last producer whose slot was abandoned
    /// there.
    ///
    /// # Safety
    ///
    /// `block` is null, or the consumer has left it. The consumer has passed all its
    /// reserved slots, and no producer will reserve another.
    unsafe fn leave(&self, block: *mut Block<T>) {
        if block.is_null() {
            return;
        }
        // SAFETY: it is kept for the producers that have still to come, which are counted
        // here. If none has to, nobody uses it.
        unsafe {
            let abandoned = (*block).abandoned;
            if abandoned == 0 {
                self.queue.keep(block);
                return;
            }
            let came = (*block).expected.fetch_add(abandoned, Ordering::AcqRel);
            if came.wrapping_add(abandoned) == 0 {
                Block::free(block);
            }
        }
    }

    fn tail(&self) -> Tail<T> {
        match self.end.get() {
            Some(end) => end,
            None => self.queue.tail.load(Ordering::Acquire),
        }
    }
}

impl<T> Drop for Consumer<T> {
    fn drop(&mut self) {
        /// Drops the remaining messages, even if the drop of a message panics.
        struct Rest<'a, T>(&'a Consumer<T>);

        impl<T> Drop for Rest<'_, T> {
            fn drop(&mut self) {
                while let Some(message) = self.0.pop() {
                    drop(message);
                }
                // SAFETY: nothing is left in it, and nothing can come.
                unsafe { self.0.leave(self.0.block.get()) };
            }
        }

        self.close();
        let rest = Rest(self);
        while let Some(message) = rest.0.pop() {
            drop(message);
        }
    }
}
