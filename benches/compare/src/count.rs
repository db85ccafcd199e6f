//! What does not depend on noise: system calls, seen by strace, and instructions
//! in user space, seen by valgrind. Both run this program again with `--count`,
//! for N operations and for 2 N: the difference is the operations'.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use crate::cases::{BUSY, ONE_CORE, ONE_PRODUCER, PENDING};

/// What is counted, for whom, and over how many operations. The round trip is
/// that on one core: there a loop has nearly always fallen asleep before it is
/// woken, also under these tools, which slow the cores down by different amounts.
pub(crate) const COUNTED: [(&str, &[&str], u64); 4] = [
    (PENDING, &LOOPS, 1000),
    (BUSY, &LOOPS, 1000),
    (ONE_CORE, &LOOPS, 1000),
    (ONE_PRODUCER, &CHANNELS, 20_000),
];

const LOOPS: [&str; 11] = [
    "wakefd-eventfd",
    "wakefd-pipe",
    "wakefd-bare-eventfd",
    "hand-written",
    "mio",
    "polling",
    "calloop-ping",
    "tokio",
    "glib",
    "libuv",
    "libevent",
];

const CHANNELS: [&str; 6] = [
    "wakefd-channel-eventfd",
    "wakefd-channel-pipe",
    "crossbeam-channel",
    "std-mpsc",
    "tokio-mpsc",
    "calloop-channel",
];

/// What one operation of one contestant does.
pub(crate) struct Count {
    pub(crate) case: &'static str,
    pub(crate) who: &'static str,
    /// Each system call, and how often, in order of the name.
    pub(crate) calls: BTreeMap<String, f64>,
    pub(crate) instructions: f64,
}

impl Count {
    pub(crate) fn system_calls(&self) -> f64 {
        self.calls.values().fold(0.0, |sum, times| sum + times)
    }
}

pub(crate) fn count(case: &'static str, who: &'static str, few: u64) -> Count {
    let arguments = |times: u64| ["--count", case, who, &times.to_string()].map(str::to_owned);
    let [once, twice] = [few, 2 * few].map(|times| instructions(&arguments(times)));
    Count {
        case,
        who,
        calls: system_calls(few, arguments),
        instructions: (twice - once) / few as f64,
    }
}

/// The system calls of one operation, by the arguments with which this program does so many.
pub(crate) fn system_calls<const N: usize>(
    few: u64,
    arguments: impl Fn(u64) -> [String; N],
) -> BTreeMap<String, f64> {
    let once = all_system_calls(&arguments(few));
    let mut calls = all_system_calls(&arguments(2 * few));
    for (name, times) in &mut calls {
        let more = *times - once.get(name).unwrap_or(&0.0);
        // What there is less of (a thread that yields) comes of chance.
        *times = more.max(0.0) / few as f64;
    }
    calls.retain(|_, times| *times != 0.0);
    calls
}

/// From strace's table of two columns.
fn all_system_calls(arguments: &[String]) -> BTreeMap<String, f64> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-c", "-U", "calls,name"]);
    let table = again(&mut strace, arguments);
    let row = |line: &str| {
        let (times, name) = line.trim().split_once(' ')?;
        Some((name.trim().to_owned(), times.parse().ok()?))
    };
    let rows = table.lines().filter_map(row);
    rows.filter(|(name, _)| name != "total").collect()
}

/// From callgrind's last words.
fn instructions(arguments: &[String]) -> f64 {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    let words = again(&mut valgrind, arguments);
    let line = words.lines().find(|line| line.contains("Collected :"));
    let number = line.and_then(|line| line.split_whitespace().last()?.parse().ok());
    number.unwrap_or_else(|| panic!("valgrind counted nothing:\n{words}"))
}

/// Runs this program under `tool`, and gives what that wrote to stderr.
fn again(tool: &mut Command, arguments: &[String]) -> String {
    let itself = std::env::current_exe().expect("the program has a path");
    tool.arg(itself).args(arguments);
    let output = tool.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{tool:?}: {error}"));
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "{tool:?}: {}\n{words}",
        output.status
    );
    words
}
