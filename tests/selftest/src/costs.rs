//! Measures the time of each operation on this machine.

use core::time::Duration;
use wakefd::{AutoNotifier, Error, Mechanism};

use crate::sys;

const OPERATIONS: u32 = 5_000;

/// Prints a line for each mechanism, as comments of the report.
pub fn print() {
    comment!(
        "costs in ns: notify while pending, notify and clear, wait while pending, new and drop"
    );
    for mechanism in Mechanism::FOR_NOTIFIERS {
        match measure(mechanism) {
            Ok([notify, both, wait, new]) => {
                comment!(
                    "cost of {}: {} {} {} {}",
                    mechanism,
                    notify,
                    both,
                    wait,
                    new
                );
            }
            Err(error) => comment!("cost of {}: {}", mechanism, error),
        }
    }
}

fn measure(mechanism: Mechanism) -> Result<[u64; 4], Error> {
    let notifier = AutoNotifier::at(mechanism)?;
    let both = nanoseconds(|| {
        notifier.notify()?;
        notifier.clear().map(drop)
    })?;
    let notify = nanoseconds(|| notifier.notify())?;
    let wait = nanoseconds(|| notifier.wait(Some(Duration::ZERO)).map(drop))?;
    let new = nanoseconds(|| AutoNotifier::at(mechanism).map(drop))?;
    Ok([notify, both, wait, new])
}

/// Of one operation, the mean of many.
fn nanoseconds(operation: impl Fn() -> Result<(), Error>) -> Result<u64, Error> {
    let begin = sys::nanoseconds();
    for _ in 0..OPERATIONS {
        operation()?;
    }
    Ok((sys::nanoseconds() - begin) / u64::from(OPERATIONS))
}
