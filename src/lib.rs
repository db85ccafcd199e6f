//! Wakes an event loop from threads, other processes and signal handlers, on any Linux
//! since 2.6.
//!
//! A thread that sleeps in `poll`, `select` or `epoll_wait` wakes up when one of its
//! descriptors becomes readable. This crate creates a descriptor for that: an [eventfd] if
//! the running kernel supports it, and a [self-pipe] otherwise. [`AutoNotifier`] makes the
//! choice at run time, once per process, and both backends follow one contract.
//!
//! [eventfd]: https://man7.org/linux/man-pages/man2/eventfd.2.html
//! [self-pipe]: https://cr.yp.to/docs/selfpipe.html
//!
//! # Example
//!
//! ```
//! use wakefd::{AutoNotifier, Wait};
//!
//! # fn main() -> Result<(), wakefd::Error> {
//! let notifier = AutoNotifier::new()?;
//!
//! notifier.notify()?; // from any thread, or from a signal handler
//!
//! // Wait here, or give `notifier.as_raw_fd()` to poll, select or epoll.
//! assert_eq!(notifier.wait(None)?, Wait::Notified);
//! notifier.clear()?; // first clear, then look at what has happened
//! # Ok(())
//! # }
//! ```
//!
//! # Which type to take
//!
//! [`AutoNotifier`] fits threads that wake one loop. The page `guide`, in the list of
//! modules, leads from a job to a type and has a complete program for each job.
//!
//! # Mechanisms
//!
//! | mechanism | system calls | available since |
//! | --- | --- | --- |
//! | [`Mechanism::EventFd2`] | `eventfd2` with flags | Linux 2.6.27 |
//! | [`Mechanism::EventFd`] | `eventfd`, then `fcntl` | Linux 2.6.22 |
//! | [`Mechanism::Pipe2`] | `pipe2` with flags | Linux 2.6.27 |
//! | [`Mechanism::Pipe`] | `pipe`, then `fcntl` | always |
//!
//! The crate tries the mechanisms in this order. It does not compare kernel versions,
//! because firmware kernels leave calls out and sandboxes refuse them. Only a closed list
//! of errnos leads to the next mechanism. If no descriptor is left, the call fails with an
//! [`Error`] that says so; it does not fall back to a pipe. [`probe`] reports the result of
//! each mechanism and the choice.
//!
//! # Features
//!
//! - `eventfd`, `pipe` (both default): the backends [`EventFd`] and [`SelfPipe`]. With both,
//!   the choice is made at run time and [`Selection`] controls it. With one, only that
//!   backend is compiled and [`AutoNotifier`] is another name for it. A Unix without eventfd
//!   needs `pipe` and uses nothing else.
//! - `std` (default): `AsFd`, `OwnedFd`, `std::io::Error`, `std::task::Wake`. Without `std`
//!   the crate is `no_std`, uses no allocator, and needs a libc.
//! - `channel`: [`channel`] and [`sync_channel`], whose receiver has a descriptor to poll,
//!   and [`box_channel`], which uses a pipe as its only queue and also needs `pipe`. Turns on
//!   `std`.
//! - `pipe-channel`: [`PipeChannel`], which carries plain values through a pipe, also without
//!   `std`. Depends on bytemuck and turns on `pipe`.
//! - `timer`: [`Timer`], a timer behind a descriptor: a timerfd, or a thread. Works without
//!   `std`.
//! - `signal`: [`Signals`], signals behind a descriptor: handlers and a notifier, or a
//!   signalfd if the caller names it. Works without `std`.
//!
//! [`Waker`] makes no system call while a wake-up is pending, and [`Counter`] counts as an
//! eventfd does.
//!
//! No function of this crate panics. The channels allocate, and the program decides what
//! happens when memory runs out.
//!
//! [`EventFd`]: struct.EventFd.html
//! [`SelfPipe`]: struct.SelfPipe.html
//! [`Selection`]: enum.Selection.html
//! [`channel`]: fn.channel.html
//! [`sync_channel`]: fn.sync_channel.html
//! [`box_channel`]: fn.box_channel.html
//! [`PipeChannel`]: struct.PipeChannel.html
//! [`Timer`]: struct.Timer.html
//! [`Signals`]: struct.Signals.html
//
// The links above are to files, because rustdoc would reject names that a build without the
// feature does not have. ci/lint.sh checks them.

