//! Signal masks, installed actions, and threads.

use super::*;

pub(super) fn signal_drop_puts_back(constructor: Constructor) {
    let table = [
        (SIGUSR1, Action::Plain, false),
        (SIGUSR2, Action::WithInfo, true),
        (SIGTERM, Action::Default, true),
        (SIGHUP, Action::Ignore, false),
    ];
    for (number, action, blocked) in table {
        action.install(number);
        set_blocked(number, blocked);
    }
    let as_before = || {
        for (number, action, blocked) in table {
            assert_eq!(Action::installed(number), action, "{number}");
            assert_eq!(is_blocked(number), blocked, "{number}");
        }
    };
    as_before();
    for _ in 0..3 {
        let signals = constructor.signals(&table.map(|(number, ..)| number));
        let by_descriptor = signals.backend() == Backend::SignalFd;
        for (number, action, _) in table {
            assert_eq!(is_blocked(number), by_descriptor);
            assert_eq!(Action::installed(number) == action, by_descriptor);
            send_self(number);
        }
        // In the kernel's order, which an emulator may not keep.
        let (mut came, mut sent) = (taken(&signals), table.map(|(number, ..)| number));
        came.sort_unstable();
        sent.sort_unstable();
        assert_eq!(came, sent);
        drop(signals);
        as_before();
    }
    // Nothing of ours is left: the handler runs, and the ignored one does nothing.
    let before = calls();
    send_self(SIGUSR1);
    send_self(SIGHUP);
    assert_eq!(calls(), before + 1);
}

pub(super) fn signal_refused(constructor: Constructor) {
    let before = Open::now();
    for number in [
        libc::SIGKILL,
        libc::SIGSTOP,
        libc::SIGSEGV,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGSYS,
        32,
        33,
        libc::SIGRTMIN() - 1,
        libc::SIGRTMAX() + 1,
        0,
        -1,
        i32::MAX,
        i32::MIN,
    ] {
        let error = constructor
            .try_signals(&[SIGUSR1, number])
            .expect_err("no signals");
        assert_eq!(error.raw_os_error(), libc::EINVAL, "{number}: {error}");
        assert_eq!(error.operation(), Operation::Watch);
    }
    assert!(!is_blocked(SIGUSR1));
    assert_eq!(Action::installed(SIGUSR1), Action::Default);
    assert_eq!(Open::now(), before);
    // None at all is no error, and never readable.
    let none = constructor.signals(&[]);
    assert!(!none.is_readable());
    assert_eq!(none.next(), Ok(None));
}

pub(super) fn signal_given_twice(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1, SIGUSR1, SIGUSR2, SIGUSR1]);
    send_self(SIGUSR1);
    assert_eq!(taken(&signals), [SIGUSR1]);
    drop(signals);
    assert!(!is_blocked(SIGUSR1));
    assert_eq!(Action::installed(SIGUSR1), Action::Default);
}

/// An ignored SIGCHLD would not even be sent.
pub(super) fn signal_children_that_are_ignored(constructor: Constructor) {
    Action::Ignore.install(SIGCHLD);
    let signals = constructor.signals(&[SIGCHLD]);
    let child = fork_to(|| 3);
    assert_eq!(signals.wait(None), Ok(Wait::Notified));
    let signal = next(&signals);
    assert_eq!(signal.status(), Some(3));
    assert_eq!(child.wait(), Ended::Exited(3));
    drop(signals);
    assert_eq!(Action::installed(SIGCHLD), Action::Ignore);
}

/// The documented trap: a thread that is older keeps its mask. This process's first
/// thread is older than the one that makes the object.
pub(super) fn signal_older_thread(constructor: Constructor) {
    Action::Plain.install(SIGUSR1);
    run_threads(1, &|_| {
        let signals = constructor.signals(&[SIGUSR1]);
        send_self(SIGUSR1);
        // By now, or soon, in the other thread.
        while calls() == 0 {}
        match signals.backend() {
            // It was that thread's, and its handler's.
            Backend::SignalFd => assert_eq!(signals.next(), Ok(None)),
            // The handler of before has been called after ours.
            _ => assert_eq!(taken(&signals), [SIGUSR1]),
        }
    });
    assert_eq!(Action::installed(SIGUSR1), Action::Plain);
}

