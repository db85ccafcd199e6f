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
pub(super) static PIPE2: Call = Call {
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

const fn equals(index: u32, value: c_int) -> Argument {
    let value = value as u32;
    Argument { index, value }
}
