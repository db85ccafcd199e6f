//! Memory that parent and child share after `fork`.

use core::sync::atomic::AtomicU32;

/// A counter in a page of its own, zero at first, shared with children.
pub(crate) struct Shared(*mut AtomicU32);

// SAFETY: everybody uses it as an atomic.
unsafe impl Sync for Shared {}

impl Shared {
    pub(crate) fn new() -> Self {
        // SAFETY: a new mapping at an address of the kernel's choice.
        let page = unsafe {
            libc::mmap(
                core::ptr::null_mut(),
                4096,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(page, libc::MAP_FAILED, "mmap");
        Shared(page.cast())
    }
}

impl core::ops::Deref for Shared {
    type Target = AtomicU32;

    fn deref(&self) -> &AtomicU32 {
        // SAFETY: the page is mapped as long as `self`, zeroed and aligned, and
        // everybody uses it as this atomic.
        unsafe { &*self.0 }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        // SAFETY: mapped by `new`, and no reference outlives `self`.
        unsafe { libc::munmap(self.0.cast(), 4096) };
    }
}
