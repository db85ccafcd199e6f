//! The choice between the backends, at run time.

use core::time::Duration;

use super::{eventfd, pipe, EventFd, SelfPipe};
use crate::report::{Plan, Report, Why};
use crate::sys::{errno::Errno, identity};
use crate::{ladder, Backend, Error, Mode, Notifier, RawFd, Rung, Wait};

/// How [`AutoNotifier`] chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selection {
    /// A pipe if the running libc is a glibc older than 2.8, else as
    /// [`Kernel`](Self::Kernel).
    #[default]
    Auto,
    /// The first rung that the kernel has. No libc has a say: the crate calls
    /// the kernel by number and needs no libc's support.
    Kernel,
    /// An eventfd or an error.
    EventFd,
    /// A pipe. The kernel is not even asked for an eventfd, for which some
    /// sandboxes kill.
    Pipe,
}

impl Selection {
    /// The rungs to try in order, the rungs that a probe may ask, and why these.
    pub(crate) fn plan(self) -> Plan {
        let (ask, candidates, why): (&[Rung], &[Rung], Why) = match self {
            Selection::EventFd => (&eventfd::RUNGS, &eventfd::RUNGS, Why::Selected),
            Selection::Pipe => (&pipe::RUNGS, &pipe::RUNGS, Why::Selected),
            Selection::Kernel => (&Rung::OF_NOTIFIERS, &Rung::OF_NOTIFIERS, Why::Best),
            Selection::Auto => match identity::glibc_version() {
                // The first glibc whose eventfd works (eventfd(2), VERSIONS).
                Some(version) if version < (2, 8) => {
                    (&Rung::OF_NOTIFIERS, &pipe::RUNGS, Why::OldGlibc)
                }
                _ => (&Rung::OF_NOTIFIERS, &Rung::OF_NOTIFIERS, Why::Best),
            },
        };
        Plan {
            ask,
            candidates,
            why,
        }
    }
}

pub(crate) fn plan() -> Plan {
    Selection::Auto.plan()
}

/// Asks the rungs that `selection` allows, and reports what
/// [`AutoNotifier::with`] chooses and why. As [`probe`](crate::probe), which
/// does it for [`Selection::Auto`].
#[must_use]
pub fn probe_with(selection: Selection) -> Report {
    Report::new(selection.plan())
}

/// A notifier of the best kind that is here: an eventfd, or a pipe.
///
/// It is an enum, not a box: the choice is one `match` away, and a program that
/// wants the eventfd itself can take it out.
#[derive(Debug)]
pub enum AutoNotifier {
    /// The kernel has eventfd.
    EventFd(EventFd),
    /// It has not, or it was not to be asked.
    Pipe(SelfPipe),
}

impl AutoNotifier {
    /// Makes a notifier with [`Selection::Auto`].
    ///
    /// One system call on Linux 2.6.27 and later, after the first in a process.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE` or `ENOMEM` on the rung that is here: a lack of
    /// descriptors is not answered with a pipe, which needs more of them.
    pub fn new() -> Result<Self, Error> {
        Self::with(Selection::Auto)
    }

    /// Makes a notifier with this selection.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new), and for a forced backend those of
    /// [`EventFd::new`] and [`SelfPipe::new`].
    pub fn with(selection: Selection) -> Result<Self, Error> {
        ladder::descend(selection.plan().candidates, Mode::Sum, Self::at)
    }

    /// Makes a notifier on this rung and no other.
    ///
    /// # Errors
    ///
    /// As for [`EventFd::at`] and [`SelfPipe::at`].
    pub fn at(rung: Rung) -> Result<Self, Error> {
        match rung.backend() {
            Backend::EventFd => EventFd::at(rung).map(Self::EventFd),
            _ => SelfPipe::at(rung).map(Self::Pipe),
        }
    }

    /// The rung this notifier stands on.
    #[must_use]
    pub const fn rung(&self) -> Rung {
        match self {
            Self::EventFd(eventfd) => eventfd.rung(),
            Self::Pipe(pipe) => pipe.rung(),
        }
    }

