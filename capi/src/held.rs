//! The content of the storage that a C program provides: `struct wakefd` and similar structs.

use core::mem::MaybeUninit;
use libc::c_int;

/// An optional Rust object. It does not point into itself, so C may move it.
#[repr(C)]
pub struct Held<T> {
    /// The kind of the object. Zero, as in a static that is not yet initialised, means none.
    kind: MaybeUninit<u32>,
    object: MaybeUninit<T>,
}

const CLOSED: u32 = 0;

/// The kind of an object whose type has only one kind.
#[cfg(any(feature = "signal", feature = "timer"))]
pub const OPEN: u32 = 1;

impl<T> Held<T> {
    /// Stores a new object without reading the previous content, which may be uninitialised
    /// memory. After a failure the storage is closed.
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
            // SAFETY: the kind says that an object was stored here, and not removed.
            kind => Ok((unsafe { self.object.assume_init_ref() }, kind)),
        }
    }

    /// Closes the object. It is marked closed first, so that a signal handler that interrupts
    /// this function finds it closed.
    pub fn close(&mut self) -> Result<c_int, c_int> {
        self.open()?;
        self.kind.write(CLOSED);
        // SAFETY: the kind said that an object was stored here, and no longer does.
        unsafe { self.object.assume_init_drop() };
        Ok(0)
    }

    /// Returns the kind that `init` was given, or zero.
    pub fn kind(&self) -> u32 {
        // SAFETY: wakefd.h requires an object that was initialised, by a function or with
        // zeroes; both set the kind.
        unsafe { self.kind.assume_init() }
    }
}
