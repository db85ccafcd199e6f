//! Parent and child.

use core::time::Duration;

use wakefd::{Notifier, Wait};

use super::{is_pending, make};
use crate::sys::descriptors::Open;
use crate::sys::multiplexer::{Kind, Multiplexer, FOREVER};
use crate::sys::process::fork;
use crate::Way;

pub(super) fn clause_8_child_wakes_parent(way: Way) {
    let notifier: &dyn Notifier = &make(way);
    let child = fork(|| notifier.notify().expect("notify"));
    assert_eq!(notifier.wait(None), Ok(Wait::Notified));
    child.succeeds();
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));
}

pub(super) fn clause_8_parent_wakes_child(way: Way) {
    let there: &dyn Notifier = &make(way);
    let back: &dyn Notifier = &make(way);
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

pub(super) fn clause_8_reinit_keeps_the_numbers(way: Way) {
    let mine = make(way);
    let back: &dyn Notifier = &make(way);
    // Sets that were made before the fork.
    let poll = Multiplexer::new(Kind::Poll, mine.as_raw_fd());
    let select = Multiplexer::new(Kind::Select, mine.as_raw_fd());
    assert_eq!(mine.notify(), Ok(()));

    let child = fork(|| {
        let before = Open::now();
        mine.reinit_after_fork().expect("reinit_after_fork");
        assert_eq!(Open::now(), before, "the numbers");
        // What is pending belongs to the parent.
        assert!(!poll.wait(0) && !select.wait(0));
        assert_eq!(mine.clear(), Ok(false));
        assert_eq!(mine.notify(), Ok(()));
        assert!(poll.wait(FOREVER) && select.wait(FOREVER));
        // An epoll set made anew sees it.
        assert!(Multiplexer::new(Kind::EpollLevel, mine.as_raw_fd()).wait(FOREVER));
        assert_eq!(mine.clear(), Ok(true));
        assert_eq!(mine.clear(), Ok(false));
        assert_eq!(mine.notify(), Ok(()));
        back.notify().expect("notify");
    });

    assert_eq!(back.wait(None), Ok(Wait::Notified));
    // The child's clears took nothing, and its last notification is its own.
    assert_eq!(mine.clear(), Ok(true));
    assert_eq!(mine.clear(), Ok(false));
    assert_eq!(
        mine.wait(Some(Duration::from_millis(20))),
        Ok(Wait::TimedOut)
    );
    child.succeeds();
}
