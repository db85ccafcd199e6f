//! Which signals arrive, and the information that each one carries.

use super::*;

/// What the next signal tells: its number, code, sender, status and value.
fn told(signals: &Signals) -> (i32, i32, i32, Option<i32>, Option<i32>) {
    let signal = next(signals);
    assert_eq!(signal.uid(), Some(uid()));
    let code = signal.code().expect("a code");
    let sender = signal.pid().expect("a sender") as i32;
    let [status, value] = [signal.status(), signal.value()];
    (signal.number(), code, sender, status, value)
}

pub(super) fn signal_number_sender_and_code(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1, SIGTERM]);
    assert_eq!(signals.next(), Ok(None));
    let from = |number, sender| (number, libc::SI_USER, sender, None, None);
    for number in [SIGTERM, SIGUSR1] {
        send_self(number);
        assert_eq!(told(&signals), from(number, pid()));
    }
    let parent = pid();
    let child = fork(|| send(parent, SIGUSR1));
    assert_eq!(signals.wait(None), Ok(Wait::Notified));
    assert_eq!(told(&signals), from(SIGUSR1, child.pid()));
    assert_eq!(signals.next(), Ok(None));
    child.succeeds();
}

pub(super) fn signal_value_of_sigqueue(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1]);
    for value in [0x1234_5678, -7, 0] {
        queue_self(SIGUSR1, value);
        let signal = next(&signals);
        assert!(has_value(&signals, &signal, value), "{signal:?}");
        assert_eq!(
            (signal.number(), signal.code()),
            (SIGUSR1, Some(libc::SI_QUEUE))
        );
        assert_eq!(
            (signal.pid(), signal.uid()),
            (Some(pid() as u32), Some(uid()))
        );
        assert_eq!(signal.status(), None);
    }
}

pub(super) fn signal_status_of_a_child(constructor: Constructor) {
    let signals = constructor.signals(&[SIGCHLD]);
    let exits = || 7;
    let killed = || {
        send_self(libc::SIGKILL);
        0
    };
    let table: [(&dyn Fn() -> i32, i32, i32); 2] = [
        (&exits, libc::CLD_EXITED, 7),
        (&killed, libc::CLD_KILLED, libc::SIGKILL),
    ];
    for (work, code, status) in table {
        let child = fork_to(work);
        assert_eq!(signals.wait(None), Ok(Wait::Notified));
        let expected = (SIGCHLD, code, child.pid(), Some(status), None);
        assert_eq!(told(&signals), expected);
        assert_ne!(child.wait(), Ended::Exited(0));
        assert_eq!(signals.next(), Ok(None));
    }
}

/// The documented loop: one signal may stand for several.
pub(super) fn signal_children_that_end_together(constructor: Constructor) {
    const CHILDREN: usize = 8;
    let signals = constructor.signals(&[SIGCHLD]);
    let mut reaped = 0;
    for index in 0..CHILDREN {
        // Reaped in the loop, whichever it is.
        let _ = fork(|| time::sleep(index as i32 / 4));
    }
    while reaped < CHILDREN {
        assert_eq!(signals.wait(None), Ok(Wait::Notified));
        while signals.next().expect("next").is_some() {}
        reaped += core::iter::from_fn(reap).count();
    }
    assert_eq!(reap(), None);
}

pub(super) fn signal_one_of_a_kind(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1, SIGUSR2]);
    for times in [1, 2, 1000] {
        for _ in 0..times {
            send_self(SIGUSR1);
            assert!(signals.is_readable());
        }
        assert_eq!(taken(&signals), [SIGUSR1]);
        assert!(!signals.is_readable());
    }
    // The first tells who it was.
    queue_self(SIGUSR1, 1);
    queue_self(SIGUSR1, 2);
    let signal = next(&signals);
    assert!(has_value(&signals, &signal, 1));
    assert_eq!(signals.next(), Ok(None));
}

/// One of every kind that can be watched: each comes once.
pub(super) fn signal_every_kind(constructor: Constructor) {
    let mut all = [0; 64];
    let mut count = 0;
    for number in 1..=64 {
        // What the crate takes, and the emulator, if there is one, lets through.
        // SIGCONT and the stopping signals take each other back (signal(7)).
        if number != libc::SIGCONT && constructor.try_signals(&[number]).is_ok() {
            all[count] = number;
            count += 1;
        }
    }
    assert!(count >= 20, "{count}");
    let all = &all[..count];
    let signals = constructor.signals(all);
    let is_sent = |&&number: &&i32| {
        // An emulator keeps the last real-time signals for itself.
        let sent = try_to_send_self(number);
        assert!(sent || number > 60, "{number}");
        sent
    };
    let sent = all.iter().rev().filter(is_sent).count();
    // The highest are those that may be missing. The order is the kernel's, and an
    // emulator's may have other numbers.
    let mut came = [false; 65];
    for _ in 0..sent {
        assert!(signals.is_readable());
        let signal = next(&signals);
        let number = signal.number() as usize;
        assert!(!came[number], "{number} came twice");
        came[number] = true;
    }
    assert!(all[..sent].iter().all(|&number| came[number as usize]));
    assert!(!signals.is_readable());
    assert_eq!(signals.next(), Ok(None));
}

