//! When the descriptor of `Signals` is readable.

use super::waiting::{ended_by_a_notifier, never_early};
use super::*;

pub(super) fn signal_level_triggered(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1, SIGUSR2]);
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

pub(super) fn signal_time_outs(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1]);
    never_early(&signals);
    send_self(SIGUSR1);
    for timeout in [None, Some(Duration::ZERO), Some(Duration::MAX)] {
        assert_eq!(signals.wait(timeout), Ok(Wait::Notified));
    }
    assert_eq!(taken(&signals), [SIGUSR1]);
}

pub(super) fn signal_wakes_a_sleeper(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1]);
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

/// The documented ways: a notifier in the same poll, and one more signal, sent to the process.
pub(super) fn signal_wait_ended_by_another_thread(constructor: Constructor) {
    let signals = constructor.signals(&[SIGTERM, SIGUSR2]);
    ended_by_a_notifier(&signals);
    assert_eq!(signals.next(), Ok(None));
    // The threads inherit the mask, as a signalfd needs it.
    run_threads(2, &|index| match index {
        0 => assert_eq!(signals.wait(None), Ok(Wait::Notified)),
        _ => {
            time::sleep(20);
            send(pid(), SIGUSR2);
        }
    });
    assert_eq!(taken(&signals), [SIGUSR2]);
}
