//! Several objects in one process.

use super::*;

/// Every object that watches a signal sees it, with handlers. A signalfd is the kernel's: the
/// first to ask takes it.
pub(super) fn signal_two_objects(constructor: Constructor) {
    let one = constructor.signals(&[SIGUSR1, SIGHUP]);
    let two = constructor.signals(&[SIGUSR1, SIGTERM]);
    let by_handler = one.backend() == Backend::SignalHandler;
    for (first, second) in [(&one, &two), (&two, &one)] {
        send_self(SIGUSR1);
        assert!(first.is_readable() && second.is_readable());
        assert_eq!(taken(first), [SIGUSR1]);
        assert!(!first.is_readable());
        assert_eq!(second.is_readable(), by_handler);
        if by_handler {
            assert_eq!(taken(second), [SIGUSR1]);
        }
        assert_eq!(second.next(), Ok(None));
        assert!(!second.is_readable());
    }
    // What only one watches is none of the other's.
    send_self(SIGTERM);
    send_self(SIGHUP);
    assert_eq!(taken(&one), [SIGHUP]);
    assert_eq!(taken(&two), [SIGTERM]);
    // One that comes later sees what is pending in the kernel.
    send_self(SIGUSR1);
    let three = constructor.signals(&[SIGUSR1]);
    assert_eq!(three.is_readable(), !by_handler);
    if by_handler {
        assert_eq!((taken(&one), taken(&two)), ([SIGUSR1], [SIGUSR1]));
    } else {
        assert_eq!(taken(&three), [SIGUSR1]);
    }
    assert_eq!((one.next(), two.next()), (Ok(None), Ok(None)));
    assert_eq!(three.next(), Ok(None));
}

/// What an object has taken already is not told to it again: each signal has its own sender.
pub(super) fn signal_objects_that_take_at_different_times(constructor: Constructor) {
    let quick = constructor.signals(&[SIGUSR1]);
    let slow = constructor.signals(&[SIGUSR1]);
    for value in 1..=3 {
        queue_self(SIGUSR1, value);
        let signal = next(&quick);
        assert!(has_value(&quick, &signal, value));
        assert_eq!(quick.next(), Ok(None));
    }
    let expected = match quick.backend() {
        Backend::SignalHandler => Some(Some(3)),
        _ => None,
    };
    let last = slow.next().expect("next").map(|signal| signal.value());
    assert_eq!((last, slow.next()), (expected, Ok(None)));
}

pub(super) fn signal_add_and_remove(constructor: Constructor) {
    Action::Plain.install(SIGUSR2);
    let signals = constructor.signals(&[SIGUSR1]);
    let by_descriptor = signals.backend() == Backend::SignalFd;
    let before = (Open::now(), signals.as_raw_fd());
    for _ in 0..3 {
        assert_eq!(signals.add(SIGUSR2), Ok(()));
        assert_eq!(signals.add(SIGUSR2), Ok(()), "twice");
        send_self(SIGUSR2);
        send_self(SIGUSR1);
        assert!(signals.is_readable());
        let mut came: [_; 2] = taken(&signals);
        came.sort_unstable();
        assert_eq!(came, [SIGUSR1, SIGUSR2]);
        // What is pending of it goes with it.
        send_self(SIGUSR2);
        assert_eq!(signals.remove(SIGUSR2), Ok(()));
        assert!(!signals.is_readable());
        assert_eq!(signals.remove(SIGUSR2), Ok(()), "twice");
        assert_eq!(signals.next(), Ok(None));
        assert!(!signals.is_readable());
        assert_eq!(Action::installed(SIGUSR2), Action::Plain);
        assert!(!is_blocked(SIGUSR2));
        assert_eq!(is_blocked(SIGUSR1), by_descriptor);
    }
    for number in [libc::SIGKILL, libc::SIGSEGV, 0, -1] {
        for error in [signals.add(number), signals.remove(number)] {
            let error = error.expect_err("no signal to watch");
            let told = (error.operation(), error.raw_os_error());
            assert_eq!(told, (Operation::Watch, libc::EINVAL));
        }
    }
    assert_eq!((Open::now(), signals.as_raw_fd()), before);
    if by_descriptor {
        // The threads below would have to block SIGHUP too.
        return;
    }
    // A waiter is woken for a signal that was added while it slept.
    run_threads(2, &|index| match index {
        0 => assert_eq!(signals.wait(None), Ok(Wait::Notified)),
        _ => {
            assert_eq!(signals.remove(SIGUSR1), Ok(()));
            assert_eq!(signals.add(SIGHUP), Ok(()));
            send_self(SIGHUP);
        }
    });
    assert_eq!(taken(&signals), [SIGHUP]);
}

