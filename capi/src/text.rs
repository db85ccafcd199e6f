//! What is for people.

use core::ffi::CStr;
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
        EVENTFD => c"eventfd",
        PIPE => c"pipe",
        #[cfg(feature = "timer")]
        selection::TIMERFD => c"timerfd",
        #[cfg(feature = "timer")]
        selection::TIMER_THREAD => c"timer-thread",
        #[cfg(feature = "signal")]
        selection::SIGNALFD => c"signalfd",
        #[cfg(feature = "signal")]
        selection::SIGNAL_HANDLER => c"signal-handler",
        _ => return ptr::null(),
    })
}

/// `wakefd_mechanism_name`
#[no_mangle]
pub extern "C" fn wakefd_mechanism_name(mechanism: c_int) -> *const c_char {
    name(match mechanism {
        1 => c"eventfd2",
        2 => c"eventfd",
        3 => c"pipe2",
        4 => c"pipe",
        #[cfg(feature = "signal")]
        5 => c"signalfd4",
        #[cfg(feature = "signal")]
        6 => c"signalfd",
        #[cfg(feature = "signal")]
        7 => c"signal-handler",
        #[cfg(feature = "timer")]
        8 => c"timerfd-flags",
        #[cfg(feature = "timer")]
        9 => c"timerfd",
        #[cfg(feature = "timer")]
        10 => c"timer-thread",
        _ => return ptr::null(),
    })
}

fn name(name: &'static CStr) -> *const c_char {
    name.as_ptr()
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
        write!(text, "{report}")
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
