//! The rungs of the ladder, best first.

use core::fmt;

use crate::Backend;

/// One way of making a notifier's descriptors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rung {
    /// `eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK)`, since Linux 2.6.27.
    EventFd2,
    /// `eventfd(0)`, then `fcntl` for the flags. Linux 2.6.22 to 2.6.26, on
    /// architectures older than 2.6.27.
    EventFd,
    /// `pipe2(O_CLOEXEC | O_NONBLOCK)`, since Linux 2.6.27.
    Pipe2,
    /// `pipe`, then `fcntl` for the flags, on every kernel.
    Pipe,
}

impl Rung {
    /// Every rung, in the order in which they are tried.
    pub const ALL: [Rung; 4] = [Rung::EventFd2, Rung::EventFd, Rung::Pipe2, Rung::Pipe];

    /// The backend that stands on this rung.
    #[must_use]
    pub const fn backend(self) -> Backend {
        match self {
            Rung::EventFd2 | Rung::EventFd => Backend::EventFd,
            Rung::Pipe2 | Rung::Pipe => Backend::Pipe,
        }
    }

    /// The name of the system call: `eventfd2`, `eventfd`, `pipe2` or `pipe`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Rung::EventFd2 => "eventfd2",
            Rung::EventFd => "eventfd",
            Rung::Pipe2 => "pipe2",
            Rung::Pipe => "pipe",
        }
    }

    /// Whether the kernel sets the descriptors' flags while it makes them: then
    /// it is Linux 2.6.27 or later, and has the other calls with flags too.
    pub(crate) const fn has_flags(self) -> bool {
        matches!(self, Rung::EventFd2 | Rung::Pipe2)
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
