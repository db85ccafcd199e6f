//! The numbers of the system calls that profiles and faults change.

use libc::{c_int, c_long};

use Argument as A;

/// A system call, under each of the numbers by which a libc may reach it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Its name in the table of faults.
    pub name: &'static str,
    /// Empty where the architecture never had it.
    pub(crate) numbers: &'static [c_long],
    /// All of these must hold, else it is another call.
    pub(crate) arguments: &'static [Argument],
}

/// A condition on the lower half of an argument: that what `mask` leaves of it is this
/// value, or is not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Argument {
    pub(crate) index: u32,
    pub(crate) mask: u32,
    pub(crate) value: u32,
    pub(crate) is: bool,
}

impl Call {
    /// Whether the architecture has it by this number.
    #[must_use]
    pub fn has(&self, number: c_long) -> bool {
        self.numbers.contains(&number)
    }
}

impl Argument {
    pub(crate) const fn equals(index: u32, value: c_int) -> Self {
        Argument {
            index,
            mask: u32::MAX,
            value: value as u32,
            is: true,
        }
    }

    const fn any_bit_of(index: u32, mask: c_int) -> Self {
        Argument {
            mask: mask as u32,
            is: false,
            ..Self::equals(index, 0)
        }
    }

    const fn not_zero(index: u32) -> Self {
        Self::any_bit_of(index, -1)
    }
}

/// Whether the architecture came to Linux after 2.6.27: it has none of the calls that
/// newer ones replace.
pub const NO_OLD_CALLS: bool = cfg!(any(
    target_arch = "aarch64",
    target_arch = "riscv32",
    target_arch = "riscv64",
    target_arch = "loongarch64",
));

/// `old!(NAME)` is a list of this number, empty where there are no old calls, and of
/// whatever follows.
macro_rules! old {
    ($old:ident $(, $new:ident)*) => {{
        #[cfg(not(any(
            target_arch = "aarch64",
            target_arch = "riscv32",
            target_arch = "riscv64",
            target_arch = "loongarch64",
        )))]
        const LIST: &[c_long] = &[libc::$old $(, libc::$new)*];
        #[cfg(any(
            target_arch = "aarch64",
            target_arch = "riscv32",
            target_arch = "riscv64",
            target_arch = "loongarch64",
        ))]
        const LIST: &[c_long] = &[$(libc::$new),*];
        LIST
    }};
}

