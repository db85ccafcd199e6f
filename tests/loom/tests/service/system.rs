//! Models of the functions of libc and the kernel that the service calls.
#![allow(non_camel_case_types)] // C's names.
#![allow(clippy::missing_safety_doc)] // As libc's.

use core::cell::Cell;
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::Mutex as StdMutex;

use loom::sync::{Mutex, MutexGuard};

static PROCESS: AtomicI32 = AtomicI32::new(1);
static EXECUTION: AtomicI32 = AtomicI32::new(0);
static MAY_HAVE_THREADS: AtomicBool = AtomicBool::new(true);

/// Which of many this is that loom makes.
pub fn execution() -> i32 {
    EXECUTION.load(Ordering::Relaxed)
}

/// Runs `child` in every order, in a process that finds the lock and the list as
/// another's: that of `parent`, which can have no threads.
pub fn model(parent: impl Fn() + Sync + Send + 'static, child: impl Fn() + Sync + Send + 'static) {
    // The service is a static, so one test at a time.
    static ALONE: StdMutex<()> = StdMutex::new(());
    let _alone = ALONE.lock().expect("no test has failed");
    loom::model(move || {
        EXECUTION.fetch_add(1, Ordering::Relaxed);
        MAY_HAVE_THREADS.store(false, Ordering::Relaxed);
        parent();
        MAY_HAVE_THREADS.store(true, Ordering::Relaxed);
        PROCESS.fetch_add(1, Ordering::Relaxed);
        child();
    });
}

/// A lock of loom's, made when it is taken first, and what its holder has of it.
pub struct pthread_mutex_t {
    made: Cell<Option<&'static Mutex<()>>>,
    held: Cell<Option<MutexGuard<'static, ()>>>,
}

#[allow(clippy::declare_interior_mutable_const)] // As libc's: to assign.
pub const PTHREAD_MUTEX_INITIALIZER: pthread_mutex_t = pthread_mutex_t {
    made: Cell::new(None),
    held: Cell::new(None),
};

pub unsafe fn pthread_mutex_lock(mutex: *mut pthread_mutex_t) {
    let mutex = unsafe { &*mutex };
    let made = mutex
        .made
        .get()
        .unwrap_or_else(|| Box::leak(Box::default()));
    mutex.made.set(Some(made));
    let held = made.lock().unwrap();
    mutex.held.set(Some(held));
}

pub unsafe fn pthread_mutex_unlock(mutex: *mut pthread_mutex_t) {
    let mutex = unsafe { &*mutex };
    drop(mutex.held.take().expect("it is held"));
}

pub mod clock {
    pub const NOW: u64 = 1_000;

    pub fn now_ns() -> u64 {
        NOW
    }

    pub fn try_now_ns() -> Result<u64, i32> {
        Ok(NOW)
    }
}

pub mod errno {
    pub type Errno = i32;

    pub fn last() -> Errno {
        panic!("no memory")
    }
}

pub mod process {
    pub fn id() -> real_libc::pid_t {
        super::PROCESS.load(super::Ordering::Relaxed)
    }
}

pub mod thread {
    use loom::thread::JoinHandle;

    pub trait Run {
        const NAME: &'static [u8; 16];

        fn run(argument: usize);
    }

    pub struct Thread(JoinHandle<()>);

    impl Thread {
        pub fn spawn<R: Run>(argument: usize) -> Result<Self, i32> {
            if !super::MAY_HAVE_THREADS.load(super::Ordering::Relaxed) {
                return Err(real_libc::EAGAIN);
            }
            Ok(Thread(loom::thread::spawn(move || R::run(argument))))
        }

        pub fn join(self) {
            self.0.join().unwrap();
        }

        pub fn detach(self) {
            panic!("a thread that cannot be woken")
        }
    }
}

pub mod poll {
    /// Until another thread has run.
    pub fn sleep_1ms() {
        loom::thread::yield_now();
    }
}
