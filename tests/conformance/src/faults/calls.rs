//! The system calls that fail, by the numbers that they have here.

use libc::{c_int, c_long};

use crate::sys::seccomp::Argument;

/// A system call, under each of the numbers by which a libc may reach it.
#[derive(Clone, Copy)]
pub struct Call {
    /// What the table calls it.
    pub name: &'static str,
    numbers: &'static [c_long],
    /// It fails only with these arguments.
    arguments: &'static [Argument],
}

impl Call {
    const fn any(name: &'static str, numbers: &'static [c_long]) -> Self {
        Call {
            name,
            numbers,
            arguments: &[],
        }
    }

    pub(crate) const fn numbers(&self) -> &'static [c_long] {
        self.numbers
    }

    pub(crate) const fn arguments(&self) -> &'static [Argument] {
        self.arguments
    }
}

/// Whether the architecture came after Linux 2.6.27: it has none of the calls that
/// newer ones replace.
pub(super) const YOUNG: bool = cfg!(any(
    target_arch = "aarch64",
    target_arch = "riscv32",
    target_arch = "riscv64",
    target_arch = "loongarch64",
));

/// `old!(NAME)` is a list of this number, empty on a young architecture, and of
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

pub(super) static EVENTFD2: Call = Call::any("eventfd2", &[libc::SYS_eventfd2]);
pub(super) static EVENTFD: Call = Call::any("eventfd", old!(SYS_eventfd));
/// With flags: without, it is what some libcs make of `pipe`.
pub static PIPE2: Call = Call {
    name: "pipe2",
    numbers: &[libc::SYS_pipe2],
    arguments: &[equals(1, libc::O_CLOEXEC | libc::O_NONBLOCK)],
};
pub(super) static PIPE: Call = Call::any("pipe", old!(SYS_pipe, SYS_pipe2));
pub(super) static DUP3: Call = Call {
    name: "dup3",
    numbers: &[libc::SYS_dup3],
    arguments: &[equals(2, libc::O_CLOEXEC)],
};
pub(super) static DUP2: Call = Call::any("dup2", old!(SYS_dup2, SYS_dup3));
/// Where it is a system call at all, and not the vDSO's.
pub(super) static CLOCK: Call = Call::any("clock_gettime", &[libc::SYS_clock_gettime]);
pub(super) static CLOSE: Call = Call::any("close", &[libc::SYS_close]);

/// What reads, for rows of other crates too.
pub static READ: Call = Call::any("read", &[libc::SYS_read]);
/// What writes.
pub static WRITE: Call = Call::any("write", &[libc::SYS_write]);
/// What waits. Where there is no `poll`, libc makes it of `ppoll`.
pub static POLL: Call = Call::any("poll", old!(SYS_poll, SYS_ppoll));

macro_rules! fcntl {
    ($($name:ident)*) => {$(
        pub(super) static $name: Call = Call {
            name: concat!("fcntl ", stringify!($name)),
            numbers: FCNTL,
            arguments: &[equals(1, libc::$name)],
        };
    )*};
}
fcntl!(F_GETFD F_SETFD F_GETFL F_SETFL);

/// A libc for 32 bits uses the one that knows large files.
#[cfg(target_pointer_width = "64")]
const FCNTL: &[c_long] = &[libc::SYS_fcntl];
#[cfg(target_pointer_width = "32")]
const FCNTL: &[c_long] = &[libc::SYS_fcntl, libc::SYS_fcntl64];

pub(super) static TIMERFD: Call = Call::any("timerfd_create", &[libc::SYS_timerfd_create]);
pub(super) static TIMERFD_FLAGS: Call = Call {
    name: "timerfd_create with flags",
    numbers: &[libc::SYS_timerfd_create],
    arguments: &[other_than(1, 0)],
};
pub(super) static SETTIME: Call = Call::any("timerfd_settime", &[libc::SYS_timerfd_settime]);

/// A service thread needs these.
pub(super) static MMAP: Call = Call::any("mmap", MAP);
/// glibc and musl map a stack without access, and then all but a guard with it.
pub(super) static MMAP_STACK: Call = Call {
    name: "mmap PROT_NONE",
    numbers: MAP,
    arguments: &[equals(2, libc::PROT_NONE)],
};
pub(super) static MPROTECT: Call = Call::any("mprotect", &[libc::SYS_mprotect]);
pub(super) static MUNMAP: Call = Call::any("munmap", &[libc::SYS_munmap]);
pub(super) static CLONE: Call = Call::any("clone", &[libc::SYS_clone, libc::SYS_clone3]);
/// Without `FUTEX_PRIVATE_FLAG`, as ours: a libc whose own fail cannot end a thread.
pub(super) static FUTEX_WAIT: Call = futex("futex FUTEX_WAIT", &[equals(1, libc::FUTEX_WAIT)]);
pub(super) static FUTEX_WAKE: Call = futex("futex FUTEX_WAKE", &[equals(1, libc::FUTEX_WAKE)]);

const fn futex(name: &'static str, arguments: &'static [Argument]) -> Call {
    Call {
        name,
        numbers: &[libc::SYS_futex],
        arguments,
    }
}

/// A libc for 32 bits uses the one that takes pages.
#[cfg(target_pointer_width = "64")]
const MAP: &[c_long] = &[libc::SYS_mmap];
#[cfg(target_pointer_width = "32")]
const MAP: &[c_long] = &[libc::SYS_mmap2];

pub(super) static SIGNALFD4: Call = Call::any("signalfd4", &[libc::SYS_signalfd4]);
pub(super) static SIGNALFD: Call = Call::any("signalfd", old!(SYS_signalfd));
pub(super) static SIGTIMEDWAIT: Call = Call::any("rt_sigtimedwait", &[libc::SYS_rt_sigtimedwait]);
pub(super) static SIGPENDING: Call = Call::any("rt_sigpending", &[libc::SYS_rt_sigpending]);
pub(super) static KILL: Call = Call::any("kill", &[libc::SYS_kill]);
pub(super) static UNAME: Call = Call::any("uname", &[libc::SYS_uname]);
/// Says what is installed.
pub(super) static SIGACTION_LOOK: Call = Call {
    name: "rt_sigaction, to look",
    numbers: &[libc::SYS_rt_sigaction],
    arguments: &[equals(1, 0)],
};
/// Installs something.
pub(super) static SIGACTION_SET: Call = Call {
    name: "rt_sigaction, to set",
    numbers: &[libc::SYS_rt_sigaction],
    arguments: &[other_than(1, 0)],
};

macro_rules! mask {
    ($($name:ident)*) => {$(
        pub(super) static $name: Call = Call {
            name: concat!("rt_sigprocmask ", stringify!($name)),
            numbers: &[libc::SYS_rt_sigprocmask],
            arguments: &[equals(0, libc::$name)],
        };
    )*};
}
mask!(SIG_BLOCK SIG_UNBLOCK SIG_SETMASK);

const fn equals(index: u32, value: c_int) -> Argument {
    let value = value as u32;
    Argument {
        index,
        value,
        is: true,
    }
}

const fn other_than(index: u32, value: c_int) -> Argument {
    let value = value as u32;
    Argument {
        index,
        value,
        is: false,
    }
}
