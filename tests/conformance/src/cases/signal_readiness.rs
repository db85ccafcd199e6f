//! When the descriptor is readable, what it is, and what if there is none.

use core::time::Duration;

use libc::{SIGUSR1, SIGUSR2};
use wakefd::{Mechanism, Operation, Wait};

use super::{is_readable, taken, watch};
use crate::sys::descriptors::{close, is_close_on_exec, is_non_blocking, limit_to, Open};
use crate::sys::multiplexer::{Kind, Multiplexer, FOREVER};
use crate::sys::process::{fork, fork_to, Ended};
use crate::sys::signals::{pid, send, send_self};
use crate::sys::time;
use crate::{Subject, Way};

pub(super) fn signal_level_triggered(way: Way) {
    let signals = watch(way, &[SIGUSR1, SIGUSR2]);
    for kind in [Kind::Poll, Kind::Select, Kind::EpollLevel] {
        let set = Multiplexer::new(kind, signals.as_raw_fd());
        for _ in 0..3 {
            assert!(!set.wait(0), "{kind:?}");
            send_self(SIGUSR1);
            send_self(SIGUSR2);
            assert!(set.wait(FOREVER) && set.wait(1000), "{kind:?}");
            // As long as one is pending, and no longer.
            assert_eq!(signals.next().map(|taken| taken.is_some()), Ok(true));
            assert!(set.wait(FOREVER) && set.wait(0), "{kind:?}");
            assert_eq!(signals.next().map(|taken| taken.is_some()), Ok(true));
            assert!(!set.wait(0) && !set.wait(1), "{kind:?}");
        }
        assert_eq!(signals.next(), Ok(None));
    }
}

pub(super) fn signal_edge_triggered(way: Way) {
    let signals = watch(way, &[SIGUSR1]);
    let set = Multiplexer::new(Kind::EpollEdge, signals.as_raw_fd());
    for _ in 0..3 {
        assert!(!set.wait(0));
        send_self(SIGUSR1);
        assert!(set.wait(FOREVER), "the edge");
        assert!(!set.wait(0), "one edge is reported once");
        assert_eq!(taken(&signals), [SIGUSR1]);
        send_self(SIGUSR1);
        assert!(set.wait(FOREVER), "the second edge");
        assert_eq!(taken(&signals), [SIGUSR1]);
    }
}

pub(super) fn signal_time_outs(way: Way) {
    let signals = watch(way, &[SIGUSR1]);
    for milliseconds in [0, 2, 30] {
        let begin = time::now();
        let waited = signals.wait(Some(Duration::from_millis(milliseconds)));
        assert_eq!(waited, Ok(Wait::TimedOut));
        assert!(time::now() - begin >= milliseconds);
    }
    send_self(SIGUSR1);
    for timeout in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
        assert_eq!(signals.wait(timeout), Ok(Wait::Notified));
    }
    assert_eq!(taken(&signals), [SIGUSR1]);
}

pub(super) fn signal_wakes_a_sleeper(way: Way) {
    let signals = watch(way, &[SIGUSR1]);
    let parent = pid();
    for kind in Kind::ALL {
        let set = Multiplexer::new(kind, signals.as_raw_fd());
        let child = fork(|| {
            time::sleep(10);
            send(parent, SIGUSR1);
        });
        assert!(set.wait(FOREVER), "{kind:?}");
        assert_eq!(taken(&signals), [SIGUSR1]);
        child.succeeds();
    }
    let child = fork(|| {
        time::sleep(10);
        send(parent, SIGUSR1);
    });
    assert_eq!(signals.wait(None), Ok(Wait::Notified));
    assert_eq!(taken(&signals), [SIGUSR1]);
    child.succeeds();
}

/// How many descriptors one object has here.
fn needed(way: Way) -> usize {
    let child = fork_to(|| {
        let before = Open::now();
        let _signals = watch(way, &[SIGUSR1]);
        Open::now().since(before).count() as i32
    });
    match child.wait() {
        Ended::Exited(count @ 1..=2) => count as usize,
        ended => panic!("{ended:?}"),
    }
}

pub(super) fn signal_descriptors_and_flags(way: Way) {
    let before = Open::now();
    let needed = needed(way);
    for _ in 0..3 {
        let signals = watch(way, &[SIGUSR1]);
        if signals.mechanism() != Mechanism::SignalHandler {
            assert_eq!(needed, 1);
        }
        let check = || {
            for number in Open::now().since(before) {
                assert!(is_close_on_exec(number), "descriptor {number}");
                assert!(is_non_blocking(number), "descriptor {number}");
            }
            assert_eq!(Open::now().since(before).count(), needed);
        };
        check();
        signals.reinit_after_fork().expect("reinit_after_fork");
        check();
        assert!(Open::now().is_open(signals.as_raw_fd()));
        drop(signals);
        assert_eq!(Open::now(), before);
    }
    for _ in 0..100 {
        drop(watch(way, &[SIGUSR1, SIGUSR2]));
    }
    assert_eq!(Open::now(), before);
}

pub(super) fn signal_lack_of_descriptors(way: Way) {
    let needed = needed(way);
    // In a child, so that here the first use is the one that fails.
    let mechanisms = Subject::Signals.mechanisms();
    let child = fork_to(|| {
        let mechanism = watch(way, &[SIGUSR1]).mechanism();
        mechanisms
            .iter()
            .position(|&known| known == mechanism)
            .unwrap_or(99) as i32
    });
    let mechanism = match child.wait() {
        Ended::Exited(index) => mechanisms[index as usize],
        ended => panic!("{ended:?}"),
    };
    let before = Open::now();
    let first_free = (0..).find(|&number| !before.is_open(number)).unwrap_or(0);
    for available in 0..needed {
        limit_to(first_free as usize + available);
        let error = match way.signals(&[SIGUSR1]) {
            Ok(signals) => panic!("{signals:?} with {available} descriptors"),
            Err(error) => error,
        };
        assert_eq!(error.raw_os_error(), libc::EMFILE, "{error}");
        assert_eq!(error.operation(), Operation::Create);
        assert_eq!(error.mechanism(), mechanism, "{error}");
        assert_eq!(Open::now(), before, "a descriptor has leaked");
        assert!(!crate::sys::signals::is_blocked(SIGUSR1), "the mask");
    }
    // With just enough it works, also the first time.
    limit_to(first_free as usize + needed);
    let signals = watch(way, &[SIGUSR1]);
    assert_eq!(signals.mechanism(), mechanism);
    send_self(SIGUSR1);
    assert!(is_readable(&signals));
    assert_eq!(taken(&signals), [SIGUSR1]);
}

pub(super) fn signal_descriptor_closed_by_others(way: Way) {
    let before = Open::now();
    let signals = watch(way, &[SIGUSR1]);
    Open::now().since(before).for_each(close);
    let errors = [
        (signals.next().err(), Operation::Next),
        (signals.wait(None).err(), Operation::Wait),
    ];
    for (error, operation) in errors {
        let error = error.expect("the descriptor is closed");
        assert_eq!(error.raw_os_error(), libc::EBADF);
        assert_eq!(error.operation(), operation);
        assert_eq!(error.mechanism(), signals.mechanism());
    }
    core::mem::forget(signals);
}
