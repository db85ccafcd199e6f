//! Everything that is unsafe: libc's calls for the hand-written loop, and the C
//! libraries.
#![allow(unsafe_code)]

pub(crate) mod epoll;
pub(crate) mod glib;
pub(crate) mod libevent;
pub(crate) mod libuv;
pub(crate) mod signal;
pub(crate) mod usage;

use std::ffi::CStr;

/// The running libc's version, if it is a glibc.
pub(crate) fn libc_version() -> &'static str {
    // SAFETY: gives a pointer to a string constant.
    text(unsafe { libc::gnu_get_libc_version() })
}

/// What a C library says about itself.
fn text(constant: *const libc::c_char) -> &'static str {
    // SAFETY: the callers give string constants, which end with zero and are
    // never freed.
    unsafe { CStr::from_ptr(constant) }
        .to_str()
        .unwrap_or("unknown")
}
