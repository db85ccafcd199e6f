//! Tests the claims of docs/security.md that need std: other processes hold a pipe's
//! descriptors or share the user's limits. The suite tests the other claims.
#![cfg(all(feature = "std", feature = "pipe", target_os = "linux"))]

extern crate alloc;

use alloc::sync::Arc;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::io::{AsFd, AsRawFd};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Instant;

use wakefd::{AutoNotifier, Counter, Mechanism, Mode, SelfPipe, Wait, Waker};
use wakefd_conformance::{Kind, Multiplexer};

fn pipes() -> impl Iterator<Item = SelfPipe> {
    let pipe = |mechanism| SelfPipe::at(mechanism).expect("every mechanism is here");
    [Mechanism::Pipe2, Mechanism::Pipe].into_iter().map(pipe)
}

/// The writing end, for somebody who has only the reading end.
fn writing_end(pipe: &impl AsRawFd) -> File {
    OpenOptions::new()
        .write(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(format!("/proc/self/fd/{}", pipe.as_raw_fd()))
        .expect("the writing end")
}

#[test]
fn whoever_has_the_reading_end_can_read_and_write() {
    for pipe in pipes() {
        let mut reading_end = File::from(pipe.as_fd().try_clone_to_owned().expect("dup"));
        let mut writing_end = writing_end(&pipe);
        pipe.notify().expect("notify");
        assert_eq!(reading_end.read(&mut [0; 9]).expect("read"), 1);
        assert_eq!(pipe.clear(), Ok(false), "the notification was taken");
        writing_end.write_all(b"anything").expect("write");
        assert_eq!(pipe.wait(None), Ok(Wait::Notified));
        assert_eq!(pipe.clear(), Ok(true));

        // Who goes away takes nothing along: no hang-up, no SIGPIPE.
        drop((reading_end, writing_end));
        assert_eq!(pipe.notify(), Ok(()));
        assert_eq!(pipe.clear(), Ok(true));
        assert_eq!(pipe.clear(), Ok(false));
    }
}

/// A pipe counts in records of eight bytes. Less than one is no count, and no crash.
#[test]
fn a_part_of_a_record_makes_a_count_wrong() {
    let counter = Counter::at(Mechanism::Pipe2, Mode::Sum).expect("a counter");
    let mut writing_end = writing_end(&counter);
    writing_end.write_all(&[7; 3]).expect("write");
    counter.add(1).expect("add");
    let taken = counter.take().expect("take").map(u64::from);
    assert!(![None, Some(1)].contains(&taken), "{taken:?}");
}

/// A part of a value is an error at once, not a wrong value, whatever follows it.
#[cfg(feature = "pipe-channel")]
#[test]
fn a_part_of_a_value_is_an_error() {
    use std::os::unix::io::OwnedFd;
    use wakefd::PipeChannel;

    fn is_torn(channel: &PipeChannel<u32>) {
        let torn = channel.try_recv().map_err(|error| error.raw_os_error());
        assert_eq!(torn, Err(libc::EIO));
        // It is mended.
        assert_eq!(channel.try_recv(), Ok(None));
        for value in [7, 8] {
            assert_eq!(channel.send(value), Ok(()));
        }
        for value in [Some(7), Some(8), None] {
            assert_eq!(channel.try_recv(), Ok(value));
        }
    }

    for mechanism in [Mechanism::Pipe2, Mechanism::Pipe] {
        let channel = PipeChannel::<u32>::at(mechanism).expect("a channel");
        let reading_end: OwnedFd = channel.as_fd().try_clone_to_owned().expect("dup");
        let (mut reading_end, mut writing_end) = (File::from(reading_end), writing_end(&channel));
        let send = || {
            for value in [1, 2, 3] {
                assert_eq!(channel.send(value), Ok(()));
            }
        };

        // A part is missing.
        send();
        assert_eq!(reading_end.read(&mut [0; 3]).expect("read"), 3);
        is_torn(&channel);
        // A part too many, before values, between them, and alone.
        writing_end.write_all(&[9; 3]).expect("write");
        send();
        is_torn(&channel);
        assert_eq!(channel.send(1), Ok(()));
        assert_eq!(channel.try_recv(), Ok(Some(1)));
        send();
        writing_end.write_all(&[9; 3]).expect("write");
        send();
        is_torn(&channel);
        writing_end.write_all(&[9; 3]).expect("write");
        is_torn(&channel);
        // More than a drain takes out at once.
        (0..1000).for_each(|value| channel.send(value).expect("send"));
        writing_end.write_all(&[9; 5]).expect("write");
        is_torn(&channel);
        // Whole values are nothing that anybody could tell.
        writing_end.write_all(&9u32.to_ne_bytes()).expect("write");
        assert_eq!(channel.try_recv(), Ok(Some(9)));
    }
}

/// A child that has this descriptor, and reads once.
fn drained_by_child(descriptor: &impl AsFd) {
    let share = descriptor.as_fd().try_clone_to_owned().expect("dup");
    let status = Command::new("dd")
        .args(["bs=4096", "count=1", "status=none"])
        .stdin(Stdio::from(share))
        .stdout(Stdio::null())
        .status();
    assert!(status.expect("there is a dd").success());
}

fn is_readable(descriptor: &impl AsRawFd) -> bool {
    Multiplexer::new(Kind::Poll, descriptor.as_raw_fd()).wait(0)
}

fn notifiers() -> impl Iterator<Item = AutoNotifier> {
    let all = Mechanism::FOR_NOTIFIERS.into_iter();
    // Not every architecture has had every call, nor this build every backend.
    all.filter_map(|mechanism| AutoNotifier::at(mechanism).ok())
}

/// The wakers believe that the consumer will find the descriptor readable.
#[test]
fn whoever_drains_a_waker_silences_it_until_the_next_clear() {
    for notifier in notifiers() {
        let waker = Waker::new(notifier);
        for _ in 0..2 {
            assert_eq!(waker.wake(), Ok(()));
            drained_by_child(&waker);
            assert!(!is_readable(&waker));
            assert_eq!(waker.wake(), Ok(()));
            assert!(!is_readable(&waker), "then docs/security.md is out of date");
            // The wake-up is not lost, and the next one arrives.
            assert_eq!(waker.clear(), Ok(true));
            assert_eq!(waker.wake(), Ok(()));
            assert!(is_readable(&waker));
            assert_eq!(waker.clear(), Ok(true));
        }
    }
}

#[cfg(feature = "channel")]
#[test]
fn whoever_drains_a_channel_silences_it_until_the_next_receive() {
    for notifier in notifiers() {
        let (sender, receiver) = wakefd::channel_on(notifier);
        for round in 0..2 {
            sender.send(round).expect("there is a receiver");
            drained_by_child(&receiver);
            sender.send(round).expect("there is a receiver");
            assert!(
                !is_readable(&receiver),
                "then docs/security.md is out of date"
            );
            // No message is lost, and the next one arrives.
            assert!(receiver.drain().eq([round, round]));
            sender.send(round).expect("there is a receiver");
            assert!(is_readable(&receiver));
            assert!(receiver.drain().eq([round]));
        }
    }
}

/// Says to stop when it goes out of scope, also by a panic.
struct Stop(Arc<AtomicBool>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Writers who fill a pipe as fast as it is read. `--nocapture` shows the times.
#[test]
fn a_flood_does_not_keep_a_clear() {
    const CLEARS: u32 = 10_000;
    for pipe in pipes().map(Arc::new) {
        let stop = Stop(Arc::default());
        for _ in 0..3 {
            let (stopped, mut writing_end) = (Arc::clone(&stop.0), writing_end(&*pipe));
            std::thread::spawn(move || {
                while !stopped.load(Ordering::Relaxed) {
                    let _ = writing_end.write(&[0; 65536]);
                }
            });
        }
        assert_eq!(pipe.wait(None), Ok(Wait::Notified));
        let (done, cleared) = mpsc::channel();
        let clearing = Arc::clone(&pipe);
        std::thread::spawn(move || {
            let time = || {
                let begin = Instant::now();
                clearing.clear().map(|_| begin.elapsed())
            };
            let longest =
                (0..CLEARS).try_fold(Duration::ZERO, |longest, _| Ok(longest.max(time()?)));
            done.send(longest)
        });
        let longest: Result<Duration, wakefd::Error> = cleared
            .recv_timeout(Duration::from_secs(60))
            .expect("it ends");
        println!(
            "{}: the longest of {CLEARS} took {:?}",
            pipe.mechanism(),
            longest.expect("clear")
        );
    }
}

/// Over the soft limit on a user's pipes, a new one has room for one page, two since
/// Linux 5.14 (pipe(7)), and is a notifier.
#[test]
fn a_user_over_the_soft_limit_has_small_pipes() {
    // A thread of its own, as it changes the thread's user. Root has no such limit.
    let thread = std::thread::spawn(|| {
        if rustix::process::geteuid().is_root() {
            let nobody = rustix::process::Uid::from_raw(65534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody)
                .expect("root that may not become another user has to run this as one");
        }
        let soft = std::fs::read_to_string("/proc/sys/fs/pipe-user-pages-soft").expect("/proc");
        let soft: usize = soft.trim().parse().expect("a number of pages");
        assert_ne!(soft, 0, "this machine has no soft limit");

        // Uses up the pages, in pipes as large as they may be; 16 pages each at least.
        let largest = std::fs::read_to_string("/proc/sys/fs/pipe-max-size").expect("/proc");
        let largest = largest.trim().parse().expect("a number of bytes");
        let mut hoard = Vec::new();
        while hoard.len() <= soft / 16 {
            let pipe = SelfPipe::new().expect("a pipe");
            match rustix::pipe::fcntl_setpipe_size(&pipe, largest) {
                Ok(_) => hoard.push(pipe),
                Err(errno) => {
                    assert_eq!(errno, rustix::io::Errno::PERM);
                    break;
                }
            }
        }
        // What is left of the last ones.
        let small = loop {
            let pipe = SelfPipe::new().expect("a pipe");
            let pages = rustix::pipe::fcntl_getpipe_size(&pipe).expect("its size")
                / rustix::param::page_size();
            if pages <= 2 {
                break pipe;
            }
            hoard.push(pipe);
            assert!(hoard.len() <= soft / 16, "the limit is not kept");
        };
        for _ in 0..3 {
            (0..20_000).for_each(|_| small.notify().expect("notify"));
            assert_eq!(small.clear(), Ok(true));
            assert_eq!(small.clear(), Ok(false));
        }
    });
    thread.join().expect("no panic");
}
