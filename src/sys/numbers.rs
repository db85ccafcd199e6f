//! The numbers of calls that not every architecture has. `None` where there is none.

use libc::c_long;

cfg_if::cfg_if! {
    // Those that came to Linux after 2.6.27 never had the calls without flags.
    if #[cfg(all(
        any(target_os = "linux", target_os = "android"),
        any(
            target_arch = "x86",
            target_arch = "x86_64",
            target_arch = "arm",
            target_arch = "mips",
            target_arch = "mips32r6",
            target_arch = "mips64",
            target_arch = "mips64r6",
            target_arch = "powerpc",
            target_arch = "powerpc64",
            target_arch = "s390x",
            target_arch = "sparc",
            target_arch = "sparc64",
            target_arch = "m68k",
        ),
    ))] {
        #[cfg(feature = "eventfd")]
        pub(super) const EVENTFD: Option<c_long> = Some(libc::SYS_eventfd);
        #[cfg(feature = "signal")]
        pub(super) const SIGNALFD: Option<c_long> = Some(libc::SYS_signalfd);
    } else {
        #[cfg(feature = "eventfd")]
        #[allow(dead_code)] // Another system has none of its users.
        pub(super) const EVENTFD: Option<c_long> = None;
        #[cfg(feature = "signal")]
        #[allow(dead_code)] // As above.
        pub(super) const SIGNALFD: Option<c_long> = None;
    }
}

cfg_if::cfg_if! {
    // Only where the call takes a pointer. On MIPS, Alpha, SPARC, IA-64 and SuperH the kernel
    // returns the ends in two registers instead, and the pointer would be ignored.
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
        #[cfg(feature = "pipe")]
        pub(super) const PIPE: Option<c_long> = Some(libc::SYS_pipe);
    } else {
        #[cfg(feature = "pipe")]
        #[allow(dead_code)] // As above.
        pub(super) const PIPE: Option<c_long> = None;
    }
}
