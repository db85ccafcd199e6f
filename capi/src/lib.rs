//! The functions of `include/wakefd.h`, which documents them.
//!
//! A pointer arrives as an `Option` of a reference: null is `None`. That it is
//! null or right is what the header asks of the caller, and all that it asks.

#![no_std]

#[cfg(any(feature = "signal", feature = "timer"))]
mod held;
mod object;
mod selection;
#[cfg(feature = "signal")]
mod signals;
#[cfg(feature = "text")]
mod text;
#[cfg(feature = "timer")]
mod timer;

use libc::c_int;
use object::{Kind, Object};
use wakefd::raw::Raw;
use wakefd::Mode;

/// Never called: ci/capi.sh makes sure that the libraries have no panic left.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: no preconditions.
    unsafe { libc::abort() }
}

/// A result as C gets it: zero or more, or an errno as a negative number.
fn answer(result: Result<c_int, c_int>) -> c_int {
    result.unwrap_or_else(|errno| -errno)
}

#[cfg(any(feature = "signal", feature = "timer"))]
fn errno(error: wakefd::Error) -> c_int {
    error.raw_os_error()
}

/// As `wakefd_wait` takes it.
#[cfg(any(feature = "signal", feature = "timer"))]
fn timeout(milliseconds: c_int) -> Result<Option<core::time::Duration>, c_int> {
    match u64::try_from(milliseconds) {
        Ok(milliseconds) => Ok(Some(core::time::Duration::from_millis(milliseconds))),
        Err(_) if milliseconds == -1 => Ok(None),
        Err(_) => Err(libc::EINVAL),
    }
}

/// As `wakefd_wait` says it.
#[cfg(any(feature = "signal", feature = "timer"))]
fn waited(wait: wakefd::Wait) -> c_int {
    (wait == wakefd::Wait::Notified).into()
}

/// What the object is, if it is open and of this kind; of any, if there is none.
#[inline(never)] // It is in every function, and a call of it is shorter.
fn open(object: Option<&Object>, kind: Option<Kind>) -> Result<&Raw, c_int> {
    object.ok_or(libc::EINVAL)?.open(kind)
}

const NOTIFIER: Option<Kind> = Some(Kind::Notifier);
const COUNTER: Option<Kind> = Some(Kind::Counter);
const ANY: Option<Kind> = None;

fn init(object: Option<&mut Object>, selection: c_int, kind: Kind, mode: Option<Mode>) -> c_int {
    answer((|| {
        let object = object.ok_or(libc::EINVAL)?;
        object.set_closed();
        let mode = mode.ok_or(libc::EINVAL)?;
        let chain = selection::chain(selection)?;
        object.init(kind, mode, |raw| raw.open(chain)).map(|()| 0)
    })())
}

/// `wakefd_init`
#[no_mangle]
pub extern "C" fn wakefd_init(object: Option<&mut Object>, selection: c_int) -> c_int {
    init(object, selection, Kind::Notifier, Some(Mode::Sum))
}

/// `wakefd_init_counter`
#[no_mangle]
pub extern "C" fn wakefd_init_counter(
    object: Option<&mut Object>,
    selection: c_int,
    mode: c_int,
) -> c_int {
    let mode = match mode {
        0 => Some(Mode::Sum),
        1 => Some(Mode::Semaphore),
        _ => None,
    };
    init(object, selection, Kind::Counter, mode)
}

/// `wakefd_notify`
#[no_mangle]
pub extern "C" fn wakefd_notify(object: Option<&Object>) -> c_int {
    answer(open(object, NOTIFIER).and_then(|raw| raw.notify().map(|()| 0)))
}

/// `wakefd_clear`
#[no_mangle]
pub extern "C" fn wakefd_clear(object: Option<&Object>) -> c_int {
    answer(open(object, NOTIFIER).and_then(|raw| raw.clear().map(c_int::from)))
}

/// `wakefd_add`
#[no_mangle]
pub extern "C" fn wakefd_add(object: Option<&Object>, n: u64) -> c_int {
    answer(open(object, COUNTER).and_then(|raw| raw.add(n).map(|()| 0)))
}

/// `wakefd_take`
#[no_mangle]
pub extern "C" fn wakefd_take(object: Option<&Object>, count: Option<&mut u64>) -> c_int {
    answer((|| {
        let raw = open(object, COUNTER)?;
        let count = count.ok_or(libc::EINVAL)?;
        *count = raw.take::<c_int>()?;
        Ok((*count != 0).into())
    })())
}

/// `wakefd_wait`
#[no_mangle]
pub extern "C" fn wakefd_wait(object: Option<&Object>, milliseconds: c_int) -> c_int {
    answer((|| {
        let raw = open(object, ANY)?;
        if milliseconds < -1 {
            return Err(libc::EINVAL);
        }
        raw.wait(i64::from(milliseconds) * 1_000_000)
            .map(c_int::from)
    })())
}

/// `wakefd_fd`
#[no_mangle]
pub extern "C" fn wakefd_fd(object: Option<&Object>) -> c_int {
    answer(open(object, ANY).map(Raw::as_raw_fd))
}

/// `wakefd_backend`
#[no_mangle]
pub extern "C" fn wakefd_backend(object: Option<&Object>) -> c_int {
    answer(open(object, ANY).map(|raw| match raw.is_pipe() {
        false => selection::EVENTFD,
        true => selection::PIPE,
    }))
}

/// `wakefd_mechanism`
#[no_mangle]
pub extern "C" fn wakefd_mechanism(object: Option<&Object>) -> c_int {
    // In wakefd.h they have the same order, from one on.
    answer(open(object, ANY).map(|raw| raw.mechanism() as c_int + 1))
}

/// `wakefd_reinit_after_fork`
#[no_mangle]
pub extern "C" fn wakefd_reinit_after_fork(object: Option<&Object>) -> c_int {
    answer(open(object, ANY).and_then(|raw| raw.reinit_after_fork().map(|()| 0)))
}

/// `wakefd_close`
#[no_mangle]
pub extern "C" fn wakefd_close(object: Option<&mut Object>) -> c_int {
    answer(
        object
            .ok_or(libc::EINVAL)
            .and_then(|object| object.close().map(|()| 0)),
    )
}
