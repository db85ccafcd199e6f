//! Tests that a timer on the thread leaves no thread and no page behind, and the conversions
//! of timers to std's types.
//!
//! The tests count the threads of the process, so each one runs in a new process.

mod emulator;
mod suite;

use core::time::Duration;
use std::fs;
use std::os::unix::io::{AsFd, AsRawFd};

use wakefd::{Mechanism, Timer, Wait};
use wakefd_conformance::{isolated, random_operations, Constructor, Outcome};

const HOUR: Duration = Duration::from_secs(3600);

fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("/proc").count()
}

/// All that is mapped, in pages of 4 KiB.
fn pages() -> usize {
    let maps = fs::read_to_string("/proc/self/maps").expect("/proc");
    let size = |line: &str| {
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        let [from, to] = [from, to].map(|address| u64::from_str_radix(address, 16));
        Some(to.ok()? - from.ok()?)
    };
    (maps.lines().filter_map(size).sum::<u64>() / 4096) as usize
}

fn on_the_thread() -> Timer {
    Timer::at(Mechanism::TimerThread).expect("a timer")
}

fn one_thread_for_all_and_none_after_the_last() {
    let before = threads();
    for _ in 0..20 {
        let timers: Vec<Timer> = (0..10).map(|_| on_the_thread()).collect();
        assert_eq!(threads(), before + 1);
        for timer in &timers {
            timer.arm_after(Duration::ZERO, Some(HOUR)).unwrap();
            assert_eq!(timer.wait(None), Ok(Wait::Notified));
        }
        assert_eq!(threads(), before + 1);
        drop(timers);
        // Dropping the last has waited for the thread's end; the kernel may be a
        // moment behind with its list.
        let mut patience = 1000;
        while threads() > before && patience > 0 {
            std::thread::sleep(Duration::from_millis(1));
            patience -= 1;
        }
        assert_eq!(threads(), before);
    }
}

fn no_page_is_left() {
    // A first round, as a libc keeps the stack of a thread for the next.
    let round = || drop((0..10).map(|_| on_the_thread()).collect::<Vec<_>>());
    round();
    let before = pages();
    for _ in 0..100 {
        round();
    }
    // A thousand timers had a page each.
    assert!(pages() < before + 100, "{} pages, then {}", before, pages());
}

/// Nobody wakes up for a timer that is not armed, or from which nobody takes.
fn the_thread_sleeps_when_nothing_is_to_be_said() {
    let own = || -> Vec<String> {
        let tasks = fs::read_dir("/proc/self/task").expect("/proc");
        tasks
            .map(|task| task.unwrap().file_name().into_string().unwrap())
            .collect()
    };
    let before = own();
    let timer = on_the_thread();
    let service = own()
        .into_iter()
        .find(|task| !before.contains(task))
        .unwrap();
    let path = format!("/proc/self/task/{service}/status");
    let wake_ups = || {
        let status = fs::read_to_string(&path).expect("/proc");
        let count = |line: &str| {
            let count = line.strip_prefix("voluntary_ctxt_switches:")?;
            count.trim().parse::<u64>().ok()
        };
        status.lines().find_map(count).expect("the kernel counts")
    };
    let pause = || std::thread::sleep(Duration::from_millis(50));
    pause();
    let idle = wake_ups();
    pause();
    assert_eq!(wake_ups(), idle, "while nothing is armed");

    let period = Duration::from_micros(1);
    timer.arm_after(Duration::ZERO, Some(period)).unwrap();
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    pause();
    let untaken = wake_ups();
    pause();
    assert_eq!(wake_ups(), untaken, "while nobody takes");
    assert!(timer.take().unwrap().map_or(0, u64::from) >= 100_000);
    timer.disarm().unwrap();
}

fn thread_names() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").expect("/proc");
    let name = |task: std::io::Result<fs::DirEntry>| {
        fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
    };
    tasks.map(name).collect()
}

fn the_thread_has_a_name() {
    let timer = on_the_thread();
    timer.arm_after(Duration::ZERO, None).unwrap();
    // When it has notified, it has named itself.
    assert_eq!(timer.wait(None), Ok(Wait::Notified));
    let names = thread_names();
    assert!(names.contains(&"wakefd-timers\n".to_owned()), "{names:?}");
}

/// In the order in which they were made: four times as many take four times as long, or a
/// little more, and not sixteen times.
fn many_are_dropped_in_time() {
    let drop_in_order = |count: usize| {
        let timers: Vec<Timer> = (0..count).map(|_| on_the_thread()).collect();
        let begin = std::time::Instant::now();
        timers.into_iter().for_each(drop);
        begin.elapsed()
    };
    // Ends the thread last, which is not to be measured.
    let _last = on_the_thread();
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let all = rustix::process::Rlimit {
        current: limit.maximum,
        ..limit
    };
    rustix::process::setrlimit(rustix::process::Resource::Nofile, all).expect("setrlimit");
    let most = limit.maximum.unwrap_or(u64::MAX).min(10_100) as usize - 100;
    // On a busy machine some are slow.
    let is_in_time = |_| drop_in_order(most) < 10 * drop_in_order(most / 4);
    assert!((0..5).any(is_in_time), "{most} timers");
}

