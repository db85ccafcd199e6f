//! `poll`, `select` and `epoll`.

use core::sync::atomic::{AtomicU32, Ordering};

use wakefd::Notifier;

use super::no_lost_wakeups::produce;
use crate::subject::Subject;
use crate::sys::descriptors::{close, dup};
use crate::sys::multiplexer::{Kind, Multiplexer, FOREVER};
use crate::sys::thread::run_threads;
use crate::Constructor;

pub(super) fn clause_6_level_triggered(constructor: Constructor) {
    let notifier: &dyn Notifier = &constructor.notifier();
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

pub(super) fn edge_triggered<S: Subject>(constructor: Constructor) {
    let subject: S = constructor.make();
    let set = Multiplexer::new(Kind::EpollEdge, subject.as_raw_fd());
    for _ in 0..3 {
        assert!(!set.wait(0));
        subject.trigger();
        assert!(set.wait(FOREVER), "the edge");
        assert!(!set.wait(0), "one edge is reported once");
        assert_eq!(subject.consume(), Ok(true));
        // Whatever comes when all has been taken is an edge.
        subject.trigger();
        assert!(set.wait(FOREVER), "the second edge");
        assert_eq!(subject.consume(), Ok(true));
    }
}

pub(super) fn clause_6_duplicated_and_registered_again(constructor: Constructor) {
    let notifier: &dyn Notifier = &constructor.notifier();
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

fn four_producers(kind: Kind, constructor: Constructor) {
    const EACH: u32 = 10_000;
    let notifier = constructor.notifier();
    let done = AtomicU32::new(0);
    run_threads(5, &|index| {
        if index > 0 {
            return produce(&notifier, &done, EACH);
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

macro_rules! four_producers {
    ($($name:ident = $kind:ident;)*) => {$(
        pub(super) fn $name(constructor: Constructor) {
            four_producers(Kind::$kind, constructor);
        }
    )*};
}

four_producers! {
    clause_6_four_producers_poll = Poll;
    clause_6_four_producers_select = Select;
    clause_6_four_producers_epoll_level = EpollLevel;
    clause_6_four_producers_epoll_edge = EpollEdge;
}
