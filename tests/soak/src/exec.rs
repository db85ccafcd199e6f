//! Counts the descriptors that programs inherit if they are started while notifiers are created.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::process::Command;
use std::time::{Duration, Instant};

use wakefd::{AutoNotifier, Mechanism};

pub fn run(seconds: u32) {
    let each = Duration::from_secs(seconds.into()) / 4;
    for mechanism in Mechanism::FOR_NOTIFIERS {
        if AutoNotifier::at(mechanism).is_err() {
            println!("exec, {mechanism}: unavailable");
            continue;
        }
        let [made, inherited] = race(mechanism, each);
        // The others have a window, between the call and fcntl.
        if matches!(mechanism, Mechanism::EventFd2 | Mechanism::Pipe2) {
            assert_eq!(inherited.1, 0, "{mechanism} has no window");
        }
        println!("exec, {mechanism}: {} made and dropped, {} programs started, of which {} inherited descriptors", made.0, inherited.0, inherited.1);
    }
}

/// How many were made, how many programs were started, and how many of these had
/// descriptors of another's.
fn race(mechanism: Mechanism, time: Duration) -> [(u64, u64); 2] {
    let done = AtomicBool::new(false);
    let [made, started, inherited] = [(); 3].map(|()| AtomicU64::new(0));
    let program = std::env::current_exe().expect("the path of this program");
    let start = || {
        let status = Command::new(&program).arg("inherited").status();
        status
            .expect("it is this program")
            .code()
            .expect("no signal")
    };
    // Whoever started this one may have left it some.
    let before = start();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    drop(AutoNotifier::at(mechanism).expect("a notifier"));
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let code = start();
                    started.fetch_add(1, Ordering::Relaxed);
                    if code > before {
                        inherited.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        let begin = Instant::now();
        while begin.elapsed() < time {
            std::thread::sleep(Duration::from_millis(10));
        }
        done.store(true, Ordering::Relaxed);
    });
    [
        (made.into_inner(), 0),
        (started.into_inner(), inherited.into_inner()),
    ]
}
