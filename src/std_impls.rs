//! Conversions to types of std, for the error and for every type that has a descriptor.

use crate::error::Error;
use crate::notifier::Notifier;
use crate::sys::fd::RawFd;
use crate::waker::Waker;

impl std::error::Error for Error {}

#[cfg(feature = "channel")]
impl<T> std::error::Error for crate::channel::SendError<T> {}

#[cfg(feature = "channel")]
impl std::error::Error for crate::channel::RecvError {}

/// Keeps the errno and thereby the `ErrorKind`. Loses the operation and the mechanism.
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        std::io::Error::from_raw_os_error(error.raw_os_error())
    }
}

/// Implements `AsRawFd` and `AsFd` for a type that has a descriptor to poll.
macro_rules! impl_as_fd {
    ($type:ty) => {
        impl std::os::unix::io::AsRawFd for $type {
            fn as_raw_fd(&self) -> crate::sys::fd::RawFd {
                <$type>::as_raw_fd(self)
            }
        }

        impl std::os::unix::io::AsFd for $type {
            fn as_fd(&self) -> std::os::unix::io::BorrowedFd<'_> {
                self.fd().borrow()
            }
        }
    };
}
pub(crate) use impl_as_fd;

/// Implements `AsRawFd`, `AsFd` and `std::task::Wake` for a notifier.
macro_rules! impl_wake {
    ($notifier:ty) => {
        crate::std_impls::impl_as_fd!($notifier);

        /// A shared notifier is a waker of tasks:
        /// `std::task::Waker::from(Arc::clone(&notifier))`.
        impl alloc::task::Wake for $notifier {
            fn wake(self: alloc::sync::Arc<Self>) {
                self.wake_by_ref();
            }

            fn wake_by_ref(self: &alloc::sync::Arc<Self>) {
                // A task's waker cannot return an error. `notify` fails only if other code
                // closed the descriptor by number or a sandbox refuses `write`.
                let _ = self.notify();
            }
        }
    };
}
pub(crate) use impl_wake;

impl<N: Notifier + std::os::unix::io::AsFd> std::os::unix::io::AsFd for Waker<N> {
    fn as_fd(&self) -> std::os::unix::io::BorrowedFd<'_> {
        self.notifier().as_fd()
    }
}

impl<N: Notifier> std::os::unix::io::AsRawFd for Waker<N> {
    fn as_raw_fd(&self) -> RawFd {
        self.as_raw_fd()
    }
}

/// A shared [`Waker`] wakes without a system call while a wake-up is pending.
impl<N: Notifier> alloc::task::Wake for Waker<N> {
    fn wake(self: alloc::sync::Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &alloc::sync::Arc<Self>) {
        // A task's waker cannot return an error.
        let _ = Waker::wake(self);
    }
}
