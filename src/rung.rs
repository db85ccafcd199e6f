//! The rungs of the ladder, best first.

use core::fmt;

use crate::Backend;

/// One way of making descriptors, of whatever kind they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
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
    /// `signalfd4(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK)`, since Linux 2.6.27.
    SignalFd4,
    /// `signalfd(-1, mask)`, then `fcntl` for the flags. Linux 2.6.22 to 2.6.26,
    /// on architectures older than 2.6.27.
    SignalFd,
    /// A signal handler that notifies, on every kernel.
    SignalHandler,
    /// `timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK)`, since Linux 2.6.27.
    TimerFdFlags,
    /// `timerfd_create(clock, 0)`, then `fcntl` for the flags: Linux 2.6.25 and
    /// 2.6.26.
    TimerFd,
    /// A thread that counts, on every kernel.
    TimerThread,
}

impl Rung {
    /// Those of a notifier, a counter or a channel, in the order in which they are
    /// tried.
    pub const OF_NOTIFIERS: [Rung; 4] = [Rung::EventFd2, Rung::EventFd, Rung::Pipe2, Rung::Pipe];

    /// Those of signals.
    pub const OF_SIGNALS: [Rung; 3] = [Rung::SignalFd4, Rung::SignalFd, Rung::SignalHandler];

    /// Those of a timer.
    pub const OF_TIMERS: [Rung; 3] = [Rung::TimerFdFlags, Rung::TimerFd, Rung::TimerThread];

    /// The backend that stands on this rung.
    #[must_use]
    pub const fn backend(self) -> Backend {
        match self {
            Rung::EventFd2 | Rung::EventFd => Backend::EventFd,
            Rung::Pipe2 | Rung::Pipe => Backend::Pipe,
            Rung::SignalFd4 | Rung::SignalFd => Backend::SignalFd,
            Rung::SignalHandler => Backend::SignalHandler,
            Rung::TimerFdFlags | Rung::TimerFd => Backend::TimerFd,
            Rung::TimerThread => Backend::TimerThread,
        }
    }

    /// A name: of the system call where that tells the rungs apart (`eventfd2`,
    /// `eventfd`, `pipe2`, `pipe`, `signalfd4`, `signalfd`), else `signal-handler`,
    /// `timerfd-flags`, `timerfd` or `timer-thread`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Rung::EventFd2 => "eventfd2",
            Rung::EventFd => "eventfd",
            Rung::Pipe2 => "pipe2",
            Rung::Pipe => "pipe",
            Rung::SignalFd4 => "signalfd4",
            Rung::SignalFd => "signalfd",
            Rung::SignalHandler => "signal-handler",
            Rung::TimerFdFlags => "timerfd-flags",
            Rung::TimerFd => "timerfd",
            Rung::TimerThread => "timer-thread",
        }
    }

    /// The one that is tried after it; itself if it is the last.
    pub(crate) const fn next(self) -> Self {
        match self {
            Rung::EventFd2 => Rung::EventFd,
            Rung::EventFd => Rung::Pipe2,
            Rung::Pipe2 => Rung::Pipe,
            // For size: who asks has the feature.
            #[cfg(feature = "signal")]
            Rung::SignalFd4 => Rung::SignalFd,
            #[cfg(feature = "signal")]
            Rung::SignalFd => Rung::SignalHandler,
            #[cfg(feature = "timer")]
            Rung::TimerFdFlags => Rung::TimerFd,
            #[cfg(feature = "timer")]
            Rung::TimerFd => Rung::TimerThread,
            _ => self,
        }
    }

    /// Whether the kernel sets the descriptors' flags while it makes them: then
    /// it is Linux 2.6.27 or later, and has the other calls with flags too.
    pub(crate) const fn has_flags(self) -> bool {
        matches!(
            self,
            Rung::EventFd2 | Rung::Pipe2 | Rung::SignalFd4 | Rung::TimerFdFlags
        )
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
