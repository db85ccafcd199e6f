//! The platform switch: which backends this build has.
//!
//! A backend is a type that implements [`Notifier`](crate::Notifier), keeps its
//! contract, and has `new` (its best mechanism that is here), `at` (one mechanism and no
//! other), `mechanism` and `reinit_after_fork`. `AutoNotifier` is the backend that a
//! program uses when it does not care: a choice where there are two, else the
//! one.

mod notifier;

use cfg_if::cfg_if;
use notifier::notifier;

cfg_if! {
    if #[cfg(all(
        feature = "eventfd",
        feature = "pipe",
        any(target_os = "linux", target_os = "android"),
    ))] {
        mod auto;
        mod eventfd;
        mod pipe;
        pub(crate) use self::auto::{chain, plan};
        pub use self::auto::{probe_with, AutoNotifier, Selection};
        pub use self::eventfd::EventFd;
        pub use self::pipe::SelfPipe;
    } else if #[cfg(all(
        feature = "eventfd",
        any(target_os = "linux", target_os = "android"),
    ))] {
        mod eventfd;
        pub use self::eventfd::EventFd;
        use crate::fallback::Chain;
        use crate::report::{Plan, Why};
        /// The notifier of this build, which has the eventfd backend alone.
        pub type AutoNotifier = EventFd;
        pub(crate) fn chain() -> Chain {
            eventfd::CHAIN
        }
        pub(crate) fn plan() -> Plan {
            Plan { ask: chain(), candidates: chain(), why: Why::OnlyBackend }
        }
    } else if #[cfg(all(feature = "pipe", unix))] {
        mod pipe;
        pub use self::pipe::SelfPipe;
        use crate::fallback::Chain;
        use crate::report::{Plan, Why};
        /// The notifier of this build, which has the pipe backend alone.
        pub type AutoNotifier = SelfPipe;
        pub(crate) fn chain() -> Chain {
            pipe::CHAIN
        }
        pub(crate) fn plan() -> Plan {
            Plan { ask: chain(), candidates: chain(), why: Why::OnlyBackend }
        }
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
