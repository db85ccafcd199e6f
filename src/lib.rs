//! Wake an event loop on any Linux since 2.6.
//!
//! A thread that sleeps in `poll`, `select` or `epoll_wait` must also wake up
//! for what other threads, other processes and signal handlers have to say.
//! This crate makes a descriptor for that: an [eventfd] where the kernel has
//! one, a [self-pipe] where it has not. [`AutoNotifier`] asks the running
//! kernel, once per process, and both backends then behave the same.
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
//! For threads of one loop, [`AutoNotifier`]. The page `guide`, beside this one in the list of
//! modules, leads from a job to a type and has a complete program for each.
//!
//! # Which way is taken
//!
//! | mechanism | system calls | here since |
//! | --- | --- | --- |
//! | [`Mechanism::EventFd2`] | `eventfd2` with flags | Linux 2.6.27 |
//! | [`Mechanism::EventFd`] | `eventfd`, then `fcntl` | Linux 2.6.22 |
//! | [`Mechanism::Pipe2`] | `pipe2` with flags | Linux 2.6.27 |
//! | [`Mechanism::Pipe`] | `pipe`, then `fcntl` | always |
//!
//! The kernel is asked in this order; no version number decides, because
//! firmware kernels switch calls off and sandboxes refuse them. Only a closed
//! list of errnos leads one mechanism down. A process that is out of descriptors
//! gets an [`Error`] that says so, never a pipe. [`probe`] reports what was
//! asked and answered.
//!
//! # Features
//!
//! - `eventfd`, `pipe` (both default): the backends. With both on, the choice
//!   is made at run time and `Selection` can steer it. With one on, only that
//!   one is compiled and [`AutoNotifier`] is another name for it. A Unix
//!   without eventfd needs `pipe` and uses nothing else.
//! - `std` (default): `AsFd`, `OwnedFd`, `std::io::Error`, `std::task::Wake`.
//!   Without it the crate is `no_std` and has no allocator; it needs a libc.
//! - `channel`: `channel` and `sync_channel`, whose receiver has a descriptor to
//!   poll, and `box_channel`, which needs no queue but a pipe. Needs `std`.
//! - `pipe-channel`: `PipeChannel`, which carries plain values through a pipe, also
//!   without `std`. Brings bytemuck.
//! - `timer`: `Timer`, a timer behind a descriptor: a timerfd, or a thread, also
//!   without `std`.
//! - `signal`: `Signals`, signals as a descriptor: handlers and a notifier, or by name a
//!   signalfd. Also without `std`.
//!
//! Beside notifiers there are [`Waker`], which wakes without a system call, and
//! [`Counter`], which counts as an eventfd does.
//!
//! No function of this crate panics; but the channels allocate, and what Rust does
//! when memory is out is up to the program.

#![no_std]
// On docs.rs, each item says which feature it needs.
#![cfg_attr(docsrs, feature(doc_cfg))]
// Also here, as a cargo of Rust 1.63's time does not know the lints table.
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

// Elsewhere one error says all, and none follows.
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

        /// By this name the crate's modules take their atomics, so that the models in
        /// `tests/loom/` can put others in this place.
        use core::sync::atomic;
    } else {
        compile_error!("wakefd needs a Unix, as its objects are descriptors to poll");
    }
}

/// Which type to take for which job, a complete program for each, and answers to questions.
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
// The links above come before those of the file, and so take their place. Only documentation
// has this module; its programs are tests, which use epoll.
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

/// The README's example is a test.
#[cfg(all(doctest, feature = "std"))]
#[doc = include_str!("../README.md")]
struct Readme;
