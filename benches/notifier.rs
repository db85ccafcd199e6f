//! What an operation costs on each mechanism, beside a bare eventfd and a bare pipe
//! through rustix: `cargo bench`.
//!
//! Times of one machine at one moment: read the ratios.

use core::time::Duration;
use std::time::Instant;

use rustix::event::{eventfd, EventfdFlags};
use rustix::io::{read, write};
use rustix::pipe::{pipe_with, PipeFlags};
use wakefd::{AutoNotifier, Mechanism};

/// Operations in a round, and rounds of which the fastest counts: what is
/// slower was disturbed.
const OPERATIONS: u32 = 20_000;
const ROUNDS: u32 = 15;

fn nanoseconds(mut operation: impl FnMut()) -> f64 {
    let round = |operation: &mut dyn FnMut()| {
        let begin = Instant::now();
        (0..OPERATIONS).for_each(|_| operation());
        begin.elapsed()
    };
    let best = (0..ROUNDS).map(|_| round(&mut operation)).min();
    best.unwrap_or(Duration::MAX).as_secs_f64() * 1e9 / f64::from(OPERATIONS)
}

fn row(who: &str, cells: [f64; 4]) {
    print!("{who:<18}");
    cells.iter().for_each(|cell| print!(" {cell:>14.0}"));
    println!();
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{:<18} {:>14} {:>14} {:>14} {:>14}",
        "ns", "notify pending", "notify + clear", "wait, pending", "new + drop"
    );
    for mechanism in Mechanism::FOR_NOTIFIERS {
        let notifier = match AutoNotifier::at(mechanism) {
            Ok(notifier) => notifier,
            Err(error) => {
                println!("{mechanism:<18} not here: {error}");
                continue;
            }
        };
        let both = nanoseconds(|| assert_eq!(notifier.notify().and(notifier.clear()), Ok(true)));
        let notify = nanoseconds(|| assert_eq!(notifier.notify(), Ok(())));
        let wait = nanoseconds(|| assert!(notifier.wait(None).is_ok()));
        let new = nanoseconds(|| drop(AutoNotifier::at(mechanism)));
        row(&format!("wakefd {mechanism}"), [notify, both, wait, new]);
    }

    let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
    let bare = eventfd(0, flags)?;
    let one = 1_u64.to_ne_bytes();
    let both = nanoseconds(|| assert!(write(&bare, &one).and(read(&bare, &mut [0; 8])).is_ok()));
    let notify = nanoseconds(|| assert!(write(&bare, &one).is_ok()));
    let new = nanoseconds(|| drop(eventfd(0, flags)));
    row("rustix eventfd", [notify, both, f64::NAN, new]);

    let flags = PipeFlags::CLOEXEC | PipeFlags::NONBLOCK;
    let (reading, writing) = pipe_with(flags)?;
    let both = nanoseconds(|| {
        assert!(write(&writing, b"w")
            .and(read(&reading, &mut [0; 8]))
            .is_ok())
    });
    let new = nanoseconds(|| drop(pipe_with(flags)));
    row("rustix pipe", [f64::NAN, both, f64::NAN, new]);
    Ok(())
}
