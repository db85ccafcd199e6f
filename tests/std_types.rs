//! Tests the conversions to the types of std.
#![cfg(feature = "std")]

extern crate alloc;

use alloc::sync::Arc;
use core::task::Waker;
use std::io;
use std::os::unix::io::{AsFd, AsRawFd};
use std::process::Command;

use wakefd::{AutoNotifier, Mechanism, Notifier, Wait};

/// A notifier on each mechanism of this build.
fn each_mechanism() -> impl Iterator<Item = AutoNotifier> {
    Mechanism::FOR_NOTIFIERS
        .into_iter()
        .filter_map(|mechanism| AutoNotifier::at(mechanism).ok())
}

#[test]
fn descriptors_are_borrowed() {
    for notifier in each_mechanism() {
        assert_eq!(notifier.as_fd().as_raw_fd(), notifier.as_raw_fd());
        assert_eq!(AsRawFd::as_raw_fd(&notifier), notifier.as_raw_fd());
        assert_eq!(Notifier::as_raw_fd(&notifier), notifier.as_raw_fd());
    }
}

#[test]
fn a_shared_notifier_is_a_waker() {
    for notifier in each_mechanism().map(Arc::new) {
        let waker = Waker::from(Arc::clone(&notifier));
        waker.wake_by_ref();
        assert_eq!(notifier.clear(), Ok(true));

        let sleeper = Arc::clone(&notifier);
        let thread = std::thread::spawn(move || sleeper.wait(None));
        waker.wake();
        assert_eq!(thread.join().expect("the thread"), Ok(Wait::Notified));
        assert_eq!(notifier.clear(), Ok(true));
    }
}

#[test]
fn a_shared_coalescing_waker_is_a_waker() {
    for waker in each_mechanism().map(wakefd::Waker::new).map(Arc::new) {
        assert_eq!(AsRawFd::as_raw_fd(&*waker), waker.notifier().as_raw_fd());
        let task = Waker::from(Arc::clone(&waker));
        task.wake_by_ref();
        task.wake();
        assert_eq!(waker.clear(), Ok(true));
        assert_eq!(waker.clear(), Ok(false));
    }
}

#[test]
fn a_program_that_is_started_inherits_nothing() {
    for notifier in each_mechanism() {
        let number = notifier.as_raw_fd();
        let status = Command::new("sh")
            .args(["-c", &format!("test ! -e /proc/self/fd/{number}")])
            .status()
            .expect("sh");
        assert!(status.success(), "{}", notifier.mechanism());
    }
}

#[test]
fn errors_keep_their_errno() {
    // A mechanism of the other backend, where that is not compiled in, or one that
    // does not take what it is asked for.
    let error = wrong_mechanism();
    let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
    assert_eq!(boxed.to_string(), error.to_string());
    assert!(error.to_string().contains("(EINVAL)"), "{error}");
    let error = io::Error::from(error);
    assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

#[cfg(feature = "pipe")]
fn wrong_mechanism() -> wakefd::Error {
    wakefd::SelfPipe::at(Mechanism::EventFd2).expect_err("a pipe is no eventfd")
}

#[cfg(not(feature = "pipe"))]
fn wrong_mechanism() -> wakefd::Error {
    wakefd::EventFd::at(Mechanism::Pipe).expect_err("an eventfd is no pipe")
}

#[cfg(feature = "eventfd")]
#[test]
fn an_eventfd_becomes_an_owned_descriptor() {
    use std::fs::File;
    use std::io::{Read, Write};
    use std::os::unix::io::{IntoRawFd, OwnedFd};

    let eventfd = wakefd::EventFd::new().expect("an eventfd");
    let number = eventfd.as_raw_fd();
    eventfd.notify().expect("notify");
    let mut file = File::from(OwnedFd::from(eventfd));
    assert_eq!(file.as_raw_fd(), number);
    let mut counter = [0; 8];
    assert_eq!(file.read(&mut counter).expect("read"), 8);
    assert_eq!(u64::from_ne_bytes(counter), 1);
    file.write_all(&7_u64.to_ne_bytes()).expect("write");
    assert_eq!(file.into_raw_fd(), number);
}

#[cfg(feature = "pipe")]
#[test]
fn a_pipe_becomes_two_owned_descriptors() {
    use std::fs::File;
    use std::io::{Read, Write};

    let pipe = wakefd::SelfPipe::new().expect("a pipe");
    let number = pipe.as_raw_fd();
    let (read, write) = pipe.into();
    assert_eq!(read.as_raw_fd(), number);
    File::from(write).write_all(b"still a pipe").expect("write");
    let mut text = [0; 12];
    File::from(read).read_exact(&mut text).expect("read");
    assert_eq!(&text, b"still a pipe");
}
