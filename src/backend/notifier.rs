//! What the types of the backends have in common: they are a [`Raw`](crate::raw::Raw)
//! with a name, and differ in how they are made.

/// The methods and the traits of a notifier, for a type around a `Raw`.
macro_rules! notifier {
    ($type:ident) => {
        impl $type {
            /// The mechanism this notifier stands on.
            #[must_use]
            pub const fn mechanism(&self) -> $crate::Mechanism {
                self.0.mechanism()
            }

            /// The number of the descriptor to poll, as
            /// [`Notifier::as_raw_fd`](crate::Notifier::as_raw_fd); here too so that
            /// the call stays unambiguous beside std's `AsRawFd`.
            #[must_use]
            pub const fn as_raw_fd(&self) -> $crate::RawFd {
                self.0.as_raw_fd()
            }

            /// Puts new descriptors, with nothing pending, under the same numbers;
            /// the other process's are untouched. For the child, after `fork`.
            ///
            /// Sets of `poll` and `select` stay valid. A set of `epoll` holds the
            /// old ones, and is shared with the parent anyway: make it anew.
            ///
            /// # Errors
            ///
            /// As for [`at`](Self::at), with the notifier as it was. Where a sandbox
            /// refuses the last step only, the error comes with a new notifier that is
            /// not close-on-exec (`fcntl` on the mechanisms without flags), or with one that
            /// is of no use until this succeeds (`dup2` of a pipe's second end).
            pub fn reinit_after_fork(&self) -> Result<(), $crate::Error> {
                self.0.reinit_after_fork()
            }

            #[cfg(feature = "std")]
            pub(crate) fn borrow(&self) -> std::os::unix::io::BorrowedFd<'_> {
                self.0.ends().borrow()
            }

            /// What it is made of.
            #[allow(dead_code)] // Which features use it, is theirs.
            pub(crate) const fn raw(&self) -> &$crate::raw::Raw {
                &self.0
            }
        }

        impl $crate::Notifier for $type {
            fn notify(&self) -> Result<(), $crate::Error> {
                self.0.notify()
            }

            fn clear(&self) -> Result<bool, $crate::Error> {
                self.0.clear()
            }

            fn wait(
                &self,
                timeout: Option<core::time::Duration>,
            ) -> Result<$crate::Wait, $crate::Error> {
                self.0.wait_for(timeout)
            }

            fn as_raw_fd(&self) -> $crate::RawFd {
                self.0.as_raw_fd()
            }

            fn backend(&self) -> $crate::Backend {
                self.0.mechanism().backend()
            }
        }

        impl $crate::Waker<$type> {
            /// Gives the calling process a waker of its own, with nothing pending, after
            /// `fork`: see the notifier's `reinit_after_fork`.
            ///
            /// # Errors
            ///
            /// As there.
            pub fn reinit_after_fork(&self) -> Result<(), $crate::Error> {
                self.renew($type::reinit_after_fork)
            }
        }

        #[cfg(feature = "std")]
        $crate::std_impls::impl_wake!($type);
    };
}
pub(super) use notifier;
