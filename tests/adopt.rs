//! Tests notifiers that adopt descriptors of other code, and `NotifyFd`, with std's types.
#![cfg(all(
    feature = "std",
    feature = "eventfd",
    feature = "pipe",
    target_os = "linux"
))]

extern crate alloc;

use alloc::sync::Arc;
use std::net::UdpSocket;
use std::os::unix::io::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::event::{eventfd, EventfdFlags};
use rustix::pipe::{pipe_with, PipeFlags};
use wakefd::{AutoNotifier, EventFd, Mechanism, NotifyFd, Operation, SelfPipe};

const FLAGS: EventfdFlags = EventfdFlags::NONBLOCK;

/// Every kind of descriptor that is not an eventfd.
fn others() -> Vec<OwnedFd> {
    let (read, write) = pipe_with(PipeFlags::NONBLOCK).expect("pipe");
    let (one, other) = UnixStream::pair().expect("socketpair");
    let timer = rustix::time::timerfd_create(
        rustix::time::TimerfdClockId::Monotonic,
        rustix::time::TimerfdFlags::NONBLOCK,
    );
    let mut others = vec![
        read,
        write,
        one.into(),
        other.into(),
        timer.expect("timerfd"),
    ];
    others.push(
        rustix::event::epoll::create(rustix::event::epoll::CreateFlags::empty()).expect("epoll"),
    );
    others.push(UdpSocket::bind("127.0.0.1:0").expect("a socket").into());
    others.push(std::fs::File::open("Cargo.toml").expect("a file").into());
    for fd in &others {
        let _ = rustix::io::ioctl_fionbio(fd, true);
    }
    others
}

#[test]
fn an_eventfd_is_adopted_and_nothing_else() {
    let made = eventfd(3, FLAGS).expect("eventfd");
    let elsewhere = made.try_clone().expect("dup");
    let notifier = EventFd::try_from(made).expect("an eventfd");
    assert_eq!(notifier.mechanism(), Mechanism::EventFd2);
    let flags = rustix::io::fcntl_getfd(&notifier).expect("fcntl");
    assert!(flags.contains(rustix::io::FdFlags::CLOEXEC));
    // What was pending is pending, and both are the same object.
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));
    NotifyFd::from(elsewhere).notify().expect("notify");
    assert_eq!(AutoNotifier::from(notifier).clear(), Ok(true));

    for other in others() {
        let error = EventFd::try_from(other).expect_err("no eventfd");
        assert_eq!(
            (error.operation(), error.raw_os_error()),
            (Operation::Adopt, libc_einval())
        );
    }
    let blocking = eventfd(0, EventfdFlags::empty()).expect("eventfd");
    let error = EventFd::try_from(blocking).expect_err("it blocks");
    assert_eq!(
        error.raw_os_error(),
        rustix::io::Errno::OPNOTSUPP.raw_os_error()
    );
    assert!(
        error.to_string().ends_with("; the descriptor is blocking"),
        "{error}"
    );
}

#[test]
fn a_pipe_is_adopted_and_nothing_else() {
    let (read, write) = pipe_with(PipeFlags::NONBLOCK).expect("pipe");
    let elsewhere = NotifyFd::from(write.try_clone().expect("dup"));
    let notifier = SelfPipe::try_from((read, write)).expect("a pipe");
    elsewhere.notify().expect("notify");
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.notify(), Ok(()));
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));

    let pipe = || pipe_with(PipeFlags::NONBLOCK).expect("pipe");
    let ((read, _), (_, write)) = (pipe(), pipe());
    let of_two = SelfPipe::try_from((read, write));
    let (read, write) = pipe();
    let in_the_wrong_order = SelfPipe::try_from((write, read));
    let eventfds = SelfPipe::try_from((
        eventfd(0, FLAGS).expect("eventfd"),
        eventfd(0, FLAGS).expect("eventfd"),
    ));
    for refused in [of_two, in_the_wrong_order, eventfds] {
        let error = refused.expect_err("no pipe");
        assert_eq!(
            (error.operation(), error.raw_os_error()),
            (Operation::Adopt, libc_einval())
        );
    }
    let error =
        SelfPipe::try_from(pipe_with(PipeFlags::empty()).expect("pipe")).expect_err("it blocks");
    assert_eq!(
        error.raw_os_error(),
        rustix::io::Errno::OPNOTSUPP.raw_os_error()
    );
}

#[test]
fn what_does_not_notify_says_so() {
    let file = std::fs::File::open("Cargo.toml").expect("a file");
    let error = NotifyFd::from(OwnedFd::from(file))
        .notify()
        .expect_err("not writable");
    assert_eq!(error.raw_os_error(), rustix::io::Errno::BADF.raw_os_error());
    assert_eq!(error.mechanism(), Mechanism::Other);
    let notifier = AutoNotifier::new().expect("a notifier");
    let notify_fd = notifier.to_notify_fd().expect("a descriptor");
    let waker = core::task::Waker::from(Arc::new(notify_fd));
    waker.wake();
    assert_eq!(notifier.clear(), Ok(true));
    let notify_fd = notifier.to_notify_fd().expect("a descriptor");
    assert!(rustix::io::fcntl_getfd(notify_fd.as_fd()).is_ok());
}

fn libc_einval() -> i32 {
    rustix::io::Errno::INVAL.raw_os_error()
}
