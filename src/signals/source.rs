//! What signals come from: a signalfd, or a handler and a notifier.

use core::time::Duration;

use super::{pending, table, Signal, SignalSet};
use crate::sys::errno::Errno;
use crate::sys::fd::Fd;
use crate::sys::poll;
use crate::sys::signalfd::{self, How};
use crate::{fallback, AutoNotifier, Error, Mechanism, Notifier, Operation, RawFd, Wait};

/// See [`Signals`](crate::Signals).
pub(super) enum Source {
    /// A signalfd, and the mechanism it stands on.
    SignalFd(Fd, Mechanism),
    /// What the handlers write to, and its place in the table.
    Handler(AutoNotifier, usize),
}

impl Source {
    pub(super) fn new(mechanism: Mechanism, set: SignalSet) -> Result<Self, Error> {
        let refused = |errno| Error::new(Operation::Watch, mechanism, errno);
        let failed = |errno| Error::new(Operation::Create, mechanism, errno);
        match mechanism {
            Mechanism::SignalFd4 | Mechanism::SignalFd => {
                let fd = signalfd(mechanism, set)?;
                table::watch_by_descriptor(set).map_err(refused)?;
                Ok(Source::SignalFd(fd, mechanism))
            }
            Mechanism::SignalHandler => {
                let notifier = AutoNotifier::new().map_err(|error| failed(error.raw_os_error()))?;
                let index = table::watch_by_handler(set, notifier.raw().ends().writing())
                    .map_err(refused)?;
                Ok(Source::Handler(notifier, index))
            }
            _ => Err(failed(libc::EINVAL)),
        }
    }

    pub(super) fn next(&self, set: SignalSet) -> Result<Option<Signal>, Errno> {
        match self {
            Source::SignalFd(fd, _) => match signalfd::read(fd) {
                Ok(signal) => Ok(Some(signal)),
                Err(libc::EAGAIN) => Ok(None),
                Err(errno) => Err(errno),
            },
            // The descriptor is the parent's too: what is drained here is lost there.
            Source::Handler(_, index) if !table::is_ours(*index) => Err(libc::EXDEV),
            Source::Handler(notifier, _) => {
                pending::next(notifier, || table::take(set), || table::any(set))
                    .map(|taken| taken.map(|(number, record)| Signal::new(number, record)))
                    .map_err(|error| error.raw_os_error())
            }
        }
    }

    pub(super) fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Errno> {
        match self {
            Source::SignalFd(fd, _) => poll::wait_for(fd.as_raw(), timeout),
            Source::Handler(notifier, _) => {
                notifier.wait(timeout).map_err(|error| error.raw_os_error())
            }
        }
    }

    pub(super) fn reinit(&self, set: SignalSet) -> Result<(), Error> {
        let failed = |operation, errno| Error::new(operation, self.mechanism(), errno);
        match self {
            Source::SignalFd(fd, mechanism) => {
                let new = signalfd(*mechanism, set)?;
                fd.replace(new, mechanism.has_flags())
                    .map_err(|errno| failed(Operation::Reinit, errno))
            }
            Source::Handler(notifier, index) => {
                notifier
                    .reinit_after_fork()
                    .map_err(|error| failed(error.operation(), error.raw_os_error()))?;
                table::reinit(set, *index, notifier.raw().ends().writing());
                Ok(())
            }
        }
    }

    pub(super) fn release(&self, set: SignalSet) {
        let index = match self {
            Source::SignalFd(..) => None,
            Source::Handler(_, index) => Some(*index),
        };
        table::release(set, index);
    }

    pub(super) const fn as_raw_fd(&self) -> RawFd {
        match self {
            Source::SignalFd(fd, _) => fd.as_raw(),
            Source::Handler(notifier, _) => notifier.as_raw_fd(),
        }
    }

    pub(super) const fn mechanism(&self) -> Mechanism {
        match self {
            Source::SignalFd(_, mechanism) => *mechanism,
            Source::Handler(..) => Mechanism::SignalHandler,
        }
    }

    #[cfg(feature = "std")]
    pub(super) fn borrow(&self) -> std::os::unix::io::BorrowedFd<'_> {
        match self {
            Source::SignalFd(fd, _) => fd.borrow(),
            Source::Handler(notifier, _) => notifier.borrow(),
        }
    }
}

/// A signalfd on this mechanism. The first in a process proves itself before it is for any
/// signal, as a look at what it does would take one.
fn signalfd(mechanism: Mechanism, set: SignalSet) -> Result<Fd, Error> {
    let first = !fallback::is_verified(mechanism);
    let how = match mechanism {
        Mechanism::SignalFd4 => How::WithFlags,
        _ => How::Flagless,
    };
    let fd = signalfd::create(first, how, set)
        .map_err(|errno| Error::new(Operation::Create, mechanism, errno))?;
    if first {
        verify(&fd)
            .and_then(|()| signalfd::watch(&fd, how, set))
            .map_err(|errno| Error::new(Operation::Verify, mechanism, errno))?;
        fallback::set_verified(mechanism);
    }
    Ok(fd)
}

/// Is empty.
fn verify(fd: &Fd) -> Result<(), Errno> {
    match signalfd::read(fd) {
        Err(libc::EAGAIN) => Ok(()),
        _ => Err(libc::ENOSYS),
    }
}
