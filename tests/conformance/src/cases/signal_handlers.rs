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
    // Another object: nobody is called twice, or for ever.
    let signals = constructor.signals(&[SIGUSR1]);
    assert_eq!(signals.next(), Ok(None));
    send_self(SIGUSR1);
    assert_eq!((taken(&signals), calls()), ([SIGUSR1], 6));
    drop(signals);
    assert_eq!(Action::installed(SIGUSR1), Action::Above);
    // Whether one that has taken its place calls ours, nobody knows.
    Action::Plain.install(SIGUSR1);
    let error = constructor
        .try_signals(&[SIGUSR1])
        .expect_err("an unknown handler");
    assert_eq!(error.raw_os_error(), libc::EBUSY);
    assert_eq!(Action::installed(SIGUSR1), Action::Plain);
    // When theirs is gone, all is as without it.
    Action::Default.install(SIGUSR1);
    let signals = constructor.signals(&[SIGUSR1]);
    send_self(SIGUSR1);
    assert_eq!((taken(&signals), calls()), ([SIGUSR1], 6));
    drop(signals);
    assert_eq!(Action::installed(SIGUSR1), Action::Default);
}
