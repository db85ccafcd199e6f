//! Many signals at once: none of their numbers is lost, and no foreign descriptor is touched.

use super::*;

const KINDS: [i32; 4] = [SIGHUP, SIGUSR1, SIGUSR2, SIGTERM];

/// Each sender's, of every kind.
const EACH: u32 = 300;

/// Publishes, then sends, over and over.
fn send_all(to: i32, sent: &[Shared; 4]) {
    for _ in 0..EACH {
        for (number, sent) in KINDS.into_iter().zip(sent) {
            sent.fetch_add(1, Ordering::Release);
            send(to, number);
        }
    }
}

/// Until of every kind the last was seen: one that is lost leaves this asleep.
fn receive_all(signals: &Signals, kind: Kind, sent: &[Shared; 4], all: u32) {
    let set = Multiplexer::new(kind, signals.as_raw_fd());
    let mut seen = [0; 4];
    while seen != [all; 4] {
        assert!(set.wait(FOREVER));
        while let Some(signal) = signals.next().expect("next") {
            let number = signal.number();
            let kind = KINDS.iter().position(|&kind| kind == number);
            let kind = kind.expect("one that was sent");
            seen[kind] = sent[kind].load(Ordering::Acquire);
        }
    }
}

/// When nobody sends any more: the last of a kind may come after what it published.
fn is_quiet(signals: &Signals) {
    while signals.next().expect("next").is_some() {}
    assert_eq!(signals.wait(Some(Duration::ZERO)), Ok(Wait::TimedOut));
}

pub(super) fn signal_storm_of_threads(constructor: Constructor) {
    for kind in [Kind::Poll, Kind::EpollEdge] {
        let signals = constructor.signals(&KINDS);
        let sent = [(); 4].map(|()| Shared::new());
        run_threads(4, &|index| match index {
            0 => receive_all(&signals, kind, &sent, 3 * EACH),
            _ => send_all(pid(), &sent),
        });
        is_quiet(&signals);
    }
}

pub(super) fn signal_storm_of_processes(constructor: Constructor) {
    for kind in [Kind::Select, Kind::EpollLevel] {
        let signals = constructor.signals(&KINDS);
        let sent = [(); 4].map(|()| Shared::new());
        let parent = pid();
        let senders = [(); 3].map(|()| fork(|| send_all(parent, &sent)));
        receive_all(&signals, kind, &sent, 3 * EACH);
        senders.into_iter().for_each(Child::succeeds);
        is_quiet(&signals);
    }
}

/// Objects come and go while handlers run in other threads: none writes to a number
/// that is somebody else's by then.
pub(super) fn signal_storm_and_descriptors(constructor: Constructor) {
    const ROUNDS: u32 = 100;
    // So that the signals never end the process.
    let stays = constructor.signals(&[SIGUSR1]);
    let done = AtomicU32::new(0);
    run_threads(3, &|index| {
        if index > 0 {
            while done.load(Ordering::Relaxed) < ROUNDS {
                send(pid(), SIGUSR1);
            }
            return;
        }
        for _ in 0..ROUNDS {
            let goes = constructor.signals(&[SIGUSR1]);
            let number = goes.as_raw_fd();
            drop(goes);
            // As many as it can have had, and the same numbers.
            let pipe = crate::sys::descriptors::Pipe::new();
            assert!(pipe.numbers().contains(&number));
            for _ in 0..20 {
                assert!(pipe.is_empty());
            }
            done.fetch_add(1, Ordering::Relaxed);
        }
    });
    is_quiet(&stays);
}
