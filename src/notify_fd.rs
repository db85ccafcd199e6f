//! A descriptor that can only notify, to be passed to another process.

use crate::error::{Error, Operation};
use crate::mechanism::Mechanism;
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, RawFd};

/// A descriptor that notifies a notifier and can do nothing else: for another process, a
/// device or a virtual machine.
///
/// [`AutoNotifier::to_notify_fd`](crate::AutoNotifier::to_notify_fd) creates it. The
/// descriptor of [`AutoNotifier::as_raw_fd`](crate::AutoNotifier::as_raw_fd) is for polling
/// only: writing to it works on an eventfd and fails on a pipe. A `NotifyFd` can be written
/// to on both backends. Send it over a socket (`SCM_RIGHTS`, unix(7)) or let a child
/// inherit it. With std, the receiver converts its `OwnedFd` into a `NotifyFd`, whichever
/// backend is behind it.
///
/// ```
/// use wakefd::{AutoNotifier, NotifyFd};
///
/// # fn main() -> Result<(), wakefd::Error> {
/// let notifier = AutoNotifier::new()?;
/// let doorbell: NotifyFd = notifier.to_notify_fd()?;
/// doorbell.notify()?;
/// assert!(notifier.clear()?);
/// # Ok(())
/// # }
/// ```
///
/// # Peers without this crate
///
/// The peer writes eight bytes, the number one as a `uint64_t` in native byte order, and
/// treats EAGAIN as success: the notifier is readable already. This works for an eventfd
/// and for a pipe.
///
/// # Contract
///
/// Clauses 1, 4 and 5 of [`Notifier`](crate::Notifier) hold: notifying never blocks, is
/// never refused because too much is pending, and is async-signal-safe; the descriptor is
/// non-blocking and close-on-exec. (Before Linux 2.6.24 it becomes close-on-exec a moment
/// after it was created. If other code has made the descriptor blocking, notifying blocks
/// while the pipe is full.)
///
/// After the notifier and all descriptors that share it are closed, a notification on an
/// eventfd has no effect. On a pipe it fails with `EPIPE` and the kernel sends SIGPIPE,
/// which std ignores from the start and a C program has to ignore itself. After the owner
/// calls `reinit_after_fork`, a descriptor that was created before notifies the other
/// process, not the caller.
#[derive(Debug)]
pub struct NotifyFd(Fd);

impl NotifyFd {
    /// Duplicates a descriptor that notifies when a process writes to it.
    pub(crate) fn duplicate(fd: &Fd) -> Result<Self, Errno> {
        fd.duplicate().map(NotifyFd)
    }

    /// Makes the notifier's descriptor readable. Makes one system call (`write`), two if the
    /// descriptor is full.
    /// Async-signal-safe; leaves `errno` unchanged.
    ///
    /// # Errors
    ///
    /// `EPIPE` if the notifier was a pipe and is closed; `EBADF` or `EINVAL` if the
    /// descriptor cannot be written to or does not belong to a notifier; or the errno with
    /// which a sandbox refuses `write`.
    pub fn notify(&self) -> Result<(), Error> {
        // An eventfd takes eight bytes. A pipe takes any number.
        self.0
            .notify_edge()
            .map_err(|errno| Error::new(Operation::Notify, Mechanism::Other, errno))
    }

    /// Returns the descriptor's number, to pass it on. Dropping this object closes the
    /// descriptor.
    #[must_use]
    pub fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw()
    }

    #[cfg(feature = "std")]
    pub(crate) fn fd(&self) -> &Fd {
        &self.0
    }
}

#[cfg(feature = "std")]
mod std_impls {
    use super::NotifyFd;
    use std::os::unix::io::OwnedFd;

    crate::std_impls::impl_as_fd!(NotifyFd);

    /// Converts a received descriptor. Makes no check: if the descriptor does not belong to
    /// a notifier, [`NotifyFd::notify`] fails.
    impl From<OwnedFd> for NotifyFd {
        fn from(fd: OwnedFd) -> Self {
            NotifyFd(fd.into())
        }
    }

    impl From<NotifyFd> for OwnedFd {
        fn from(notify_fd: NotifyFd) -> Self {
            notify_fd.0.into()
        }
    }

    /// A shared `NotifyFd` is a waker of tasks, as a shared notifier is.
    impl alloc::task::Wake for NotifyFd {
        fn wake(self: alloc::sync::Arc<Self>) {
            let _ = self.notify(); // a waker cannot report
        }

        fn wake_by_ref(self: &alloc::sync::Arc<Self>) {
            let _ = self.notify();
        }
    }
}
