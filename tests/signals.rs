//! What a program inherits that is started while signals are watched.
#![cfg(feature = "std")]
#![allow(unsafe_code)]

use std::os::unix::io::{AsFd, AsRawFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use wakefd::{Mechanism, Signals};

/// The mask and the ignored signals of a new program, as the kernel shows them.
fn inherited(through_before_exec: bool) -> Vec<String> {
    let mut command = Command::new("cat");
    command.arg("/proc/self/status");
    // SAFETY: it is async-signal-safe. With a function that does nothing std starts
    // the program in the same way.
    unsafe {
        command.pre_exec(move || match through_before_exec {
            true => Ok(Signals::before_exec()?),
            false => Ok(()),
        })
    };
    let output = command.output().expect("cat");
    let text = String::from_utf8(output.stdout).expect("text");
    let lines = text.lines().filter(|line| {
        ["SigBlk:", "SigIgn:"]
            .iter()
            .any(|name| line.starts_with(name))
    });
    lines.map(str::to_owned).collect()
}

/// One test, as it changes what the process ignores.
#[test]
fn exec_inherits_what_was_before() {
    // SAFETY: no handler is installed.
    unsafe { libc::signal(libc::SIGHUP, libc::SIG_IGN) };
    let before = inherited(false);
    assert_eq!(before.len(), 2, "{before:?}");
    for mechanism in Mechanism::FOR_SIGNALS {
        let signals = match Signals::at(mechanism, [libc::SIGHUP, libc::SIGTERM, libc::SIGUSR2]) {
            Ok(signals) => signals,
            // Architectures that never had the flagless call.
            Err(error)
                if error.raw_os_error() == libc::ENOSYS && mechanism == Mechanism::SignalFd =>
            {
                continue
            }
            Err(error) => panic!("{error}"),
        };
        assert_eq!(inherited(true), before, "{mechanism}");
        // Without it there is something to see: the handler is not inherited, but
        // what was ignored is not ignored any more; or the mask, where this std
        // leaves it as it is.
        if mechanism == Mechanism::SignalHandler {
            assert_ne!(inherited(false), before, "{mechanism}");
        }
        assert_eq!(signals.as_fd().as_raw_fd(), signals.as_raw_fd());
    }
    assert_eq!(inherited(false), before);
}
