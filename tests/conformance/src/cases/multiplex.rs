//! `poll`, `select` and `epoll`.

use core::sync::atomic::{AtomicU32, Ordering};

use wakefd::Notifier;

use super::make;
use crate::sys::descriptors::{close, dup};
use crate::sys::multiplexer::{Kind, Multiplexer, FOREVER};
use crate::sys::thread::together;
use crate::Way;

pub(super) fn clause_6_level_triggered(way: Way) {
    let notifier: &dyn Notifier = &make(way);
    for kind in [Kind::Poll, Kind::Select, Kind::EpollLevel] {
        let set = Multiplexer::new(kind, notifier.as_raw_fd());
        for _ in 0..3 {
            assert!(!set.wait(0), "{kind:?}");
            assert_eq!(notifier.notify(), Ok(()));
            // As long as it is pending.
            assert!(
                set.wait(FOREVER) && set.wait(1000) && set.wait(0),
                "{kind:?}"
            );
            assert_eq!(notifier.notify(), Ok(()));
            assert!(set.wait(FOREVER), "{kind:?}");
            assert_eq!(notifier.clear(), Ok(true));
            assert!(!set.wait(0) && !set.wait(1), "{kind:?}");
        }
    }
}

pub(super) fn clause_6_edge_triggered(way: Way) {
    let notifier: &dyn Notifier = &make(way);
    let set = Multiplexer::new(Kind::EpollEdge, notifier.as_raw_fd());
    for _ in 0..3 {
        assert!(!set.wait(0));
        assert_eq!(notifier.notify(), Ok(()));
        assert!(set.wait(FOREVER), "the edge");
        assert!(!set.wait(0), "one edge is reported once");
        assert_eq!(notifier.clear(), Ok(true));
        // After a clear every notification is an edge.
        assert_eq!(notifier.notify(), Ok(()));
        assert!(set.wait(FOREVER), "the second edge");
        assert_eq!(notifier.clear(), Ok(true));
    }
}

pub(super) fn clause_6_duplicated_and_registered_again(way: Way) {
    let notifier: &dyn Notifier = &make(way);
    let duplicate = dup(notifier.as_raw_fd());
    for kind in Kind::ALL {
        let set = Multiplexer::new(kind, duplicate);
        assert_eq!(notifier.notify(), Ok(()));
        assert!(set.wait(FOREVER), "{kind:?}: the duplicate");
        // What is pending shows again in a set that is made anew.
        set.reregister();
        assert!(set.wait(FOREVER), "{kind:?}: registered again");
        assert_eq!(notifier.clear(), Ok(true));
        set.reregister();
        assert!(!set.wait(0), "{kind:?}: cleared");
        assert_eq!(notifier.notify(), Ok(()));
        assert!(set.wait(FOREVER), "{kind:?}: after that");
        assert_eq!(notifier.clear(), Ok(true));
    }
    close(duplicate);
}

fn four_producers(kind: Kind, way: Way) {
    const EACH: u32 = 10_000;
    let notifier = make(way);
    let done = AtomicU32::new(0);
    together(5, &|index| {
        if index > 0 {
            for _ in 0..EACH {
                done.fetch_add(1, Ordering::Release);
                assert_eq!(notifier.notify(), Ok(()));
            }
            return;
        }
        let set = Multiplexer::new(kind, notifier.as_raw_fd());
        while done.load(Ordering::Acquire) < 4 * EACH {
            // No time-out: a wake-up that is lost hangs.
            assert!(set.wait(FOREVER));
            // An edge may be that of a notification which the clear before has
            // taken already.
            let cleared = notifier.clear().expect("clear");
            assert!(cleared || kind == Kind::EpollEdge);
        }
    });
}

pub(super) fn clause_6_four_producers_poll(way: Way) {
    four_producers(Kind::Poll, way);
}

pub(super) fn clause_6_four_producers_select(way: Way) {
    four_producers(Kind::Select, way);
}

pub(super) fn clause_6_four_producers_epoll_level(way: Way) {
    four_producers(Kind::EpollLevel, way);
}

pub(super) fn clause_6_four_producers_epoll_edge(way: Way) {
    four_producers(Kind::EpollEdge, way);
}
