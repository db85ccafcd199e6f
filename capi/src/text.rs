//! What is for people.

use core::fmt::{self, Write};
use core::ptr;

use libc::{c_char, c_int, size_t};
use wakefd::Report;

use crate::answer;
use crate::selection::{self, EVENTFD, PIPE};

/// `wakefd_backend_name`
#[no_mangle]
pub extern "C" fn wakefd_backend_name(backend: c_int) -> *const c_char {
    name(match backend {
        EVENTFD => "eventfd\0",
        PIPE => "pipe\0",
        #[cfg(feature = "timer")]
        selection::TIMERFD => "timerfd\0",
        #[cfg(feature = "timer")]
        selection::TIMER_THREAD => "timer-thread\0",
        #[cfg(feature = "signal")]
        selection::SIGNALFD => "signalfd\0",
        #[cfg(feature = "signal")]
        selection::SIGNAL_HANDLER => "signal-handler\0",
        _ => return ptr::null(),
    })
}

/// `wakefd_mechanism_name`
#[no_mangle]
pub extern "C" fn wakefd_mechanism_name(mechanism: c_int) -> *const c_char {
    name(match mechanism {
        1 => "eventfd2\0",
        2 => "eventfd\0",
        3 => "pipe2\0",
        4 => "pipe\0",
        #[cfg(feature = "signal")]
        5 => "signalfd4\0",
        #[cfg(feature = "signal")]
        6 => "signalfd\0",
        #[cfg(feature = "signal")]
        7 => "signal-handler\0",
        #[cfg(feature = "timer")]
        8 => "timerfd-flags\0",
        #[cfg(feature = "timer")]
        9 => "timerfd\0",
        #[cfg(feature = "timer")]
        10 => "timer-thread\0",
        _ => return ptr::null(),
    })
}

/// Returns a name, which ends with a zero, as C has it. Not a `CStr`, whose literals are
/// younger than Rust 1.63.
fn name(name: &'static str) -> *const c_char {
    name.as_ptr().cast()
}

/// `wakefd_reason`
///
/// # Safety
///
/// `buffer` has room for `size` bytes, or is null.
#[no_mangle]
pub unsafe extern "C" fn wakefd_reason(
    selection: c_int,
    buffer: *mut c_char,
    size: size_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let text = unsafe { Text::new(buffer, size) };
    answer(Text::show(text, selection, |text, report| {
        write!(text, "{}", report.reason())
    }))
}

/// `wakefd_report`
///
/// # Safety
///
/// As for [`wakefd_reason`].
#[no_mangle]
pub unsafe extern "C" fn wakefd_report(
    selection: c_int,
    buffer: *mut c_char,
    size: size_t,
) -> c_int {
    // SAFETY: the caller's promise.
    let text = unsafe { Text::new(buffer, size) };
    answer(Text::show(text, selection, |text, report| {
        writeln!(text, "{report}")
    }))
}

/// A text of which the buffer keeps as much as it has room for: snprintf's way.
struct Text {
    buffer: *mut u8,
    size: usize,
    /// Of all that was written, kept or not.
    length: usize,
}

impl Text {
    /// `None` for no buffer where there should be one.
    ///
    /// # Safety
    ///
    /// As for [`wakefd_reason`], for as long as the text lives.
    unsafe fn new(buffer: *mut c_char, size: size_t) -> Option<Self> {
        if buffer.is_null() && size > 0 {
            return None;
        }
        Some(Text {
            buffer: buffer.cast(),
            size,
            length: 0,
        })
    }

    /// Puts a byte there, if there is room. Not through a slice: `size` may be more than
    /// there is memory, from a caller who knows that the text fits.
    fn put(&mut self, place: usize, byte: u8) {
        if place < self.size {
            // SAFETY: the caller of `new` has promised as much room as the text takes.
            unsafe { self.buffer.add(place).write(byte) };
        }
    }

    fn show(
        text: Option<Self>,
        selection: c_int,
        write: impl FnOnce(&mut Self, &Report) -> fmt::Result,
    ) -> Result<c_int, c_int> {
        let mut text = text.ok_or(libc::EINVAL)?;
        let report = selection::report(selection)?;
        // Nothing that is written to has an error of its own.
        let _ = write(&mut text, &report);
        let end = text.length.min(text.size.saturating_sub(1));
        text.put(end, 0);
        Ok(c_int::try_from(text.length).unwrap_or(c_int::MAX))
    }
}

impl Write for Text {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        for byte in piece.bytes() {
            self.put(self.length, byte);
            self.length = self.length.saturating_add(1);
        }
        Ok(())
    }
}
