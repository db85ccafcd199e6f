//! Kills a process with SIGKILL between any two system calls: a child that shares a descriptor
//! runs under ptrace and is killed at each of its stops in turn. The loss must be exactly what
//! the documentation says, and the next wake-up must arrive.
#![allow(unsafe_code)]

mod suite;

use core::panic::AssertUnwindSafe;
use core::ptr::null_mut;
use std::panic::catch_unwind;

use libc::{c_int, c_void, pid_t};
use suite::{never_had, Test};
use wakefd::{AutoNotifier, Backend, Counter, Mechanism, Mode, PipeChannel, Waker};
use wakefd_conformance::{isolated, Kind, Multiplexer, Outcome};

/// What a case sees of the child.
struct Killer {
    /// At which of its stops the child is killed: it has one before and one after each call.
    stop: usize,
    /// It was over before that.
    is_over: bool,
}

fn ptrace(request: libc::c_uint, pid: pid_t, data: usize) -> Result<(), i32> {
    // SAFETY: none of these requests takes an address of this process.
    match unsafe { libc::ptrace(request as _, pid, null_mut::<c_void>(), data as *mut c_void) } {
        -1 => Err(std::io::Error::last_os_error().raw_os_error().unwrap_or(0)),
        _ => Ok(()),
    }
}

/// Waits until the child stops: `None` if it has ended.
fn stopped(pid: pid_t) -> Option<c_int> {
    let mut status = 0;
    // SAFETY: a pointer to a live integer.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
    libc::WIFSTOPPED(status).then(|| libc::WSTOPSIG(status))
}

impl Killer {
    /// Does `work` in a child, and kills it at the stop whose turn it is, after `meanwhile`.
    /// The child sends itself SIGSTOP before the work and after it.
    fn kill(&mut self, work: impl FnOnce(), meanwhile: impl FnOnce()) {
        const SYSTEM_CALL: c_int = libc::SIGTRAP | 0x80;
        // SAFETY: this process has one thread.
        let pid = unsafe { libc::fork() };
        assert!(pid >= 0);
        if pid == 0 {
            let stop = || {
                // SAFETY: no pointers.
                unsafe { libc::raise(libc::SIGSTOP) };
            };
            let _ = catch_unwind(AssertUnwindSafe(|| {
                ptrace(libc::PTRACE_TRACEME as _, 0, 0).expect("the parent traces");
                stop();
                work();
                stop();
            }));
            // SAFETY: does not return.
            unsafe { libc::_exit(101) };
        }
        assert_eq!(stopped(pid), Some(libc::SIGSTOP));
        let options = libc::PTRACE_O_TRACESYSGOOD as usize;
        assert_eq!(ptrace(libc::PTRACE_SETOPTIONS as _, pid, options), Ok(()));
        let mut left = self.stop;
        loop {
            assert_eq!(ptrace(libc::PTRACE_SYSCALL as _, pid, 0), Ok(()));
            match stopped(pid).expect("the child does not end by itself") {
                SYSTEM_CALL if left > 0 => left -= 1,
                SYSTEM_CALL => break,
                libc::SIGSTOP => {
                    self.is_over = true;
                    break;
                }
                signal => panic!("signal {signal}"),
            }
        }
        meanwhile();
        // SAFETY: a child of this process, that has not been waited for.
        assert_eq!(unsafe { libc::kill(pid, libc::SIGKILL) }, 0);
        while stopped(pid).is_some() {}
    }
}

/// Whether a process may trace its child here: the errno if not. qemu's user emulation cannot.
fn may_trace() -> Result<(), i32> {
    let outcome = isolated(|| match ptrace(libc::PTRACE_TRACEME as _, 0, 0) {
        Ok(()) => Outcome::Passed,
        Err(errno) => Outcome::Absent(errno),
    });
    match outcome {
        Outcome::Passed => Ok(()),
        Outcome::Absent(errno) => Err(errno),
        outcome => panic!("{outcome:?}"),
    }
}

