//! The choice between the backends, at run time.

use super::{eventfd, pipe, EventFd, SelfPipe};
use crate::fallback::Chain;
use crate::raw::Raw;
use crate::report::{Plan, Report, Why};
use crate::sys::utsname;
use crate::{Error, Mechanism, Mode};

/// Any mechanism of a notifier.
const BOTH: Chain = Chain {
    best: eventfd::CHAIN.best,
    last: pipe::CHAIN.last,
};

/// How [`AutoNotifier`] chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Selection {
    /// A pipe if the running libc is a glibc older than 2.8, else as
    /// [`Kernel`](Self::Kernel).
    #[default]
    Auto,
    /// The first mechanism that the kernel has. No libc has a say: the crate calls
    /// the kernel by number and needs no libc's support.
    Kernel,
    /// An eventfd or an error.
    EventFd,
    /// A pipe. The kernel is not even asked for an eventfd, for which some
    /// sandboxes kill.
    Pipe,
}

impl Selection {
    /// The mechanisms to try.
    pub(crate) fn chain(self) -> Chain {
        match self {
            Selection::EventFd => eventfd::CHAIN,
            Selection::Pipe => pipe::CHAIN,
            Selection::Auto if is_old_glibc() => pipe::CHAIN,
            Selection::Auto | Selection::Kernel => BOTH,
        }
    }

    /// Those, the mechanisms that a probe may ask, and why these.
    fn plan(self) -> Plan {
        let (ask, why) = match self {
            Selection::EventFd | Selection::Pipe => (self.chain(), Why::Selected),
            Selection::Auto if is_old_glibc() => (BOTH, Why::OldGlibc),
            Selection::Auto | Selection::Kernel => (BOTH, Why::Best),
        };
        Plan {
            ask,
            candidates: self.chain(),
            why,
        }
    }
}

/// Whether it is a glibc before 2.8, the first whose eventfd works (eventfd(2),
/// VERSIONS).
fn is_old_glibc() -> bool {
    matches!(utsname::glibc_version(), Some(version) if version < (2, 8))
}

pub(crate) fn chain() -> Chain {
    Selection::Auto.chain()
}

pub(crate) fn plan() -> Plan {
    Selection::Auto.plan()
}

/// Asks the mechanisms that `selection` allows, and reports what
/// [`AutoNotifier::with`] chooses and why. As [`probe`](crate::probe), which
/// does it for [`Selection::Auto`].
#[must_use]
pub fn probe_with(selection: Selection) -> Report {
    Report::new(selection.plan())
}

/// A notifier of the best kind that is here: an eventfd, or a pipe.
///
/// [`backend`](crate::Notifier::backend) and [`mechanism`](Self::mechanism) tell which.
#[derive(Debug)]
pub struct AutoNotifier(Raw);

impl AutoNotifier {
    /// Makes a notifier with [`Selection::Auto`].
    ///
    /// One system call on Linux 2.6.27 and later, after the first in a process.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE` or `ENOMEM` on the mechanism that is here: a lack of
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
        Raw::make(selection.chain(), Mode::Sum).map(AutoNotifier)
    }

    /// Makes a notifier on this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`EventFd::at`] and [`SelfPipe::at`]; `EINVAL` for a mechanism that is none
    /// of a notifier's.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        Raw::at(mechanism, Mode::Sum).map(AutoNotifier)
    }
}

super::notifier!(AutoNotifier);

impl From<EventFd> for AutoNotifier {
    fn from(eventfd: EventFd) -> Self {
        AutoNotifier(eventfd.into_raw())
    }
}

impl From<SelfPipe> for AutoNotifier {
    fn from(pipe: SelfPipe) -> Self {
        AutoNotifier(pipe.into_raw())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::size_of;

    #[test]
    fn notifiers_are_small() {
        assert_eq!(size_of::<AutoNotifier>(), 12);
    }
}
