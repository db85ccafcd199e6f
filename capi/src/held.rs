//! What lies in a C program's `struct wakefd_timer` and `struct wakefd_signals`.

use core::mem::MaybeUninit;
use libc::c_int;

/// Something that may be there or not. It does not point into itself, so C may move it.
#[repr(C)]
pub struct Held<T> {
    /// Zero, as in memory that nobody has initialised, is closed.
    state: MaybeUninit<u32>,
    made: MaybeUninit<T>,
}

const CLOSED: u32 = 0;
const OPEN: u32 = 1;

impl<T> Held<T> {
    /// Puts one there, whatever was there: perhaps memory that nobody has written to.
    /// After a failure it is closed.
    pub fn init(&mut self, make: impl FnOnce() -> Result<T, c_int>) -> Result<(), c_int> {
        self.state.write(CLOSED);
        self.made.write(make()?);
        self.state.write(OPEN);
        Ok(())
    }

    pub fn open(&self) -> Result<&T, c_int> {
        match self.is_open() {
            // SAFETY: the state says that one was put here, and not taken out.
            true => Ok(unsafe { self.made.assume_init_ref() }),
            false => Err(libc::EBADF),
        }
    }

    /// Closes it, and from the first moment on it is closed for others.
    pub fn close(&mut self) -> Result<(), c_int> {
        if !self.is_open() {
            return Err(libc::EBADF);
        }
        self.state.write(CLOSED);
        // SAFETY: the state said that one was put here, and says so no more.
        unsafe { self.made.assume_init_drop() };
        Ok(())
    }

    fn is_open(&self) -> bool {
        // SAFETY: wakefd.h asks for an object that was initialised, by a function or
        // with zeroes; both have set this.
        unsafe { self.state.assume_init() == OPEN }
    }
}

/// What is open there.
pub fn open<T>(held: Option<&Held<T>>) -> Result<&T, c_int> {
    held.ok_or(libc::EINVAL)?.open()
}

/// Closes what is there.
pub fn close<T>(held: Option<&mut Held<T>>) -> c_int {
    crate::answer(
        held.ok_or(libc::EINVAL)
            .and_then(|held| held.close().map(|()| 0)),
    )
}
