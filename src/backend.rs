//! The platform switch: which backends this build has.
//!
//! A backend is one file: a type, its [`Primitive`], and `notifier!`, which makes the public
//! methods and the [`Notifier`](crate::Notifier) of that. `AutoNotifier` is the backend for
//! a program that does not care: the choice between two, or another name for the only one.
//!
//! To add a backend: write its file, name its mechanisms in `Mechanism`, and give it a line
//! below and a variant in `auto.rs`. The conformance suite then runs on it.

mod notifier;

use cfg_if::cfg_if;
use notifier::notifier;

use crate::error::Error;
use crate::fallback::Chain;
use crate::mechanism::Mechanism;
use crate::sys::errno::Errno;
use crate::sys::fd::Fd;

/// What [`Counter::take`](crate::Counter::take) takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mode {
    /// The whole count.
    Sum,
    /// One, as `EFD_SEMAPHORE` of Linux 2.6.30 has it. Older kernels do it with a pipe.
    Semaphore,
}

/// What a backend does, with bare errnos. The contract is that of
/// [`Notifier`](crate::Notifier) and of [`Counter`](crate::Counter).
pub(crate) trait Primitive: Sized {
    /// The mechanisms that create it, best first.
    const CHAIN: Chain;

    /// The highest count.
    const LIMIT: u64 = u64::MAX - 1;

    /// The mechanisms to try when nobody selects.
    fn default_chain() -> Chain {
        Self::CHAIN
    }

    /// Creates one with this mechanism and no other, to count in this mode. `EINVAL` if the
    /// mechanism is another backend's.
    fn create(mechanism: Mechanism, mode: Mode) -> Result<Self, Error>;

    /// [`Notifier::notify`](crate::Notifier::notify).
    fn notify(&self) -> Result<(), Errno>;

    /// [`Notifier::clear`](crate::Notifier::clear).
    fn clear(&self) -> Result<bool, Errno>;

    /// Adds `n`, which is neither zero nor `u64::MAX`. `EAGAIN` if that exceeds
    /// [`LIMIT`](Self::LIMIT).
    fn add(&self, n: u64) -> Result<(), Errno>;

    /// Takes what the mode says; zero if there is nothing.
    fn take(&self, mode: Mode) -> Result<u64, Errno>;

    /// Puts the descriptors of `new`, which the same mechanism created, under the numbers
    /// of this one.
    fn replace(&self, new: &Self) -> Result<(), Errno>;

    /// The descriptor to poll.
    fn fd(&self) -> &Fd;

    /// The mechanism that created it.
    fn mechanism(&self) -> Mechanism;
}

cfg_if! {
    if #[cfg(all(
        feature = "eventfd",
        feature = "pipe",
        any(target_os = "linux", target_os = "android"),
    ))] {
        mod auto;
        mod eventfd;
        mod pipe;
        pub(crate) use self::auto::is_old_glibc;
        pub use self::auto::{AutoNotifier, Selection};
        pub use self::eventfd::EventFd;
        pub use self::pipe::SelfPipe;
    } else if #[cfg(all(
        feature = "eventfd",
        any(target_os = "linux", target_os = "android"),
    ))] {
        mod eventfd;
        pub use self::eventfd::EventFd;
        /// The notifier of this build, which has the eventfd backend alone.
        pub type AutoNotifier = EventFd;
    } else if #[cfg(all(feature = "pipe", unix))] {
        mod pipe;
        pub use self::pipe::SelfPipe;
        /// The notifier of this build, which has the pipe backend alone.
        pub type AutoNotifier = SelfPipe;
    } else if #[cfg(feature = "eventfd")] {
        compile_error!("wakefd: this target has no eventfd; enable the feature `pipe`");
    } else if #[cfg(unix)] {
        compile_error!(
            "wakefd needs a backend: enable the feature `eventfd`, `pipe`, or both \
             (both are default; with `default-features = false` name them)"
        );
    } else {
        compile_error!("wakefd needs a Unix");
    }
}
