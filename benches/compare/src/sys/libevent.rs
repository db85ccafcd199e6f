//! A libevent base with one event that other threads activate.

use std::ffi::{c_int, c_short, c_void};
use std::ptr;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

mod c {
    use super::{c_int, c_short, c_void};

    pub(super) const EV_READ: c_int = 0x02;
    pub(super) const EV_PERSIST: c_short = 0x10;
    pub(super) const EVLOOP_NO_EXIT_ON_EMPTY: c_int = 0x04;

    pub(super) type Callback = unsafe extern "C" fn(c_int, c_short, *mut c_void);

    // SAFETY: declared as in libevent 2.1's event.h and thread.h;
    // evutil_socket_t is an int on a Unix.
    unsafe extern "C" {
        pub(super) fn evthread_use_pthreads() -> c_int;
        pub(super) fn event_get_version() -> *const libc::c_char;
        pub(super) fn event_base_new() -> *mut c_void;
        pub(super) fn event_base_free(base: *mut c_void);
        pub(super) fn event_base_loop(base: *mut c_void, flags: c_int) -> c_int;
        pub(super) fn event_base_loopbreak(base: *mut c_void) -> c_int;
        pub(super) fn event_new(
            base: *mut c_void,
            descriptor: c_int,
            events: c_short,
            callback: Callback,
            data: *mut c_void,
        ) -> *mut c_void;
        pub(super) fn event_free(event: *mut c_void);
        pub(super) fn event_active(event: *mut c_void, result: c_int, calls: c_short);
    }
}

pub(crate) fn version() -> &'static str {
    // SAFETY: gives a pointer to a string constant.
    super::text(unsafe { c::event_get_version() })
}

/// A base and its event.
pub(crate) struct Base {
    base: *mut c_void,
    event: *mut c_void,
    /// What the event's callback finds: while the base runs, what to call.
    slot: *mut Slot,
    running: AtomicBool,
}

struct Slot {
    base: *mut c_void,
    callback: *mut Callback<'static>,
}

type Callback<'a> = &'a mut dyn FnMut() -> bool;

// SAFETY: libevent has been told to lock, so `activate` may be called by any
// thread; `run` sees to it that there is one at a time; and dropping is for the
// last owner.
unsafe impl Send for Base {}
// SAFETY: as above.
unsafe impl Sync for Base {}

impl Base {
    pub(crate) fn new() -> Self {
        static LOCKS: Once = Once::new();
        // SAFETY: comes before any base is made.
        LOCKS.call_once(|| assert_eq!(unsafe { c::evthread_use_pthreads() }, 0));
        // SAFETY: the slot lives until `drop`, after the event.
        unsafe {
            let base = c::event_base_new();
            assert!(!base.is_null());
            let slot = Box::into_raw(Box::new(Slot {
                base,
                callback: ptr::null_mut(),
            }));
            let event = c::event_new(base, -1, c::EV_PERSIST, called, slot.cast());
            assert!(!event.is_null());
            Base {
                base,
                event,
                slot,
                running: AtomicBool::new(false),
            }
        }
    }

    /// From any thread.
    pub(crate) fn activate(&self) {
        // SAFETY: the event lives as long as `self`.
        unsafe { c::event_active(self.event, c::EV_READ, 0) }
    }

    /// Runs the base until `callback` says false.
    pub(crate) fn run(&self, callback: &mut dyn FnMut() -> bool) {
        assert!(!self.running.swap(true, Ordering::Acquire), "it runs");
        let mut callback: Callback<'_> = callback;
        // SAFETY: the slot is looked at only in the base's loop, during which
        // `callback` lives; no other thread runs it.
        unsafe {
            (*self.slot).callback = (&raw mut callback).cast();
            c::event_base_loop(self.base, c::EVLOOP_NO_EXIT_ON_EMPTY);
            (*self.slot).callback = ptr::null_mut();
        }
        self.running.store(false, Ordering::Release);
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        // SAFETY: nobody else has the base any more.
        unsafe {
            c::event_free(self.event);
            c::event_base_free(self.base);
            drop(Box::from_raw(self.slot));
        }
    }
}

unsafe extern "C" fn called(_: c_int, _: c_short, slot: *mut c_void) {
    // SAFETY: called in the base's loop, with the slot that `new` made; what it
    // points to is null or lives in `run`.
    unsafe {
        let slot = slot.cast::<Slot>();
        if let Some(callback) = (*slot).callback.as_mut()
            && !callback()
        {
            c::event_base_loopbreak((*slot).base);
        }
    }
}
