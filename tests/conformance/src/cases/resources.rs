//! Descriptors: how many, until when, and what if there are none.

use wakefd::{Backend, Notifier, Operation};

use super::{is_pending, make};
use crate::sys::descriptors::{close, limit_to, Open};
use crate::sys::process::fork;
use crate::Way;

pub(super) fn clause_9_drop_closes_each_descriptor_once(way: Way) {
    let before = Open::now();
    for _ in 0..1000 {
        drop(make(way));
    }
    assert_eq!(Open::now(), before);

    let many: [_; 50] = core::array::from_fn(|_| make(way));
    let each = match many[0].backend() {
        Backend::EventFd => 1,
        _ => 2,
    };
    assert_eq!(Open::now().count(), before.count() + many.len() * each);
    drop(many);
    assert_eq!(Open::now(), before);
}

pub(super) fn clause_9_drop_never_wakes_or_kills(way: Way) {
    // The child drops its share; the parent notices nothing.
    let notifier = make(way);
    let mut share = Some(notifier);
    fork(|| drop(share.take())).succeeds();
    let notifier = share.expect("the parent's share");
    assert!(!is_pending(&notifier));
    assert_eq!(notifier.clear(), Ok(false));
    assert_eq!(notifier.notify(), Ok(()));
    assert_eq!(notifier.clear(), Ok(true));

    // The parent drops its share; the child notifies and lives. (SIGPIPE would
    // kill it: nothing here ignores it.)
    let gone = make(way);
    let mut share = Some(notifier);
    let child = fork(|| {
        let notifier = share.take().expect("the child's share");
        assert_eq!(gone.wait(None), Ok(wakefd::Wait::Notified));
        assert!(!is_pending(&notifier));
        for _ in 0..70_000 {
            notifier.notify().expect("notify");
        }
        assert_eq!(notifier.clear(), Ok(true));
    });
    drop(share);
    assert_eq!(gone.notify(), Ok(()));
    child.succeeds();
}

pub(super) fn errors_name_the_lack_of_descriptors(way: Way) {
    // What it would be if there were descriptors; in a child, so that here the
    // first use is the one that fails.
    let mechanism = {
        let child = crate::sys::process::fork_to(|| make(way).mechanism() as i32);
        match child.wait() {
            crate::sys::process::Ended::Exited(mechanism) => {
                wakefd::Mechanism::FOR_NOTIFIERS[mechanism as usize]
            }
            ended => panic!("{ended:?}"),
        }
    };
    let needed = match mechanism.backend() {
        Backend::EventFd => 1,
        _ => 2,
    };
    let before = Open::now();
    let first_free = (0..).find(|&number| !before.is_open(number)).unwrap_or(0);
    for available in 0..needed {
        limit_to(first_free as usize + available);
        let error = match way.notifier() {
            Ok(notifier) => panic!("{:?} with {available} descriptors", notifier.mechanism()),
            Err(error) => error,
        };
        assert_eq!(error.raw_os_error(), libc::EMFILE, "{error}");
        assert_eq!(error.operation(), Operation::Create);
        assert_eq!(error.mechanism(), mechanism, "{error}");
        assert_eq!(Open::now(), before, "a descriptor has leaked");
    }
    // With just enough it works, also the first time.
    limit_to(first_free as usize + needed);
    let notifier = make(way);
    assert_eq!(notifier.mechanism(), mechanism);
    assert_eq!(notifier.notify(), Ok(()));
    assert_eq!(notifier.clear(), Ok(true));
    assert!(way.notifier().is_err());
}

pub(super) fn errors_name_a_descriptor_closed_by_others(way: Way) {
    let before = Open::now();
    let notifier = make(way);
    Open::now().since(before).for_each(close);
    let errors = [
        (notifier.notify().err(), Operation::Notify),
        (notifier.clear().err(), Operation::Clear),
        (notifier.wait(None).err(), Operation::Wait),
    ];
    for (error, operation) in errors {
        let error = error.expect("the descriptor is closed");
        assert_eq!(error.raw_os_error(), libc::EBADF);
        assert_eq!(error.operation(), operation);
        assert_eq!(error.mechanism(), notifier.mechanism());
    }
    // Its numbers are not open any more, and may be somebody else's by now.
    core::mem::forget(notifier);
}