/// The lowest number comes first. (Of these, which are the same everywhere: under an
/// emulator the order is that of the machine that it runs on.)
pub(super) fn signal_lowest_first(constructor: Constructor) {
    let signals = constructor.signals(&[SIGTERM, SIGHUP, libc::SIGALRM]);
    for number in [SIGTERM, libc::SIGALRM, SIGHUP] {
        send_self(number);
    }
    assert_eq!(taken(&signals), [SIGHUP, libc::SIGALRM, SIGTERM]);
}

/// The documented difference: they queue in the kernel, but not in the table of a
/// handler.
pub(super) fn signal_real_time(constructor: Constructor) {
    let number = libc::SIGRTMIN() + 1;
    let signals = constructor.signals(&[number]);
    for value in [11, 12, 13] {
        queue_self(number, value);
    }
    let expected: &[i32] = match signals.backend() {
        Backend::SignalFd => &[11, 12, 13],
        _ => &[11],
    };
    for &value in expected {
        let signal = next(&signals);
        assert_eq!(signal.number(), number);
        assert!(has_value(&signals, &signal, value));
    }
    assert_eq!(signals.next(), Ok(None));
}

/// A pointer is given whole, and its first bytes are the int.
pub(super) fn signal_pointer_of_sigqueue(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1]);
    for pointer in [usize::MAX / 3, 0, usize::MAX] {
        queue_pointer_to_self(SIGUSR1, pointer);
        let signal = next(&signals);
        let bytes = pointer.to_ne_bytes();
        let int = i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        assert!(has_value(&signals, &signal, int));
        assert_eq!(signal.value_ptr(), signal.value().map(|_| pointer));
        assert_eq!((signal.overrun(), signal.timer_id()), (None, None));
        assert_eq!((signal.fd(), signal.band()), (None, None));
    }
    send_self(SIGUSR1);
    let signal = next(&signals);
    assert_eq!((signal.value(), signal.value_ptr()), (None, None));
}

/// A POSIX timer sends its value, its id and how often it has expired since.
pub(super) fn signal_of_a_timer(constructor: Constructor) {
    let signals = constructor.signals(&[SIGUSR1]);
    let timer = match KernelTimer::new(SIGUSR1, 4242) {
        Some(timer) => timer,
        // A kernel without CONFIG_POSIX_TIMERS.
        None => return,
    };
    timer.arm_in_1ms();
    assert_eq!(signals.wait(None), Ok(Wait::Notified));
    let signal = next(&signals);
    if signal.code() != Some(libc::SI_TIMER) {
        // MIPS has another number for it, which qemu's user emulation does not translate: the
        // signal is then one of which nothing is known.
        assert_eq!(signal.code(), Some(-2), "that of the other processors");
        assert_eq!((signal.value(), signal.overrun()), (None, None));
        return;
    }
    assert_eq!(signal.value(), Some(4242));
    assert_eq!(signal.overrun(), Some(0));
    // qemu's user emulation leaves the host's number in the signal.
    if is_qemu_user() {
        assert!(signal.timer_id().is_some());
    } else {
        assert_eq!(signal.timer_id(), Some(timer.id()));
    }
    assert_eq!(
        (signal.pid(), signal.uid(), signal.status()),
        (None, None, None)
    );
}

/// A signal that F_SETSIG has chosen tells the descriptor and what is possible there.
pub(super) fn signal_of_a_descriptor(constructor: Constructor) {
    // Of another signal, qemu's user emulation does not know that it has these fields.
    let number = libc::SIGIO;
    let signals = constructor.signals(&[number]);
    let pipe = crate::sys::descriptors::Pipe::new();
    let [reader, writer] = pipe.numbers();
    signal_when_readable(reader, number);
    write_byte(writer);
    assert_eq!(signals.wait(None), Ok(Wait::Notified));
    let signal = next(&signals);
    // qemu's user emulation takes the band for an int, so on 64-bit processors the descriptor
    // is not where it has to be.
    if is_qemu_user() && cfg!(target_pointer_width = "64") {
        assert!(signal.fd().is_some() && signal.band().is_some());
        return;
    }
    assert_eq!(signal.fd(), Some(reader));
    let band = signal.band().expect("a band");
    assert_ne!(band & libc::c_long::from(libc::POLLIN), 0, "{band:#x}");
    assert_eq!((signal.pid(), signal.value()), (None, None));
}

/// What was blocked and pending when the object was made.
pub(super) fn signal_pending_before(constructor: Constructor) {
    set_blocked(SIGHUP, true);
    queue_self(SIGHUP, 5);
    let signals = constructor.signals(&[SIGHUP]);
    assert!(signals.is_readable());
    let signal = next(&signals);
    assert!(has_value(&signals, &signal, 5));
    assert_eq!(signals.next(), Ok(None));
}
