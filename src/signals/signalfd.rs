//! The signalfd backend. Available since Linux 2.6.22, with flags since 2.6.27.

use libc::c_int;

use super::registry;
use crate::error::{Error, Operation};
use crate::fallback;
use crate::mechanism::Mechanism;
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, Trust};
use crate::sys::siginfo::Record;
use crate::sys::signalfd;
use crate::sys::sigset::SignalSet;

/// A signalfd, and its signals blocked.
pub(super) struct SignalFd {
    pub(super) fd: Fd,
    pub(super) mechanism: Mechanism,
    pub(super) set: SignalSet,
}

impl SignalFd {
    pub(super) fn new(mechanism: Mechanism, set: SignalSet) -> Result<Self, Error> {
        let fd = create(mechanism, set)?;
        registry::watch_by_signalfd(set)
            .map_err(|errno| Error::new(Operation::Watch, mechanism, errno))?;
        Ok(SignalFd { fd, mechanism, set })
    }

    pub(super) fn next(&self) -> Result<Option<(c_int, Record)>, Errno> {
        match signalfd::read(&self.fd) {
            Ok(signal) => Ok(Some(signal)),
            Err(libc::EAGAIN) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    pub(super) fn reinit_after_fork(&self) -> Result<(), Error> {
        let new = create(self.mechanism, self.set)?;
        self.fd
            .replace(&new, self.mechanism.flags())
            .map_err(|errno| Error::new(Operation::Reinit, self.mechanism, errno))
    }
}

impl Drop for SignalFd {
    fn drop(&mut self) {
        registry::release(self.set, None);
    }
}

/// Creates a descriptor. The first of a process is for no signal until it is verified, as
/// reading it would take one.
fn create(mechanism: Mechanism, set: SignalSet) -> Result<Fd, Error> {
    let error = |operation, errno| Error::new(operation, mechanism, errno);
    let (trust, flags) = (fallback::trust(mechanism), mechanism.flags());
    let first_set = match trust {
        Trust::Verify => SignalSet::EMPTY,
        Trust::Proved => set,
    };
    let fd = signalfd::create(trust, flags, first_set)
        .map_err(|errno| error(Operation::Create, errno))?;
    if trust == Trust::Verify {
        verify(&fd)
            .map_err(fallback::not_proved)
            .and_then(|()| signalfd::set_signals(&fd, flags, set))
            .map_err(|errno| error(Operation::Verify, errno))?;
        fallback::set_proved(mechanism);
    }
    Ok(fd)
}

/// Checks that a signalfd for no signal reads EAGAIN.
fn verify(fd: &Fd) -> Result<(), Errno> {
    match signalfd::read(fd) {
        Err(libc::EAGAIN) => Ok(()),
        Err(errno) => Err(errno),
        Ok(_) => Err(libc::ENOSYS),
    }
}
