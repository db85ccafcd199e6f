//! Runs the conformance suite with results of calls by number that this kernel does not
//! return. The program defines its own `syscall` for that.
//!
//! A library between the program and libc can deny every such call: torsocks returns ENOSYS
//! for calls that it does not know.
//!
//! A MIPS kernel before 2.6.28 returns the error of an unknown call with the wrong sign. The
//! `syscall` of one libc then returns -1 with errno -89, and that of another returns +89,
//! which looks like a descriptor. The suite runs with both. With +89 other code has a
//! descriptor of that number open, which must stay unchanged.
#![allow(unsafe_code)]

#[allow(dead_code)] // It runs no other program.
mod emulator;
mod suite;

use core::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use core::time::Duration;
use std::os::raw::{c_int, c_long};

use suite::Test;
use wakefd::{AutoNotifier, Mechanism, Signals, Timer, Wait};
use wakefd_conformance::calls::{
    Call, DUP3, EVENTFD, EVENTFD2, PIPE2, SETTIME, SIGNALFD, SIGNALFD4, TIMERFD,
};
use wakefd_conformance::{Constructor, CASES};

/// What a call that is "not there" gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// The kernel's own.
    Real,
    /// To every call -1, and errno is ENOSYS.
    Denied,
    /// -1, and errno is -ENOSYS.
    NegativeErrno,
    /// ENOSYS itself, as if it were a descriptor.
    FalseDescriptor,
}

/// The answer of the moment, as a number.
static ANSWER: AtomicU32 = AtomicU32::new(Answer::Real as u32);
/// How often a call for an eventfd came by.
static EVENTFD_CALLS: AtomicU32 = AtomicU32::new(0);
/// How often one for a timerfd.
static TIMERFD_CALLS: AtomicU32 = AtomicU32::new(0);

/// Stands in for libc's, which takes its arguments the same way: every
/// architecture passes this many longs alike to functions with `...` and
/// without.
#[no_mangle]
extern "C" fn syscall(
    number: c_long,
    a: c_long,
    b: c_long,
    c: c_long,
    d: c_long,
    e: c_long,
    f: c_long,
) -> c_long {
    let is_any_of = |calls: &[Call]| calls.iter().any(|call| call.has(number));
    if is_any_of(&[EVENTFD, EVENTFD2]) {
        EVENTFD_CALLS.fetch_add(1, Ordering::Relaxed);
    }
    if is_any_of(&[TIMERFD]) {
        TIMERFD_CALLS.fetch_add(1, Ordering::Relaxed);
    }
    let missing = is_any_of(&[
        EVENTFD, EVENTFD2, SIGNALFD, SIGNALFD4, TIMERFD, SETTIME, PIPE2, DUP3,
    ]);
    match ANSWER.load(Ordering::Relaxed) {
        answer if answer == Answer::Denied as u32 => {
            // SAFETY: the location is this thread's own.
            unsafe { *libc::__errno_location() = libc::ENOSYS };
            -1
        }
        answer if missing && answer == Answer::NegativeErrno as u32 => {
            // SAFETY: the location is this thread's own.
            unsafe { *libc::__errno_location() = -libc::ENOSYS };
            -1
        }
        answer if missing && answer == Answer::FalseDescriptor as u32 => libc::ENOSYS.into(),
        _ => real()(number, a, b, c, d, e, f),
    }
}

type Syscall = extern "C" fn(c_long, c_long, c_long, c_long, c_long, c_long, c_long) -> c_long;

/// libc's own.
fn real() -> Syscall {
    static FOUND: AtomicUsize = AtomicUsize::new(0);
    let mut found = FOUND.load(Ordering::Relaxed);
    if found == 0 {
        // SAFETY: a C string, and a handle that dlsym knows.
        found = unsafe { libc::dlsym(libc::RTLD_NEXT, b"syscall\0".as_ptr().cast()) } as usize;
        assert_ne!(found, 0, "libc has no syscall()");
        FOUND.store(found, Ordering::Relaxed);
    }
    // SAFETY: the function of this name in libc; for its type see `syscall`.
    unsafe { core::mem::transmute::<usize, Syscall>(found) }
}

fn give(answer: Answer) {
    ANSWER.store(answer as u32, Ordering::Relaxed);
}

/// A descriptor with the number of the false one: the writing end of a pipe
/// that stays empty if nobody touches it.
struct Bystander {
    reading: c_int,
}

impl Bystander {
    const NUMBER: c_int = libc::ENOSYS;

    fn new() -> Self {
        let mut ends = [0; 2];
        // SAFETY: room for two descriptors, then integers.
        unsafe {
            assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
            assert_eq!(libc::dup2(ends[1], Self::NUMBER), Self::NUMBER);
            libc::close(ends[1]);
        }
        Bystander { reading: ends[0] }
    }

    /// Open, with the flags it had, and nothing was written to it.
    fn assert_untouched(&self) {
        let mut waiting: c_int = -1;
        // SAFETY: commands without an argument, and one that fills a live integer. (Not
        // `poll`, which a case can have lowered the limit of descriptors for.)
        unsafe {
            assert_eq!(libc::fcntl(Self::NUMBER, libc::F_GETFD), 0);
            assert_eq!(libc::fcntl(Self::NUMBER, libc::F_GETFL), libc::O_WRONLY);
            assert_eq!(libc::ioctl(self.reading, libc::FIONREAD, &mut waiting), 0);
        }
        assert_eq!(waiting, 0, "bytes were written to it");
    }
}

