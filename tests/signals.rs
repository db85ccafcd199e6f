//! Tests which signal mask and actions a program inherits that is started while signals are
//! watched.
#![cfg(feature = "std")]
#![allow(unsafe_code)]

use core::mem::MaybeUninit;
use core::ptr::null_mut;
use std::ffi::CStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::io::{AsFd, AsRawFd, FromRawFd};
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

/// The mask of a program that `posix_spawn` starts with [`Signals::spawn_mask`].
fn spawned() -> Vec<String> {
    let file = CStr::from_bytes_with_nul(b"/bin/cat\0").expect("a string");
    let arguments = [
        file.as_ptr() as *mut libc::c_char,
        b"/proc/self/status\0".as_ptr() as *mut libc::c_char,
        null_mut(),
    ];
    let mask = Signals::spawn_mask().expect("spawn_mask");
    let (mut ends, mut child) = ([0; 2], 0);
    let mut attributes = MaybeUninit::uninit();
    let mut actions = MaybeUninit::uninit();
    let flags = libc::POSIX_SPAWN_SETSIGMASK as _;
    // SAFETY: each object is initialised by the call before its first use; the arguments end
    // with a null.
    let mut output = unsafe {
        assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
        libc::posix_spawnattr_init(attributes.as_mut_ptr());
        libc::posix_spawnattr_setsigmask(attributes.as_mut_ptr(), &mask);
        libc::posix_spawnattr_setflags(attributes.as_mut_ptr(), flags);
        libc::posix_spawn_file_actions_init(actions.as_mut_ptr());
        libc::posix_spawn_file_actions_adddup2(actions.as_mut_ptr(), ends[1], 1);
        let (attributes, actions) = (attributes.as_ptr(), actions.as_ptr());
        let environment = [null_mut()];
        let result = libc::posix_spawn(
            &mut child,
            file.as_ptr(),
            actions,
            attributes,
            arguments.as_ptr(),
            environment.as_ptr(),
        );
        assert_eq!(result, 0, "posix_spawn");
        libc::close(ends[1]);
        File::from_raw_fd(ends[0])
    };
    let mut text = String::new();
    output.read_to_string(&mut text).expect("text");
    // SAFETY: our own child.
    unsafe { libc::waitpid(child, null_mut(), 0) };
    let lines = text.lines().filter(|line| line.starts_with("SigBlk:"));
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
        assert_eq!(spawned(), before[..1], "{mechanism}");
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
