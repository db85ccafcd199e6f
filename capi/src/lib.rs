//! The functions of `include/wakefd.h`, which documents them.
//!
//! A pointer arrives as an `Option` of a reference, with `None` for null. The header requires
//! only that the caller passes null or a valid pointer.

#![no_std]
// The manifest sets this lint too, but the cargo of Rust 1.63 does not read it.
#![deny(unsafe_op_in_unsafe_fn)]

mod held;
mod notifier;
mod selection;
#[cfg(feature = "signal")]
mod signals;
#[cfg(feature = "text")]
mod text;
#[cfg(feature = "timer")]
mod timer;

use libc::{c_char, c_int};

/// Is never called: ci/capi.sh checks that the libraries contain no panic.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: no preconditions.
    unsafe { libc::abort() }
}

/// `wakefd_version`
#[no_mangle]
pub extern "C" fn wakefd_version() -> *const c_char {
    "0.1.0\0".as_ptr().cast() // must match wakefd.h and Cargo.toml
}

/// Converts a result for C: zero or more, or an errno as a negative number.
fn answer(result: Result<c_int, c_int>) -> c_int {
    result.unwrap_or_else(|errno| -errno)
}

fn errno(error: wakefd::Error) -> c_int {
    error.raw_os_error()
}

/// Converts the `timeout` argument of `wakefd_wait`.
#[cfg(any(feature = "signal", feature = "timer"))]
fn timeout(milliseconds: c_int) -> Result<Option<core::time::Duration>, c_int> {
    match u64::try_from(milliseconds) {
        Ok(milliseconds) => Ok(Some(core::time::Duration::from_millis(milliseconds))),
        Err(_) if milliseconds == -1 => Ok(None),
        Err(_) => Err(libc::EINVAL),
    }
}

/// Converts the result of a wait to that of `wakefd_wait`.
#[cfg(any(feature = "signal", feature = "timer"))]
fn waited(wait: wakefd::Wait) -> c_int {
    (wait == wakefd::Wait::Notified).into()
}

/// Returns the open object, for types that have only one kind.
#[cfg(any(feature = "signal", feature = "timer"))]
fn open<T>(held: Option<&held::Held<T>>) -> Result<&T, c_int> {
    Ok(held.ok_or(libc::EINVAL)?.open()?.0)
}

/// Closes the object.
fn close<T>(held: Option<&mut held::Held<T>>) -> c_int {
    answer(held.ok_or(libc::EINVAL).and_then(held::Held::close))
}
