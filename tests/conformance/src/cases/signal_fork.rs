//! Signals in children of `fork` and `vfork`, and the state that `exec` inherits.

use super::*;

pub(super) fn signal_child_with_its_own(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1, SIGUSR2]);
    let shared = constructor.signals(&[SIGUSR1]);
    let poll = Multiplexer::new(Kind::Poll, signals.as_raw_fd());
    queue_self(SIGUSR1, 5);
    fork(|| {
        // Before it has its own, as early as it comes.
        send_self(SIGUSR2);
        let before = Open::now();
        signals.reinit_after_fork().expect("reinit_after_fork");
        shared.reinit_after_fork().expect("reinit_after_fork");
        assert_eq!(Open::now(), before, "the numbers");
        // What was pending in the parent is not pending here; what came here is.
        assert!(poll.wait(0));
        let signal = next(&signals);
        assert_eq!(signal.number(), SIGUSR2);
        // On one mechanism nothing else is known.
        let known = signals.backend() == Backend::SignalFd;
        assert_eq!(signal.code(), known.then_some(libc::SI_USER));
        assert_eq!(signal.pid(), known.then_some(pid() as u32));
        assert!(!poll.wait(0));
        assert_eq!((signals.next(), shared.next()), (Ok(None), Ok(None)));
        // As any other from here on, in both objects.
        queue_self(SIGUSR1, 7);
        assert!(signals.is_readable() && shared.is_readable());
        let signal = next(&shared);
        assert_eq!(signal.number(), SIGUSR1);
        assert!(has_value(&shared, &signal, 7));
        if signals.backend() == Backend::SignalHandler {
            assert_eq!(next(&signals).value(), Some(7));
        }
        assert_eq!((signals.next(), shared.next()), (Ok(None), Ok(None)));
        // Left pending: it is none of the parent's.
        send_self(SIGUSR2);
        // A child of a child.
        fork(|| {
            signals.reinit_after_fork().expect("reinit_after_fork");
            assert!(!signals.is_readable());
            send_self(SIGUSR1);
            assert_eq!(taken(&signals), [SIGUSR1]);
        })
        .succeeds();
        assert_eq!(taken(&signals), [SIGUSR2]);
        send_self(SIGUSR2);
    })
    .succeeds();
    let signal = next(&signals);
    assert_eq!(signal.number(), SIGUSR1);
    assert!(has_value(&signals, &signal, 5));
    if signals.backend() == Backend::SignalHandler {
        assert_eq!(next(&shared).value(), Some(5));
    }
    assert_eq!((signals.next(), shared.next()), (Ok(None), Ok(None)));
    assert!(!signals.is_readable());
}

/// Whatever it does, and whoever shares the memory.
pub(super) fn signal_child_leaves_the_parent_alone(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1, SIGTERM]);
    let mut share = Some(signals);
    fork(|| {
        send_self(SIGUSR1);
        let signals = share.take();
        // On the mechanism of handlers it has none of its own yet, and must not drain
        // what is the parent's.
        let backend = signals.as_ref().map(Signals::backend);
        if let (Some(Backend::SignalHandler), Some(signals)) = (backend, &signals) {
            let error = signals.next().expect_err("the parent's");
            assert_eq!(error.raw_os_error(), libc::EXDEV);
        }
        drop(signals);
        assert!(!is_blocked(SIGUSR1) && !is_blocked(SIGTERM));
        assert_eq!(Action::installed(SIGUSR1), Action::Default);
    })
    .succeeds();
    let signals = share.expect("the parent's share");
    assert!(!signals.is_readable());
    assert_eq!(signals.next(), Ok(None));

    send_self(SIGTERM);
    in_shared_memory(|| send_self(SIGUSR1));
    assert_eq!(taken(&signals), [SIGTERM]);
    assert!(!signals.is_readable());
    send_self(SIGUSR1);
    assert!(signals.is_readable());
    assert_eq!(taken(&signals), [SIGUSR1]);
}

/// The mask, and what is ignored, are as before there was an object: exec takes no
/// more from here, and no less.
pub(super) fn signal_before_exec(constructor: Constructor) {
    Action::Ignore.install(SIGHUP);
    Action::Plain.install(SIGUSR2);
    set_blocked(SIGUSR1, true);
    let numbers = [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM];
    let signals = constructor.signals(&numbers);
    let other = constructor.signals(&[SIGUSR1]);
    let by_descriptor = signals.backend() == Backend::SignalFd;
    fork(|| {
        for number in numbers {
            assert_eq!(is_blocked(number), by_descriptor, "{number}");
        }
        assert_eq!(Signals::before_exec(), Ok(()));
        for number in numbers {
            assert_eq!(is_blocked(number), number == SIGUSR1, "{number}");
        }
        assert_eq!(Action::installed(SIGHUP), Action::Ignore);
        assert_eq!(Action::installed(SIGUSR1), Action::Default);
        assert_eq!(Action::installed(SIGTERM), Action::Default);
    })
    .succeeds();
    // Nothing has changed here.
    send_self(SIGTERM);
    assert_eq!(taken(&signals), [SIGTERM]);
    drop((signals, other));
    assert!(is_blocked(SIGUSR1) && !is_blocked(SIGTERM));
    // Without an object it changes nothing.
    assert_eq!(Signals::before_exec(), Ok(()));
    assert!(is_blocked(SIGUSR1) && !is_blocked(SIGTERM));
    assert_eq!(Action::installed(SIGHUP), Action::Ignore);
}

