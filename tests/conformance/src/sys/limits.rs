//! The limits of a process, and how much memory it has mapped.

use core::mem::MaybeUninit;
use core::ptr::null_mut;

use super::errno::check;

#[derive(Clone, Copy)]
enum Resource {
    Descriptors,
    AddressSpace,
}

/// Sets the soft limit, and gives the one before.
fn set_limit(resource: Resource, soft: libc::rlim_t) -> libc::rlim_t {
    let resource = match resource {
        Resource::Descriptors => libc::RLIMIT_NOFILE,
        Resource::AddressSpace => libc::RLIMIT_AS,
    };
    let mut limit = MaybeUninit::<libc::rlimit>::uninit();
    // SAFETY: the first call fills the struct that the second reads.
    unsafe {
        check(libc::getrlimit(resource, limit.as_mut_ptr()), "getrlimit");
        let mut limit = limit.assume_init();
        let before = core::mem::replace(&mut limit.rlim_cur, soft);
        check(libc::setrlimit(resource, &limit), "setrlimit");
        before
    }
}

/// Allows only descriptor numbers below `number` from now on.
pub(crate) fn limit_descriptors(number: usize) {
    set_limit(Resource::Descriptors, number as libc::rlim_t);
}

/// How much this process has mapped: the lowest limit under which it may map a page
/// more. (A booted machine has no `/proc` that would say it.)
pub(crate) fn mapped() -> u64 {
    let fits = |bytes: u64| {
        let before = set_limit(Resource::AddressSpace, bytes as libc::rlim_t);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
        // SAFETY: the mapping is new, and nobody knows it.
        let fits = unsafe {
            let page = libc::mmap(null_mut(), 1, libc::PROT_READ, flags, -1, 0);
            page != libc::MAP_FAILED && libc::munmap(page, 1) == 0
        };
        set_limit(Resource::AddressSpace, before);
        fits
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
        match fits(middle) {
            true => enough = middle,
            false => too_low = middle,
        }
    }
    enough
}