type Case = fn(Mechanism, &mut Killer);

const CASES: [(&str, Case); 12] = [
    ("notify", notify),
    ("clear", clear),
    ("wake", wake),
    ("Waker::clear", waker_clear),
    ("clear_if_empty", clear_if_empty),
    ("clear_edge_triggered", clear_edge_triggered),
    ("add", add),
    ("add of 2^32 and more", add_large),
    ("add that pads the pipe", add_padding),
    ("add to a full pipe", add_to_full),
    ("take", take),
    ("take of a semaphore", take_one),
];

const CHANNEL_CASES: [(&str, Case); 2] = [("send", send), ("try_recv", try_recv)];

fn main() {
    let skipped = may_trace().err();
    let test = move |mechanism: Mechanism, (name, case): (&str, Case)| Test {
        name: format!("{mechanism}/{name}"),
        run: Box::new(move || {
            if let Some(errno) = skipped {
                return Outcome::Skipped(errno);
            }
            if let Err(error) = AutoNotifier::at(mechanism) {
                return Outcome::Absent(error.raw_os_error());
            }
            isolated(|| {
                let mut stops = 0;
                loop {
                    let mut killer = Killer {
                        stop: stops,
                        is_over: false,
                    };
                    case(mechanism, &mut killer);
                    if killer.is_over {
                        break;
                    }
                    stops += 1;
                }
                // Before and after one call at least.
                assert!(stops >= 2, "{stops} stops");
                Outcome::Passed
            })
        }),
        may_be_absent: never_had(mechanism),
    };
    let all = Mechanism::FOR_NOTIFIERS.into_iter();
    let all = all.flat_map(|mechanism| CASES.map(|case| test(mechanism, case)));
    let pipes = [Mechanism::Pipe2, Mechanism::Pipe].into_iter();
    let pipes = pipes.flat_map(|mechanism| CHANNEL_CASES.map(|case| test(mechanism, case)));
    suite::main(all.chain(pipes));
}

fn notifier(mechanism: Mechanism) -> AutoNotifier {
    AutoNotifier::at(mechanism).expect("it is available")
}

fn is_readable(fd: c_int) -> bool {
    Multiplexer::new(Kind::Poll, fd).wait(0)
}

/// The next notification arrives.
fn arrives(notifier: &AutoNotifier) {
    assert_eq!(notifier.notify(), Ok(()));
    assert!(is_readable(notifier.as_raw_fd()));
    assert_eq!(notifier.clear(), Ok(true));
    assert_eq!(notifier.clear(), Ok(false));
    assert!(!is_readable(notifier.as_raw_fd()));
}

/// It has notified, or it has not.
fn notify(mechanism: Mechanism, killer: &mut Killer) {
    let notifier = notifier(mechanism);
    killer.kill(|| notifier.notify().expect("notify"), || {});
    let is_pending = is_readable(notifier.as_raw_fd());
    assert_eq!(notifier.clear(), Ok(is_pending));
    arrives(&notifier);
}

/// What came while it cleared is there, unless it came before a `read`, which has taken it.
fn clear(mechanism: Mechanism, killer: &mut Killer) {
    let notifier = notifier(mechanism);
    (0..3000).for_each(|_| notifier.notify().expect("notify"));
    let notified = || notifier.notify().expect("notify");
    killer.kill(|| notifier.clear().map(drop).expect("clear"), notified);
    assert!(is_readable(notifier.as_raw_fd()));
    assert_eq!(notifier.clear(), Ok(true));
    arrives(&notifier);
}

fn waker_arrives(waker: &Waker<AutoNotifier>) {
    assert_eq!(waker.wake(), Ok(()));
    assert!(is_readable(waker.as_raw_fd()));
    assert_eq!(waker.clear(), Ok(true));
    assert!(!is_readable(waker.as_raw_fd()));
}

