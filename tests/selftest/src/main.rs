//! The self-test as a static `no_std` program. Started by a person (or under qemu-user) it runs
//! the suite and exits with its status. [`pid1`] says what it does if a kernel starts it as
//! PID 1, and [`groups`] explains its arguments.
#![no_std]
#![no_main]
#![deny(unsafe_op_in_unsafe_fn)]

#[macro_use]
mod out;
mod costs;
mod groups;
mod pid1;
mod sys;
mod tap;

use core::fmt::Display;
use core::panic::PanicInfo;
use libc::{c_char, c_int};
use wakefd_conformance::Outcome;

use groups::Groups;

/// Called by the libc's `crt1.o`, as C's `main` is: the libc is initialised by
/// then, so threads, `fork` and `errno` work.
#[no_mangle]
extern "C" fn main(argc: c_int, argv: *const *const c_char) -> c_int {
    // SAFETY: these are what the libc has passed.
    let arguments = unsafe { sys::arguments(argc, argv) };
    let is_init = sys::getpid() == 1;
    let groups = match Groups::parse(arguments, is_init) {
        Ok(groups) => groups,
        Err(argument) => {
            line!("what is {}? {}", argument, groups::USAGE);
            return 2;
        }
    };
    if is_init {
        pid1::supervise(|| suite(&groups))
    } else {
        suite(&groups)
    }
}

/// Runs what is asked for, and returns the exit status.
fn suite(groups: &Groups) -> c_int {
    if let Some(kernel) = groups.on {
        if let Err(errno) = kernel.replace_kernel() {
            line!("Bail out! no seccomp filters here: errno {}", errno);
            return 2;
        }
        line!("# as on {}", kernel.name);
    }
    sys::print_machine();
    // In a child: what a process has learnt about its kernel stays with it, and
    // the suite's processes have to find out for themselves.
    sys::in_child(|| comment!("{}", wakefd::probe()));
    let mut tap = tap::Tap::new();
    for run in groups.runs() {
        report(&mut tap, run, run.execute());
    }
    for fault in groups.faults() {
        report(&mut tap, fault, fault.execute());
    }
    comment!("{}", groups);
    let status = tap.finish();
    costs::print();
    status
}

fn report(tap: &mut tap::Tap, name: impl Display, outcome: Outcome) {
    match outcome {
        Outcome::Passed => tap.pass(name),
        Outcome::Failed => tap.fail(name, "an assertion did not hold, see above"),
        Outcome::Died(signal) => tap.fail(name, format_args!("ended by signal {}", signal)),
        Outcome::Absent(errno) => tap.skip(name, format_args!("unavailable (errno {})", errno)),
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
