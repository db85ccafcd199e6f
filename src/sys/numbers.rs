//! System call numbers that libc does not give by one name on every architecture.

use libc::c_long;

macro_rules! old_calls {
    ($eventfd:expr, $signalfd:expr, $pipe:expr) => {
        #[allow(dead_code)] // Which features and systems use it is their affair.
        pub(super) const EVENTFD: Option<c_long> = $eventfd;
        #[allow(dead_code)] // As above.
        pub(super) const SIGNALFD: Option<c_long> = $signalfd;
        #[allow(dead_code)] // As above.
        pub(super) const PIPE: Option<c_long> = $pipe;
    };
}

// `None` means that the architecture does not have the call. Architectures that came to
// Linux after 2.6.27 never had the calls without flags. Not every `pipe` takes a pointer:
// on MIPS, Alpha, SPARC, IA-64 and SuperH the kernel returns the ends in two registers and
// ignores the pointer.
cfg_if::cfg_if! {
    if #[cfg(all(
        any(target_os = "linux", target_os = "android"),
        any(
            target_arch = "x86",
            target_arch = "x86_64",
            target_arch = "arm",
            target_arch = "powerpc",
            target_arch = "powerpc64",
            target_arch = "s390x",
            target_arch = "m68k",
        ),
    ))] {
        old_calls!(Some(libc::SYS_eventfd), Some(libc::SYS_signalfd), Some(libc::SYS_pipe));
    } else if #[cfg(all(
        any(target_os = "linux", target_os = "android"),
        any(
            target_arch = "mips",
            target_arch = "mips32r6",
            target_arch = "mips64",
            target_arch = "mips64r6",
            target_arch = "sparc",
            target_arch = "sparc64",
        ),
    ))] {
        old_calls!(Some(libc::SYS_eventfd), Some(libc::SYS_signalfd), None);
    } else {
        old_calls!(None, None, None);
    }
}

/// The calls that take times. Linux supports riscv32 only since the calls with 64-bit
/// times, whose numbers are the same on every architecture (Linux 5.1).
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) mod timed {
    #![allow(dead_code, unused_imports)] // As above.

    use libc::c_long;

    cfg_if::cfg_if! {
        if #[cfg(target_arch = "riscv32")] {
            pub(crate) const CLOCK_GETTIME: c_long = 403;
            pub(crate) const CLOCK_GETRES: c_long = 406;
            pub(crate) const CLOCK_NANOSLEEP: c_long = 407;
            pub(crate) const TIMERFD_GETTIME: c_long = 410;
            pub(crate) const TIMERFD_SETTIME: c_long = TIMERFD_SETTIME64;
            pub(crate) const RT_SIGTIMEDWAIT: c_long = 421;
            pub(crate) const FUTEX: c_long = 422;
        } else {
            pub(crate) use libc::SYS_clock_gettime as CLOCK_GETTIME;
            pub(crate) use libc::SYS_clock_getres as CLOCK_GETRES;
            pub(crate) use libc::SYS_clock_nanosleep as CLOCK_NANOSLEEP;
            pub(crate) use libc::SYS_timerfd_gettime as TIMERFD_GETTIME;
            pub(crate) use libc::SYS_timerfd_settime as TIMERFD_SETTIME;
            pub(crate) use libc::SYS_rt_sigtimedwait as RT_SIGTIMEDWAIT;
            pub(crate) use libc::SYS_futex as FUTEX;
        }
    }

    /// The call with 64-bit times, for 32-bit machines. On MIPS all numbers start at 4000.
    pub(crate) const TIMERFD_SETTIME64: c_long =
        if cfg!(any(target_arch = "mips", target_arch = "mips32r6")) {
            4411
        } else {
            411
        };
}