/// A child has a word of its own; of its wakes the descriptor alone tells.
fn wake(mechanism: Mechanism, killer: &mut Killer) {
    let waker = Waker::new(notifier(mechanism));
    killer.kill(|| waker.wake().expect("wake"), || {});
    let is_pending = is_readable(waker.as_raw_fd());
    assert_eq!(waker.clear(), Ok(is_pending));
    waker_arrives(&waker);
}

/// After what a child has drained, a `clear` tells of the wake-up, and wakers go on.
fn after_drain(waker: &Waker<AutoNotifier>) {
    assert_eq!(waker.clear(), Ok(true));
    waker_arrives(waker);
}

fn waker_clear(mechanism: Mechanism, killer: &mut Killer) {
    let waker = Waker::new(notifier(mechanism));
    waker.wake().expect("wake");
    killer.kill(|| waker.clear().map(drop).expect("clear"), || {});
    after_drain(&waker);
}

fn clear_if_empty(mechanism: Mechanism, killer: &mut Killer) {
    let waker = Waker::new(notifier(mechanism));
    waker.wake().expect("wake");
    killer.kill(
        || waker.clear_if_empty(|| true).map(drop).expect("clear"),
        || {},
    );
    after_drain(&waker);
}

fn clear_edge_triggered(mechanism: Mechanism, killer: &mut Killer) {
    let waker = Waker::new(notifier(mechanism));
    // Not in the word, so that it drains.
    waker.notifier().notify().expect("notify");
    killer.kill(
        || waker.clear_edge_triggered().map(drop).expect("clear"),
        || {},
    );
    // The child may have taken it.
    waker.clear().expect("clear");
    waker_arrives(&waker);
}

/// What others add while the child is stopped, before it is killed.
const OTHERS: u64 = 3;

/// Kills a child that does `work` with a counter that holds the sum of `before`, while others
/// add. What is left must be one of these, plus what others have added. On an eventfd, which
/// does it in one call, the last of them, what a pipe may have lost, are not among it.
fn counts(
    (counter, before): (Counter, &[u64]),
    killer: &mut Killer,
    work: impl FnOnce(&Counter),
    (left, lost): (&[u64], &[u64]),
) {
    for &n in before {
        assert_eq!(counter.add(n), Ok(()));
    }
    let add = || assert_eq!(counter.add(OTHERS), Ok(()));
    killer.kill(|| work(&counter), add);
    let sum = sum(&counter);
    let is_expected = left.contains(&(sum - OTHERS))
        || counter.backend() == Backend::Pipe && lost.contains(&(sum - OTHERS));
    assert!(is_expected, "stop {}: {sum} are left", killer.stop);
    // And the next one arrives.
    assert_eq!(counter.add(1), Ok(()));
    assert!(is_readable(counter.as_raw_fd()));
    assert_eq!(self::sum(&counter), 1);
    assert!(!is_readable(counter.as_raw_fd()));
}

/// Takes everything.
fn sum(counter: &Counter) -> u64 {
    let mut sum = 0;
    while let Some(taken) = counter.take().expect("take") {
        sum += u64::from(taken);
    }
    sum
}

fn counter(mechanism: Mechanism) -> Counter {
    Counter::at(mechanism, Mode::Sum).expect("it is available")
}

fn add(mechanism: Mechanism, killer: &mut Killer) {
    let add = |counter: &Counter| counter.add(7).expect("add");
    counts((counter(mechanism), &[5]), killer, add, (&[5, 12], &[]));
}

/// On a pipe it takes out the whole count, and writes it back with its own.
fn add_large(mechanism: Mechanism, killer: &mut Killer) {
    const LARGE: u64 = 1 << 32;
    let add = |counter: &Counter| counter.add(LARGE).expect("add");
    let expected: (&[u64], &[u64]) = (&[5, 5 + LARGE], &[0]);
    counts((counter(mechanism), &[2, 3]), killer, add, expected);
}

