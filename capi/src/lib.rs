//! The functions of `include/wakefd.h`, which documents them.
//!
//! A pointer arrives as an `Option` of a reference: null is `None`. That it is
//! null or right is what the header asks of the caller, and all that it asks.

#![no_std]

mod object;
mod selection;
#[cfg(feature = "text")]
mod text;

use core::num::NonZeroU64;
use core::time::Duration;

use libc::c_int;
use object::{Object, Open};
use wakefd::{AutoNotifier, Backend, Counter, Error, Mode, Notifier, Rung, Wait};

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

// By value, as it fits the function to `map_err`.
#[allow(clippy::needless_pass_by_value)]
fn errno(error: Error) -> c_int {
    error.raw_os_error()
}

fn open(object: Option<&Object>) -> Result<Open<'_>, c_int> {
    object.ok_or(libc::EINVAL)?.open()
}

fn notifier(object: Option<&Object>) -> Result<&AutoNotifier, c_int> {
    match open(object)? {
        Open::Notifier(notifier) => Ok(notifier),
        Open::Counter(_) => Err(libc::EINVAL),
    }
}

fn counter(object: Option<&Object>) -> Result<&Counter, c_int> {
    match open(object)? {
        Open::Counter(counter) => Ok(counter),
        Open::Notifier(_) => Err(libc::EINVAL),
    }
}

/// `wakefd_init`
#[no_mangle]
pub extern "C" fn wakefd_init(object: Option<&mut Object>, selection: c_int) -> c_int {
    answer((|| {
        let object = object.ok_or(libc::EINVAL)?;
        object.set_closed();
        object.put_notifier(selection::notifier(selection)?);
        Ok(0)
    })())
}

/// `wakefd_init_counter`
#[no_mangle]
pub extern "C" fn wakefd_init_counter(
    object: Option<&mut Object>,
    selection: c_int,
    mode: c_int,
) -> c_int {
    answer((|| {
        let object = object.ok_or(libc::EINVAL)?;
        object.set_closed();
        let mode = match mode {
            0 => Mode::Sum,
            1 => Mode::Semaphore,
            _ => return Err(libc::EINVAL),
        };
        object.put_counter(selection::counter(selection, mode)?);
        Ok(0)
    })())
}

/// `wakefd_notify`
#[no_mangle]
pub extern "C" fn wakefd_notify(object: Option<&Object>) -> c_int {
    answer(notifier(object).and_then(|notifier| notifier.notify().map(|()| 0).map_err(errno)))
}

/// `wakefd_clear`
#[no_mangle]
pub extern "C" fn wakefd_clear(object: Option<&Object>) -> c_int {
    answer(notifier(object).and_then(|notifier| notifier.clear().map(c_int::from).map_err(errno)))
}

/// `wakefd_add`
#[no_mangle]
pub extern "C" fn wakefd_add(object: Option<&Object>, n: u64) -> c_int {
    answer(counter(object).and_then(|counter| counter.add(n).map(|()| 0).map_err(errno)))
}

/// `wakefd_take`
#[no_mangle]
pub extern "C" fn wakefd_take(object: Option<&Object>, count: Option<&mut u64>) -> c_int {
    answer((|| {
        let counter = counter(object)?;
        let count = count.ok_or(libc::EINVAL)?;
        let taken = counter.take().map_err(errno)?;
        *count = taken.map_or(0, NonZeroU64::get);
        Ok(taken.is_some().into())
    })())
}

/// `wakefd_wait`
#[no_mangle]
pub extern "C" fn wakefd_wait(object: Option<&Object>, milliseconds: c_int) -> c_int {
    answer((|| {
        let open = open(object)?;
        let timeout = match u32::try_from(milliseconds) {
            Ok(milliseconds) => Some(Duration::from_millis(milliseconds.into())),
            Err(_) if milliseconds == -1 => None,
            Err(_) => return Err(libc::EINVAL),
        };
        let wait = match open {
            Open::Notifier(notifier) => notifier.wait(timeout),
            Open::Counter(counter) => counter.wait(timeout),
        };
        Ok((wait.map_err(errno)? == Wait::Notified).into())
    })())
}

/// `wakefd_fd`
#[no_mangle]
pub extern "C" fn wakefd_fd(object: Option<&Object>) -> c_int {
    answer(open(object).map(|open| match open {
        Open::Notifier(notifier) => notifier.as_raw_fd(),
        Open::Counter(counter) => counter.as_raw_fd(),
    }))
}

fn rung(object: Option<&Object>) -> Result<Rung, c_int> {
    open(object).map(|open| match open {
        Open::Notifier(notifier) => notifier.rung(),
        Open::Counter(counter) => counter.rung(),
    })
}

/// `wakefd_backend`
#[no_mangle]
pub extern "C" fn wakefd_backend(object: Option<&Object>) -> c_int {
    answer(rung(object).map(|rung| match rung.backend() {
        Backend::EventFd => selection::EVENTFD,
        _ => selection::PIPE,
    }))
}

/// `wakefd_rung`
#[no_mangle]
pub extern "C" fn wakefd_rung(object: Option<&Object>) -> c_int {
    answer(rung(object).map(|rung| match rung {
        Rung::EventFd2 => 1,
        Rung::EventFd => 2,
        Rung::Pipe2 => 3,
        _ => 4,
    }))
}

/// `wakefd_reinit_after_fork`
#[no_mangle]
pub extern "C" fn wakefd_reinit_after_fork(object: Option<&Object>) -> c_int {
    answer(open(object).and_then(|open| {
        match open {
            Open::Notifier(notifier) => notifier.reinit_after_fork(),
            Open::Counter(counter) => counter.reinit_after_fork(),
        }
        .map(|()| 0)
        .map_err(errno)
    }))
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
