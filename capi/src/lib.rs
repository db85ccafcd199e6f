//! The functions of `include/wakefd.h`, which documents them.
//!
//! A pointer arrives as an `Option` of a reference: null is `None`. That it is
//! null or right is what the header asks of the caller, and all that it asks.

#![no_std]
// As the manifest has it, which no cargo of Rust 1.63 reads.
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

/// Never called: ci/capi.sh makes sure that the libraries have no panic left.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: no preconditions.
    unsafe { libc::abort() }
}

/// `wakefd_version`
#[no_mangle]
pub extern "C" fn wakefd_version() -> *const c_char {
    "0.1.0\0".as_ptr().cast() // as wakefd.h and Cargo.toml have it
}

/// A result as C gets it: zero or more, or an errno as a negative number.
fn answer(result: Result<c_int, c_int>) -> c_int {
    result.unwrap_or_else(|errno| -errno)
}

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

/// Returns the open object of a kind that is the only one of its type.
#[cfg(any(feature = "signal", feature = "timer"))]
fn open<T>(held: Option<&held::Held<T>>) -> Result<&T, c_int> {
    Ok(held.ok_or(libc::EINVAL)?.open()?.0)
}

/// Closes what is there.
fn close<T>(held: Option<&mut held::Held<T>>) -> c_int {
    answer(held.ok_or(libc::EINVAL).and_then(held::Held::close))
}
