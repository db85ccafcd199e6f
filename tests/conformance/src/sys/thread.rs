//! Threads that begin and end together.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{addr_of, null_mut};

/// More than any case needs.
const MOST: usize = 64;

/// What a new thread is told.
struct Task<'a> {
    work: &'a (dyn Fn(usize) + Sync),
    index: usize,
}

/// Runs `work(0)` to `work(count - 1)`, each on a thread of its own, and waits
/// until all have returned.
pub(crate) fn run_threads(count: usize, work: &(dyn Fn(usize) + Sync)) {
    assert!(count <= MOST);
    let tasks: [Task<'_>; MOST] = core::array::from_fn(|index| Task { work, index });
    let mut threads = [MaybeUninit::<libc::pthread_t>::uninit(); MOST];
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: the first call initialises what the second changes.
    unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr());
        // Fifty times the usual 8 MiB is too much for a small board.
        libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), 256 * 1024);
    }
    for (task, thread) in tasks.iter().zip(&mut threads).take(count) {
        // SAFETY: the task outlives the thread, which is joined below. A panic
        // in between does not unwind past the fork that each run lives in, and
        // the process ends.
        let result = unsafe {
            libc::pthread_create(
                thread.as_mut_ptr(),
                attributes.as_ptr(),
                start,
                addr_of!(*task) as *mut c_void,
            )
        };
        assert_eq!(result, 0, "pthread_create");
    }
    for thread in threads.iter().take(count) {
        // SAFETY: created above, and joined once.
        let result = unsafe { libc::pthread_join(thread.assume_init(), null_mut()) };
        assert_eq!(result, 0, "pthread_join");
    }
}

extern "C" fn start(task: *mut c_void) -> *mut c_void {
    // SAFETY: `run_threads` passes a pointer to a task that it keeps alive.
    let task = unsafe { &*task.cast::<Task<'_>>() };
    (task.work)(task.index);
    null_mut()
}

/// What one thread leaves for another.
struct Slot<T>(UnsafeCell<Option<T>>);

// SAFETY: only `on_thread` has slots, whose two threads take turns: the one uses them
// while the other waits for its end.
unsafe impl<T: Send> Sync for Slot<T> {}

impl<T> Slot<T> {
    fn new(value: Option<T>) -> Self {
        Slot(UnsafeCell::new(value))
    }

    fn replace(&self, value: Option<T>) -> Option<T> {
        // SAFETY: see above; the reference is gone when this returns.
        core::mem::replace(unsafe { &mut *self.0.get() }, value)
    }
}

/// Runs `work` on a thread of its own, and gives what it returns.
pub(crate) fn on_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let (work, result) = (Slot::new(Some(work)), Slot::new(None));
    run_threads(1, &|_| {
        if let Some(work) = work.replace(None) {
            result.replace(Some(work()));
        }
    });
    result.replace(None).expect("the thread has ended")
}
