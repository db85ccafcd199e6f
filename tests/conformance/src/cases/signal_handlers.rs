//! Handlers that were there before, and that come later.

use super::*;

/// No call gives this one.
const MARK: i32 = 4242;

/// The handler that was installed before is called after ours, on the mechanism that has a
/// handler. On every mechanism the interrupted code keeps its errno.
pub(super) fn signal_chain_and_errno(constructor: Constructor) {
    Action::Plain.install(SIGUSR1);
    Action::WithInfo.install(SIGUSR2);
    let signals = constructor.signals(&[SIGUSR1, SIGUSR2]);
    let chained = match signals.backend() {
        Backend::SignalFd => 0,
        _ => 1,
    };
    for (number, sender) in [(SIGUSR1, 0), (SIGUSR2, pid())] {
        for _ in 0..3 {
            let before = calls();
            errno::set(MARK);
            send_self(number);
            // The handler of before does not keep it; ours does.
            assert_eq!(errno::get(), MARK);
            assert_eq!(calls(), before + chained);
            if chained > 0 {
                assert_eq!(last_call(), (number, sender));
            }
            assert_eq!(taken(&signals), [number]);
        }
    }
}

/// Somebody installs another while an object is there, which calls ours.
pub(super) fn signal_handler_above_ours(constructor: Constructor) {
    Action::WithInfo.install(SIGUSR1);
    let signals = constructor.signals(&[SIGUSR1]);
    if signals.backend() == Backend::SignalFd {
        // Ours is none, and theirs is never called.
        Action::Plain.install(SIGUSR1);
        send_self(SIGUSR1);
        assert_eq!((taken(&signals), calls()), ([SIGUSR1], 0));
        drop(signals);
        assert_eq!(Action::installed(SIGUSR1), Action::Plain);
        return;
    }
    Action::Above.install(SIGUSR1);
    send_self(SIGUSR1);
    assert_eq!((taken(&signals), calls()), ([SIGUSR1], 2));
    // It is not ours to take away, and the first is called as before.
    drop(signals);
    assert_eq!(Action::installed(SIGUSR1), Action::Above);
    send_self(SIGUSR1);
    assert_eq!(calls(), 4);
    // Another object stands above theirs: nobody is called twice, or for ever.
    let signals = constructor.signals(&[SIGUSR1]);
    assert_eq!(signals.next(), Ok(None));
    send_self(SIGUSR1);
    assert_eq!((taken(&signals), calls()), ([SIGUSR1], 6));
    drop(signals);
    assert_eq!(Action::installed(SIGUSR1), Action::Above);
    // When theirs is gone, all is as without it.
    Action::Default.install(SIGUSR1);
    let signals = constructor.signals(&[SIGUSR1]);
    send_self(SIGUSR1);
    assert_eq!((taken(&signals), calls()), ([SIGUSR1], 6));
    drop(signals);
    assert_eq!(Action::installed(SIGUSR1), Action::Default);
}

/// Somebody installs a handler that does not call ours. Every object that is made installs
/// ours again, and then the ones before it see the signal too.
pub(super) fn signal_handler_that_replaces_ours(constructor: Constructor) {
    let first = constructor.signals(&[SIGUSR1]);
    for round in 1..=3 {
        Action::Plain.install(SIGUSR1);
        send_self(SIGUSR1);
        assert_eq!(first.next(), Ok(None), "it is theirs");
        let second = constructor.signals(&[SIGUSR1]);
        let before = calls();
        send_self(SIGUSR1);
        assert_eq!((taken(&first), taken(&second)), ([SIGUSR1], [SIGUSR1]));
        assert_eq!(calls(), before + 1, "theirs is called, {round}");
        // As the library does that resets the action when it leaves.
        Action::Default.install(SIGUSR1);
        drop(second);
    }
    assert_eq!(first.add(SIGUSR2), Ok(()));
}

/// There are only so many handlers of ours. Then there is an error and nothing has changed.
pub(super) fn signal_levels_of_handlers(constructor: Constructor) {
    const LEVELS: usize = 4;
    let mut made = 0;
    let error = loop {
        match constructor.try_signals(&[SIGUSR1]) {
            Ok(_signals) => Action::Plain.install(SIGUSR1),
            Err(error) => break error,
        }
        made += 1;
    };
    assert_eq!(made, LEVELS);
    let told = (error.operation(), error.raw_os_error());
    assert_eq!(told, (Operation::Watch, libc::EBUSY));
    assert_eq!(Action::installed(SIGUSR1), Action::Plain);
    let before = calls();
    send_self(SIGUSR1);
    assert_eq!(calls(), before + 1);
}

