//! EINTR some times in a row, which no filter gives, and which the calls that do
//! not block never get from a kernel: `read`, `write` and `poll` are this program's
//! own here, and so are what the crate calls.
#![cfg(all(feature = "eventfd", feature = "pipe"))]
#![allow(unsafe_code)]

use core::cell::Cell;
use core::time::Duration;
use std::os::raw::{c_int, c_long, c_void};

use wakefd::{AutoNotifier, Counter, Mode, Notifier, Rung, Wait, Waker};

thread_local! {
    /// How often a call on this thread is still to be interrupted.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

/// Interrupts a call, if that is due. Each to come, on the thread that asked for it.
fn is_interrupted() -> bool {
    let interrupted = LEFT.with(|left| {
        let before = left.get();
        left.set(before.saturating_sub(1));
        before > 0
    });
    if interrupted {
        // SAFETY: the location is this thread's own.
        unsafe { *libc::__errno_location() = libc::EINTR };
    }
    interrupted
}

#[no_mangle]
extern "C" fn read(fd: c_int, buffer: *mut c_void, count: usize) -> isize {
    match is_interrupted() {
        true => -1,
        // SAFETY: the caller's arguments, in the place of libc's function.
        false => unsafe { libc::syscall(libc::SYS_read, fd, buffer, count) as isize },
    }
}

#[no_mangle]
extern "C" fn write(fd: c_int, buffer: *const c_void, count: usize) -> isize {
    match is_interrupted() {
        true => -1,
        // SAFETY: as in `read`.
        false => unsafe { libc::syscall(libc::SYS_write, fd, buffer, count) as isize },
    }
}

#[no_mangle]
extern "C" fn poll(entries: *mut libc::pollfd, count: libc::nfds_t, milliseconds: c_int) -> c_int {
    if is_interrupted() {
        return -1;
    }
    // `ppoll`, since not every architecture has a `poll`; two longs are its timespec
    // wherever it is not called `ppoll_time64`.
    let time = [
        c_long::from(milliseconds / 1000),
        c_long::from(milliseconds % 1000) * 1_000_000,
    ];
    let time = match milliseconds {
        -1 => core::ptr::null(),
        _ => time.as_ptr(),
    };
    // SAFETY: as in `read`; no signal mask.
    unsafe {
        libc::syscall(
            libc::SYS_ppoll,
            entries,
            count,
            time,
            0 as c_long,
            8 as c_long,
        ) as c_int
    }
}

/// Gives what `work` gives after its next call has been interrupted so many times.
fn interrupted<R>(times: u32, work: impl FnOnce() -> R) -> R {
    LEFT.with(|left| left.set(times));
    let result = work();
    LEFT.with(|left| assert_eq!(left.get(), 0, "not interrupted, or not often enough"));
    result
}

fn rungs() -> impl Iterator<Item = (u32, Rung)> {
    [1, 2, 1000]
        .into_iter()
        .flat_map(|times| Rung::OF_NOTIFIERS.map(|rung| (times, rung)))
        .filter(|&(_, rung)| AutoNotifier::at(rung).is_ok())
}

#[test]
fn nothing_is_done_twice_or_not_at_all() {
    for (times, rung) in rungs() {
        let notifier = AutoNotifier::at(rung).expect("a notifier");
        assert_eq!(interrupted(times, || notifier.clear()), Ok(false));
        assert_eq!(interrupted(times, || notifier.notify()), Ok(()));
        assert_eq!(
            interrupted(times, || notifier.wait(None)),
            Ok(Wait::Notified)
        );
        assert_eq!(interrupted(times, || notifier.clear()), Ok(true));
        let short = Some(Duration::from_millis(2));
        assert_eq!(
            interrupted(times, || notifier.wait(short)),
            Ok(Wait::TimedOut)
        );

        let waker = Waker::new(notifier);
        assert_eq!(interrupted(times, || waker.wake()), Ok(()));
        assert_eq!(interrupted(times, || waker.clear()), Ok(true));
        assert_eq!(waker.clear(), Ok(false));
    }
}

#[test]
fn every_count_is_added_and_taken_once() {
    for (times, rung) in rungs() {
        let counter = Counter::at(rung, Mode::Sum).expect("a counter");
        for n in [1, 1 << 20, 1 << 40, 1 << 62] {
            assert_eq!(interrupted(times, || counter.add(n)), Ok(()));
            let taken = interrupted(times, || counter.take()).expect("take");
            assert_eq!(taken.map(u64::from), Some(n), "{rung}");
        }
        if rung != Rung::EventFd {
            let semaphore = Counter::at(rung, Mode::Semaphore).expect("a semaphore");
            assert_eq!(interrupted(times, || semaphore.add(2)), Ok(()));
            for _ in 0..2 {
                let taken = interrupted(times, || semaphore.take()).expect("take");
                assert_eq!(taken.map(u64::from), Some(1));
            }
            assert_eq!(semaphore.take(), Ok(None));
        }
    }
}
