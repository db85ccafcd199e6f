//! The monotonic clock.

/// Nanoseconds since a fixed point in the past, of which 64 bits hold five
/// centuries. Never goes back. `None` if a sandbox refuses to tell: one that knows
/// `clock_gettime` and not `clock_gettime64`, which 32-bit libcs call first.
///
/// Not a `Duration`: its sums contain a panic that cannot happen, but that the
/// compiler does not always see through.
pub(crate) fn now() -> Option<u64> {
    let (seconds, nanoseconds) = read()?;
    Some(
        seconds
            .saturating_mul(1_000_000_000)
            .saturating_add(nanoseconds),
    )
}

/// The kernel starts the clock at zero, so there are no negative parts.
fn unsigned(part: impl TryInto<u64>) -> u64 {
    part.try_into().unwrap_or(0)
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
        fn read() -> Option<(u64, u64)> {
            // The call's own struct: two longs, whatever libc's time_t is.
            let mut time: [libc::c_long; 2] = [0; 2];
            // SAFETY: the kernel writes two longs. The clock exists since 2.6.0.
            let result = unsafe {
                libc::syscall(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC, time.as_mut_ptr())
            };
            let [seconds, nanoseconds] = time;
            (result == 0).then_some((unsigned(seconds), unsigned(nanoseconds)))
        }
    } else {
        fn read() -> Option<(u64, u64)> {
            // SAFETY: a timespec is integers, for which zero is a value.
            let mut time: libc::timespec = unsafe { core::mem::zeroed() };
            // SAFETY: the pointer is to a live timespec. The clock exists on
            // every Unix that we know.
            let result = unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
            (result == 0).then_some((unsigned(time.tv_sec), unsigned(time.tv_nsec)))
        }
    }
}
