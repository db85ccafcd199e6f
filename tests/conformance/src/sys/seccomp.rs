//! A seccomp filter, under which system calls have the results of another kernel. It binds the
//! thread that installs it, and the threads and processes that this thread starts.

use core::sync::atomic::{AtomicI32, Ordering};

use libc::{c_long, sock_filter};

use super::calls::{Argument, Call};
use super::errno;
use super::process::{fork_to, Ended};

/// What a call gives instead of being carried out.
#[derive(Clone, Copy)]
pub(crate) struct Rule<'a> {
    pub(crate) call: &'a Call,
    /// One more condition than the call has itself.
    pub(crate) only_with: Option<Argument>,
    /// 0 is success.
    pub(crate) errno: i32,
}

const CAPACITY: usize = 128;

/// Whether this kernel or emulator has filters: `Err` has the errno if not. A child
/// asks, once for all.
pub(crate) fn available() -> Result<(), i32> {
    const UNKNOWN: i32 = -1;
    static KNOWN: AtomicI32 = AtomicI32::new(UNKNOWN);
    if KNOWN.load(Ordering::Relaxed) == UNKNOWN {
        let child = fork_to(|| install_filter(core::iter::empty()).err().unwrap_or(0));
        match child.wait() {
            Ended::Exited(errno) => KNOWN.store(errno, Ordering::Relaxed),
            ended => panic!("{ended:?}"),
        }
    }
    match KNOWN.load(Ordering::Relaxed) {
        0 => Ok(()),
        errno => Err(errno),
    }
}

/// Answers calls by these rules from now on: by the first that fits.
///
/// # Errors
///
/// The errno of `prctl`, if this kernel or emulator has no filters.
pub(crate) fn install_filter<'a>(rules: impl Iterator<Item = Rule<'a>>) -> Result<(), i32> {
    let mut program = Program::new();
    for rule in rules {
        for &number in rule.call.numbers {
            let arguments = rule.call.arguments.iter().chain(&rule.only_with);
            // From a comparison that fails to the end of this rule: three instructions
            // for each argument that is still to be looked at, and the answer.
            let mut rest = 3 * arguments.clone().count() as u8 + 1;
            program.push(jump_if_equal(number as u32, 0, rest));
            for argument in arguments {
                rest -= 3;
                program.push(statement(LOAD, low_half_of(argument.index)));
                program.push(statement(AND, argument.mask));
                let (equal, other) = if argument.is { (0, rest) } else { (rest, 0) };
                program.push(jump_if_equal(argument.value, equal, other));
            }
            let answer = libc::SECCOMP_RET_ERRNO | rule.errno as u32;
            program.push(statement(RETURN, answer));
            // An argument may have taken the number's place.
            program.push(statement(LOAD, NUMBER));
        }
    }
    program.install()
}

struct Program {
    code: [sock_filter; CAPACITY],
    length: usize,
}

impl Program {
    fn new() -> Self {
        let mut new = Program {
            code: [statement(0, 0); CAPACITY],
            length: 0,
        };
        new.push(statement(LOAD, NUMBER));
        new
    }

    fn push(&mut self, instruction: sock_filter) {
        self.code[self.length] = instruction;
        self.length += 1;
    }

    /// Lets all other calls pass, and installs it.
    fn install(mut self) -> Result<(), i32> {
        self.push(statement(RETURN, libc::SECCOMP_RET_ALLOW));
        let filter = libc::sock_fprog {
            len: self.length as u16,
            filter: self.code.as_mut_ptr(),
        };
        let [zero, one] = [0 as c_long, 1 as c_long];
        // SAFETY: integers, then a pointer to a live program of the given length.
        // The unused arguments must be zero, and as wide as the kernel reads them.
        let result = unsafe {
            libc::prctl(libc::PR_SET_NO_NEW_PRIVS, one, zero, zero, zero);
            let mode = libc::SECCOMP_MODE_FILTER as c_long;
            libc::prctl(libc::PR_SET_SECCOMP, mode, &filter)
        };
        match result {
            0 => Ok(()),
            _ => Err(errno::get()),
        }
    }
}

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const AND: u32 = libc::BPF_ALU | libc::BPF_AND | libc::BPF_K;
const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_K;

/// Where `struct seccomp_data` has the call's number.
const NUMBER: u32 = 0;

/// Where `struct seccomp_data` has the lower half of an argument: behind a
/// 32-bit number, a 32-bit architecture and a 64-bit address.
fn low_half_of(argument: u32) -> u32 {
    let half = if cfg!(target_endian = "big") { 4 } else { 0 };
    16 + 8 * argument + half
}

fn statement(code: u32, k: u32) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    }
}

fn jump_if_equal(k: u32, jt: u8, jf: u8) -> sock_filter {
    let code = IF_EQUAL as u16;
    sock_filter { code, jt, jf, k }
}
