//! The call in which the loop sleeps, level-triggered and without a time-out.

use std::io;
use std::os::unix::io::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

use rustix::buffer::spare_capacity;
use rustix::event::{epoll, poll, PollFd, PollFlags};

use crate::select::select;

/// A descriptor, and the event that the loop waits for: readable, or writable if `write`.
pub(crate) struct Source<'a> {
    pub(crate) fd: BorrowedFd<'a>,
    pub(crate) write: bool,
}

impl<'a> Source<'a> {
    pub(crate) fn reading(fd: &'a impl AsFd) -> Self {
        let (fd, write) = (fd.as_fd(), false);
        Source { fd, write }
    }

    fn for_epoll(&self) -> (epoll::EventData, epoll::EventFlags) {
        let flags = match self.write {
            false => epoll::EventFlags::IN,
            true => epoll::EventFlags::OUT,
        };
        let number = u64::try_from(self.fd.as_raw_fd()).unwrap_or(u64::MAX);
        (epoll::EventData::new_u64(number), flags)
    }

    fn for_poll(&self) -> PollFd<'a> {
        let flags = match self.write {
            false => PollFlags::IN,
            true => PollFlags::OUT,
        };
        PollFd::from_borrowed_fd(self.fd, flags)
    }
}

/// A way to wait for several descriptors.
///
/// An epoll set is kept in the kernel and changed by calls. `poll` and `select` receive the
/// whole set each time. Closing a descriptor removes it from both.
pub(crate) enum Multiplexer {
    Epoll(OwnedFd),
    Poll,
    Select,
}

impl Multiplexer {
    pub(crate) fn new(name: &str) -> io::Result<Self> {
        Ok(match name {
            "select" => Multiplexer::Select,
            "poll" => Multiplexer::Poll,
            _ => Multiplexer::Epoll(epoll::create(epoll::CreateFlags::CLOEXEC)?),
        })
    }

    pub(crate) fn add(&self, source: Source<'_>) -> io::Result<()> {
        if let Multiplexer::Epoll(set) = self {
            let (data, flags) = source.for_epoll();
            epoll::add(set, source.fd, data, flags)?;
        }
        Ok(())
    }

    pub(crate) fn modify(&self, source: Source<'_>) -> io::Result<()> {
        if let Multiplexer::Epoll(set) = self {
            let (data, flags) = source.for_epoll();
            epoll::modify(set, source.fd, data, flags)?;
        }
        Ok(())
    }

    /// Sleeps until one of `sources` is ready, and returns those that are. A descriptor with an
    /// error or a hang-up is ready too: its next read or write reports it.
    pub(crate) fn wait(&self, sources: &[Source<'_>]) -> io::Result<Vec<RawFd>> {
        match self {
            Multiplexer::Epoll(set) => {
                let mut events = Vec::with_capacity(64);
                epoll::wait(set, spare_capacity(&mut events), None)?;
                let numbers = events.iter().map(|event| event.data.u64());
                Ok(numbers.flat_map(RawFd::try_from).collect())
            }
            Multiplexer::Poll => {
                let mut entries: Vec<_> = sources.iter().map(Source::for_poll).collect();
                poll(&mut entries, None)?;
                let ready = entries.iter().filter(|entry| !entry.revents().is_empty());
                Ok(ready.map(|entry| entry.as_fd().as_raw_fd()).collect())
            }
            Multiplexer::Select => select(sources),
        }
    }
}