pub(super) fn signal_two_objects_dropped_in_any_order(constructor: Constructor) {
    for number in [SIGUSR1, SIGUSR2] {
        Action::Plain.install(number);
    }
    let is_as_before = |number| !is_blocked(number) && Action::installed(number) == Action::Plain;
    for first_goes_first in [true, false] {
        let first = constructor.signals(&[SIGUSR1, SIGUSR2]);
        let second = constructor.signals(&[SIGUSR1]);
        let by_descriptor = first.backend() == Backend::SignalFd;
        let watched = |number| match by_descriptor {
            true => is_blocked(number),
            false => Action::installed(number) == Action::Other,
        };
        assert!(watched(SIGUSR1) && watched(SIGUSR2));
        let (goes, stays) = match first_goes_first {
            true => (first, second),
            false => (second, first),
        };
        drop(goes);
        assert!(watched(SIGUSR1));
        assert_eq!(is_as_before(SIGUSR2), first_goes_first);
        send_self(SIGUSR1);
        assert_eq!(taken(&stays), [SIGUSR1]);
        drop(stays);
        assert!(is_as_before(SIGUSR1) && is_as_before(SIGUSR2));
    }
}

/// A signal is blocked on one mechanism, and must not be on another.
pub(super) fn signal_one_mechanism_at_a_time(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1, SIGUSR2]);
    let other = match signals.backend() {
        Backend::SignalFd => Mechanism::SignalHandler,
        _ => Mechanism::SignalFd4,
    };
    // Not on this kernel, or in this build.
    if Signals::at(other, [libc::SIGURG]).is_err() {
        return;
    }
    let before = Open::now();
    let error = Signals::at(other, [SIGHUP, SIGUSR1]).expect_err("two mechanisms");
    assert_eq!(error.raw_os_error(), libc::EBUSY);
    assert_eq!(
        (error.operation(), error.mechanism()),
        (Operation::Watch, other)
    );
    assert_eq!(Open::now(), before);
    assert!(!is_blocked(SIGHUP));
    assert_eq!(Action::installed(SIGHUP), Action::Default);
    // Nothing has happened to what is there.
    send_self(SIGUSR1);
    assert_eq!(taken(&signals), [SIGUSR1]);
    // Other signals are free, and these ones when the object is gone.
    drop(Signals::at(other, [SIGHUP]).expect("another signal"));
    drop(signals);
    drop(Signals::at(other, [SIGUSR1]).expect("a free signal"));
}

pub(super) fn signal_many_objects(constructor: Constructor) {
    const MOST: usize = 32;
    let before = Open::now();
    let objects: [_; MOST] = core::array::from_fn(|_| constructor.signals(&[SIGUSR1]));
    send_self(SIGUSR1);
    assert!(objects.iter().all(Subject::is_readable));
    let error = constructor.try_signals(&[SIGHUP]).expect_err("no room");
    let told = (error.operation(), error.raw_os_error());
    assert_eq!(told, (Operation::Watch, libc::EAGAIN));
    assert_eq!(Action::installed(SIGHUP), Action::Default);
    assert!(!is_blocked(SIGHUP));
    let seen = objects
        .iter()
        .filter(|object| object.consume() == Ok(true))
        .count();
    let all = objects[0].backend() == Backend::SignalHandler;
    assert_eq!(seen, if all { MOST } else { 1 });
    drop(objects);
    assert_eq!(Open::now(), before);
    drop(constructor.signals(&[SIGHUP]));
}

pub(super) fn signal_first_use_by_many_threads(constructor: Constructor) {
    let before = Open::now();
    run_threads(16, &|index| {
        let number = [SIGUSR1, SIGUSR2, SIGHUP, SIGTERM][index % 4];
        for _ in 0..20 {
            assert!(!constructor.signals(&[number]).is_readable());
        }
    });
    assert_eq!(Open::now(), before);
    for number in [SIGUSR1, SIGUSR2, SIGHUP, SIGTERM] {
        assert_eq!(Action::installed(number), Action::Default);
        assert!(!is_blocked(number));
    }
    let signals = constructor.signals(&[SIGUSR1]);
    send_self(SIGUSR1);
    assert_eq!(taken(&signals), [SIGUSR1]);
}
