//! Memory from `mmap`, for builds without an allocator.

use core::mem::size_of;
use core::ops::Deref;
use core::ptr::{null_mut, NonNull};

use super::errno::{self, Errno};

/// Owns a value in memory of its own from `mmap`. The value does not move.
pub(crate) struct Page<T>(NonNull<T>);

// SAFETY: it owns the value and gives out shared references to it, as a `Box` does.
unsafe impl<T: Send> Send for Page<T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for Page<T> {}

impl<T> Page<T> {
    pub(crate) fn new(value: T) -> Result<Self, Errno> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANON;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let page = unsafe { libc::mmap(null_mut(), size_of::<T>(), protection, flags, -1, 0) };
        match NonNull::new(page.cast::<T>()) {
            Some(page) if page.as_ptr().cast() != libc::MAP_FAILED => {
                // SAFETY: the page is new, as large as the value, and aligned.
                unsafe { page.as_ptr().write(value) };
                Ok(Page(page))
            }
            _ => Err(errno::last()),
        }
    }
}

impl<T> Deref for Page<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the page stays as long as `self`.
        unsafe { self.0.as_ref() }
    }
}

impl<T> Drop for Page<T> {
    fn drop(&mut self) {
        // SAFETY: `new` has mapped the page with this size, and this is its owner.
        unsafe {
            self.0.as_ptr().drop_in_place();
            libc::munmap(self.0.as_ptr().cast(), size_of::<T>());
        }
    }
}
