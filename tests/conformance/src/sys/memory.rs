//! Memory that parent and child share after `fork`, and how much there is.

use core::mem::MaybeUninit;
use core::sync::atomic::AtomicU32;

/// A counter in a page of its own, zero at first, shared with children.
pub(crate) struct Shared(*mut AtomicU32);

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

/// How much this process has mapped: the lowest limit under which it may map a page
/// more. (A booted machine has no `/proc` that would say it.)
pub(crate) fn mapped() -> u64 {
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the call fills the struct.
    let before = unsafe {
        assert_eq!(libc::getrlimit(libc::RLIMIT_AS, limit.as_mut_ptr()), 0);
        limit.assume_init()
    };
    let fits = |bytes: u64| {
        let mut limit = before;
        limit.rlim_cur = bytes as libc::rlim_t;
        // SAFETY: a live struct; the mapping is new, and nobody knows it.
        unsafe {
            assert_eq!(libc::setrlimit(libc::RLIMIT_AS, &limit), 0);
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let page = libc::mmap(core::ptr::null_mut(), 1, libc::PROT_READ, flags, -1, 0);
            page != libc::MAP_FAILED && libc::munmap(page, 1) == 0
        }
    };
    let mut too_low = 0;
    let mut enough = if cfg!(target_pointer_width = "64") {
        1 << 47
    } else {
        1 << 31
    };
    assert!(fits(enough));
    while enough - too_low > 1 {
        let middle = (too_low + enough) / 2;
        if fits(middle) {
            enough = middle;
        } else {
            too_low = middle;
        }
    }
    // SAFETY: a live struct.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &before) }, 0);
    enough
}
