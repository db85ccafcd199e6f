//! A filter that lets the kernel answer as another one would: real system
//! calls, real refusals, for this process and its children.

use libc::{c_long, sock_filter};

use super::errno;

/// What one system call answers.
#[derive(Clone, Copy)]
pub(crate) struct Rule {
    /// Its number.
    pub(crate) call: c_long,
    /// It is refused only if this argument has one of these bits set.
    pub(crate) only_with: Option<Bits>,
    /// What it gives instead of being carried out; 0 is success.
    pub(crate) errno: u16,
}

/// Bits of the lower half of an argument, which is given by its index.
#[derive(Clone, Copy)]
pub(crate) struct Bits {
    pub(crate) argument: u32,
    pub(crate) mask: u32,
}

const CAPACITY: usize = 128;

/// Answers these calls in the given way from now on.
///
/// # Errors
///
/// The errno of `prctl`, if this kernel or emulator has no filters.
pub(crate) fn install(rules: impl Iterator<Item = Rule>) -> Result<(), i32> {
    let mut program = Program::new();
    for rule in rules {
        let refusal = libc::SECCOMP_RET_ERRNO | u32::from(rule.errno);
        let call = rule.call as u32;
        match rule.only_with {
            None => {
                program.push(jump(IF_EQUAL, call, 0, 1));
                program.push(statement(RETURN, refusal));
            }
            Some(bits) => {
                program.push(jump(IF_EQUAL, call, 0, 4));
                program.push(statement(LOAD, low_half_of(bits.argument)));
                program.push(jump(IF_ANY_OF, bits.mask, 1, 0));
                program.push(statement(RETURN, libc::SECCOMP_RET_ALLOW));
                program.push(statement(RETURN, refusal));
            }
        }
    }
    program.install()
}

/// An argument, given by its index, whose lower half is this value, or is not.
#[derive(Clone, Copy)]
pub(crate) struct Argument {
    pub(crate) index: u32,
    pub(crate) value: u32,
    pub(crate) is: bool,
}

/// Fails calls with this number from now on, on this thread alone: those all of
/// whose `arguments` are as given.
#[derive(Clone, Copy)]
pub(crate) struct Refusal<'a> {
    pub(crate) call: c_long,
    pub(crate) arguments: &'a [Argument],
    pub(crate) errno: u16,
}

/// Refuses these calls. The first that fits counts.
///
/// # Errors
///
/// As for [`install`].
pub(crate) fn refuse<'a>(refusals: impl Iterator<Item = Refusal<'a>>) -> Result<(), i32> {
    let mut program = Program::new();
    for refusal in refusals {
        // From a comparison that fails to the end of this refusal: a pair for each
        // argument that is still to be looked at, and the answer.
        let mut rest = 2 * refusal.arguments.len() as u8 + 1;
        program.push(jump(IF_EQUAL, refusal.call as u32, 0, rest));
        for argument in refusal.arguments {
            rest -= 2;
            program.push(statement(LOAD, low_half_of(argument.index)));
            let (equal, other) = if argument.is { (0, rest) } else { (rest, 0) };
            program.push(jump(IF_EQUAL, argument.value, equal, other));
        }
        let errno = u32::from(refusal.errno);
        program.push(statement(RETURN, libc::SECCOMP_RET_ERRNO | errno));
        // The number is not there any more.
        program.push(statement(LOAD, NUMBER));
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
        // SAFETY: integers, then a pointer to a live program of the given length.
        // The unused arguments must be zero, and as wide as the kernel reads them.
        let result = unsafe {
            libc::prctl(
                libc::PR_SET_NO_NEW_PRIVS,
                1 as c_long,
                0 as c_long,
                0 as c_long,
                0 as c_long,
            );
            libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER as c_long,
                &filter,
            )
        };
        match result {
            0 => Ok(()),
            _ => Err(errno::get()),
        }
    }
}

const LOAD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const IF_ANY_OF: u32 = libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K;
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

fn jump(code: u32, k: u32, jt: u8, jf: u8) -> sock_filter {
    sock_filter {
        code: code as u16,
        jt,
        jf,
        k,
    }
}
