//! A thread of libc's, for builds with std and without.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};

use super::errno::Errno;

/// Asked for, as little as it is: boards without swap count what is mapped. What is
/// less than the libc's minimum leaves the default.
const STACK: usize = 64 * 1024;

/// Runs `work(argument)` on a new thread, on which every signal is blocked: the
/// program's handlers run where it expects them.
pub(super) fn spawn(
    work: extern "C" fn(*mut c_void) -> *mut c_void,
    argument: usize,
) -> Result<libc::pthread_t, Errno> {
    let mut thread = MaybeUninit::uninit();
    let mut attributes = MaybeUninit::uninit();
    let mut all = MaybeUninit::uninit();
    let mut before = MaybeUninit::uninit();
    // SAFETY: everything is initialised by the call before its first use; the
    // argument is an integer, and the function takes it as one.
    unsafe {
        match libc::pthread_attr_init(attributes.as_mut_ptr()) {
            0 => {}
            errno => return Err(errno),
        }
        libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK);
        libc::sigfillset(all.as_mut_ptr());
        let blocked = libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        if blocked != 0 {
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            return Err(blocked);
        }
        let mut create = |attributes| {
            libc::pthread_create(
                thread.as_mut_ptr(),
                attributes,
                work,
                argument as *mut c_void,
            )
        };
        let mut result = create(attributes.as_ptr());
        // glibc takes a program's thread-local storage out of the stack, and says
        // this if that is too much for it.
        if result == libc::EINVAL {
            result = create(null());
        }
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), null_mut());
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        match result {
            0 => Ok(thread.assume_init()),
            errno => Err(errno),
        }
    }
}

/// Waits for the end of a thread that `spawn` gave.
pub(super) fn join(thread: libc::pthread_t) {
    // SAFETY: the caller has it from `spawn` and gives it up; it is joined once.
    unsafe { libc::pthread_join(thread, null_mut()) };
}

/// Leaves a thread that `spawn` gave to itself.
pub(super) fn detach(thread: libc::pthread_t) {
    // SAFETY: the caller has it from `spawn` and gives it up.
    unsafe { libc::pthread_detach(thread) };
}