fn main() {
    suite::main(under_each_answer().chain(others()));
}

/// The suite, wherever a build has a mechanism that is left: the pipe's. Under an emulator,
/// which takes many times as long, each case runs under one of the answers.
fn under_each_answer() -> impl Iterator<Item = Test> {
    let answers = [
        Answer::Denied,
        Answer::NegativeErrno,
        Answer::FalseDescriptor,
    ];
    let cases = if cfg!(feature = "pipe") { CASES } else { &[] };
    let apart = if emulator::is_emulated() {
        answers.len()
    } else {
        1
    };
    answers
        .into_iter()
        .enumerate()
        .flat_map(move |(index, answer)| {
            let own = cases.iter().skip(index % apart).step_by(apart);
            own.map(move |case| {
                Test::isolated(format!("{answer:?}/{}", case.name), move || {
                    let bystander = Bystander::new();
                    give(answer);
                    let made = AutoNotifier::new().map(|notifier| notifier.mechanism());
                    assert_eq!(made, Ok(Mechanism::Pipe));
                    let made = Timer::new().map(|timer| timer.mechanism());
                    assert_eq!(made, Ok(Mechanism::TimerThread));
                    let made = Signals::new([libc::SIGURG]).map(|signals| signals.mechanism());
                    assert_eq!(made, Ok(Mechanism::SignalHandler));
                    (case.run)(Constructor::Auto);
                    bystander.assert_untouched();
                })
            })
        })
}

fn others() -> impl Iterator<Item = Test> {
    let errors = || {
        let bystander = Bystander::new();
        for answer in [Answer::NegativeErrno, Answer::FalseDescriptor] {
            give(answer);
            for mechanism in [Mechanism::EventFd2, Mechanism::EventFd, Mechanism::Pipe2] {
                // EINVAL: not in this build.
                let errno = AutoNotifier::at(mechanism).map_err(|error| error.raw_os_error());
                assert!(
                    matches!(errno, Err(libc::ENOSYS | libc::EINVAL)),
                    "{errno:?}"
                );
            }
            for mechanism in [Mechanism::SignalFd4, Mechanism::SignalFd] {
                let errno =
                    Signals::at(mechanism, [libc::SIGURG]).map_err(|error| error.raw_os_error());
                assert!(matches!(errno, Err(libc::ENOSYS)), "{errno:?}");
            }
            for mechanism in [Mechanism::TimerFdFlags, Mechanism::TimerFd] {
                let errno = Timer::at(mechanism).map_err(|error| error.raw_os_error());
                assert!(matches!(errno, Err(libc::ENOSYS)), "{errno:?}");
            }
        }
        bystander.assert_untouched();
    };
    // The number of the false descriptor, from a kernel that means it.
    let true_descriptor = || {
        let _lower_numbers: Vec<_> = (0..libc::ENOSYS + 2)
            .map_while(|_| {
                // SAFETY: makes a descriptor.
                let number = unsafe { libc::dup(0) };
                assert!(number >= 0);
                (number < Bystander::NUMBER - 1).then_some(number)
            })
            .collect();
        let before = AutoNotifier::new().expect("a notifier");
        let numbers = [
            before.as_raw_fd(),
            AutoNotifier::new().expect("another").as_raw_fd(),
        ];
        assert!(numbers.contains(&Bystander::NUMBER), "{numbers:?}");
    };
    let mut tests = vec![
        Test::isolated("errors_are_enosys", errors),
        Test::isolated("a_true_descriptor_of_that_number", true_descriptor),
    ];
    tests.push(Test::isolated(
        "a_timer_on_the_thread_calls_no_timerfd",
        || {
            let timer = Timer::at(Mechanism::TimerThread).expect("a timer");
            assert_eq!(timer.arm_after(Duration::ZERO, None), Ok(()));
            assert_eq!(timer.wait(None), Ok(Wait::Notified));
            assert!(timer.take().expect("take").is_some());
            timer.reinit_after_fork().expect("reinit_after_fork");
            assert_eq!(TIMERFD_CALLS.load(Ordering::Relaxed), 0);
            // And the counter does count.
            let _ = Timer::new();
            assert_ne!(TIMERFD_CALLS.load(Ordering::Relaxed), 0);
        },
    ));
    #[cfg(all(feature = "eventfd", feature = "pipe"))]
    tests.push(Test::isolated("selected_pipe_calls_no_eventfd", || {
        use wakefd::{probe_with, Selection};
        let notifier = AutoNotifier::with(Selection::Pipe).expect("a pipe");
        assert_eq!(notifier.notify().and(notifier.clear()), Ok(true));
        notifier.reinit_after_fork().expect("reinit_after_fork");
        assert_eq!(probe_with(Selection::Pipe).choice(), Ok(Mechanism::Pipe2));
        assert_eq!(EVENTFD_CALLS.load(Ordering::Relaxed), 0);
        // And the counter does count.
        let _ = AutoNotifier::with(Selection::Kernel);
        assert_ne!(EVENTFD_CALLS.load(Ordering::Relaxed), 0);
    }));
    tests.into_iter()
}
