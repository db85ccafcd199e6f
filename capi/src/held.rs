//! What lies in the storage that a C program provides: `struct wakefd` and its like.

use core::mem::MaybeUninit;
use libc::c_int;

/// A Rust object that may be there or not. It does not point into itself, so C may move it.
#[repr(C)]
pub struct Held<T> {
    /// Says what is there. Zero, as in memory that nobody has initialised, is nothing.
    kind: MaybeUninit<u32>,
    object: MaybeUninit<T>,
}

const CLOSED: u32 = 0;

/// The kind of an object that comes in one kind only.
#[cfg(any(feature = "signal", feature = "timer"))]
pub const OPEN: u32 = 1;

impl<T> Held<T> {
    /// Puts an object there, whatever was there: perhaps memory that nobody has written to.
    /// After a failure it is closed.
    pub fn init(
        &mut self,
        kind: u32,
        create: impl FnOnce() -> Result<T, c_int>,
    ) -> Result<c_int, c_int> {
        self.kind.write(CLOSED);
        self.object.write(create()?);
        self.kind.write(kind);
        Ok(0)
    }

    /// Returns the object and its kind. `EBADF` if it is closed.
    pub fn open(&self) -> Result<(&T, u32), c_int> {
        match self.kind() {
            CLOSED => Err(libc::EBADF),
            // SAFETY: the kind says that an object was put here, and not taken out.
            kind => Ok((unsafe { self.object.assume_init_ref() }, kind)),
        }
    }

    /// Closes the object. From the first moment on it is closed for others, such as a
    /// signal handler that comes in between.
    pub fn close(&mut self) -> Result<c_int, c_int> {
        self.open()?;
        self.kind.write(CLOSED);
        // SAFETY: the kind said that an object was put here, and says so no more.
        unsafe { self.object.assume_init_drop() };
        Ok(0)
    }

    /// Returns the kind that `init` was given, or zero.
    pub fn kind(&self) -> u32 {
        // SAFETY: wakefd.h asks for an object that was initialised, by a function or with
        // zeroes; both have set this.
        unsafe { self.kind.assume_init() }
    }
}
