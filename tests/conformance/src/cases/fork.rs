//! A notifier in parent and child after `fork`.

use super::*;

pub(super) fn clause_8_child_wakes_parent(constructor: Constructor) {
    let notifier: &dyn Notifier = &constructor.notifier();
    let child = fork(|| notifier.notify().expect("notify"));
    assert_eq!(notifier.wait(None), Ok(Wait::Notified));
    child.succeeds();
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));
}

pub(super) fn clause_8_parent_wakes_child(constructor: Constructor) {
    let there: &dyn Notifier = &constructor.notifier();
    let back: &dyn Notifier = &constructor.notifier();
    let child = fork(|| {
        assert_eq!(there.wait(None), Ok(Wait::Notified));
        // They share it: the child's clear takes it from the parent too.
        assert_eq!(there.clear(), Ok(true));
        back.notify().expect("notify");
    });
    assert_eq!(there.notify(), Ok(()));
    assert_eq!(back.wait(None), Ok(Wait::Notified));
    assert!(!is_pending(there));
    assert_eq!(there.clear(), Ok(false));
    child.succeeds();
}

/// A child that has made its object anew has the same numbers, and shares nothing with
/// its parent.
pub(super) fn reinit_keeps_the_numbers<S: Subject>(constructor: Constructor) {
    let subject: S = constructor.make();
    // Sets that were made before the fork.
    let poll = Multiplexer::new(Kind::Poll, subject.as_raw_fd());
    let select = Multiplexer::new(Kind::Select, subject.as_raw_fd());
    subject.trigger();
    fork(|| {
        let before = Open::now();
        for _ in 0..2 {
            subject.reinit_after_fork().expect("reinit_after_fork");
            assert_eq!(Open::now(), before, "the numbers");
            // What is pending belongs to the parent.
            assert!(!poll.wait(0) && !select.wait(0));
            subject.works();
            subject.trigger();
            assert!(poll.wait(FOREVER) && select.wait(FOREVER));
            // An epoll set made anew sees it.
            let epoll = Multiplexer::new(Kind::EpollLevel, subject.as_raw_fd());
            assert!(epoll.wait(FOREVER));
        }
        // A child of the child's begins anew.
        fork(|| {
            subject.reinit_after_fork().expect("reinit_after_fork");
            subject.works();
        })
        .succeeds();
        assert_eq!(subject.consume(), Ok(true));
        subject.trigger();
    })
    .succeeds();
    // The child has taken nothing, and what it left pending is its own.
    assert_eq!(subject.consume(), Ok(true));
    time::sleep(20);
    assert!(!subject.is_readable());

    // In one and the same process it is as new.
    subject.trigger();
    subject.reinit_after_fork().expect("reinit_after_fork");
    time::sleep(5);
    assert!(!subject.is_readable());
    subject.works();
}

pub(super) fn clause_9_drop_never_wakes_or_kills(constructor: Constructor) {
    // The child drops its share; the parent notices nothing.
    let notifier = constructor.notifier();
    let mut share = Some(notifier);
    fork(|| drop(share.take())).succeeds();
    let notifier = share.expect("the parent's share");
    notifier.works();

    // The parent drops its share; the child notifies and lives. (SIGPIPE would
    // kill it: nothing here ignores it.)
    let gone = constructor.notifier();
    let mut share = Some(notifier);
    let child = fork(|| {
        let notifier = share.take().expect("the child's share");
        assert_eq!(gone.wait(None), Ok(Wait::Notified));
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
