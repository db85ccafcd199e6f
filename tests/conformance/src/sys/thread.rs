//! Threads that begin and end together.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{addr_of, null_mut};

/// What a new thread is told.
struct Task<'a> {
    work: &'a (dyn Fn(usize) + Sync),
    index: usize,
}

/// Runs `work(0)` to `work(count - 1)`, each on a thread of its own, and waits
/// until all have returned.
pub(crate) fn run_threads(count: usize, work: &(dyn Fn(usize) + Sync)) {
    let index = match count.checked_sub(1) {
        Some(index) => index,
        None => return,
    };
    let task = Task { work, index };
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: the first call initialises what the others use. The task outlives the
    // thread, which is joined below. A panic in between does not unwind past the fork
    // that each run lives in, and the process ends.
    let result = unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr());
        // Fifty times the usual 8 MiB is too much for a small board.
        libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), 256 * 1024);
        let task = addr_of!(task) as *mut c_void;
        libc::pthread_create(thread.as_mut_ptr(), attributes.as_ptr(), start, task)
    };
    assert_eq!(result, 0, "pthread_create");
    // The others.
    run_threads(index, work);
    // SAFETY: created above, and joined once.
    let result = unsafe { libc::pthread_join(thread.assume_init(), null_mut()) };
    assert_eq!(result, 0, "pthread_join");
}

extern "C" fn start(task: *mut c_void) -> *mut c_void {
    // SAFETY: `run_threads` passes a pointer to a task that it keeps alive.
    let task = unsafe { &*task.cast::<Task<'_>>() };
    (task.work)(task.index);
    null_mut()
}

/// What two threads use in turns.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: only `on_thread` has one. The new thread uses it while the other waits for
// its end.
unsafe impl<T: Send> Sync for Shared<T> {}

impl<T> Shared<T> {
    fn get(&self) -> *mut T {
        self.0.get()
    }
}

/// Runs `work` on a thread of its own, and gives what it returns.
pub(crate) fn on_thread<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let shared = Shared(UnsafeCell::new((Some(work), None)));
    run_threads(1, &|_| {
        // SAFETY: see above; the reference is gone when the thread ends.
        let (work, result) = unsafe { &mut *shared.get() };
        *result = work.take().map(|work| work());
    });
    let (_, result) = shared.0.into_inner();
    result.expect("the thread has ended")
}
