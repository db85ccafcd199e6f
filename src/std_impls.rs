//! Conversions to the types of std, for the error and for whatever has a
//! descriptor.

use crate::Error;

impl std::error::Error for Error {}

/// Keeps the errno, and so the kind; the operation and the mechanism stay behind.
impl From<Error> for std::io::Error {
    fn from(error: Error) -> Self {
        std::io::Error::from_raw_os_error(error.raw_os_error())
    }
}

/// The descriptor to poll, borrowed.
macro_rules! impl_as_fd {
    ($type:ty) => {
        impl std::os::unix::io::AsRawFd for $type {
            fn as_raw_fd(&self) -> crate::RawFd {
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

/// What every notifier has: the descriptor to poll, and a waker.
macro_rules! impl_wake {
    ($notifier:ty) => {
        crate::std_impls::impl_as_fd!($notifier);

        /// A shared notifier is a waker: `std::task::Waker::from(Arc::clone(&n))`.
        impl alloc::task::Wake for $notifier {
            fn wake(self: alloc::sync::Arc<Self>) {
                self.wake_by_ref();
            }

            fn wake_by_ref(self: &alloc::sync::Arc<Self>) {
                // A waker cannot report. What can fail is that somebody closed
                // the descriptor by number; then the loop's next call on it
                // fails too, and says so.
                let _ = crate::Notifier::notify(&**self);
            }
        }
    };
}
pub(crate) use impl_wake;

impl<N: crate::Notifier + std::os::unix::io::AsFd> std::os::unix::io::AsFd for crate::Waker<N> {
    fn as_fd(&self) -> std::os::unix::io::BorrowedFd<'_> {
        self.notifier().as_fd()
    }
}

impl<N: crate::Notifier> std::os::unix::io::AsRawFd for crate::Waker<N> {
    fn as_raw_fd(&self) -> crate::RawFd {
        self.as_raw_fd()
    }
}

/// As a shared notifier, and while a wake-up is pending, without a system call.
impl<N: crate::Notifier> alloc::task::Wake for crate::Waker<N> {
    fn wake(self: alloc::sync::Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &alloc::sync::Arc<Self>) {
        // As for the notifiers above.
        let _ = crate::Waker::wake(self);
    }
}