pub(super) fn signal_younger_threads(constructor: Constructor) {
    const EACH: u32 = 50;
    let signals = constructor.signals(&[SIGUSR1]);
    let by_descriptor = signals.backend() == Backend::SignalFd;
    let sent = AtomicU32::new(0);
    run_threads(4, &|index| {
        assert_eq!(is_blocked(SIGUSR1), by_descriptor, "inherited");
        if index > 0 {
            for _ in 0..EACH {
                sent.fetch_add(1, Ordering::Relaxed);
                send_self(SIGUSR1);
            }
            return;
        }
        let mut seen = 0;
        while seen < 3 * EACH {
            assert_eq!(signals.wait(None), Ok(Wait::Notified));
            while signals.next().expect("next").is_some() {
                seen = sent.load(Ordering::Relaxed);
            }
        }
    });
}

/// What nobody has taken when the last object goes is thrown away, on every mechanism.
pub(super) fn signal_forgotten_at_the_end(constructor: Constructor) {
    let signals = constructor.signals(&[SIGTERM, SIGUSR1]);
    let other = constructor.signals(&[SIGUSR1]);
    for number in [SIGTERM, SIGTERM, SIGUSR1] {
        send_self(number);
    }
    // Else SIGTERM would end the process here.
    drop(signals);
    assert_eq!(taken(&other), [SIGUSR1]);
    send_self(SIGUSR1);
    drop(other);
    // And nothing is left for another.
    let signals = constructor.signals(&[SIGTERM, SIGUSR1]);
    assert!(!signals.is_readable());
    assert_eq!(signals.next(), Ok(None));
}

/// However many are pending, none ends the process that drops the object.
pub(super) fn signal_more_pending_than_are_taken(constructor: Constructor) {
    let number = libc::SIGRTMIN() + 1;
    let signals = constructor.signals(&[number]);
    // As many as the limit of the machine allows, and more than a drop takes out.
    for value in 0..70_000 {
        if !try_to_queue_self(number, value) {
            break;
        }
    }
    drop(signals);
    assert!(!is_pending_in_kernel(number) || is_blocked(number));
    assert_eq!(Action::installed(number), Action::Default);
}

/// The documented order to avoid: with handlers nothing comes, and no error says so. With a
/// signalfd it is as it must be.
pub(super) fn signal_blocked_after_it_was_made(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1]);
    set_blocked(SIGUSR1, true);
    send_self(SIGUSR1);
    let by_descriptor = signals.backend() == Backend::SignalFd;
    assert_eq!(signals.is_readable(), by_descriptor);
    assert_eq!(signals.consume(), Ok(by_descriptor));
    set_blocked(SIGUSR1, by_descriptor);
    assert_eq!(signals.consume(), Ok(!by_descriptor));
    assert_eq!(signals.next(), Ok(None));
}

/// A process has threads already, and another thread than the one that waits makes the object.
/// With handlers every signal comes. With a signalfd it is the documented condition that does
/// not hold.
pub(super) fn signal_in_a_process_that_has_threads(constructor: Constructor) {
    Action::Plain.install(SIGUSR1);
    let [ready, done] = [(); 2].map(|()| AtomicU32::new(0));
    run_threads(4, &|index| {
        if index > 0 {
            ready.fetch_add(1, Ordering::Relaxed);
            while done.load(Ordering::Relaxed) == 0 {
                time::sleep(1);
            }
            return;
        }
        while ready.load(Ordering::Relaxed) < 3 {
            time::sleep(1);
        }
        let signals = constructor.signals(&[SIGUSR1]);
        let mut came = 0;
        for sent in 1..=20 {
            send_self(SIGUSR1);
            if signals.backend() == Backend::SignalHandler {
                assert_eq!(signals.wait(None), Ok(Wait::Notified));
                assert_eq!(taken(&signals), [SIGUSR1]);
            }
            // Each came here, or to another thread's handler.
            while calls() + came < sent {
                came += u32::from(signals.consume().expect("next"));
            }
        }
        done.store(1, Ordering::Relaxed);
    });
}
