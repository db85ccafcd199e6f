//! What is no more than a descriptor, in the hand-written epoll loop; and the
//! two operations on an atomic that no waker can be cheaper than.

use std::hint::black_box;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ::rustix::event::{EventfdFlags, eventfd};
use nix::sys::eventfd::{EfdFlags, EventFd as NixEventFd};
use vmm_sys_util::eventfd::EventFd as VmmEventFd;

use super::{Loop, Wake};
use crate::sys::epoll::{Epoll, EventFd};

/// A descriptor that counts, and how one notifies and clears it.
pub(crate) trait Descriptor: Send + Sync {
    fn new() -> Self;
    fn notify(&self);
    fn clear(&self) -> bool;
    fn raw(&self) -> RawFd;
}

/// `epoll_wait`, read, answer.
pub(crate) struct Bare<D> {
    descriptor: Arc<D>,
    epoll: Epoll,
}

/// An `Arc` by hand, as `derive(Clone)` would ask for a `D: Clone`.
pub(crate) struct BareWaker<D>(Arc<D>);

impl<D> Clone for BareWaker<D> {
    fn clone(&self) -> Self {
        BareWaker(Arc::clone(&self.0))
    }
}

impl<D: Descriptor> Wake for BareWaker<D> {
    fn wake(&self) {
        self.0.notify();
    }
}

impl<D: Descriptor> Loop for Bare<D> {
    type Waker = BareWaker<D>;

    fn new() -> Self {
        let descriptor = Arc::new(D::new());
        let epoll = Epoll::watching(descriptor.raw());
        Bare { descriptor, epoll }
    }

    fn waker(&self) -> BareWaker<D> {
        BareWaker(Arc::clone(&self.descriptor))
    }

    fn serve(&mut self, mut answer: impl FnMut() -> bool) {
        loop {
            if self.epoll.wait() && self.descriptor.clear() && !answer() {
                break;
            }
        }
    }
}

pub(crate) type HandWritten = Bare<EventFd>;

impl Descriptor for EventFd {
    fn new() -> Self {
        EventFd::new()
    }

    fn notify(&self) {
        self.write();
    }

    fn clear(&self) -> bool {
        self.read()
    }

    fn raw(&self) -> RawFd {
        self.as_raw_fd()
    }
}

pub(crate) type Nix = Bare<NixEventFd>;

impl Descriptor for NixEventFd {
    fn new() -> Self {
        NixEventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).unwrap()
    }

    fn notify(&self) {
        self.write(1).unwrap();
    }

    fn clear(&self) -> bool {
        self.read().is_ok()
    }

    fn raw(&self) -> RawFd {
        self.as_raw_fd()
    }
}

pub(crate) type VmmSysUtil = Bare<VmmEventFd>;

impl Descriptor for VmmEventFd {
    fn new() -> Self {
        VmmEventFd::new(libc::EFD_CLOEXEC | libc::EFD_NONBLOCK).unwrap()
    }

    fn notify(&self) {
        self.write(1).unwrap();
    }

    fn clear(&self) -> bool {
        self.read().is_ok()
    }

    fn raw(&self) -> RawFd {
        self.as_raw_fd()
    }
}

/// rustix calls the kernel without libc.
pub(crate) type Rustix = Bare<OwnedFd>;

impl Descriptor for OwnedFd {
    fn new() -> Self {
        eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).unwrap()
    }

    fn notify(&self) {
        ::rustix::io::write(self, &1_u64.to_ne_bytes()).unwrap();
    }

    fn clear(&self) -> bool {
        ::rustix::io::read(self, &mut [0; 8]).is_ok()
    }

    fn raw(&self) -> RawFd {
        self.as_raw_fd()
    }
}

/// One atomic swap of a word that stays as it is.
#[derive(Clone, Default)]
pub(crate) struct Swap(Arc<AtomicU32>);

impl Wake for Swap {
    fn wake(&self) {
        black_box(self.0.swap(1, Ordering::Release));
    }
}

/// One atomic load.
#[derive(Clone, Default)]
pub(crate) struct Load(Arc<AtomicU32>);

impl Wake for Load {
    fn wake(&self) {
        black_box(self.0.load(Ordering::Acquire));
    }
}
