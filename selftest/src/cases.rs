//! Before the suite: the calls that the suite and its harness build on, so
//! that a target or machine where one of them is broken is known.

use crate::{sys, tap::Tap};
use core::{fmt, mem, ptr};
use libc::{c_int, c_void};

enum Trouble {
    /// A call failed, or gave something wrong: what, and errno or the value.
    Failed(&'static str, i64),
    /// The kernel (or emulator) has no such thing.
    Absent(&'static str, c_int),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Failed(what, value) => write!(f, "{} ({})", what, value),
            Trouble::Absent(what, errno) => write!(f, "no {} here (errno {})", what, errno),
        }
    }
}

type Outcome = Result<(), Trouble>;
type Case = (&'static str, fn() -> Outcome);

pub fn run(tap: &mut Tap) {
    const CASES: &[Case] = &[
        ("clock_gettime(CLOCK_MONOTONIC) advances", clock),
        ("pipe, poll, write, read", pipe),
        ("pthread_create, pthread_join", thread),
        ("fork, waitpid", fork),
        ("seccomp filter answers EPERM", seccomp),
    ];
    for (name, case) in CASES {
        match case() {
            Ok(()) => tap.pass(name),
            Err(why @ Trouble::Absent(..)) => tap.skip(name, why),
            Err(why) => tap.fail(name, why),
        }
    }
}

fn failed(what: &'static str) -> Trouble {
    Trouble::Failed(what, sys::errno().into())
}

fn check(good: bool, what: &'static str, value: i64) -> Outcome {
    if good {
        Ok(())
    } else {
        Err(Trouble::Failed(what, value))
    }
}

fn clock() -> Outcome {
    let nanos = || {
        let now = sys::monotonic().map_err(|_| failed("clock_gettime"))?;
        #[allow(clippy::unnecessary_cast)] // 32 bits on some targets
        Ok(now.tv_sec as i64 * 1_000_000_000 + now.tv_nsec as i64)
    };
    let before = nanos()?;
    sys::sleep_ms(30);
    let slept = nanos()? - before;
    check(slept >= 30_000_000, "slept 30 ms, clock says ns", slept)
}

fn pipe() -> Outcome {
    let mut fds = [0; 2];
    // SAFETY: `fds` has room for the two descriptors.
    if unsafe { libc::pipe(fds.as_mut_ptr()) } != 0 {
        return Err(failed("pipe"));
    }
    let outcome = talk(fds);
    for fd in fds {
        // SAFETY: both are ours, opened above, and not used again.
        unsafe { libc::close(fd) };
    }
    outcome
}

fn talk([reader, writer]: [c_int; 2]) -> Outcome {
    let mut poll = libc::pollfd {
        fd: reader,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: one pollfd, valid for reading and writing.
    let empty = unsafe { libc::poll(&mut poll, 1, 0) };
    check(empty == 0, "poll of an empty pipe", empty.into())?;
    // SAFETY: one byte, initialised.
    let wrote = unsafe { libc::write(writer, b"x".as_ptr().cast(), 1) };
    check(wrote == 1, "write", wrote as i64)?;
    // SAFETY: as above.
    let full = unsafe { libc::poll(&mut poll, 1, 1000) };
    check(full == 1, "poll of a full pipe", full.into())?;
    check(poll.revents == libc::POLLIN, "revents", poll.revents.into())?;
    let mut byte = 0u8;
    // SAFETY: `byte` is valid for writing one byte.
    let got = unsafe { libc::read(reader, ptr::addr_of_mut!(byte).cast(), 1) };
    check(got == 1 && byte == b'x', "read", got as i64)
}

fn thread() -> Outcome {
    extern "C" fn double(argument: *mut c_void) -> *mut c_void {
        (argument as usize * 2) as *mut c_void
    }
    // SAFETY: all-zero bytes are a valid pthread_t (integer or pointer).
    let mut thread: libc::pthread_t = unsafe { mem::zeroed() };
    // SAFETY: `thread` is valid for writing, default attributes, and `double`
    // takes any argument.
    let error =
        unsafe { libc::pthread_create(&mut thread, ptr::null(), double, 21 as *mut c_void) };
    check(error == 0, "pthread_create", error.into())?;
    let mut result = ptr::null_mut();
    // SAFETY: created above and joined once; `result` is valid for writing.
    let error = unsafe { libc::pthread_join(thread, &mut result) };
    check(error == 0, "pthread_join", error.into())?;
    check(result as usize == 42, "result", result as i64)
}

fn fork() -> Outcome {
    let status = in_child(|| 7)?;
    check(status == 7, "exit status", status.into())
}

fn in_child(body: fn() -> c_int) -> Result<c_int, Trouble> {
    let status = sys::in_child(body).map_err(|errno| Trouble::Failed("fork", errno.into()))?;
    if libc::WIFEXITED(status) {
        Ok(libc::WEXITSTATUS(status))
    } else {
        Err(Trouble::Failed("wait status", status.into()))
    }
}

fn seccomp() -> Outcome {
    const INSTALLED: c_int = 0;
    const UNFILTERED: c_int = 200;
    // In a child: a filter cannot be taken off again.
    let status = in_child(|| {
        if let Err(errno) = forbid(libc::SYS_eventfd2) {
            return errno;
        }
        // SAFETY: eventfd2 takes two integers.
        let fd = unsafe { libc::syscall(libc::SYS_eventfd2, 0, 0) };
        if fd == -1 && sys::errno() == libc::EPERM {
            INSTALLED
        } else {
            UNFILTERED
        }
    })?;
    match status {
        INSTALLED => Ok(()),
        UNFILTERED => Err(Trouble::Failed("the call was not filtered", 0)),
        // What prctl says where the kernel lacks it; qemu-user does too.
        libc::EINVAL | libc::ENOSYS => Err(Trouble::Absent("seccomp filter", status)),
        errno => Err(Trouble::Failed("prctl, errno", errno.into())),
    }
}

/// From now on, in this process, system call `number` fails with EPERM.
fn forbid(number: libc::c_long) -> Result<(), c_int> {
    let statement = |code: u32, k: u32| libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    };
    let answer = |k| statement(libc::BPF_RET | libc::BPF_K, k);
    let mut filter = [
        // The number is the first field of seccomp_data.
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0),
        libc::sock_filter {
            jf: 1,
            ..statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, number as u32)
        },
        answer(libc::SECCOMP_RET_ERRNO | libc::EPERM as u32),
        answer(libc::SECCOMP_RET_ALLOW),
    ];
    let program = libc::sock_fprog {
        len: filter.len() as u16,
        filter: filter.as_mut_ptr(),
    };
    // SAFETY: all arguments are integers; the unused ones must be 0, and the
    // kernel reads them as whole registers.
    if unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1usize, 0usize, 0usize, 0usize) } != 0 {
        return Err(sys::errno());
    }
    // SAFETY: `program` and the filter it points to live until the call ends.
    let installed = unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER as usize,
            &program as *const libc::sock_fprog,
        )
    };
    if installed == 0 {
        Ok(())
    } else {
        Err(sys::errno())
    }
}