#![no_std]
// On docs.rs, each item says which feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// Repeated here because the cargo of Rust 1.63 ignores the lints table of Cargo.toml.
#![deny(unsafe_op_in_unsafe_fn)]
// The library never panics; tests, examples and benches may.
#![cfg_attr(
    not(test),
    warn(
        clippy::cast_possible_truncation,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::unwrap_used,
    )
)]

#[cfg(any(feature = "std", test))]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

// On a system other than Unix, the build fails with this one error and no others.
cfg_if::cfg_if! {
    if #[cfg(unix)] {
        mod backend;
        #[cfg(feature = "channel")]
        mod channel;
        mod counter;
        mod error;
        mod fallback;
        #[doc(hidden)]
        pub mod ffi;
        mod mechanism;
        mod notifier;
        mod notify_fd;
        #[cfg(feature = "pipe-channel")]
        mod pipe_channel;
        mod report;
        #[cfg(feature = "signal")]
        mod signals;
        #[cfg(feature = "std")]
        mod std_impls;
        mod sys;
        #[cfg(feature = "timer")]
        mod timer;
        mod waker;

        pub use backend::*;
        #[cfg(feature = "channel")]
        pub use channel::*;
        pub use counter::Counter;
        pub use error::{Error, Operation};
        pub use mechanism::{Backend, Mechanism};
        pub use notifier::{Notifier, Wait};
        pub use notify_fd::NotifyFd;
        #[cfg(feature = "pipe-channel")]
        pub use pipe_channel::PipeChannel;
        pub use report::*;
        #[cfg(feature = "signal")]
        pub use signals::{Signal, Signals};
        pub use sys::fd::RawFd;
        pub use sys::libc_version::Libc;
        #[cfg(feature = "timer")]
        pub use timer::{Clock, Remaining, Timer};
        pub use waker::{Awake, Prepared, Waker};
    } else {
        compile_error!("wakefd needs a Unix, as its objects are descriptors to poll");
    }
}

/// A guide from a job to a type, with a complete program for each job, and answers to
/// questions.
///
/// This module has no items.
///
/// [`AutoNotifier`]: crate::AutoNotifier
/// [`Waker`]: crate::Waker
/// [`channel`]: crate::channel()
/// [`sync_channel`]: crate::sync_channel
/// [`Counter`]: crate::Counter
/// [`Signals`]: crate::Signals
/// [`Timer`]: crate::Timer
/// [`NotifyFd`]: crate::NotifyFd
/// [`EventFd`]: crate::EventFd
/// [`SelfPipe`]: crate::SelfPipe
/// [`PipeChannel`]: crate::PipeChannel
/// [capi/examples]: #other-pages
/// [coming-from.md]: #other-pages
/// [embedded.md]: #other-pages
/// [loops.md]: #other-pages
/// [platforms.md]: #other-pages
/// [security.md]: #other-pages
/// [signals.md]: #other-pages
///
// The links above come before those of the file, and so override them. This module exists
// only in the documentation and in doc tests; its programs use epoll.
#[doc = include_str!("../docs/guide.md")]
#[cfg(all(
    any(doc, doctest),
    any(not(doctest), target_os = "linux", target_os = "android"),
    feature = "channel",
    feature = "eventfd",
    feature = "pipe-channel",
    feature = "signal",
    feature = "timer",
))]
pub mod guide {}

/// Compiles and runs the example of README.md as a test.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;
