//! The monotonic clock.

/// Nanoseconds since a fixed point in the past, of which 64 bits hold five
/// centuries. Never goes back. Zero if it is refused, with the reason in errno.
///
/// Not a `Duration`: its sums contain a panic that cannot happen, but that the
/// compiler does not always see through.
#[inline(never)] // A call of it is shorter.
pub(crate) fn now() -> i64 {
    let (seconds, nanoseconds) = read();
    // What is cut is decades away. (A 32-bit machine multiplies 32 bits.)
    #[allow(clippy::cast_possible_truncation)]
    let seconds = i64::from(seconds as i32);
    seconds
        .wrapping_mul(1_000_000_000)
        .wrapping_add(nanoseconds)
}

/// As [`now`], for arithmetic that has no negative times.
#[cfg(any(feature = "channel", feature = "timer"))]
pub(crate) fn now_ns() -> u64 {
    now().try_into().unwrap_or(0)
}

/// As [`now_ns`], for who cannot do without.
#[cfg(any(feature = "channel", feature = "timer"))]
pub(crate) fn try_now_ns() -> Result<u64, super::errno::Errno> {
    match now_ns() {
        0 => Err(super::errno::last()),
        now => Ok(now),
    }
}

cfg_if::cfg_if! {
    // glibc before 2.17 and old uClibc keep clock_gettime in librt, so a library
    // that wants to load there calls it by number. With std that is no concern
    // (std itself needs 2.17), and musl has always had it in libc: there libc's
    // function saves a system call where the kernel has a vDSO.
    if #[cfg(all(
        target_os = "linux",
        any(target_env = "gnu", target_env = "uclibc"),
        not(feature = "std"),
        // Here the kernel's `long` is not the `long` of C, or the call is gone.
        not(any(
            all(target_arch = "x86_64", target_pointer_width = "32"),
            target_arch = "riscv32",
        )),
    ))] {
        fn read() -> (i64, i64) {
            // The call's own struct: two longs, whatever libc's time_t is.
            let mut time: [libc::c_long; 2] = [0; 2];
            // SAFETY: the kernel writes two longs. The clock exists since 2.6.0,
            // and what a sandbox refuses leaves the zeroes.
            unsafe {
                libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, time.as_mut_ptr())
            };
            let [seconds, nanoseconds] = time;
            #[allow(clippy::useless_conversion)] // Not on 32 bits.
            (seconds.into(), nanoseconds.into())
        }
    } else {
        fn read() -> (i64, i64) {
            // SAFETY: a timespec is integers, for which zero is a value.
            let mut time: libc::timespec = unsafe { core::mem::zeroed() };
            // SAFETY: the pointer is to a live timespec. The clock exists on
            // every Unix that we know; as above.
            unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
            #[allow(clippy::useless_conversion)] // Not on 32 bits.
            (time.tv_sec.into(), time.tv_nsec.into())
        }
    }
}
