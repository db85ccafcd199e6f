//! `poll`, `select` and `epoll`.

use super::no_lost_wakeups::four_producers;
use super::*;

pub(super) fn level_triggered<S: Subject>(constructor: Constructor) {
    let subject: S = constructor.make();
    for kind in [Kind::Poll, Kind::Select, Kind::EpollLevel] {
        let set = Multiplexer::new(kind, subject.as_raw_fd());
        for _ in 0..3 {
            assert!(!set.wait(0), "{kind:?}");
            subject.trigger();
            // As long as it is pending.
            for timeout in [FOREVER, 1000, 0] {
                assert!(set.wait(timeout), "{kind:?}");
            }
            subject.trigger();
            assert!(set.wait(FOREVER), "{kind:?}");
            assert_eq!(subject.consume(), Ok(true));
            assert!(!set.wait(0) && !set.wait(1), "{kind:?}");
            assert_eq!(subject.consume(), Ok(false));
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

fn waits_in(kind: Kind, constructor: Constructor) {
    four_producers(constructor.notifier(), 10_000, |notifier, is_missing| {
        let set = Multiplexer::new(kind, notifier.as_raw_fd());
        while is_missing() {
            assert!(set.wait(FOREVER));
            // An edge may be that of a notification which the clear before has
            // taken already.
            let cleared = notifier.clear().expect("clear");
            assert!(cleared || kind == Kind::EpollEdge);
        }
    });
}

macro_rules! kinds {
    ($($name:ident = $kind:ident;)*) => {$(
        pub(super) fn $name(constructor: Constructor) {
            waits_in(Kind::$kind, constructor);
        }
    )*};
}

kinds! {
    clause_6_four_producers_poll = Poll;
    clause_6_four_producers_select = Select;
    clause_6_four_producers_epoll_level = EpollLevel;
    clause_6_four_producers_epoll_edge = EpollEdge;
}
