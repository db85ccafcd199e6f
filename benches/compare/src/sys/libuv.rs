//! A libuv loop with one async handle.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

mod c {
    use super::{c_int, c_void};

    pub(super) const UV_ASYNC: c_int = 1;
    pub(super) const UV_RUN_DEFAULT: c_int = 0;

    // SAFETY: declared as in libuv 1.44's uv.h; enums are ints, and uv_async_t
    // and uv_loop_t are known by their size only, for which libuv has functions.
    unsafe extern "C" {
        pub(super) fn uv_version_string() -> *const libc::c_char;
        pub(super) fn uv_loop_size() -> usize;
        pub(super) fn uv_handle_size(kind: c_int) -> usize;
        pub(super) fn uv_loop_init(uv: *mut c_void) -> c_int;
        pub(super) fn uv_loop_close(uv: *mut c_void) -> c_int;
        pub(super) fn uv_run(uv: *mut c_void, mode: c_int) -> c_int;
        pub(super) fn uv_stop(uv: *mut c_void);
        pub(super) fn uv_async_init(
            uv: *mut c_void,
            handle: *mut c_void,
            callback: unsafe extern "C" fn(*mut c_void),
        ) -> c_int;
        pub(super) fn uv_async_send(handle: *mut c_void) -> c_int;
        pub(super) fn uv_close(handle: *mut c_void, callback: *const c_void);
        pub(super) fn uv_handle_get_data(handle: *const c_void) -> *mut c_void;
        pub(super) fn uv_handle_set_data(handle: *mut c_void, data: *mut c_void);
        pub(super) fn uv_handle_get_loop(handle: *const c_void) -> *mut c_void;
    }
}

pub(crate) fn version() -> &'static str {
    // SAFETY: gives a pointer to a string constant.
    super::text(unsafe { c::uv_version_string() })
}

/// A loop and its async handle.
pub(crate) struct Loop {
    uv: *mut c_void,
    handle: *mut c_void,
    running: AtomicBool,
}

// SAFETY: `send` may be called by any thread; `run` sees to it that there is one
// at a time; and dropping is for the last owner.
unsafe impl Send for Loop {}
// SAFETY: as above.
unsafe impl Sync for Loop {}

/// What a callback finds behind the handle's data.
type Callback<'a> = &'a mut dyn FnMut() -> bool;

impl Loop {
    pub(crate) fn new() -> Self {
        // SAFETY: the sizes are libuv's own, so each block holds what is made in
        // it; both live until `drop`.
        unsafe {
            let uv = alloc_zeroed(loop_layout()).cast();
            let handle = alloc_zeroed(handle_layout()).cast();
            assert_eq!(c::uv_loop_init(uv), 0);
            assert_eq!(c::uv_async_init(uv, handle, called), 0);
            Loop {
                uv,
                handle,
                running: AtomicBool::new(false),
            }
        }
    }

    /// From any thread.
    pub(crate) fn send(&self) {
        // SAFETY: the handle is open as long as `self`.
        let sent = unsafe { c::uv_async_send(self.handle) };
        assert_eq!(sent, 0);
    }

    /// Runs the loop until `callback` says false.
    pub(crate) fn run(&self, callback: &mut dyn FnMut() -> bool) {
        assert!(!self.running.swap(true, Ordering::Acquire), "it runs");
        let mut callback: Callback<'_> = callback;
        // SAFETY: the loop and its handle are open; the data is looked at only in
        // `uv_run`, during which `callback` lives; no other thread runs it.
        unsafe {
            c::uv_handle_set_data(self.handle, (&raw mut callback).cast());
            c::uv_run(self.uv, c::UV_RUN_DEFAULT);
            c::uv_handle_set_data(self.handle, ptr::null_mut());
        }
        self.running.store(false, Ordering::Release);
    }
}

impl Drop for Loop {
    fn drop(&mut self) {
        // SAFETY: nobody else has the loop any more. It ends when it has closed
        // its last handle; then the blocks are nobody's but ours.
        unsafe {
            c::uv_close(self.handle, ptr::null());
            c::uv_run(self.uv, c::UV_RUN_DEFAULT);
            assert_eq!(c::uv_loop_close(self.uv), 0);
            dealloc(self.handle.cast(), handle_layout());
            dealloc(self.uv.cast(), loop_layout());
        }
    }
}

unsafe extern "C" fn called(handle: *mut c_void) {
    // SAFETY: called by `uv_run`, for a handle that is open. Its data is null or
    // what `run` has put there and keeps alive.
    unsafe {
        let callback = c::uv_handle_get_data(handle).cast::<Callback<'_>>();
        if let Some(callback) = callback.as_mut()
            && !callback()
        {
            c::uv_stop(c::uv_handle_get_loop(handle));
        }
    }
}

fn loop_layout() -> Layout {
    // SAFETY: no preconditions.
    layout(unsafe { c::uv_loop_size() })
}

fn handle_layout() -> Layout {
    // SAFETY: the constant is one of libuv's handle types.
    layout(unsafe { c::uv_handle_size(c::UV_ASYNC) })
}

/// As aligned as malloc's.
fn layout(size: usize) -> Layout {
    Layout::from_size_align(size, 16).expect("libuv's structs are small")
}
