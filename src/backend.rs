//! The platform switch: selects the backends of this build.
//!
//! A backend is one file. It has a type, its [`Primitive`], and a call of `notifier!`,
//! which generates the public methods and [`Notifier`](crate::Notifier). `AutoNotifier`
//! chooses between two backends at run time, or is another name for the only one.
//!
//! To add a backend: write its file, add its mechanisms to `Mechanism`, a line below and a
//! variant to `auto.rs`. The conformance suite then runs on it.

mod notifier;
mod primitive;

use cfg_if::cfg_if;

pub use primitive::Mode;
pub(crate) use primitive::{Primitive, LIMIT};

cfg_if! {
    if #[cfg(all(
        feature = "eventfd", feature = "pipe", any(target_os = "linux", target_os = "android"),
    ))] {
        mod auto;
        mod eventfd;
        mod pipe;
        pub(crate) use self::auto::is_old_glibc;
        pub use self::auto::{AutoNotifier, Selection};
        pub use self::eventfd::EventFd;
        pub use self::pipe::SelfPipe;
    } else if #[cfg(all(feature = "eventfd", any(target_os = "linux", target_os = "android")))] {
        mod eventfd;
        pub use self::eventfd::EventFd;
        /// The notifier of this build, which has only the eventfd backend.
        pub type AutoNotifier = EventFd;
    } else if #[cfg(all(feature = "pipe", unix))] {
        mod pipe;
        pub use self::pipe::SelfPipe;
        /// The notifier of this build, which has only the pipe backend.
        pub type AutoNotifier = SelfPipe;
    } else if #[cfg(feature = "eventfd")] {
        compile_error!("wakefd: this target has no eventfd; enable the feature `pipe`");
    } else {
        compile_error!(
            "wakefd needs a backend: enable the feature `eventfd`, `pipe`, or both \
             (both are default; with `default-features = false` name them)"
        );
    }
}
