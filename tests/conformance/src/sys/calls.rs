//! The system calls that profiles and faults answer, by the numbers that they have here.

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
    ($($(#[$doc:meta])* $vis:vis $call:ident = $name:expr, $numbers:expr $(, $argument:expr)*;)*) => {$(
        $(#[$doc])*
        $vis const $call: Call = Call {
            name: $name,
            numbers: $numbers,
            arguments: &[$($argument),*],
        };
    )*};
}

#[rustfmt::skip]
calls! {
    pub(crate) EVENTFD = "eventfd", old!(SYS_eventfd);
    pub(crate) EVENTFD2 = "eventfd2", &[libc::SYS_eventfd2];
    /// The flag that came with Linux 2.6.30.
    pub(crate) EVENTFD2_SEMAPHORE = "eventfd2 EFD_SEMAPHORE", &[libc::SYS_eventfd2], A::any_bit_of(1, libc::EFD_SEMAPHORE);
    pub(crate) PIPE = "pipe", old!(SYS_pipe, SYS_pipe2);
    /// Without flags it is what some libcs make of `pipe`.
    pub PIPE2 = "pipe2", &[libc::SYS_pipe2], A::not_zero(1);
    pub(crate) DUP2 = "dup2", old!(SYS_dup2, SYS_dup3);
    /// Without flags it is what some libcs make of `dup2`.
    pub(crate) DUP3 = "dup3", &[libc::SYS_dup3], A::not_zero(2);
    pub(crate) CLOSE = "close", &[libc::SYS_close];
    pub(crate) F_GETFD = "fcntl F_GETFD", FCNTL, A::equals(1, libc::F_GETFD);
    pub(crate) F_SETFD = "fcntl F_SETFD", FCNTL, A::equals(1, libc::F_SETFD);
    pub(crate) F_GETFL = "fcntl F_GETFL", FCNTL, A::equals(1, libc::F_GETFL);
    pub(crate) F_SETFL = "fcntl F_SETFL", FCNTL, A::equals(1, libc::F_SETFL);
    /// What reads.
    pub READ = "read", &[libc::SYS_read];
    /// What writes.
    pub WRITE = "write", &[libc::SYS_write];
    /// What waits. Where there is no `poll`, libc makes it of `ppoll`.
    pub POLL = "poll", old!(SYS_poll, SYS_ppoll);
    /// Linux 2.6.16, but on ARM not yet in 2.6.21. Only where there is a `poll`, too.
    pub(crate) PPOLL = "ppoll", if NO_OLD_CALLS { &[] } else { &[libc::SYS_ppoll] };
    /// Without flags it is what some libcs make of `epoll_create`.
    pub(crate) EPOLL_CREATE1 = "epoll_create1", &[libc::SYS_epoll_create1], A::not_zero(0);
    pub(crate) INOTIFY_INIT1 = "inotify_init1", &[libc::SYS_inotify_init1];
    pub(crate) ACCEPT4 = "accept4", &[libc::SYS_accept4];
    /// Where it is a system call at all, and not the vDSO's.
    pub(crate) CLOCK = "clock_gettime", &[libc::SYS_clock_gettime];
    pub(crate) UNAME = "uname", &[libc::SYS_uname];

    pub(crate) TIMERFD = "timerfd_create", &[libc::SYS_timerfd_create];
    pub(crate) TIMERFD_FLAGS = "timerfd_create with flags", &[libc::SYS_timerfd_create], A::not_zero(1);
    pub(crate) SETTIME = "timerfd_settime", &[libc::SYS_timerfd_settime];
    pub(crate) GETTIME = "timerfd_gettime", &[libc::SYS_timerfd_gettime];
    pub(crate) MMAP = "mmap", MAP;
    /// glibc and musl map a stack without access, and then all but a guard with it.
    pub(crate) MMAP_STACK = "mmap PROT_NONE", MAP, A::equals(2, libc::PROT_NONE);
    pub(crate) MPROTECT = "mprotect", &[libc::SYS_mprotect];
    pub(crate) MUNMAP = "munmap", &[libc::SYS_munmap];
    pub(crate) CLONE = "clone", &[libc::SYS_clone, libc::SYS_clone3];
    /// Without `FUTEX_PRIVATE_FLAG`, as ours: a libc whose own fail cannot end a thread.
    pub(crate) FUTEX_WAIT = "futex FUTEX_WAIT", &[libc::SYS_futex], A::equals(1, libc::FUTEX_WAIT);
    pub(crate) FUTEX_WAKE = "futex FUTEX_WAKE", &[libc::SYS_futex], A::equals(1, libc::FUTEX_WAKE);

    pub(crate) SIGNALFD = "signalfd", old!(SYS_signalfd);
    pub(crate) SIGNALFD4 = "signalfd4", &[libc::SYS_signalfd4];
    pub(crate) SIGTIMEDWAIT = "rt_sigtimedwait", &[libc::SYS_rt_sigtimedwait];
    pub(crate) SIGPENDING = "rt_sigpending", &[libc::SYS_rt_sigpending];
    pub(crate) KILL = "kill", &[libc::SYS_kill];
    pub(crate) SIGACTION_LOOK = "rt_sigaction, to look", &[libc::SYS_rt_sigaction], A::equals(1, 0);
    pub(crate) SIGACTION_SET = "rt_sigaction, to set", &[libc::SYS_rt_sigaction], A::not_zero(1);
    pub(crate) SIG_BLOCK = "rt_sigprocmask SIG_BLOCK", &[libc::SYS_rt_sigprocmask], A::equals(0, libc::SIG_BLOCK);
    pub(crate) SIG_UNBLOCK = "rt_sigprocmask SIG_UNBLOCK", &[libc::SYS_rt_sigprocmask], A::equals(0, libc::SIG_UNBLOCK);
    pub(crate) SIG_SETMASK = "rt_sigprocmask SIG_SETMASK", &[libc::SYS_rt_sigprocmask], A::equals(0, libc::SIG_SETMASK);
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
