//! The functions `wakefd_…` of wakefd.h for notifiers and counters.

use core::mem::{align_of, size_of};

use libc::c_int;
use wakefd::{ffi, AutoNotifier, Mechanism, Mode};

use crate::held::Held;
use crate::selection::{chain, EVENTFD, PIPE};
use crate::{answer, close, errno};

/// `struct wakefd`.
pub type Object = Held<AutoNotifier>;

// The size and alignment in wakefd.h.
const _: () = assert!(size_of::<Object>() <= 20 && align_of::<Object>() == 4);

// The kinds of an object. Each is one bit, so that a function can accept several.
const NOTIFIER: u32 = 1;
const SUM: u32 = 2;
const SEMAPHORE: u32 = 4;
const COUNTER: u32 = SUM | SEMAPHORE;
const ANY: u32 = NOTIFIER | COUNTER;

/// Returns the object if it is open and of one of these kinds.
#[inline(never)] // For size: every function uses it, and a call is shorter.
fn open(object: Option<&Object>, kinds: u32) -> Result<&AutoNotifier, c_int> {
    match object.ok_or(libc::EINVAL)?.open()? {
        (notifier, kind) if kind & kinds != 0 => Ok(notifier),
        _ => Err(libc::EINVAL),
    }
}

/// Returns the mode in which `take` reads an open object.
fn mode(object: Option<&Object>) -> Mode {
    match object.map(Held::kind) {
        Some(SEMAPHORE) => Mode::Semaphore,
        _ => Mode::Sum,
    }
}

fn init(object: Option<&mut Object>, selection: c_int, kind: Option<u32>) -> c_int {
    answer((|| {
        let mode = match kind {
            Some(SEMAPHORE) => Mode::Semaphore,
            _ => Mode::Sum,
        };
        object.ok_or(libc::EINVAL)?.init(kind.unwrap_or(0), || {
            kind.ok_or(libc::EINVAL)?;
            ffi::create(chain(selection)?, mode).map_err(errno)
        })
    })())
}

/// `wakefd_init`
#[no_mangle]
pub extern "C" fn wakefd_init(object: Option<&mut Object>, selection: c_int) -> c_int {
    init(object, selection, Some(NOTIFIER))
}

/// `wakefd_init_counter`
#[no_mangle]
pub extern "C" fn wakefd_init_counter(
    object: Option<&mut Object>,
    selection: c_int,
    mode: c_int,
) -> c_int {
    let kind = match mode {
        0 => Some(SUM),
        1 => Some(SEMAPHORE),
        _ => None,
    };
    init(object, selection, kind)
}

/// `wakefd_notify`
#[no_mangle]
pub extern "C" fn wakefd_notify(object: Option<&Object>) -> c_int {
    answer(open(object, NOTIFIER).and_then(|notifier| ffi::notify(notifier).map(|()| 0)))
}

/// `wakefd_clear`
#[no_mangle]
pub extern "C" fn wakefd_clear(object: Option<&Object>) -> c_int {
    answer(open(object, NOTIFIER).and_then(|notifier| ffi::clear(notifier).map(c_int::from)))
}

/// `wakefd_add`
#[no_mangle]
pub extern "C" fn wakefd_add(object: Option<&Object>, n: u64) -> c_int {
    answer(open(object, COUNTER).and_then(|inner| ffi::add(inner, n).map(|()| 0)))
}

/// `wakefd_take`
#[no_mangle]
pub extern "C" fn wakefd_take(object: Option<&Object>, count: Option<&mut u64>) -> c_int {
    answer((|| {
        let inner = open(object, COUNTER)?;
        let count = count.ok_or(libc::EINVAL)?;
        *count = ffi::take(inner, mode(object))?;
        Ok((*count != 0).into())
    })())
}

/// `wakefd_wait`
#[no_mangle]
pub extern "C" fn wakefd_wait(object: Option<&Object>, milliseconds: c_int) -> c_int {
    answer((|| {
        let inner = open(object, ANY)?;
        if milliseconds < -1 {
            return Err(libc::EINVAL);
        }
        ffi::wait(inner, i64::from(milliseconds) * 1_000_000).map(c_int::from)
    })())
}

/// `wakefd_fd`
#[no_mangle]
pub extern "C" fn wakefd_fd(object: Option<&Object>) -> c_int {
    answer(open(object, ANY).map(|inner| inner.as_raw_fd()))
}

/// `wakefd_notify_fd`
#[no_mangle]
pub extern "C" fn wakefd_notify_fd(object: Option<&Object>) -> c_int {
    answer(open(object, NOTIFIER).map(ffi::notify_fd))
}

/// `wakefd_notify_by_fd`
#[no_mangle]
pub extern "C" fn wakefd_notify_by_fd(fd: c_int) -> c_int {
    answer(ffi::notify_by_fd(fd).map(|()| 0))
}

/// `wakefd_backend`
#[no_mangle]
pub extern "C" fn wakefd_backend(object: Option<&Object>) -> c_int {
    answer(open(object, ANY).map(|inner| match inner.mechanism() {
        Mechanism::EventFd2 | Mechanism::EventFd => EVENTFD,
        _ => PIPE,
    }))
}

/// `wakefd_mechanism`
#[no_mangle]
pub extern "C" fn wakefd_mechanism(object: Option<&Object>) -> c_int {
    // wakefd.h numbers the mechanisms in the same order, from one on.
    answer(open(object, ANY).map(|inner| inner.mechanism() as c_int + 1))
}

/// `wakefd_reinit_after_fork`
#[no_mangle]
pub extern "C" fn wakefd_reinit_after_fork(object: Option<&Object>) -> c_int {
    answer(open(object, ANY).and_then(|inner| {
        ffi::reinit_after_fork(inner, mode(object))
            .map(|()| 0)
            .map_err(errno)
    }))
}

/// `wakefd_close`
#[no_mangle]
pub extern "C" fn wakefd_close(object: Option<&mut Object>) -> c_int {
    close(object)
}
