//! The objects that a runtime watches.

use std::fmt;
use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::Arc;

use wakefd::{AutoNotifier, Mechanism, Notifier, Waker};

/// A shared notifier of any kind, as runtimes want their sources: owned, and with
/// a descriptor.
#[derive(Clone)]
pub struct Source(Arc<dyn Descriptor>);

trait Descriptor: Notifier + AsFd + fmt::Debug {}
impl<N: Notifier + AsFd + fmt::Debug> Descriptor for N {}

impl<N: Notifier + AsFd + fmt::Debug + 'static> From<N> for Source {
    fn from(notifier: N) -> Self {
        Source(Arc::new(notifier))
    }
}

impl Deref for Source {
    type Target = dyn Notifier;

    fn deref(&self) -> &(dyn Notifier + 'static) {
        &*self.0
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl AsFd for Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Source {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_fd().as_raw_fd()
    }
}

/// The mechanisms that this machine has: all of them, but that the younger architectures
/// never had `eventfd` without flags.
pub fn each_mechanism() -> impl Iterator<Item = Mechanism> {
    const YOUNG: bool = !cfg!(any(
        target_arch = "x86",
        target_arch = "x86_64",
        target_arch = "arm",
        target_arch = "mips",
        target_arch = "mips64",
    ));
    Mechanism::FOR_NOTIFIERS
        .into_iter()
        .filter(|&mechanism| !(YOUNG && mechanism == Mechanism::EventFd))
}

/// On each mechanism a bare notifier, and one behind a [`Waker`].
pub fn each_source() -> impl Iterator<Item = Source> {
    let notifier = |mechanism| AutoNotifier::at(mechanism).expect("every mechanism is here");
    each_mechanism().flat_map(move |mechanism| {
        [
            Source::from(notifier(mechanism)),
            Source::from(Waker::new(notifier(mechanism))),
        ]
    })
}
