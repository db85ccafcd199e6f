//! The choice between the two backends, at run time.

use super::eventfd::EventFd;
use super::notifier::notifier;
use super::pipe::SelfPipe;
use super::primitive::{Mode, Primitive};
use crate::error::Error;
use crate::fallback::{self, Chain, Unavailable};
use crate::mechanism::{Backend, Mechanism};
use crate::sys::errno::Errno;
use crate::sys::fd::Fd;
use crate::sys::libc_version::glibc_version;

/// The way in which [`AutoNotifier`] chooses a backend.
///
/// ```
/// use wakefd::{AutoNotifier, Backend, Selection};
///
/// // The sandbox kills a process that calls `eventfd`, so force the pipe.
/// let notifier = AutoNotifier::with(Selection::Pipe)?;
/// assert_eq!(notifier.backend(), Backend::Pipe);
/// # Ok::<(), wakefd::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(docsrs, doc(cfg(all(feature = "eventfd", feature = "pipe"))))]
#[non_exhaustive]
pub enum Selection {
    /// A pipe if the running libc is a glibc before 2.8, else as [`Kernel`](Self::Kernel).
    #[default]
    Auto,
    /// The first mechanism that the kernel supports, whatever the libc. The crate makes the
    /// system call by number, so the libc need not support it.
    Kernel,
    /// An eventfd, or an error. Never a pipe.
    EventFd,
    /// A pipe. The crate makes no call for an eventfd, because some sandboxes kill a
    /// process that does.
    Pipe,
}

impl Selection {
    /// Returns the mechanisms to try.
    pub(crate) fn chain(self) -> Chain {
        match self {
            Selection::EventFd => EventFd::CHAIN,
            Selection::Pipe => SelfPipe::CHAIN,
            Selection::Auto if is_old_glibc() => SelfPipe::CHAIN,
            Selection::Auto | Selection::Kernel => AutoNotifier::CHAIN,
        }
    }
}

/// Returns whether the libc is a glibc before 2.8. The eventfd of glibc works since 2.8
/// (eventfd(2), VERSIONS).
pub(crate) fn is_old_glibc() -> bool {
    matches!(glibc_version(), Some(version) if version < (2, 8))
}

/// A notifier on the best backend that is available: an eventfd, or else a pipe.
///
/// [`backend`](Self::backend) and [`mechanism`](Self::mechanism) return the choice.
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use wakefd::{AutoNotifier, Wait};
///
/// let done = AtomicBool::new(false);
/// let notifier = AutoNotifier::new()?;
/// std::thread::scope(|scope| {
///     scope.spawn(|| {
///         done.store(true, Ordering::Release); // Publish,
///         notifier.notify() // then notify.
///     });
///     assert_eq!(notifier.wait(None), Ok(Wait::Notified)); // Sleeps.
/// });
/// notifier.clear()?; // Clear,
/// assert!(done.load(Ordering::Acquire)); // then look.
/// # Ok::<(), wakefd::Error>(())
/// ```
#[derive(Debug)]
pub struct AutoNotifier(Inner);

#[derive(Debug)]
enum Inner {
    EventFd(EventFd),
    Pipe(SelfPipe),
}

impl AutoNotifier {
    /// Creates a notifier with [`Selection::Auto`].
    ///
    /// Makes one system call on Linux 2.6.27 and later, after the first use in a process.
    ///
    /// # Errors
    ///
    /// `EMFILE`, `ENFILE` or `ENOMEM` on the mechanism that is available. Such a lack does
    /// not lead to a pipe, which needs more descriptors: close some, or raise the limit.
    pub fn new() -> Result<Self, Error> {
        Self::with(Selection::Auto)
    }

    /// Creates a notifier with this selection.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). A forced backend that the kernel or a sandbox does not
    /// support fails as [`EventFd::new`] and [`SelfPipe::new`] do.
    #[cfg_attr(docsrs, doc(cfg(all(feature = "eventfd", feature = "pipe"))))]
    pub fn with(selection: Selection) -> Result<Self, Error> {
        fallback::first_available(selection.chain(), Unavailable::Remember, Self::at)
    }

