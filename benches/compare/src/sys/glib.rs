//! GLib's main context and its queue.

use std::ffi::{c_int, c_uint, c_void};
use std::ptr::{self, NonNull};

mod c {
    use super::{c_int, c_uint, c_void};

    // SAFETY: declared as in GLib 2.74's gmain.h, gasyncqueue.h and gversion.h; a
    // gboolean is an int, and a gpointer a pointer to void.
    unsafe extern "C" {
        pub(super) fn g_main_context_new() -> *mut c_void;
        pub(super) fn g_main_context_unref(context: *mut c_void);
        pub(super) fn g_main_context_acquire(context: *mut c_void) -> c_int;
        pub(super) fn g_main_context_release(context: *mut c_void);
        pub(super) fn g_main_context_iteration(context: *mut c_void, may_block: c_int) -> c_int;
        pub(super) fn g_main_context_wakeup(context: *mut c_void);
        pub(super) fn g_async_queue_new() -> *mut c_void;
        pub(super) fn g_async_queue_unref(queue: *mut c_void);
        pub(super) fn g_async_queue_push(queue: *mut c_void, data: *mut c_void);
        pub(super) fn g_async_queue_try_pop(queue: *mut c_void) -> *mut c_void;
        pub(super) static glib_major_version: c_uint;
        pub(super) static glib_minor_version: c_uint;
        pub(super) static glib_micro_version: c_uint;
    }
}

pub(crate) fn version() -> String {
    // SAFETY: constants of the library.
    let [major, minor, micro] = unsafe {
        [
            c::glib_major_version,
            c::glib_minor_version,
            c::glib_micro_version,
        ]
    };
    format!("{major}.{minor}.{micro}")
}

/// A `GMainContext` without any source.
pub(crate) struct Context(NonNull<c_void>);

// SAFETY: a GMainContext has a lock of its own; any thread may wake it, acquire
// it and drop the last reference.
unsafe impl Send for Context {}
// SAFETY: as above.
unsafe impl Sync for Context {}

impl Context {
    pub(crate) fn new() -> Self {
        // SAFETY: no preconditions; GLib ends the program rather than give null.
        Context(NonNull::new(unsafe { c::g_main_context_new() }).expect("a context"))
    }

    pub(crate) fn wakeup(&self) {
        // SAFETY: the context lives as long as `self`.
        unsafe { c::g_main_context_wakeup(self.0.as_ptr()) }
    }

    /// Sleeps and dispatches once after the other while `after` wants more. The
    /// thread owns the context in the meantime, as in `g_main_loop_run`.
    pub(crate) fn iterate(&self, mut after: impl FnMut() -> bool) {
        let context = self.0.as_ptr();
        // SAFETY: the context lives as long as `self`.
        let acquired = unsafe { c::g_main_context_acquire(context) };
        assert_eq!(acquired, 1, "another thread owns the context");
        loop {
            // SAFETY: this thread owns the context.
            unsafe { c::g_main_context_iteration(context, 1) };
            if !after() {
                break;
            }
        }
        // SAFETY: it was acquired above.
        unsafe { c::g_main_context_release(context) }
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // SAFETY: the one reference is ours.
        unsafe { c::g_main_context_unref(self.0.as_ptr()) }
    }
}

/// A `GAsyncQueue` of numbers, which pass for its pointers.
pub(crate) struct Queue(NonNull<c_void>);

// SAFETY: a GAsyncQueue has a lock of its own.
unsafe impl Send for Queue {}
// SAFETY: as above.
unsafe impl Sync for Queue {}

impl Queue {
    pub(crate) fn new() -> Self {
        // SAFETY: as for the context.
        Queue(NonNull::new(unsafe { c::g_async_queue_new() }).expect("a queue"))
    }

    pub(crate) fn push(&self, number: usize) {
        // Null means "nothing there".
        let data = ptr::without_provenance_mut(number + 1);
        // SAFETY: the queue lives as long as `self`, and never looks at what the
        // pointer points to.
        unsafe { c::g_async_queue_push(self.0.as_ptr(), data) }
    }

    pub(crate) fn pop(&self) -> Option<usize> {
        // SAFETY: the queue lives as long as `self`.
        let data = unsafe { c::g_async_queue_try_pop(self.0.as_ptr()) };
        data.addr().checked_sub(1)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        // SAFETY: the one reference is ours.
        unsafe { c::g_async_queue_unref(self.0.as_ptr()) }
    }
}
