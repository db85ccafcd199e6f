//! How exact timers are, on a timerfd and on the thread:
//! `cargo bench --bench timer --features timer`.
//!
//! Lateness is from the time for which a timer was armed until `wait` has returned.
//! The mechanisms take turns, so that a disturbance does not fall on one alone.

use core::time::Duration;

use wakefd::{Error, Mechanism, Timer};

const MECHANISMS: [Mechanism; 2] = [Mechanism::TimerFdFlags, Mechanism::TimerThread];

fn main() -> Result<(), Error> {
    println!("{:<34} {:>14} {:>14}", "µs", "timerfd", "thread");
    for (milliseconds, times) in [(1, 1000), (10, 200)] {
        let first = Duration::from_millis(milliseconds);
        let [mut timerfd, mut thread] = [Vec::new(), Vec::new()];
        let timers = [Timer::at(MECHANISMS[0])?, Timer::at(MECHANISMS[1])?];
        for _ in 0..times {
            timerfd.push(lateness(&timers[0], first)?);
            thread.push(lateness(&timers[1], first)?);
        }
        timerfd.sort_unstable();
        thread.sort_unstable();
        for (what, rank) in [
            ("median", times / 2),
            ("99 of 100", times * 99 / 100),
            ("most", times - 1),
        ] {
            let name = format!("one-shot of {milliseconds} ms, late, {what}");
            row(&name, [timerfd[rank], thread[rank]]);
        }
    }
    let [timerfd, thread] = [drift(MECHANISMS[0])?, drift(MECHANISMS[1])?];
    row("1 ms period, 1000th, late", [timerfd.0, thread.0]);
    row("1 ms period, late, median", [timerfd.1, thread.1]);
    println!(
        "{:<34} {:>14} {:>14}",
        "1 ms period, expirations in 1 s", timerfd.2, thread.2
    );
    Ok(())
}

fn row(what: &str, cells: [Duration; 2]) {
    let [timerfd, thread] = cells.map(|late| late.as_secs_f64() * 1e6);
    println!("{what:<34} {timerfd:>14.1} {thread:>14.1}");
}

fn lateness(timer: &Timer, first: Duration) -> Result<Duration, Error> {
    let due = Timer::now() + first;
    timer.arm_at(due, None)?;
    let _ = timer.wait(None)?;
    let late = Timer::now() - due;
    timer.take()?;
    Ok(late)
}

/// How late the last of a thousand periods is, and the median; and how many
/// expirations were taken until then.
fn drift(mechanism: Mechanism) -> Result<(Duration, Duration, u64), Error> {
    const PERIOD: Duration = Duration::from_millis(1);
    const PERIODS: u32 = 1000;
    let timer = Timer::at(mechanism)?;
    let first = Timer::now() + PERIOD;
    timer.arm_at(first, Some(PERIOD))?;
    let (mut late, mut count) = (Vec::new(), 0);
    while count < u64::from(PERIODS) {
        let _ = timer.wait(None)?;
        let now = Timer::now();
        count += timer.take()?.map_or(0, u64::from);
        // The last that has expired.
        let due = first + PERIOD * (count as u32 - 1);
        late.push(now.saturating_sub(due));
    }
    let last = late[late.len() - 1];
    late.sort_unstable();
    Ok((last, late[late.len() / 2], count))
}
