//! Several objects in one process.

use super::*;

/// Whoever is first gets it.
pub(super) fn signal_two_objects(constructor: Constructor) {
    let one = constructor.signals(&[SIGUSR1, SIGHUP]);
    let two = constructor.signals(&[SIGUSR1, SIGTERM]);
    for (first, second) in [(&one, &two), (&two, &one)] {
        send_self(SIGUSR1);
        assert!(first.is_readable() && second.is_readable());
        assert_eq!(taken(first), [SIGUSR1]);
        assert!(!first.is_readable());
        // Perhaps readable until it has looked.
        assert_eq!(second.next(), Ok(None));
        assert!(!second.is_readable());
    }
    // What only one watches is none of the other's.
    send_self(SIGTERM);
    send_self(SIGHUP);
    assert_eq!(taken(&one), [SIGHUP]);
    assert_eq!(taken(&two), [SIGTERM]);
    // One that comes later sees what is pending.
    send_self(SIGUSR1);
    let three = constructor.signals(&[SIGUSR1]);
    assert!(three.is_readable());
    assert_eq!(taken(&three), [SIGUSR1]);
    assert_eq!((one.next(), two.next()), (Ok(None), Ok(None)));
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
    match (objects[0].backend(), constructor.try_signals(&[SIGHUP])) {
        (Backend::SignalFd, made) => drop(made.expect("one more")),
        (_, made) => {
            let error = made.expect_err("no room in the table");
            assert_eq!(error.raw_os_error(), libc::EAGAIN);
            assert_eq!(error.operation(), Operation::Watch);
            assert_eq!(Action::installed(SIGHUP), Action::Default);
        }
    }
    assert_eq!(taken(&objects[MOST - 1]), [SIGUSR1]);
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