macro_rules! calls {
    ($($(#[$doc:meta])* $call:ident = $name:expr, $numbers:expr $(, $argument:expr)*;)*) => {$(
        #[doc = concat!("`", $name, "`.")]
        ///
        $(#[$doc])*
        pub const $call: Call = Call {
            name: $name,
            numbers: $numbers,
            arguments: &[$($argument),*],
        };
    )*};
}

#[rustfmt::skip]
calls! {
    EVENTFD = "eventfd", old!(SYS_eventfd);
    EVENTFD2 = "eventfd2", &[libc::SYS_eventfd2];
    /// The flag that came with Linux 2.6.30.
    EVENTFD2_SEMAPHORE = "eventfd2 EFD_SEMAPHORE", &[libc::SYS_eventfd2], A::any_bit_of(1, libc::EFD_SEMAPHORE);
    PIPE = "pipe", old!(SYS_pipe, SYS_pipe2);
    /// Without flags it is what some libcs make of `pipe`.
    PIPE2 = "pipe2", &[libc::SYS_pipe2], A::not_zero(1);
    /// In glibc since 2.34 `pipe` is this too, where the kernel takes a pointer for `pipe`.
    PIPE2_ANY = "pipe2, whatever its flags", &[libc::SYS_pipe2];
    DUP2 = "dup2", old!(SYS_dup2, SYS_dup3);
    /// Without flags it is what some libcs make of `dup2`.
    DUP3 = "dup3", &[libc::SYS_dup3], A::not_zero(2);
    CLOSE = "close", &[libc::SYS_close];
    F_GETFD = "fcntl F_GETFD", FCNTL, A::equals(1, libc::F_GETFD);
    F_SETFD = "fcntl F_SETFD", FCNTL, A::equals(1, libc::F_SETFD);
    F_GETFL = "fcntl F_GETFL", FCNTL, A::equals(1, libc::F_GETFL);
    F_SETFL = "fcntl F_SETFL", FCNTL, A::equals(1, libc::F_SETFL);
    FIONREAD = "ioctl FIONREAD", &[libc::SYS_ioctl], A::equals(1, libc::FIONREAD as c_int);
    READ = "read", &[libc::SYS_read];
    WRITE = "write", &[libc::SYS_write];
    /// Where there is no `poll`, libc makes it of `ppoll`.
    POLL = "poll", old!(SYS_poll, SYS_ppoll);
    /// Linux 2.6.16, but on ARM not yet in 2.6.21. Only where there is a `poll`, too.
    PPOLL = "ppoll", if NO_OLD_CALLS { &[] } else { &[libc::SYS_ppoll] };
    /// Without flags it is what some libcs make of `epoll_create`.
    EPOLL_CREATE1 = "epoll_create1", &[libc::SYS_epoll_create1], A::not_zero(0);
    INOTIFY_INIT1 = "inotify_init1", &[libc::SYS_inotify_init1];
    ACCEPT4 = "accept4", &[libc::SYS_accept4];
    /// Where it is a system call at all, and not the vDSO's.
    CLOCK = "clock_gettime", &[libc::SYS_clock_gettime];
    /// Filters came with Linux 3.5.
    FILTER = "prctl PR_SET_SECCOMP", &[libc::SYS_prctl], A::equals(0, libc::PR_SET_SECCOMP);
    GETRES = "clock_getres", &[libc::SYS_clock_getres];
    UNAME = "uname", &[libc::SYS_uname];

    TIMERFD = "timerfd_create", &[libc::SYS_timerfd_create];
    TIMERFD_FLAGS = "timerfd_create with flags", &[libc::SYS_timerfd_create], A::not_zero(1);
    SETTIME = "timerfd_settime", &[libc::SYS_timerfd_settime];
    GETTIME = "timerfd_gettime", &[libc::SYS_timerfd_gettime];
    MMAP = "mmap", MAP;
    /// glibc and musl map a stack without access, and then all but a guard with it.
    MMAP_STACK = "mmap PROT_NONE", MAP, A::equals(2, libc::PROT_NONE);
    MPROTECT = "mprotect", &[libc::SYS_mprotect];
    MUNMAP = "munmap", &[libc::SYS_munmap];
    CLONE = "clone", &[libc::SYS_clone, libc::SYS_clone3];
    /// Without `FUTEX_PRIVATE_FLAG`, as ours: a libc whose own fail cannot end a thread.
    FUTEX_WAIT = "futex FUTEX_WAIT", &[libc::SYS_futex], A::equals(1, libc::FUTEX_WAIT);
    FUTEX_WAKE = "futex FUTEX_WAKE", &[libc::SYS_futex], A::equals(1, libc::FUTEX_WAKE);

    SIGNALFD = "signalfd", old!(SYS_signalfd);
    SIGNALFD4 = "signalfd4", &[libc::SYS_signalfd4];
    SIGTIMEDWAIT = "rt_sigtimedwait", &[libc::SYS_rt_sigtimedwait];
    SIGPENDING = "rt_sigpending", &[libc::SYS_rt_sigpending];
    KILL = "kill", &[libc::SYS_kill];
    SIGACTION_LOOK = "rt_sigaction, to look", &[libc::SYS_rt_sigaction], A::equals(1, 0);
    SIGACTION_SET = "rt_sigaction, to set", &[libc::SYS_rt_sigaction], A::not_zero(1);
    SIG_BLOCK = "rt_sigprocmask SIG_BLOCK", &[libc::SYS_rt_sigprocmask], A::equals(0, libc::SIG_BLOCK);
    SIG_UNBLOCK = "rt_sigprocmask SIG_UNBLOCK", &[libc::SYS_rt_sigprocmask], A::equals(0, libc::SIG_UNBLOCK);
    SIG_SETMASK = "rt_sigprocmask SIG_SETMASK", &[libc::SYS_rt_sigprocmask], A::equals(0, libc::SIG_SETMASK);
}

/// A libc for 32 bits uses the one that knows large files.
#[cfg(target_pointer_width = "64")]
const FCNTL: &[c_long] = &[libc::SYS_fcntl];
#[cfg(target_pointer_width = "32")]
const FCNTL: &[c_long] = &[libc::SYS_fcntl, libc::SYS_fcntl64];

/// And the one that takes pages.
#[cfg(target_pointer_width = "64")]
const MAP: &[c_long] = &[libc::SYS_mmap];
#[cfg(target_pointer_width = "32")]
const MAP: &[c_long] = &[libc::SYS_mmap2];
