//! What is for people.

use core::ffi::CStr;
use core::fmt::{self, Write};
use core::mem::MaybeUninit;
use core::{ptr, slice};

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
struct Text<'a> {
    buffer: &'a mut [MaybeUninit<u8>],
    /// Of all that was written, kept or not.
    length: usize,
}

impl Text<'_> {
    /// `None` for no buffer where there should be one.
    ///
    /// # Safety
    ///
    /// As for [`wakefd_reason`], for as long as the text lives.
    unsafe fn new<'a>(buffer: *mut c_char, size: size_t) -> Option<Text<'a>> {
        let buffer = if size == 0 {
            &mut []
        } else if buffer.is_null() {
            return None;
        } else {
            // SAFETY: not null, so the caller has promised this room.
            unsafe { slice::from_raw_parts_mut(buffer.cast(), size) }
        };
        Some(Text { buffer, length: 0 })
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
        let last = text.buffer.len().saturating_sub(1).min(text.length);
        if let Some(end) = text.buffer.get_mut(last) {
            end.write(0);
        }
        Ok(c_int::try_from(text.length).unwrap_or(c_int::MAX))
    }
}

impl Write for Text<'_> {
    fn write_str(&mut self, piece: &str) -> fmt::Result {
        let room = self.buffer.get_mut(self.length..).unwrap_or_default();
        for (to, from) in room.iter_mut().zip(piece.bytes()) {
            to.write(from);
        }
        self.length = self.length.saturating_add(piece.len());
        Ok(())
    }
}