    /// The descriptor's number, as [`Notifier::as_raw_fd`]; here too so that
    /// the call stays unambiguous beside std's `AsRawFd`.
    #[must_use]
    pub const fn as_raw_fd(&self) -> RawFd {
        match self {
            Self::EventFd(eventfd) => eventfd.as_raw_fd(),
            Self::Pipe(pipe) => pipe.as_raw_fd(),
        }
    }

    /// Gives the calling process descriptors of its own under the same numbers,
    /// after `fork`: see [`EventFd::reinit_after_fork`] and
    /// [`SelfPipe::reinit_after_fork`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn reinit_after_fork(&self) -> Result<(), Error> {
        match self {
            Self::EventFd(eventfd) => eventfd.reinit_after_fork(),
            Self::Pipe(pipe) => pipe.reinit_after_fork(),
        }
    }

    /// As [`at`](Self::at), for a counter.
    pub(crate) fn counting(rung: Rung, mode: Mode) -> Result<Self, Error> {
        match rung.backend() {
            Backend::EventFd => EventFd::counting(rung, mode).map(Self::EventFd),
            _ => SelfPipe::counting(rung, mode).map(Self::Pipe),
        }
    }

    pub(crate) const fn mode(&self) -> Mode {
        match self {
            Self::EventFd(eventfd) => eventfd.mode(),
            Self::Pipe(pipe) => pipe.mode(),
        }
    }

    pub(crate) fn add(&self, n: u64) -> Result<(), Errno> {
        match self {
            Self::EventFd(eventfd) => eventfd.add(n),
            Self::Pipe(pipe) => pipe.add(n),
        }
    }

    pub(crate) fn take(&self) -> Result<u64, Errno> {
        match self {
            Self::EventFd(eventfd) => eventfd.take(),
            Self::Pipe(pipe) => pipe.take(),
        }
    }

    #[cfg(feature = "signal")]
    pub(crate) const fn writing_end(&self) -> RawFd {
        match self {
            Self::EventFd(eventfd) => eventfd.writing_end(),
            Self::Pipe(pipe) => pipe.writing_end(),
        }
    }

    #[cfg(feature = "std")]
    pub(crate) fn pollable(&self) -> &crate::sys::fd::Fd {
        match self {
            Self::EventFd(eventfd) => eventfd.pollable(),
            Self::Pipe(pipe) => pipe.pollable(),
        }
    }
}

impl From<EventFd> for AutoNotifier {
    fn from(eventfd: EventFd) -> Self {
        Self::EventFd(eventfd)
    }
}

impl From<SelfPipe> for AutoNotifier {
    fn from(pipe: SelfPipe) -> Self {
        Self::Pipe(pipe)
    }
}

impl Notifier for AutoNotifier {
    fn notify(&self) -> Result<(), Error> {
        match self {
            Self::EventFd(eventfd) => eventfd.notify(),
            Self::Pipe(pipe) => pipe.notify(),
        }
    }

    fn clear(&self) -> Result<bool, Error> {
        match self {
            Self::EventFd(eventfd) => eventfd.clear(),
            Self::Pipe(pipe) => pipe.clear(),
        }
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        match self {
            Self::EventFd(eventfd) => eventfd.wait(timeout),
            Self::Pipe(pipe) => pipe.wait(timeout),
        }
    }

    fn as_raw_fd(&self) -> RawFd {
        self.as_raw_fd()
    }

    fn backend(&self) -> Backend {
        self.rung().backend()
    }
}

#[cfg(feature = "std")]
crate::std_impls::for_notifier!(AutoNotifier);

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::size_of;

    #[test]
    fn notifiers_are_small() {
        assert_eq!(size_of::<EventFd>(), 8);
        assert_eq!(size_of::<SelfPipe>(), 12);
        // 12 where the compiler finds room for the variant.
        assert!(size_of::<AutoNotifier>() <= 16);
    }
}
