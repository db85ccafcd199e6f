//! Makes the n-th system call of an operation fail, whichever call it is.
//!
//! A seccomp filter sends each call of a thread to another thread of the process, which counts
//! it and lets the kernel execute it or returns an errno (seccomp_unotify(2), Linux 5.5). So
//! the code depends on no processor's registers and names no calls.

use core::mem::{size_of, zeroed};
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicUsize, Ordering::SeqCst};
use core::time::Duration;
use std::thread;

use libc::{c_int, c_long};

/// Which call fails, and how.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) position: usize,
    pub(crate) errno: i32,
    /// Whether calls for memory are the allocator's.
    pub(crate) allocates: bool,
}

/// What the supervising thread and the supervised one share. There is one pair for each
/// process.
static LISTENER: AtomicI32 = AtomicI32::new(-1);
static THREAD: AtomicI32 = AtomicI32::new(0);
static COUNTS: AtomicBool = AtomicBool::new(false);
static CALLS: AtomicUsize = AtomicUsize::new(0);
/// The number of the call that failed.
static FAILED: AtomicI32 = AtomicI32::new(NONE);

const NONE: i32 = -1;

/// Calls that are not the library's, or cannot fail.
const LEFT_ALONE: [c_long; 4] = [
    // Its answer says whose objects these are; getpid(2) knows no error.
    libc::SYS_getpid,
    // Where a signal comes, that is a `raise`, and the end of a handler.
    libc::SYS_gettid,
    libc::SYS_tgkill,
    libc::SYS_rt_sigreturn,
];

/// The allocator's, where an operation allocates. A Rust program without memory ends.
const ALLOCATOR: [c_long; 5] = [
    libc::SYS_brk,
    MMAP,
    libc::SYS_mprotect,
    libc::SYS_munmap,
    libc::SYS_madvise,
];

#[cfg(target_pointer_width = "64")]
const MMAP: c_long = libc::SYS_mmap;
#[cfg(target_pointer_width = "32")]
const MMAP: c_long = libc::SYS_mmap2;

/// Whether the library has made this call, and it can fail. A libc needs its own futexes to
/// end a thread; they are private, or of other operations than these two.
fn is_tried(call: &libc::seccomp_data, allocates: bool) -> bool {
    let number = c_long::from(call.nr);
    let operation = call.args[1] as c_int;
    let is_own = [libc::FUTEX_WAIT, libc::FUTEX_WAKE].contains(&operation);
    let is_other = LEFT_ALONE.contains(&number) || (allocates && ALLOCATOR.contains(&number));
    !is_other && (number != libc::SYS_futex || is_own)
}

/// What a filter says about a call.
fn install_filter() -> Result<c_int, i32> {
    let mut all = libc::sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: libc::SECCOMP_RET_USER_NOTIF,
    };
    let program = libc::sock_fprog {
        len: 1,
        filter: &mut all,
    };
    let zero: c_long = 0;
    // SAFETY: integers, and a pointer to a live program of one instruction.
    let listener = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1 as c_long, zero, zero, zero);
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER as c_long,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER as c_long,
            &program,
        )
    };
    match listener {
        -1 => Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        listener => Ok(listener as c_int),
    }
}

/// Whether this kernel can do all this: the errno if not. For a process that ends afterwards.
pub(crate) fn available() -> Result<(), i32> {
    let fault = Fault {
        position: 0,
        errno: libc::EDOM,
        allocates: false,
    };
    // SAFETY: no pointer.
    with_fault(fault, || unsafe { libc::close(-1) })?;
    match failed() {
        Some(_) => Ok(()),
        None => Err(libc::EINVAL),
    }
}

/// Runs `work` on a thread of its own, with the call in this position failing. Once for each
/// process.
pub(crate) fn with_fault<R: Send>(fault: Fault, work: impl FnOnce() -> R + Send) -> Result<R, i32> {
    thread::spawn(move || supervise(fault));
    thread::scope(|scope| {
        let supervised = scope.spawn(|| {
            // SAFETY: no arguments.
            THREAD.store(unsafe { libc::syscall(libc::SYS_gettid) } as i32, SeqCst);
            LISTENER.store(install_filter()?, SeqCst);
            COUNTS.store(true, SeqCst);
            let result = work();
            COUNTS.store(false, SeqCst);
            Ok(result)
        });
        match supervised.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

/// The number of the call that failed, if there was one in that position.
pub(crate) fn failed() -> Option<c_long> {
    match FAILED.load(SeqCst) {
        NONE => None,
        number => Some(c_long::from(number)),
    }
}

/// Answers calls for as long as the process lives: a thread that `work` has started, as the
/// one of timers, has inherited the filter.
fn supervise(fault: Fault) {
    const RECEIVE: libc::Ioctl = libc::_IOWR::<libc::seccomp_notif>(b'!' as u32, 0);
    const ANSWER: libc::Ioctl = libc::_IOWR::<libc::seccomp_notif_resp>(b'!' as u32, 1);
    loop {
        let listener = LISTENER.load(SeqCst);
        if listener < 0 {
            thread::sleep(Duration::from_micros(50));
            continue;
        }
        // SAFETY: plain integers, of which the kernel wants zeroes.
        let mut call: libc::seccomp_notif = unsafe { zeroed() };
        // SAFETY: as above.
        let mut answer: libc::seccomp_notif_resp = unsafe { zeroed() };
        // SAFETY: a pointer to a live struct of the size that is in the request.
        if unsafe { libc::ioctl(listener, RECEIVE, &mut call) } != 0 {
            // Nobody is left, or the caller was interrupted.
            thread::sleep(Duration::from_micros(50));
            continue;
        }
        answer.id = call.id;
        let counts = COUNTS.load(SeqCst)
            && call.pid == THREAD.load(SeqCst) as u32
            && is_tried(&call.data, fault.allocates);
        let fails = counts && CALLS.fetch_add(1, SeqCst) == fault.position;
        if fails {
            FAILED.store(call.data.nr, SeqCst);
        }
        // That the descriptor is full, and so readable, would be a lie.
        let lies = fault.errno == libc::EAGAIN && c_long::from(call.data.nr) == libc::SYS_write;
        if fails && !lies {
            answer.error = -fault.errno;
        } else {
            answer.flags = libc::SECCOMP_USER_NOTIF_FLAG_CONTINUE as u32;
        }
        // SAFETY: as above.
        unsafe { libc::ioctl(listener, ANSWER, &mut answer) };
    }
}

const _: () = assert!(size_of::<libc::seccomp_notif>() == 80);
const _: () = assert!(size_of::<libc::seccomp_notif_resp>() == 24);
