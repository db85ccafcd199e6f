//! The self-test as a static `no_std` program. Started by hand (or under
//! qemu-user) it runs the suite and exits with its status; started by a kernel
//! as PID 1, see [`pid1`].
#![no_std]
#![no_main]

#[macro_use]
mod out;
mod costs;
mod pid1;
mod sys;
mod tap;

use core::fmt::Display;
use core::panic::PanicInfo;
use libc::{c_char, c_int};
use wakefd_conformance::faults::{faults, Verdict};
use wakefd_conformance::{runs, Outcome};

/// Called by the libc's `crt1.o`, as C's `main` is: the libc is initialised by
/// then, so threads, `fork` and `errno` work.
#[no_mangle]
pub extern "C" fn main(_argc: c_int, _argv: *const *const c_char) -> c_int {
    if sys::getpid() == 1 {
        pid1::supervise(suite)
    } else {
        suite()
    }
}

/// Runs everything and returns the exit status.
fn suite() -> c_int {
    sys::print_machine();
    // In a child: what a process has learnt about its kernel stays with it, and
    // the suite's processes have to find out for themselves.
    sys::in_child(|| comment!("{}", wakefd::probe()));
    let mut tap = tap::Tap::new();
    for run in runs() {
        report(&mut tap, run, run.execute());
    }
    for fault in faults() {
        match fault.execute() {
            Verdict::Came(effect) if Some(effect) == fault.expected() => tap.pass(fault),
            Verdict::Came(effect) => tap.fail(fault, format_args!("it came to this: {}", effect)),
            Verdict::Not(outcome) => report(&mut tap, fault, outcome),
        }
    }
    let status = tap.finish();
    costs::print();
    status
}

fn report(tap: &mut tap::Tap, name: impl Display, outcome: Outcome) {
    match outcome {
        Outcome::Passed => tap.pass(name),
        Outcome::Failed => tap.fail(name, "an assertion did not hold, see above"),
        Outcome::Died(signal) => tap.fail(name, format_args!("ended by signal {}", signal)),
        Outcome::Absent(errno) => tap.skip(name, format_args!("not here (errno {})", errno)),
        Outcome::Skipped(errno) => tap.skip(name, format_args!("no set-up (errno {})", errno)),
    }
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    // Not "Bail out!": in a child process of a case, it is that case's failure.
    comment!("{}", info);
    if sys::getpid() == 1 {
        // Exiting would panic the kernel, with a screenful of its own.
        pid1::reboot(101)
    }
    sys::exit(101)
}