/// A library that was above ours puts ours back, which no object uses any more: the signal
/// does what it does without us.
pub(super) fn signal_left_handler_lets_it_act(constructor: Constructor) {
    let left_below = |action: Action| {
        action.install(SIGTERM);
        let signals = constructor.signals(&[SIGTERM]);
        Action::Above.install(SIGTERM);
        drop(signals);
        // While theirs is there, it is theirs.
        let before = calls();
        send_self(SIGTERM);
        let chained = u32::from(action == Action::Plain);
        assert_eq!(calls(), before + 1 + chained);
        Action::Below.install(SIGTERM);
    };
    let ended = fork_to(|| {
        left_below(Action::Default);
        send_self(SIGTERM);
        0
    });
    assert_eq!(ended.wait(), Ended::Killed(SIGTERM));
    fork(|| {
        left_below(Action::Ignore);
        send_self(SIGTERM);
        left_below(Action::Plain);
        let before = calls();
        send_self(SIGTERM);
        assert_eq!(calls(), before + 1);
    })
    .succeeds();
    // Also what is no reason to die.
    Action::Default.install(SIGCHLD);
    let signals = constructor.signals(&[SIGCHLD]);
    Action::Above.install(SIGCHLD);
    drop(signals);
    Action::Below.install(SIGCHLD);
    send_self(SIGCHLD);
    assert_eq!(Action::installed(SIGCHLD), Action::Default);
}

/// The same, while there is an object: ours is installed again and goes on.
pub(super) fn signal_left_handler_is_used_again(constructor: Constructor) {
    let first = constructor.signals(&[SIGUSR1]);
    Action::Above.install(SIGUSR1);
    // This one stands above theirs.
    let second = constructor.signals(&[SIGUSR1]);
    send_self(SIGUSR1);
    assert_eq!(
        (taken(&first), taken(&second), calls()),
        ([SIGUSR1], [SIGUSR1], 1)
    );
    // They go: the handler that they found is below both.
    Action::Below.install(SIGUSR1);
    send_self(SIGUSR1);
    assert_eq!(
        (taken(&first), taken(&second), calls()),
        ([SIGUSR1], [SIGUSR1], 1)
    );
    drop((first, second));
    assert_eq!(Action::installed(SIGUSR1), Action::Default);
}

/// A handler that somebody installs just when ours is removed stays.
pub(super) fn signal_restored_beside_others(constructor: Constructor) {
    const ROUNDS: u32 = 400;
    let turn = AtomicU32::new(0);
    // qemu's user emulation reads the old action and writes the new one in two steps, so there
    // the two threads do that one after the other.
    let one_by_one = is_qemu_user();
    run_threads(2, &|index| {
        for round in 0..ROUNDS {
            match index {
                0 => {
                    Action::Default.install(SIGUSR1);
                    let mut signals = Some(constructor.signals(&[SIGUSR1]));
                    if one_by_one {
                        signals = None;
                    }
                    turn.store(2 * round + 1, Ordering::Release);
                    drop(signals);
                    while turn.load(Ordering::Acquire) < 2 * round + 2 {
                        core::hint::spin_loop();
                    }
                    assert_eq!(Action::installed(SIGUSR1), Action::Plain, "{round}");
                }
                _ => {
                    while turn.load(Ordering::Acquire) < 2 * round + 1 {
                        core::hint::spin_loop();
                    }
                    // At different places of the drop.
                    (0..round).for_each(|_| core::hint::spin_loop());
                    Action::Plain.install(SIGUSR1);
                    turn.store(2 * round + 2, Ordering::Release);
                }
            }
        }
    });
}

/// Interrupted calls go on or fail as the chained handler has asked for, and stopped children
/// are told or not.
pub(super) fn signal_chained_handler_has_its_own_flags(constructor: Constructor) {
    const KEPT: u32 =
        (libc::SA_RESTART | libc::SA_NOCLDSTOP | libc::SA_NODEFER | libc::SA_ONSTACK) as u32;
    for action in [Action::Picky, Action::Plain] {
        action.install(SIGUSR1);
        let (_, before) = installed(SIGUSR1);
        let signals = constructor.signals(&[SIGUSR1]);
        let (_, flags) = installed(SIGUSR1);
        assert_eq!(flags & KEPT, before & KEPT, "{action:?}");
        drop(signals);
        assert_eq!(installed(SIGUSR1).1 & KEPT, before & KEPT);
    }
}

/// It runs with the mask that it has without us, so that it may leave by `longjmp`.
pub(super) fn signal_chained_handler_has_its_own_mask(constructor: Constructor) {
    Action::Picky.install(SIGUSR1);
    set_blocked(SIGHUP, true);
    let expected = 1 << PICKY_MASK | 1 << SIGHUP;
    send_self(SIGUSR1);
    // qemu's user emulation of riscv64 loses the mask of a handler, also of one that this crate
    // has nothing to do with, as here.
    if cfg!(target_arch = "riscv64") && picky_blocked() == 1 << SIGHUP && is_qemu_user() {
        say("# left out: signal_chained_handler_has_its_own_mask, the emulator loses the mask\n");
        return;
    }
    assert_eq!(picky_blocked(), expected);
    let signals = constructor.signals(&[SIGUSR1]);
    if signals.backend() == Backend::SignalFd {
        return;
    }
    for _ in 0..2 {
        let before = calls();
        send_self(SIGUSR1);
        assert_eq!(picky_blocked(), expected);
        assert_eq!((taken(&signals), calls()), ([SIGUSR1], before + 1));
    }
    assert!(!is_blocked(SIGUSR1) && !is_blocked(PICKY_MASK));
}
