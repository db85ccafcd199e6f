//! The mechanisms that create an object, and the backends that they belong to.

use core::fmt;

use crate::sys::fd::Flags;

/// A way of creating an object: a system call and its arguments.
///
/// The crate tries the mechanisms in a fixed order, best first, until one is available.
/// That order is the fallback chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Mechanism {
    /// `eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK)`, since Linux 2.6.27.
    EventFd2,
    /// `eventfd(0)`, then `fcntl` for the flags: for Linux 2.6.22 to 2.6.26, on
    /// architectures that Linux supported before 2.6.27.
    EventFd,
    /// `pipe2(O_CLOEXEC | O_NONBLOCK)`, since Linux 2.6.27.
    Pipe2,
    /// `pipe`, then `fcntl` for the flags, on every kernel.
    Pipe,
    /// `signalfd4(-1, mask, SFD_CLOEXEC | SFD_NONBLOCK)`, since Linux 2.6.27.
    SignalFd4,
    /// `signalfd(-1, mask)`, then `fcntl` for the flags: for Linux 2.6.22 to 2.6.26, on
    /// architectures that Linux supported before 2.6.27.
    SignalFd,
    /// A signal handler that notifies, on every kernel. `Signals::new` uses it.
    SignalHandler,
    /// `timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK)`, since Linux 2.6.27.
    TimerFdFlags,
    /// `timerfd_create(clock, 0)`, then `fcntl` for the flags: for Linux 2.6.25 and 2.6.26.
    TimerFd,
    /// A thread that computes expirations and notifies, on every kernel.
    TimerThread,
    /// A mechanism of a [`Notifier`](crate::Notifier) that another crate implements, or an
    /// unknown one, of a descriptor that another process created.
    Other,
}

impl Mechanism {
    /// The mechanisms of a notifier, a counter or a channel, in the order in which they
    /// are tried.
    pub const FOR_NOTIFIERS: [Mechanism; 4] = [
        Mechanism::EventFd2,
        Mechanism::EventFd,
        Mechanism::Pipe2,
        Mechanism::Pipe,
    ];

    /// The mechanisms of `Signals`. `Signals::new` uses the first. A caller chooses the
    /// others by name.
    pub const FOR_SIGNALS: [Mechanism; 3] = [
        Mechanism::SignalHandler,
        Mechanism::SignalFd4,
        Mechanism::SignalFd,
    ];

    /// The mechanisms of a `Timer`, in the order in which they are tried.
    pub const FOR_TIMERS: [Mechanism; 3] = [
        Mechanism::TimerFdFlags,
        Mechanism::TimerFd,
        Mechanism::TimerThread,
    ];

    /// Returns the backend that this mechanism creates.
    #[must_use]
    pub const fn backend(self) -> Backend {
        match self {
            Mechanism::EventFd2 | Mechanism::EventFd => Backend::EventFd,
            Mechanism::Pipe2 | Mechanism::Pipe => Backend::Pipe,
            Mechanism::SignalFd4 | Mechanism::SignalFd => Backend::SignalFd,
            Mechanism::SignalHandler => Backend::SignalHandler,
            Mechanism::TimerFdFlags | Mechanism::TimerFd => Backend::TimerFd,
            Mechanism::TimerThread => Backend::TimerThread,
            Mechanism::Other => Backend::Other,
        }
    }

    /// Returns the mechanism's name: that of the system call where it is unambiguous
    /// (`eventfd2`, `eventfd`, `pipe2`, `pipe`, `signalfd4`, `signalfd`), else
    /// `signal-handler`, `timerfd-flags`, `timerfd`, `timer-thread` or `other`.
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
            Mechanism::Other => "other",
        }
    }

    /// Returns the mechanism to try after this one; the last one returns itself.
    pub(crate) const fn next(self) -> Self {
        match self {
            Mechanism::EventFd2 => Mechanism::EventFd,
            Mechanism::EventFd => Mechanism::Pipe2,
            Mechanism::Pipe2 => Mechanism::Pipe,
            // For size: only a build with these features calls this.
            #[cfg(feature = "signal")]
            Mechanism::SignalFd4 => Mechanism::SignalFd,
            #[cfg(feature = "timer")]
            Mechanism::TimerFdFlags => Mechanism::TimerFd,
            #[cfg(feature = "timer")]
            Mechanism::TimerFd => Mechanism::TimerThread,
            _ => self,
        }
    }

    /// Returns whether the kernel sets the flags while it creates the descriptor.
    pub(crate) const fn flags(self) -> Flags {
        match self {
            Mechanism::EventFd2 | Mechanism::Pipe2 => Flags::Atomic,
            #[cfg(feature = "signal")]
            Mechanism::SignalFd4 => Flags::Atomic,
            #[cfg(feature = "timer")]
            Mechanism::TimerFdFlags => Flags::Atomic,
            _ => Flags::ByFcntl,
        }
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The kind of object that a mechanism creates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// One eventfd.
    EventFd,
    /// Both ends of a pipe.
    Pipe,
    /// One signalfd.
    SignalFd,
    /// A notifier and a signal handler.
    SignalHandler,
    /// One timerfd.
    TimerFd,
    /// A counter and a thread.
    TimerThread,
    /// A [`Notifier`](crate::Notifier) that another crate implements.
    Other,
}

impl Backend {
    /// Returns the backend's name: `eventfd`, `pipe`, `signalfd`, `signal-handler`,
    /// `timerfd`, `timer-thread` or `other`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Backend::EventFd => "eventfd",
            Backend::Pipe => "pipe",
            Backend::SignalFd => "signalfd",
            Backend::SignalHandler => "signal-handler",
            Backend::TimerFd => "timerfd",
            Backend::TimerThread => "timer-thread",
            Backend::Other => "other",
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
