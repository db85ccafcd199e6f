//! The numbers of calls that not every architecture has: those that came to Linux
//! after 2.6.27 never had the flagless ones.

use libc::c_long;

cfg_if::cfg_if! {
    if #[cfg(any(
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
    ))] {
        #[cfg(feature = "eventfd")]
        pub(super) const EVENTFD: Option<c_long> = Some(libc::SYS_eventfd);
        #[cfg(feature = "signal")]
        pub(super) const SIGNALFD: Option<c_long> = Some(libc::SYS_signalfd);
    } else {
        #[cfg(feature = "eventfd")]
        pub(super) const EVENTFD: Option<c_long> = None;
        #[cfg(feature = "signal")]
        pub(super) const SIGNALFD: Option<c_long> = None;
    }
}
