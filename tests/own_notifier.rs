//! Implements `Notifier` as another crate would, for a pair of sockets. `Waker` and trait
//! objects must accept it.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::os::unix::io::AsRawFd;
use std::os::unix::net::UnixStream;

use rustix::event::{poll, PollFd, PollFlags, Timespec};
use wakefd::{Backend, Error, Mechanism, Notifier, Operation, RawFd, Wait, Waker};

struct Sockets {
    reading: UnixStream,
    writing: UnixStream,
}

impl Sockets {
    fn new() -> io::Result<Self> {
        let (reading, writing) = UnixStream::pair()?;
        reading.set_nonblocking(true)?;
        writing.set_nonblocking(true)?;
        Ok(Sockets { reading, writing })
    }
}

fn error(operation: Operation, error: &io::Error) -> Error {
    Error::new(
        operation,
        Mechanism::Other,
        error.raw_os_error().expect("an errno"),
    )
}

impl Notifier for Sockets {
    fn notify(&self) -> Result<(), Error> {
        match (&self.writing).write(&[1]) {
            Err(full) if full.kind() == io::ErrorKind::WouldBlock => Ok(()),
            result => result
                .map(drop)
                .map_err(|failed| error(Operation::Notify, &failed)),
        }
    }

    fn clear(&self) -> Result<bool, Error> {
        let mut buffer = [0; 256];
        let mut cleared = false;
        loop {
            match (&self.reading).read(&mut buffer) {
                Ok(_) => cleared = true,
                Err(empty) if empty.kind() == io::ErrorKind::WouldBlock => return Ok(cleared),
                Err(failed) => return Err(error(Operation::Clear, &failed)),
            }
        }
    }

    fn wait(&self, timeout: Option<Duration>) -> Result<Wait, Error> {
        let mut entries = [PollFd::new(&self.reading, PollFlags::IN)];
        let timeout = timeout.map(|time| Timespec::try_from(time).expect("a short time"));
        match poll(&mut entries, timeout.as_ref()) {
            Ok(0) => Ok(Wait::TimedOut),
            Ok(_) => Ok(Wait::Notified),
            Err(failed) => Err(error(Operation::Wait, &failed.into())),
        }
    }

    fn as_raw_fd(&self) -> RawFd {
        self.reading.as_raw_fd()
    }

    fn mechanism(&self) -> Mechanism {
        Mechanism::Other
    }

    fn reinit_after_fork(&self) -> Result<(), Error> {
        Err(Error::new(
            Operation::Reinit,
            Mechanism::Other,
            rustix::io::Errno::NOSYS.raw_os_error(),
        ))
    }
}

const SHORT: Option<Duration> = Some(Duration::from_millis(10));

#[test]
fn a_trait_object_takes_it() {
    let sockets = Sockets::new().expect("sockets");
    let notifier: &dyn Notifier = &sockets;
    assert_eq!(notifier.backend(), Backend::Other);
    assert_eq!(notifier.wait(SHORT), Ok(Wait::TimedOut));
    assert_eq!(notifier.notify(), Ok(()));
    assert_eq!(notifier.wait(None), Ok(Wait::Notified));
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));
}

#[test]
fn a_waker_takes_it() {
    let waker = Waker::new(Sockets::new().expect("sockets"));
    for _ in 0..1000 {
        assert_eq!(waker.wake(), Ok(()));
    }
    // All but one without a system call.
    let mut bytes = [0; 16];
    assert_eq!(
        (&waker.notifier().reading).read(&mut bytes).expect("bytes"),
        1
    );
    assert_eq!(waker.clear(), Ok(true));
    assert_eq!(waker.clear(), Ok(false));
}

#[test]
fn its_errors_are_kept() {
    let waker = Waker::new(Sockets::new().expect("sockets"));
    let refused = waker.reinit_after_fork().expect_err("it is not supported");
    assert_eq!(refused.operation(), Operation::Reinit);
    assert_eq!(refused.mechanism(), Mechanism::Other);
    assert_eq!(
        refused.to_string(),
        "reinit_after_fork on other: no such system call (ENOSYS)"
    );
}
