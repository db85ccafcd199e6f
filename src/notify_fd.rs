//! A descriptor that only notifies, to hand to somebody else.

use crate::error::{Error, Operation};
use crate::mechanism::Mechanism;
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, RawFd};

/// A descriptor that notifies a notifier and can do nothing else: for another process, a
/// device or a virtual machine.
///
/// [`AutoNotifier::to_notify_fd`](crate::AutoNotifier::to_notify_fd) makes one. The number that
/// [`as_raw_fd`](crate::AutoNotifier::as_raw_fd) gives is to poll: it can be written to if it
/// is an eventfd, and cannot if it is a pipe. This one can always be written to. Send it over
/// a socket (`SCM_RIGHTS`, unix(7)) or let a child inherit it; with std the receiver makes a
/// `NotifyFd` of its `OwnedFd` again, and does not need to know what is behind it.
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
/// # Without this crate
///
/// The peer writes eight bytes, the number one as a `uint64_t` of its own byte order, and
/// takes EAGAIN for success: the notifier is as readable as it can be. That is right for an
/// eventfd and for a pipe.
///
/// # What of the contract holds
///
/// Clauses 1, 4 and 5 of [`Notifier`](crate::Notifier): it never blocks and is never full, it
/// is async-signal-safe, and the descriptor is non-blocking and close-on-exec. (Before Linux
/// 2.6.24 it becomes close-on-exec a moment after it was made. On a descriptor that somebody
/// else made blocking, it blocks when the pipe is full.)
///
/// When the notifier and all that share it are gone, a notification on an eventfd has no
/// effect; on a pipe it fails with `EPIPE`, and the kernel sends SIGPIPE, which std ignores
/// from the start and a C program has to. After the owner calls `reinit_after_fork`, a
/// descriptor that was made before notifies the other process, not the one that called it.
#[derive(Debug)]
pub struct NotifyFd(Fd);

impl NotifyFd {
    /// Duplicates a descriptor that notifies when it is written to.
    pub(crate) fn duplicate(fd: &Fd) -> Result<Self, Errno> {
        fd.duplicate().map(NotifyFd)
    }

    /// Makes the notifier's descriptor readable. Makes one system call (`write`).
    /// Async-signal-safe; leaves `errno` as it was.
    ///
    /// # Errors
    ///
    /// `EPIPE` if the notifier was a pipe and is gone; `EBADF` or `EINVAL` if the descriptor
    /// cannot be written to, or is none of a notifier; or what a sandbox answers.
    pub fn notify(&self) -> Result<(), Error> {
        // Eight bytes are what an eventfd takes. A pipe takes any.
        self.0
            .notify(8)
            .map_err(|errno| Error::new(Operation::Notify, Mechanism::Other, errno))
    }

    /// Returns the descriptor's number, to send it. It is closed when this is dropped.
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

    /// For what was received. Nothing is checked: if it is no notifier's descriptor,
    /// [`NotifyFd::notify`] fails.
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

    /// A shared one is a waker of tasks, as a notifier is.
    impl alloc::task::Wake for NotifyFd {
        fn wake(self: alloc::sync::Arc<Self>) {
            let _ = self.notify(); // a waker cannot report
        }

        fn wake_by_ref(self: &alloc::sync::Arc<Self>) {
            let _ = self.notify();
        }
    }
}
