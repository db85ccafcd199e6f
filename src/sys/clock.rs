//! The clocks, in nanoseconds.
//!
//! On Linux the kernel is asked by number, even where libc could read the clock without a
//! system call. A preloaded library may show the program another time (libfaketime), and
//! the kernel's timers and time-outs would then follow another clock than this crate.

/// Returns the nanoseconds since a fixed point in the past, which never decrease. Returns
/// zero if the call is refused; errno has the reason.
///
/// Returns no `Duration`, because its sums contain a panic that cannot happen but that the
/// compiler does not always remove.
#[inline(never)] // A call of it is shorter.
pub(crate) fn now() -> i64 {
    now_of(libc::CLOCK_MONOTONIC)
}

/// Returns the time of a clock, as [`now`] does.
pub(crate) fn now_of(clock: libc::clockid_t) -> i64 {
    let [seconds, nanoseconds] = read(clock);
    i64::from(seconds)
        .wrapping_mul(1_000_000_000)
        .wrapping_add(nanoseconds.into())
}

/// Returns the same time as [`now`], for arithmetic that has no negative times.
#[cfg(any(feature = "channel", feature = "signal", feature = "timer"))]
pub(crate) fn now_ns() -> u64 {
    now().try_into().unwrap_or(0)
}

/// Returns the same time as [`now_ns`], or an error, for callers that need the time.
#[cfg(any(feature = "channel", feature = "signal", feature = "timer"))]
pub(crate) fn try_now_ns() -> Result<u64, super::errno::Errno> {
    match now_ns() {
        0 => Err(super::errno::last()),
        now => Ok(now),
    }
}

cfg_if::cfg_if! {
    if #[cfg(any(target_os = "linux", target_os = "android"))] {
        use super::cvt;
        use super::numbers::timed;

        cfg_if::cfg_if! {
            if #[cfg(any(
                all(target_arch = "x86_64", target_pointer_width = "32"),
                target_arch = "riscv32",
            ))] {
                /// The kernel's `long` in times, which is not C's `long` on this
                /// architecture.
                pub(super) type Long = i64;
            } else {
                /// The kernel's `long` in times.
                pub(super) type Long = libc::c_long;
            }
        }

        /// The kernel's own `struct timespec`: two longs, whatever libc's `time_t` is.
        #[repr(C)]
        #[derive(Clone, Copy, Default)]
        pub(super) struct Timespec {
            seconds: Long,
            nanoseconds: Long,
        }

        #[allow(dead_code)] // Which features use it is their affair.
        #[allow(clippy::useless_conversion, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        impl Timespec {
            /// Converts nanoseconds. Saturates what does not fit.
            pub(super) fn from_ns(nanoseconds: u64) -> Self {
                let [seconds, nanoseconds] = [nanoseconds / 1_000_000_000, nanoseconds % 1_000_000_000]
                    .map(|part| Long::try_from(part).unwrap_or(Long::MAX));
                Timespec { seconds, nanoseconds }
            }

            pub(super) fn to_ns(self) -> u64 {
                let [seconds, nanoseconds] = self.parts().map(u64::from);
                seconds.wrapping_mul(1_000_000_000).wrapping_add(nanoseconds)
            }

            /// Returns seconds and nanoseconds as unsigned numbers of 32 bits. A `long` of
            /// 32 bits holds 68 years, and overflows when a time namespace has moved the
            /// clock further; without a sign it holds 136 years. (A 32-bit machine
            /// multiplies 32 bits.)
            fn parts(self) -> [u32; 2] {
                [self.seconds as u32, self.nanoseconds as u32]
            }
        }

        fn read(clock: libc::clockid_t) -> [u32; 2] {
            let mut time = Timespec::default();
            // SAFETY: the kernel writes a live struct of its own form. What is refused
            // leaves the zeroes.
            let read = cvt(unsafe { libc::syscall(timed::CLOCK_GETTIME, clock, &mut time) });
            match read {
                // No kernel answers so. A preloaded library refuses `syscall` (torsocks),
                // and libc can read the clock.
                Err(libc::ENOSYS) => read_by_libc(clock),
                _ => time.parts(),
            }
        }

        /// Returns the time within which the kernel cannot tell two expirations apart: one
        /// nanosecond, or the tick of a kernel without high-resolution timers.
        #[cfg(feature = "timer")]
        pub(crate) fn resolution() -> u64 {
            let mut tick = Timespec::default();
            // SAFETY: as in `read`.
            unsafe { libc::syscall(timed::CLOCK_GETRES, libc::CLOCK_MONOTONIC, &mut tick) };
            tick.to_ns()
        }
    } else {
        use self::read_by_libc as read;

        /// Returns zero: the resolution is unknown and taken for fine.
        #[cfg(feature = "timer")]
        pub(crate) fn resolution() -> u64 {
            0
        }
    }
}

cfg_if::cfg_if! {
    // glibc before 2.17 and old uClibc have clock_gettime in librt, and a library that
    // imports it would not load there. (std itself needs glibc 2.17.)
    if #[cfg(all(
        target_os = "linux",
        any(target_env = "gnu", target_env = "uclibc"),
        not(feature = "std"),
    ))] {
        /// Returns the time of the real-time clock, which can be set. It is better than
        /// none.
        #[cold]
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // As of a `Timespec`.
        fn read_by_libc(_: libc::clockid_t) -> [u32; 2] {
            // SAFETY: a timeval is integers, for which zero is a value.
            let mut time: libc::timeval = unsafe { core::mem::zeroed() };
            // SAFETY: a live timeval, and null for what is not wanted.
            unsafe { libc::gettimeofday(&mut time, core::ptr::null_mut()) };
            [time.tv_sec as u32, (time.tv_usec as u32).wrapping_mul(1000)]
        }
    } else {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 136 years.
        fn read_by_libc(clock: libc::clockid_t) -> [u32; 2] {
            // SAFETY: a timespec is integers, for which zero is a value.
            let mut time: libc::timespec = unsafe { core::mem::zeroed() };
            // SAFETY: the pointer is to a live timespec. What is refused leaves the zeroes.
            unsafe { libc::clock_gettime(clock, &mut time) };
            [time.tv_sec as u32, time.tv_nsec as u32]
        }
    }
}

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::unnecessary_cast, clippy::useless_conversion)] // Not on 32 bits.
    fn seconds_beyond_31_bits() {
        // The seconds as a kernel of 32 bits writes them.
        let time = Timespec {
            seconds: (1_u32 << 31) as i32 as Long,
            nanoseconds: 5,
        };
        assert_eq!(time.to_ns(), (1 << 31) * 1_000_000_000 + 5);
    }

    #[test]
    fn libc_has_the_same_clock() {
        let [before, _] = read(libc::CLOCK_MONOTONIC);
        let [libc, _] = read_by_libc(libc::CLOCK_MONOTONIC);
        let [after, _] = read(libc::CLOCK_MONOTONIC);
        assert!((before..=after).contains(&libc) || cfg!(not(feature = "std")));
    }
}
