//! A thread, created by libc, for builds with std and without.

use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::ptr::{null, null_mut};

use super::errno::Errno;

/// The size of the stack that is requested. It is small, because boards without swap count
/// mapped memory. If the libc's minimum is larger, the default size stays.
const STACK: usize = 64 * 1024;

/// The safe code that a thread runs.
pub(crate) trait Run {
    /// The thread's name in `ps -T` and debuggers, with a zero byte at its end.
    #[cfg_attr(not(any(target_os = "linux", target_os = "android")), allow(dead_code))]
    const NAME: &'static [u8; 16];

    fn run(argument: usize);
}

/// A thread that was neither joined nor detached. It may have ended.
pub(crate) struct Thread(libc::pthread_t);

// SAFETY: any thread may use a pthread_t.
unsafe impl Send for Thread {}

impl Thread {
    /// Calls `R::run(argument)` on a new thread. Blocks every signal in that thread, so
    /// that the program's handlers run on the program's threads.
    pub(crate) fn spawn<R: Run>(argument: usize) -> Result<Self, Errno> {
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
            let how = libc::SIG_SETMASK;
            let mut result = libc::pthread_sigmask(how, all.as_ptr(), before.as_mut_ptr());
            if result == 0 {
                let mut create = |attributes| {
                    let argument = argument as *mut c_void;
                    libc::pthread_create(thread.as_mut_ptr(), attributes, start::<R>, argument)
                };
                result = create(attributes.as_ptr());
                // glibc takes the program's thread-local storage out of the stack, and
                // fails with EINVAL if the stack is too small for it.
                if result == libc::EINVAL {
                    result = create(null());
                }
                libc::pthread_sigmask(how, before.as_ptr(), null_mut());
            }
            libc::pthread_attr_destroy(attributes.as_mut_ptr());
            match result {
                0 => Ok(Thread(thread.assume_init())),
                errno => Err(errno),
            }
        }
    }

    /// Waits until the thread has ended.
    pub(crate) fn join(self) {
        // SAFETY: a thread that was created joinable, and is neither joined nor detached.
        unsafe { libc::pthread_join(self.0, null_mut()) };
    }

    /// Detaches the thread: no one waits for its end.
    pub(crate) fn detach(self) {
        // SAFETY: as in `join`.
        unsafe { libc::pthread_detach(self.0) };
    }
}

/// The function that libc calls on the new thread.
extern "C" fn start<R: Run>(argument: *mut c_void) -> *mut c_void {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: the kernel reads a live text of the longest length. Every kernel has the call,
    // and a thread without a name works as well.
    unsafe {
        libc::prctl(libc::PR_SET_NAME, R::NAME.as_ptr())
    };
    R::run(argument as usize);
    null_mut()
}
