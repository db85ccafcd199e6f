//! Tests threads of real-time priority on one processor: a thread never waits for a thread of
//! lower priority, whatever that was doing when it lost the processor.
#![allow(unsafe_code)]

mod suite;

use core::hint;
use core::mem::{size_of, zeroed};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use core::time::Duration;
use std::io;
use std::thread;
use std::time::Instant;

use suite::Test;
use wakefd::{sync_channel, AutoNotifier, Waker};
use wakefd_conformance::{isolated, Outcome};

/// So many calls of the highest thread must end before the thread in the middle lets a
/// lower one have the processor.
const CALLS: u32 = 3;
const IDLE: Duration = Duration::from_millis(1);
const LENGTH: Duration = Duration::from_secs(3);

const LOW: i32 = 1;
const MIDDLE: i32 = 10;
const HIGH: i32 = 50;

fn main() {
    let test = |name: &str, run: fn() -> Outcome| Test {
        name: name.to_owned(),
        run: Box::new(move || isolated(run)),
        may_be_absent: Some("no real-time priorities, or an emulator whose locks ignore them"),
    };
    let tests = [
        test("priority/a_receiver_waits_for_no_sender", receiver),
        test("priority/wake_and_clear_wait_for_no_waker", waker),
    ];
    suite::main(tests.into_iter());
}

fn receiver() -> Outcome {
    let (sender, receiver) = sync_channel(2).expect("a channel");
    let send = || _ = sender.send([7_u64; 64]);
    let mut receiver = Some(receiver);
    beside_others(&send, |is_last| {
        if let Some(receiver) = &receiver {
            receiver.drain().take(8).for_each(drop);
        }
        if is_last {
            receiver = None;
        }
    })
}

fn waker() -> Outcome {
    let waker = AutoNotifier::new().map(Waker::new).expect("a notifier");
    let wake = || waker.wake().expect("wake");
    beside_others(&wake, |_| {
        assert!(waker.clear().is_ok());
        assert_eq!(waker.wake(), Ok(()));
        assert!(waker.clear_if_empty(|| true).is_ok());
    })
}

/// Runs `low` in threads of low priority, again and again `high` in one of high priority,
/// and between them a thread that keeps the processor until `high` has returned: if that
/// waits for a thread of low priority, all stand still, and the run counts as hung. `high`
/// is told when it is the last time, so that it lets those go that wait for it.
fn beside_others(low: &(dyn Fn() + Sync), mut high: impl FnMut(bool)) -> Outcome {
    if let Err(error) = is_a_kernel()
        .and_then(|()| on_one_processor())
        .and_then(|()| set_priority(HIGH))
    {
        eprintln!("{error}");
        return Outcome::Absent(error.raw_os_error().unwrap_or(libc::EPERM));
    }
    let stop = &AtomicBool::new(false);
    let calls = &AtomicU32::new(0);
    let goes_on = || !stop.load(Ordering::Relaxed);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(move || {
                set_priority(LOW).expect("as above");
                while goes_on() {
                    low();
                }
            });
        }
        scope.spawn(move || {
            set_priority(MIDDLE).expect("as above");
            while goes_on() {
                let before = calls.load(Ordering::Relaxed);
                while goes_on() && calls.load(Ordering::Relaxed).wrapping_sub(before) < CALLS {
                    hint::spin_loop();
                }
                thread::sleep(IDLE);
            }
        });
        let begin = Instant::now();
        while goes_on() {
            thread::sleep(Duration::from_micros(300));
            let is_last = begin.elapsed() > LENGTH;
            stop.store(is_last, Ordering::Relaxed);
            high(is_last);
            calls.fetch_add(1, Ordering::Relaxed);
        }
    });
    Outcome::Passed
}

/// An emulator of programs alone, which refuses this call, has locks of its own, which its
/// threads hold and wait for whatever their priority.
fn is_a_kernel() -> io::Result<()> {
    // SAFETY: no pointer is involved.
    checked(unsafe { libc::prctl(libc::PR_GET_SECCOMP) })
}

/// Keeps this thread, and those that it makes, on the processor where it is.
fn on_one_processor() -> io::Result<()> {
    // SAFETY: a set of processors is integers, and the kernel reads a live one.
    let result = unsafe {
        let mut set: libc::cpu_set_t = zeroed();
        let current = usize::try_from(libc::sched_getcpu()).unwrap_or(0);
        libc::CPU_SET(current, &mut set);
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set)
    };
    checked(result)
}

/// Of this thread, first in, first out. By number: musl's function is for processes.
fn set_priority(priority: i32) -> io::Result<()> {
    // SAFETY: the kernel reads a live integer, which is its struct.
    let result =
        unsafe { libc::syscall(libc::SYS_sched_setscheduler, 0, libc::SCHED_FIFO, &priority) };
    checked(result as i32)
}

fn checked(result: i32) -> io::Result<()> {
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