/// After `unshare(CLONE_NEWPID)` a process can make no thread; its children can.
fn a_pid_namespace_to_come() -> Outcome {
    use rustix::thread::{unshare_unsafe, UnshareFlags};
    // SAFETY: no descriptors are unshared.
    #[allow(unsafe_code)]
    let unshared = unsafe { unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWPID) };
    if let Err(error) = unshared {
        return Outcome::Absent(error.raw_os_error());
    }
    let made = Timer::at(Mechanism::TimerThread);
    let error = made.expect_err("no thread");
    assert_eq!(
        error.to_string(),
        "timer-thread: invalid argument (EINVAL); no thread can be created after unshare(CLONE_NEWPID)"
    );
    Timer::new().expect("a timerfd needs no thread");
    // The first process of the namespace.
    isolated(|| {
        let timer = on_the_thread();
        timer.arm_after(Duration::from_millis(1), None).unwrap();
        assert_eq!(timer.wait(None), Ok(Wait::Notified));
        assert_eq!(timer.take().map(|count| count.map(u64::from)), Ok(Some(1)));
        Outcome::Passed
    })
}

/// A time namespace moves the monotonic clock beyond 2³¹ seconds, which a `long` of a 32-bit
/// machine does not hold.
fn a_clock_beyond_31_bits() -> Outcome {
    use rustix::thread::{unshare_unsafe, UnshareFlags};
    const SECONDS: u64 = 2_200_000_000;
    // SAFETY: no descriptors are unshared.
    #[allow(unsafe_code)]
    let unshared = unsafe { unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWTIME) };
    if let Err(error) = unshared {
        return Outcome::Absent(error.raw_os_error());
    }
    if let Err(error) = fs::write(
        "/proc/self/timens_offsets",
        format!("monotonic {SECONDS} 0"),
    ) {
        return Outcome::Absent(error.raw_os_error().unwrap_or(libc::EPERM));
    }
    // The namespace is for children.
    isolated(|| {
        let soon = Duration::from_millis(20);
        for mechanism in Mechanism::FOR_TIMERS {
            let timer = Timer::at(mechanism).expect("a timer");
            let now = Timer::now();
            assert!(now > Duration::from_secs(SECONDS), "{now:?}");
            for absolute in [false, true] {
                let due = Timer::now() + soon;
                match absolute {
                    true => timer.arm_at(due, Some(HOUR)),
                    false => timer.arm_after(soon, Some(HOUR)),
                }
                .expect("arm");
                let left = timer.remaining().expect("remaining").expect("armed");
                assert!(left.time <= HOUR, "{mechanism}: {left:?}");
                assert_eq!(timer.wait(None), Ok(Wait::Notified));
                assert!(Timer::now() >= due, "{mechanism} is early");
                assert_eq!(timer.take().map(|count| count.map(u64::from)), Ok(Some(1)));
            }
            assert_eq!(timer.wait(Some(soon)), Ok(Wait::TimedOut));
        }
        Outcome::Passed
    })
}

fn std_types() {
    for mechanism in Mechanism::FOR_TIMERS {
        let timer = Timer::at(mechanism).expect("every kernel of std's has them");
        assert_eq!(AsRawFd::as_raw_fd(&timer), timer.as_raw_fd());
        assert_eq!(timer.as_fd().as_raw_fd(), timer.as_raw_fd());
        assert!(!format!("{timer:?}").is_empty());
        assert_eq!(timer.backend(), mechanism.backend());
    }
    fn sent<T: Send + Sync + 'static>() {}
    sent::<Timer>();
    let error = Timer::at(Mechanism::EventFd2).unwrap_err();
    assert_eq!(
        error.to_string(),
        "eventfd2: invalid argument (EINVAL); unavailable, or of another type"
    );
}

fn main() {
    let tests: [(&str, fn()); 6] = [
        ("the_thread_has_a_name", the_thread_has_a_name),
        ("many_are_dropped_in_time", many_are_dropped_in_time),
        (
            "one_thread_for_all_and_none_after_the_last",
            one_thread_for_all_and_none_after_the_last,
        ),
        ("no_page_is_left", no_page_is_left),
        (
            "the_thread_sleeps_when_nothing_is_to_be_said",
            the_thread_sleeps_when_nothing_is_to_be_said,
        ),
        ("std_types", std_types),
    ];
    type InNamespace = (&'static str, fn() -> Outcome);
    let in_namespaces: [InNamespace; 2] = [
        ("a_pid_namespace_to_come", a_pid_namespace_to_come),
        ("a_clock_beyond_31_bits", a_clock_beyond_31_bits),
    ];
    let in_namespaces = in_namespaces.into_iter().map(|(name, body)| suite::Test {
        name: name.to_owned(),
        run: Box::new(move || isolated(body)),
        may_be_absent: Some("this system refuses a namespace"),
    });
    let tests = tests
        .into_iter()
        .map(|(name, body)| suite::Test::isolated(name, body));
    // The long form of `timer_agrees_with_a_model`, which is shorter on an emulator.
    let operations = if emulator::is_emulated() {
        10_000
    } else {
        100_000
    };
    let random = Mechanism::FOR_TIMERS.map(|mechanism| {
        let work = move || random_operations(Constructor::At(mechanism), operations);
        suite::Test::isolated(format!("random_operations_on_{mechanism}"), work)
    });
    suite::main(tests.chain(in_namespaces).chain(random));
}
