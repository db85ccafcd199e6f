//! `poll`, `select` and `epoll`, watching one descriptor for reading; and `poll`
//! watching several.

use core::mem::MaybeUninit;
use core::ptr::null_mut;

use super::errno::{self, check};

/// Which call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `poll`.
    Poll,
    /// `select`.
    Select,
    /// `epoll`, level-triggered.
    EpollLevel,
    /// `epoll`, edge-triggered.
    EpollEdge,
}

impl Kind {
    /// Every one.
    pub const ALL: [Kind; 4] = [Kind::Poll, Kind::Select, Kind::EpollLevel, Kind::EpollEdge];
}

/// A set with one descriptor in it.
pub struct Multiplexer {
    kind: Kind,
    watched: i32,
    epoll: i32,
}

/// No time-out.
pub const FOREVER: i32 = -1;

impl Multiplexer {
    /// Watches this descriptor.
    #[must_use]
    pub fn new(kind: Kind, watched: i32) -> Self {
        let epoll = match kind {
            Kind::Poll | Kind::Select => -1,
            // Not epoll_create1, which came with Linux 2.6.27.
            // SAFETY: makes a descriptor and touches no memory.
            _ => check(unsafe { libc::epoll_create(1) }, "epoll_create"),
        };
        let new = Multiplexer {
            kind,
            watched,
            epoll,
        };
        if epoll >= 0 {
            new.control(libc::EPOLL_CTL_ADD);
        }
        new
    }

    /// Takes the descriptor out of the set and puts it in again.
    pub(crate) fn reregister(&self) {
        if self.epoll >= 0 {
            self.control(libc::EPOLL_CTL_DEL);
            self.control(libc::EPOLL_CTL_ADD);
            self.control(libc::EPOLL_CTL_MOD);
        }
    }

    fn control(&self, operation: i32) {
        let edge = match self.kind {
            Kind::EpollEdge => libc::EPOLLET,
            _ => 0,
        };
        let mut event = libc::epoll_event {
            events: (libc::EPOLLIN | edge) as u32,
            u64: self.watched as u64,
        };
        // SAFETY: the pointer is to a live event.
        let result = unsafe { libc::epoll_ctl(self.epoll, operation, self.watched, &mut event) };
        check(result, "epoll_ctl");
    }

    /// Waits so many milliseconds; says whether the descriptor was readable.
    pub fn wait(&self, milliseconds: i32) -> bool {
        loop {
            let ready = match self.kind {
                Kind::Poll => self.poll(milliseconds),
                Kind::Select => self.select(milliseconds),
                Kind::EpollLevel | Kind::EpollEdge => self.epoll_wait(milliseconds),
            };
            match ready {
                0 => return false,
                1 => return true,
                _ => assert_eq!(errno::get(), libc::EINTR, "{:?}", self.kind),
            }
        }
    }

    fn poll(&self, milliseconds: i32) -> i32 {
        let (ready, [readable]) = poll([self.watched], milliseconds);
        assert!(ready < 1 || readable);
        ready
    }

    fn select(&self, milliseconds: i32) -> i32 {
        assert!((self.watched as usize) < libc::FD_SETSIZE);
        // SAFETY: a timeval is integers, for which zero is a value.
        let mut timeout: libc::timeval = unsafe { core::mem::zeroed() };
        timeout.tv_sec = (milliseconds / 1000).into();
        timeout.tv_usec = (milliseconds % 1000 * 1000).into();
        let timeout = match milliseconds {
            FOREVER => null_mut(),
            _ => &mut timeout,
        };
        let mut set = MaybeUninit::<libc::fd_set>::uninit();
        // SAFETY: FD_ZERO initialises the set, the descriptor is below
        // FD_SETSIZE, and the time-out is a live timeval or null.
        unsafe {
            libc::FD_ZERO(set.as_mut_ptr());
            libc::FD_SET(self.watched, set.as_mut_ptr());
            libc::select(
                self.watched + 1,
                set.as_mut_ptr(),
                null_mut(),
                null_mut(),
                timeout,
            )
        }
    }

    fn epoll_wait(&self, milliseconds: i32) -> i32 {
        let mut event = libc::epoll_event { events: 0, u64: 0 };
        // SAFETY: room for one event.
        let ready = unsafe { libc::epoll_wait(self.epoll, &mut event, 1, milliseconds) };
        let events = event.events;
        assert!(ready < 1 || events == libc::EPOLLIN as u32, "{events:#x}");
        ready
    }
}

impl Drop for Multiplexer {
    fn drop(&mut self) {
        if self.epoll >= 0 {
            super::descriptors::close(self.epoll);
        }
    }
}

/// Waits for ever, in `poll`, until one of these is readable, and says which are. A
/// handler that runs meanwhile does not end it.
pub(crate) fn readable<const N: usize>(watched: [i32; N]) -> [bool; N] {
    loop {
        match poll(watched, FOREVER) {
            (1.., readable) => return readable,
            (ready, _) => assert_eq!(errno::get(), libc::EINTR, "poll: {ready}"),
        }
    }
}

/// Calls `poll` once. Gives what it returns, and which are readable.
fn poll<const N: usize>(watched: [i32; N], milliseconds: i32) -> (i32, [bool; N]) {
    let mut entries = watched.map(|fd| libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    });
    // SAFETY: as many live entries.
    let ready = unsafe { libc::poll(entries.as_mut_ptr(), N as libc::nfds_t, milliseconds) };
    let readable = entries.map(|entry| match entry.revents {
        0 => false,
        libc::POLLIN => true,
        other => panic!("{other:#x}"),
    });
    (ready, readable)
}