/// What comes between fork and exec is not swallowed.
pub(super) fn signal_before_exec_passes_on(constructor: Constructor) {
    Action::Plain.install(SIGUSR2);
    let signals = constructor.signals(&[SIGTERM, SIGUSR2]);
    let before = calls();
    let ended = fork_to(|| {
        send(pid(), SIGTERM);
        Signals::before_exec().map_or(1, |()| 2)
    })
    .wait();
    assert_eq!(ended, Ended::Killed(SIGTERM));
    // A handler of the program's own is called once, on every mechanism.
    fork(|| {
        send(pid(), SIGUSR2);
        assert_eq!(Signals::before_exec(), Ok(()));
        assert_eq!(calls(), before + 1);
    })
    .succeeds();
    assert_eq!(signals.next(), Ok(None));
}

/// What was blocked before there was any object stays so for the new program, and so does what
/// the thread that forks has blocked itself.
pub(super) fn signal_before_exec_keeps_what_is_blocked(constructor: Constructor) {
    set_blocked(SIGTERM, true);
    let signals = constructor.signals(&[SIGTERM, SIGUSR1]);
    fork(|| {
        set_blocked(SIGUSR1, true);
        // Before it is blocked again it must not be sent again.
        send_self(SIGTERM);
        assert_eq!(Signals::before_exec(), Ok(()));
        assert!(is_blocked(SIGTERM));
        if signals.backend() == Backend::SignalHandler {
            assert!(is_blocked(SIGUSR1));
        }
        assert!(is_pending_in_kernel(SIGTERM));
    })
    .succeeds();
    assert_eq!(signals.next(), Ok(None));
}

/// A child of a fork beside a thread that makes and drops objects has a whole table: an object
/// that it makes works, and `before_exec` leaves nothing of ours.
pub(super) fn signal_fork_beside_a_maker(constructor: Constructor) {
    const CHILDREN: u32 = 150;
    let numbers = [SIGUSR1, SIGUSR2, SIGTERM];
    let [busy, done] = [(); 2].map(|()| AtomicU32::new(0));
    let inherited = constructor.signals(&[SIGHUP]);
    run_threads(2, &|index| {
        if index > 0 {
            while done.load(Ordering::Relaxed) == 0 {
                let _signals = constructor.signals(&numbers);
                busy.store(1, Ordering::Relaxed);
            }
            return;
        }
        // libc has locks of its own for making threads.
        while busy.load(Ordering::Relaxed) == 0 {}
        for round in 0..CHILDREN {
            fork(|| {
                if round % 3 == 0 {
                    inherited.reinit_after_fork().expect("reinit_after_fork");
                    send_self(SIGHUP);
                    assert_eq!(taken(&inherited), [SIGHUP]);
                }
                if round % 3 < 2 {
                    let signals = constructor.signals(&numbers);
                    numbers.into_iter().for_each(send_self);
                    let mut came: [_; 3] = taken(&signals);
                    came.sort_unstable();
                    let mut sent = numbers;
                    sent.sort_unstable();
                    assert_eq!(came, sent);
                }
                assert_eq!(Signals::before_exec(), Ok(()));
                for number in numbers.into_iter().chain([SIGHUP]) {
                    assert_eq!(Action::installed(number), Action::Default, "{number}");
                    assert!(!is_blocked(number), "{number}");
                }
            })
            .succeeds();
        }
        done.store(1, Ordering::Relaxed);
    });
}

/// The mask that a spawned program is to get.
pub(super) fn signal_spawn_mask(constructor: Constructor) {
    set_blocked(SIGUSR1, true);
    set_blocked(SIGHUP, true);
    let signals = constructor.signals(&[SIGUSR1, SIGUSR2]);
    let mask = Signals::spawn_mask().expect("spawn_mask");
    for number in [SIGUSR1, SIGUSR2, SIGHUP, SIGTERM] {
        let expected = [SIGUSR1, SIGHUP].contains(&number);
        assert_eq!(contains(&mask, number), expected, "{number}");
    }
    // Nothing has changed.
    send_self(SIGUSR1);
    assert_eq!(taken(&signals), [SIGUSR1]);
}
