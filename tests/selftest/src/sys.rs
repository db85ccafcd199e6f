//! Safe wrappers of the libc calls that several modules use.

use core::{mem, ptr, slice, str};
use libc::{c_char, c_int, pid_t};

pub fn errno() -> c_int {
    // SAFETY: the pointer is to this thread's errno, and always valid.
    unsafe { *libc::__errno_location() }
}

pub fn getpid() -> pid_t {
    // SAFETY: no preconditions.
    unsafe { libc::getpid() }
}

/// Ends the process without `atexit` handlers, which is right in a forked
/// child too.
pub fn exit(status: c_int) -> ! {
    // SAFETY: no preconditions.
    unsafe { libc::_exit(status) }
}

/// The monotonic clock; zero on a kernel that has none.
///
/// The `timespec` is the libc crate's and goes to the libc crate's symbol only:
/// on 32-bit musl both mean a 4-byte `time_t`, where C code means 8.
pub fn nanoseconds() -> u64 {
    // SAFETY: all-zero bytes are a valid timespec.
    let mut now: libc::timespec = unsafe { mem::zeroed() };
    // SAFETY: `now` is valid for writing.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Waits, on a call that every kernel has.
pub fn sleep_ms(ms: c_int) {
    // SAFETY: with a count of 0 the pointer is not read.
    unsafe { libc::poll(ptr::null_mut(), 0, ms) };
}

/// Runs `body` in a forked child and waits for it, however it ends.
pub fn in_child(body: fn()) {
    // SAFETY: no other thread runs, so the child may go on like the parent.
    let child = unsafe { libc::fork() };
    if child == 0 {
        body();
        exit(0);
    }
    // SAFETY: no status is wanted.
    while child > 0 && unsafe { libc::waitpid(child, ptr::null_mut(), 0) } != child {
        if errno() != libc::EINTR {
            break;
        }
    }
}

/// Says what this ran on, for whoever reads the log later.
pub fn print_machine() {
    // SAFETY: all-zero bytes are a valid utsname (arrays of characters).
    let mut name: libc::utsname = unsafe { mem::zeroed() };
    // SAFETY: `name` is valid for writing. If the call fails the fields stay
    // empty strings.
    unsafe { libc::uname(&mut name) };
    let order = if cfg!(target_endian = "big") {
        "big"
    } else {
        "little"
    };
    line!(
        "# kernel {} {} machine {} byte order {} pointers {} bits",
        text(&name.sysname),
        text(&name.release),
        text(&name.machine),
        order,
        usize::BITS
    );
    // SAFETY: all-zero bytes are a valid timespec.
    let mut resolution: libc::timespec = unsafe { mem::zeroed() };
    // SAFETY: `resolution` is valid for writing, and stays zero if the call fails.
    unsafe { libc::clock_getres(libc::CLOCK_MONOTONIC, &mut resolution) };
    line!("# timer resolution {} ns", resolution.tv_nsec);
}

fn text(field: &[c_char]) -> &str {
    if !field.contains(&0) {
        return "?";
    }
    // SAFETY: the field has a NUL, checked above, and outlives the result.
    unsafe { c_str(field.as_ptr()) }
}

/// A C string as text; a question mark if it is not UTF-8.
///
/// # Safety
///
/// The string ends with a NUL, and lives and stays as it is for as long as the result.
pub unsafe fn c_str<'a>(string: *const c_char) -> &'a str {
    // SAFETY: so many bytes of a live string.
    let bytes = unsafe { slice::from_raw_parts(string.cast(), libc::strlen(string)) };
    str::from_utf8(bytes).unwrap_or("?")
}

/// What the program was called with, without its name.
///
/// # Safety
///
/// The arguments are those of `main`.
pub unsafe fn arguments(
    count: c_int,
    arguments: *const *const c_char,
) -> impl Iterator<Item = &'static str> {
    (1..count as usize).map(move |index| {
        // SAFETY: `main` has so many, which live as long as the process.
        unsafe { c_str(*arguments.add(index)) }
    })
}