/// The same, where the count is kept with a pipe that is kept full.
fn add_padding(mechanism: Mechanism, killer: &mut Killer) {
    const HELD: u64 = 1 << 62;
    let counter = counter(mechanism);
    shrink(&counter);
    let add = |counter: &Counter| counter.add(1 << 40).expect("add");
    let expected: (&[u64], &[u64]) = (&[HELD, HELD + (1 << 40)], &[0]);
    counts((counter, &[HELD]), killer, add, expected);
}

/// It takes out what makes the pipe full, and writes its sum back with its own.
fn add_to_full(mechanism: Mechanism, killer: &mut Killer) {
    let counter = counter(mechanism);
    let records = shrink(&counter);
    let before = vec![1; records as usize];
    let add = |counter: &Counter| counter.add(1).expect("add");
    let partly: Vec<u64> = (0..records).collect();
    counts(
        (counter, &before),
        killer,
        add,
        (&[records, records + 1], &partly),
    );
}

/// Makes a pipe as small as it can be, and says how many records it has room for.
fn shrink(counter: &Counter) -> u64 {
    // SAFETY: no pointers. An eventfd says EBADF.
    let size = unsafe { libc::fcntl(counter.as_raw_fd(), libc::F_SETPIPE_SZ, 4096) };
    match size {
        -1 => 1000,
        size => size as u64 / 8,
    }
}

/// What it has taken is its own. On a pipe that can be a part.
fn take(mechanism: Mechanism, killer: &mut Killer) {
    let partly: Vec<u64> = (0..300).collect();
    let take = |counter: &Counter| counter.take().map(drop).expect("take");
    // What others add is there for it to take, as long as it has not come to that.
    let counter = counter(mechanism);
    (0..300).for_each(|_| assert_eq!(counter.add(1), Ok(())));
    killer.kill(|| take(&counter), || {});
    let left = sum(&counter);
    let is_expected =
        [0, 300].contains(&left) || counter.backend() == Backend::Pipe && partly.contains(&left);
    assert!(is_expected, "stop {}: {left} are left", killer.stop);
    assert_eq!(counter.add(1), Ok(()));
    assert_eq!(sum(&counter), 1);
}

/// On a pipe it takes out one record and writes back what is left of that.
fn take_one(mechanism: Mechanism, killer: &mut Killer) {
    let mechanism = match mechanism {
        // That call takes no flags.
        Mechanism::EventFd => Mechanism::Pipe,
        other => other,
    };
    let counter = Counter::at(mechanism, Mode::Semaphore).expect("it is available");
    let take = |counter: &Counter| counter.take().map(drop).expect("take");
    let expected: (&[u64], &[u64]) = (&[7, 6], &[2]);
    counts((counter, &[5, 2]), killer, take, expected);
}

fn channel(mechanism: Mechanism) -> PipeChannel<[u64; 16]> {
    PipeChannel::at(mechanism).expect("it is available")
}

/// The value is there as a whole, or not at all.
fn send(mechanism: Mechanism, killer: &mut Killer) {
    let channel = channel(mechanism);
    killer.kill(|| channel.send([7; 16]).expect("send"), || {});
    let received = channel.try_recv().expect("receive");
    assert!([None, Some([7; 16])].contains(&received));
    assert_eq!(channel.send([8; 16]), Ok(()));
    assert_eq!(channel.try_recv(), Ok(Some([8; 16])));
    assert_eq!(channel.try_recv(), Ok(None));
}

/// At most the value that it was taking is gone.
fn try_recv(mechanism: Mechanism, killer: &mut Killer) {
    let channel = channel(mechanism);
    assert_eq!(channel.send([7; 16]).and(channel.send([8; 16])), Ok(()));
    killer.kill(|| channel.try_recv().map(drop).expect("receive"), || {});
    let first = channel.try_recv().expect("receive");
    if first == Some([7; 16]) {
        assert_eq!(channel.try_recv(), Ok(Some([8; 16])));
    } else {
        assert_eq!(first, Some([8; 16]));
    }
    assert_eq!(channel.try_recv(), Ok(None));
}
