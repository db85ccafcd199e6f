//! A model of the kernel's queue of sleeping threads, for one word.

use loom::sync::{Condvar, Mutex};

use crate::sys::atomic::{AtomicU32, Ordering};

loom::lazy_static! {
    static ref QUEUE: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
}

/// Never comes back for nothing, as the kernel may, and no time-out ends.
pub(crate) fn wait(word: &AtomicU32, value: u32, _: u64) {
    let (lock, changed) = &*QUEUE;
    let locked = lock.lock().unwrap();
    if word.load(Ordering::Relaxed) == value {
        drop(changed.wait(locked).unwrap());
    }
}

pub(crate) fn wake(_: &AtomicU32, count: u32) -> Result<(), i32> {
    let (lock, changed) = &*QUEUE;
    let _locked = lock.lock().unwrap();
    match count {
        1 => changed.notify_one(),
        _ => changed.notify_all(),
    }
    Ok(())
}
