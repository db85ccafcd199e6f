//! The signalfd backend. Available since Linux 2.6.22, and with flags since 2.6.27.

use libc::c_int;

use super::registry;
use super::table::TABLE;
use crate::error::{Error, Operation};
use crate::fallback;
use crate::mechanism::{Backend, Mechanism};
use crate::sys::errno::Errno;
use crate::sys::fd::{Fd, Trust};
use crate::sys::siginfo::Record;
use crate::sys::signalfd;
use crate::sys::sigset::SignalSet;
use crate::sys::utsname::uname;

/// A signalfd, whose signals are blocked.
pub(super) struct SignalFd {
    pub(super) fd: Fd,
    pub(super) mechanism: Mechanism,
    /// The index of the object in the table.
    pub(super) index: usize,
}

impl SignalFd {
    pub(super) fn new(mechanism: Mechanism, set: SignalSet) -> Result<Self, Error> {
        let fd = create(mechanism)?;
        let index = registry::lock()
            .register(Backend::SignalFd, set, fd.as_raw())
            .map_err(|errno| Error::new(Operation::Watch, mechanism, errno))?;
        // An error below drops this value, which unregisters the object.
        let signalfd = SignalFd {
            fd,
            mechanism,
            index,
        };
        signalfd::set_signals(&signalfd.fd, mechanism.flags(), set)
            .map_err(|errno| Error::new(Operation::Verify, mechanism, errno))?;
        fallback::set_proved(mechanism);
        Ok(signalfd)
    }

    /// Adds signals. Changes the descriptor while the table is locked, so that both have
    /// the same signals.
    pub(super) fn add(&self, set: SignalSet) -> Result<(), Errno> {
        let registry = registry::lock();
        let before = TABLE.watched_by(self.index);
        registry.watch(self.index, Backend::SignalFd, set)?;
        let result = self.set_signals(before.with(set));
        if result.is_err() {
            registry.unwatch(self.index, set.without(before));
        }
        result
    }

    pub(super) fn remove(&self, set: SignalSet) -> Result<(), Errno> {
        let registry = registry::lock();
        self.set_signals(TABLE.watched_by(self.index).without(set))?;
        registry.unwatch(self.index, set);
        Ok(())
    }

    fn set_signals(&self, set: SignalSet) -> Result<(), Errno> {
        signalfd::set_signals(&self.fd, self.mechanism.flags(), set)
    }

    pub(super) fn next(&self) -> Result<Option<(c_int, Record)>, Errno> {
        match signalfd::read(&self.fd) {
            Ok((number, mut record)) => {
                let may_lack = self.mechanism == Mechanism::SignalFd && record.value_or_band == 0;
                if may_lack && record.code == signalfd::QUEUED && lacks_values(uname().0.as_str()) {
                    record.status_or_fd = Record::NO_VALUE;
                }
                Ok(Some((number, record)))
            }
            Err(libc::EAGAIN) => Ok(None),
            Err(errno) => Err(errno),
        }
    }

    pub(super) fn reinit_after_fork(&self) -> Result<(), Error> {
        let new = create(self.mechanism)?;
        let _registry = registry::lock();
        signalfd::set_signals(&new, self.mechanism.flags(), TABLE.watched_by(self.index))
            .map_err(|errno| Error::new(Operation::Create, self.mechanism, errno))?;
        self.fd
            .replace(&new, self.mechanism.flags())
            .map_err(|errno| Error::new(Operation::Reinit, self.mechanism, errno))
    }
}

impl Drop for SignalFd {
    fn drop(&mut self) {
        registry::lock().release(self.index);
    }
}

/// Returns whether the signalfd of a kernel of this release does not report the value that
/// sigqueue(3) has sent. It reports zero there, which can also be a value, so only the
/// release tells.
fn lacks_values(release: &str) -> bool {
    let releases = ["2.6.22", "2.6.23", "2.6.24"];
    releases.iter().any(|prefix| release.starts_with(prefix))
}

/// Creates a signalfd for no signal yet, because verifying one that has signals would take
/// one.
fn create(mechanism: Mechanism) -> Result<Fd, Error> {
    let trust = fallback::trust(mechanism);
    let fd = signalfd::create(trust, mechanism.flags(), SignalSet::EMPTY)
        .map_err(|errno| Error::new(Operation::Create, mechanism, errno))?;
    if trust == Trust::Verify {
        verify(&fd).map_err(|errno| {
            Error::new(Operation::Verify, mechanism, fallback::not_proved(errno))
        })?;
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

#[cfg(test)]
mod tests {
    use super::lacks_values;

    #[test]
    fn kernels_whose_signalfd_lacks_values() {
        for release in ["2.6.22", "2.6.22.19", "2.6.23-rc1", "2.6.24-versatile"] {
            assert!(lacks_values(release), "{release}");
        }
        for release in ["2.6.21", "2.6.25", "2.6.26.8", "2.6.32", "6.1.0", "?"] {
            assert!(!lacks_values(release), "{release}");
        }
    }
}
