//! The functions of wakefd.h that write text for people.

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

/// Returns a name that ends with a zero, for C. Literals of `CStr` need a Rust later than
/// 1.63.
fn name(name: &'static str) -> *const c_char {
    name.as_ptr().cast()
}

/// `wakefd_reason`
///
/// # Safety
///
/// `buffer` is null, or has room for `size` bytes or for the whole text.
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

/// A text that is cut to the size of its buffer, as by snprintf.
struct Text {
    buffer: *mut u8,
    size: usize,
    /// The length of everything that was written, including what was cut.
    length: usize,
}

impl Text {
    /// Returns `None` if the buffer is null and the size is not zero.
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

    /// Writes a byte if the buffer has room. It uses no slice, because `size` may be larger
    /// than the memory, if the caller knows that the text fits.
    fn put(&mut self, place: usize, byte: u8) {
        if place < self.size {
            // SAFETY: the caller of `new` has promised room for `size` bytes or the whole text.
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
        // Writing cannot fail: `write_str` always returns `Ok`.
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
