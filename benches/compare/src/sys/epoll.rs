//! An eventfd and an epoll set as one writes them by hand: the reference, and
//! the loop for all that is only a descriptor.

use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

/// A descriptor that is ours, or the end of the program.
fn owned(raw: RawFd) -> OwnedFd {
    assert!(raw >= 0, "{}", Error::last_os_error());
    // SAFETY: the caller has just had it from the kernel and keeps no copy.
    unsafe { OwnedFd::from_raw_fd(raw) }
}

/// An epoll set.
pub(crate) struct Epoll(OwnedFd);

impl Epoll {
    /// Watches a descriptor level-triggered.
    pub(crate) fn watching(descriptor: RawFd) -> Self {
        Self::watching_all([descriptor])
    }

    /// Watches descriptors level-triggered.
    pub(crate) fn watching_all(descriptors: impl IntoIterator<Item = RawFd>) -> Self {
        Self::with(descriptors, libc::EPOLLIN)
    }

    pub(crate) fn watching_edges(descriptor: RawFd) -> Self {
        Self::with([descriptor], libc::EPOLLIN | libc::EPOLLET)
    }

    fn with(descriptors: impl IntoIterator<Item = RawFd>, events: i32) -> Self {
        // SAFETY: takes an integer.
        let epoll = owned(unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) });
        let mut event = libc::epoll_event {
            events: events.cast_unsigned(),
            u64: 0,
        };
        let add = libc::EPOLL_CTL_ADD;
        for descriptor in descriptors {
            // SAFETY: three integers and a live event.
            let added = unsafe { libc::epoll_ctl(epoll.as_raw_fd(), add, descriptor, &mut event) };
            assert_eq!(added, 0, "{}", Error::last_os_error());
        }
        Epoll(epoll)
    }

    /// Sleeps until something happens, and says whether a descriptor is
    /// readable.
    pub(crate) fn wait(&self) -> bool {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: one live event, as the length says.
        unsafe { libc::epoll_wait(self.0.as_raw_fd(), &mut event, 1, -1) == 1 }
    }
}

/// An eventfd without any layer.
pub(crate) struct EventFd(OwnedFd);

impl EventFd {
    pub(crate) fn new() -> Self {
        // SAFETY: takes two integers.
        EventFd(owned(unsafe {
            libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK)
        }))
    }

    pub(crate) fn write(&self) {
        let one = 1_u64;
        // SAFETY: eight live bytes.
        let written = unsafe { libc::write(self.0.as_raw_fd(), (&raw const one).cast(), 8) };
        assert_eq!(written, 8);
    }

    /// Whether something was there to be read.
    pub(crate) fn read(&self) -> bool {
        let mut count = 0_u64;
        // SAFETY: eight live bytes.
        unsafe { libc::read(self.0.as_raw_fd(), (&raw mut count).cast(), 8) == 8 }
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
