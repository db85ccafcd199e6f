//! `NotifyFd` in another process.

use super::*;
use crate::sys::limits::limit_descriptors;
use crate::sys::socket::Socket;

pub(super) fn notify_fd_is_inherited(constructor: Constructor) {
    let notifier = constructor.notifier();
    let notify_fd = notifier.to_notify_fd().expect("to_notify_fd");
    let number = notify_fd.as_raw_fd();
    assert!(is_close_on_exec(number) && is_non_blocking(number));
    let child = fork(|| {
        // Never full, however much is pending.
        for _ in 0..70_000 {
            assert_eq!(notify_fd.notify(), Ok(()));
        }
    });
    assert_eq!(notifier.wait(None), Ok(Wait::Notified));
    child.succeeds();
    assert!(is_pending(&notifier));
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));
    drop(notify_fd);
    notifier.works();
}

/// The receiver has nothing but a socket, and does not know what is behind the descriptor.
pub(super) fn notify_fd_is_sent_over_a_socket(constructor: Constructor) {
    let (there, back) = (Socket::pair(), Socket::pair());
    // As a process with this crate does, and as one without.
    let ways: [fn(i32); 2] = [
        |number| assert_eq!(wakefd::ffi::notify_by_fd(number), Ok(())),
        |number| write_u64(number, 1),
    ];
    let child = fork(|| {
        for notify in ways {
            let number = there.receive();
            assert!(is_non_blocking(number));
            notify(number);
            close(number);
        }
        // The other direction: the child is the consumer.
        let notifier = constructor.notifier();
        let notify_fd = notifier.to_notify_fd().expect("to_notify_fd");
        back.send(notify_fd.as_raw_fd());
        drop(notify_fd);
        assert_eq!(notifier.wait(None), Ok(Wait::Notified));
        assert_eq!(notifier.clear(), Ok(true));
    });
    // Made after the fork, so the child can have it by the socket alone.
    let notifier = constructor.notifier();
    for _ in ways {
        let notify_fd = notifier.to_notify_fd().expect("to_notify_fd");
        there.send(notify_fd.as_raw_fd());
        drop(notify_fd);
        assert_eq!(notifier.wait(None), Ok(Wait::Notified));
        assert_eq!(notifier.clear(), Ok(true));
        assert_eq!(notifier.clear(), Ok(false));
    }
    let number = back.receive();
    assert_eq!(wakefd::ffi::notify_by_fd(number), Ok(()));
    close(number);
    child.succeeds();
}

pub(super) fn notify_fd_outlives_the_notifier(constructor: Constructor) {
    let notifier = constructor.notifier();
    let expected = match notifier.backend() {
        Backend::Pipe => Err(libc::EPIPE),
        _ => Ok(()),
    };
    let notify_fd = notifier.to_notify_fd().expect("to_notify_fd");
    drop(notifier);
    Action::Ignore.install(libc::SIGPIPE);
    let result = notify_fd.notify();
    assert_eq!(result.map_err(|error| error.raw_os_error()), expected);
}

pub(super) fn notify_fd_needs_a_descriptor(constructor: Constructor) {
    let notifier = constructor.notifier();
    let before = Open::now();
    limit_descriptors(before.first_free() as usize);
    let error = notifier.to_notify_fd().expect_err("no descriptor is left");
    assert_eq!(error.raw_os_error(), libc::EMFILE);
    assert_eq!(error.mechanism(), notifier.mechanism());
    assert_eq!(Open::now(), before);
    notifier.works();
}
