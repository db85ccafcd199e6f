//! The public methods of a backend and its [`Notifier`](crate::Notifier): its `Primitive`,
//! with an [`Error`](crate::Error) that names the operation and the mechanism.

/// Implements the public methods and the trait for a backend.
macro_rules! notifier {
    ($type:ident) => {
        impl $type {
            /// Makes the descriptor readable by one system call (`write`), two if it is full.
            /// Async-signal-safe; leaves `errno` unchanged.
            ///
            /// # Errors
            ///
            /// `EBADF` if other code closed the descriptor by number, or the errno of a
            /// sandbox: see [`Notifier::notify`](crate::Notifier::notify).
            pub fn notify(&self) -> Result<(), $crate::error::Error> {
                $crate::notifier::Notifier::notify(self)
            }

            /// Makes the descriptor unreadable, and returns whether it was readable. Does
            /// not block. Makes one system call (`read`), and more only for a pipe with
            /// over a thousand notifications.
            ///
            /// # Errors
            ///
            /// As for [`notify`](Self::notify), for `read`.
            pub fn clear(&self) -> Result<bool, $crate::error::Error> {
                $crate::notifier::Notifier::clear(self)
            }

            /// Sleeps until a notification is pending, or until `timeout` has passed;
            /// `None` waits forever. The notification stays pending. See
            /// [`Notifier::wait`](crate::Notifier::wait).
            ///
            /// # Errors
            ///
            /// As for [`notify`](Self::notify), for `poll` and `clock_gettime`.
            pub fn wait(
                &self,
                timeout: Option<core::time::Duration>,
            ) -> Result<$crate::notifier::Wait, $crate::error::Error> {
                $crate::notifier::Notifier::wait(self, timeout)
            }

            /// Returns the descriptor to poll for reading. Read it only through
            /// [`clear`](Self::clear), and do not close it.
            #[must_use]
            pub fn as_raw_fd(&self) -> $crate::sys::fd::RawFd {
                $crate::backend::primitive::Primitive::fd(self).as_raw()
            }

            /// Returns a new descriptor that notifies this notifier, for another process.
            /// Makes one system call (`fcntl`), and three before Linux 2.6.24.
            ///
            /// # Errors
            ///
            /// `EMFILE` if no descriptor is left.
            pub fn to_notify_fd(
                &self,
            ) -> Result<$crate::notify_fd::NotifyFd, $crate::error::Error> {
                $crate::notify_fd::NotifyFd::duplicate(self.notify_fd())
                    .map_err(|errno| self.error($crate::error::Operation::Create, errno))
            }

            /// Returns the mechanism that created this notifier.
            #[must_use]
            pub fn mechanism(&self) -> $crate::mechanism::Mechanism {
                $crate::backend::primitive::Primitive::mechanism(self)
            }

            /// Returns the backend that the notifier uses.
            #[must_use]
            pub fn backend(&self) -> $crate::mechanism::Backend {
                self.mechanism().backend()
            }

            /// Gives the calling process, a child of `fork`, a notifier of its own under
            /// the same numbers: see
            /// [`Notifier::reinit_after_fork`](crate::Notifier::reinit_after_fork).
            ///
            /// # Errors
            ///
            /// As for [`at`](Self::at), with the notifier unchanged, and those that the
            /// trait's method documents for a refusal by a sandbox.
            pub fn reinit_after_fork(&self) -> Result<(), $crate::error::Error> {
                self.reinit($crate::backend::primitive::Mode::Sum)
            }

            /// Replaces the descriptors with new ones for a counter of this mode.
            pub(crate) fn reinit(
                &self,
                mode: $crate::backend::primitive::Mode,
            ) -> Result<(), $crate::error::Error> {
                use $crate::backend::primitive::Primitive;
                let new = Self::create(self.mechanism(), mode)?;
                self.replace(&new)
                    .map_err(|errno| self.error($crate::error::Operation::Reinit, errno))
            }

            fn error(
                &self,
                operation: $crate::error::Operation,
                errno: $crate::sys::errno::Errno,
            ) -> $crate::error::Error {
                $crate::error::Error::new(operation, self.mechanism(), errno)
            }
        }

        impl $crate::notifier::Notifier for $type {
            fn notify(&self) -> Result<(), $crate::error::Error> {
                $crate::backend::primitive::Primitive::notify_edge(self)
                    .map_err(|errno| self.error($crate::error::Operation::Notify, errno))
            }

            fn clear(&self) -> Result<bool, $crate::error::Error> {
                $crate::backend::primitive::Primitive::clear(self)
                    .map_err(|errno| self.error($crate::error::Operation::Clear, errno))
            }

            fn wait(
                &self,
                timeout: Option<core::time::Duration>,
            ) -> Result<$crate::notifier::Wait, $crate::error::Error> {
                $crate::sys::poll::wait_for(self.as_raw_fd(), timeout)
                    .map($crate::notifier::Wait::from_readable)
                    .map_err(|errno| self.error($crate::error::Operation::Wait, errno))
            }

            fn as_raw_fd(&self) -> $crate::sys::fd::RawFd {
                self.as_raw_fd()
            }

            fn mechanism(&self) -> $crate::mechanism::Mechanism {
                self.mechanism()
            }

            fn reinit_after_fork(&self) -> Result<(), $crate::error::Error> {
                self.reinit_after_fork()
            }
        }

        #[cfg(feature = "std")]
        $crate::std_impls::impl_wake!($type);
    };
}
pub(super) use notifier;