    /// Creates a notifier with this mechanism and no other.
    ///
    /// # Errors
    ///
    /// As for [`EventFd::at`] and [`SelfPipe::at`]. `EINVAL` for a mechanism that does not
    /// create a notifier.
    pub fn at(mechanism: Mechanism) -> Result<Self, Error> {
        Self::create(mechanism, Mode::Sum)
    }

    /// Returns the descriptor that notifies when a process writes to it.
    pub(crate) fn notify_fd(&self) -> &Fd {
        match &self.0 {
            Inner::EventFd(eventfd) => eventfd.notify_fd(),
            Inner::Pipe(pipe) => pipe.notify_fd(),
        }
    }
}

impl Primitive for AutoNotifier {
    const CHAIN: Chain = Chain {
        first: EventFd::CHAIN.first,
        last: SelfPipe::CHAIN.last,
    };

    fn default_chain() -> Chain {
        Selection::Auto.chain()
    }

    fn create(mechanism: Mechanism, mode: Mode) -> Result<Self, Error> {
        match mechanism.backend() {
            Backend::EventFd => EventFd::create(mechanism, mode).map(Self::from),
            // `SelfPipe` refuses the mechanisms of other types.
            _ => SelfPipe::create(mechanism, mode).map(Self::from),
        }
    }

    fn notify(&self) -> Result<(), Errno> {
        match &self.0 {
            Inner::EventFd(eventfd) => Primitive::notify(eventfd),
            Inner::Pipe(pipe) => Primitive::notify(pipe),
        }
    }

    fn notify_edge(&self) -> Result<(), Errno> {
        match &self.0 {
            Inner::EventFd(eventfd) => eventfd.notify_edge(),
            Inner::Pipe(pipe) => Primitive::notify(pipe),
        }
    }

    fn clear(&self) -> Result<bool, Errno> {
        match &self.0 {
            Inner::EventFd(eventfd) => Primitive::clear(eventfd),
            Inner::Pipe(pipe) => Primitive::clear(pipe),
        }
    }

    fn add(&self, n: u64) -> Result<(), Errno> {
        match &self.0 {
            Inner::EventFd(eventfd) => eventfd.add(n),
            Inner::Pipe(pipe) => pipe.add(n),
        }
    }

    fn take(&self, mode: Mode) -> Result<u64, Errno> {
        match &self.0 {
            Inner::EventFd(eventfd) => eventfd.take(mode),
            Inner::Pipe(pipe) => pipe.take(mode),
        }
    }

    fn replace(&self, new: &Self) -> Result<(), Errno> {
        match (&self.0, &new.0) {
            (Inner::EventFd(eventfd), Inner::EventFd(new)) => eventfd.replace(new),
            (Inner::Pipe(pipe), Inner::Pipe(new)) => pipe.replace(new),
            _ => Err(libc::EINVAL),
        }
    }

    fn fd(&self) -> &Fd {
        match &self.0 {
            Inner::EventFd(eventfd) => eventfd.fd(),
            Inner::Pipe(pipe) => pipe.fd(),
        }
    }

    fn mechanism(&self) -> Mechanism {
        match &self.0 {
            Inner::EventFd(eventfd) => eventfd.mechanism(),
            Inner::Pipe(pipe) => pipe.mechanism(),
        }
    }
}

notifier!(AutoNotifier);

impl From<EventFd> for AutoNotifier {
    fn from(eventfd: EventFd) -> Self {
        AutoNotifier(Inner::EventFd(eventfd))
    }
}

impl From<SelfPipe> for AutoNotifier {
    fn from(pipe: SelfPipe) -> Self {
        AutoNotifier(Inner::Pipe(pipe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::size_of;

    #[test]
    fn notifiers_are_small() {
        // 12 since Rust 1.64, which lays out such enums better. wakefd.h has room for 16.
        assert!(size_of::<AutoNotifier>() <= 16);
    }
}
