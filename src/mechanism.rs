//! The mechanisms of the chain, best first.

use core::fmt;

use crate::Backend;

/// One way of making descriptors, of whatever kind they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
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

impl Mechanism {
    /// Those of a notifier, a counter or a channel, in the order in which they are
    /// tried.
    pub const FOR_NOTIFIERS: [Mechanism; 4] = [
        Mechanism::EventFd2,
        Mechanism::EventFd,
        Mechanism::Pipe2,
        Mechanism::Pipe,
    ];

    /// Those of signals.
    pub const FOR_SIGNALS: [Mechanism; 3] = [
        Mechanism::SignalFd4,
        Mechanism::SignalFd,
        Mechanism::SignalHandler,
    ];

    /// Those of a timer.
    pub const FOR_TIMERS: [Mechanism; 3] = [
        Mechanism::TimerFdFlags,
        Mechanism::TimerFd,
        Mechanism::TimerThread,
    ];

    /// The backend that stands on this mechanism.
    #[must_use]
    pub const fn backend(self) -> Backend {
        match self {
            Mechanism::EventFd2 | Mechanism::EventFd => Backend::EventFd,
            Mechanism::Pipe2 | Mechanism::Pipe => Backend::Pipe,
            Mechanism::SignalFd4 | Mechanism::SignalFd => Backend::SignalFd,
            Mechanism::SignalHandler => Backend::SignalHandler,
            Mechanism::TimerFdFlags | Mechanism::TimerFd => Backend::TimerFd,
            Mechanism::TimerThread => Backend::TimerThread,
        }
    }

    /// A name: of the system call where that tells the mechanisms apart (`eventfd2`,
    /// `eventfd`, `pipe2`, `pipe`, `signalfd4`, `signalfd`), else `signal-handler`,
    /// `timerfd-flags`, `timerfd` or `timer-thread`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Mechanism::EventFd2 => "eventfd2",
            Mechanism::EventFd => "eventfd",
            Mechanism::Pipe2 => "pipe2",
            Mechanism::Pipe => "pipe",
            Mechanism::SignalFd4 => "signalfd4",
            Mechanism::SignalFd => "signalfd",
            Mechanism::SignalHandler => "signal-handler",
            Mechanism::TimerFdFlags => "timerfd-flags",
            Mechanism::TimerFd => "timerfd",
            Mechanism::TimerThread => "timer-thread",
        }
    }

    /// The one that is tried after it; itself if it is the last.
    pub(crate) const fn next(self) -> Self {
        match self {
            Mechanism::EventFd2 => Mechanism::EventFd,
            Mechanism::EventFd => Mechanism::Pipe2,
            Mechanism::Pipe2 => Mechanism::Pipe,
            // For size: who asks has the feature.
            #[cfg(feature = "signal")]
            Mechanism::SignalFd4 => Mechanism::SignalFd,
            #[cfg(feature = "signal")]
            Mechanism::SignalFd => Mechanism::SignalHandler,
            #[cfg(feature = "timer")]
            Mechanism::TimerFdFlags => Mechanism::TimerFd,
            #[cfg(feature = "timer")]
            Mechanism::TimerFd => Mechanism::TimerThread,
            _ => self,
        }
    }

    /// Whether the kernel sets the descriptors' flags while it makes them: then
    /// it is Linux 2.6.27 or later, and has the other calls with flags too.
    pub(crate) const fn has_flags(self) -> bool {
        matches!(
            self,
            Mechanism::EventFd2 | Mechanism::Pipe2 | Mechanism::SignalFd4 | Mechanism::TimerFdFlags
        )
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
