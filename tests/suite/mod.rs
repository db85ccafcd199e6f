//! A test harness for runs that fork: the lines and the closing line are those
//! of Rust's own.

use std::time::Instant;

use wakefd::Mechanism;
use wakefd_conformance::{Outcome, Run, Way};

/// One line of the list.
pub(crate) struct Test {
    pub(crate) name: String,
    pub(crate) run: Box<dyn Fn() -> Outcome>,
    /// Why there may rightly be no notifier, if so.
    pub(crate) may_be_absent: Option<&'static str>,
}

impl From<Run> for Test {
    fn from(run: Run) -> Self {
        Test {
            name: run.to_string(),
            run: Box::new(move || run.execute()),
            may_be_absent: may_be_absent(&run),
        }
    }
}

/// Why this run may find no notifier. Every kernel that std runs on has all
/// mechanisms, so anything else is a failure.
fn may_be_absent(run: &Run) -> Option<&'static str> {
    const YOUNG: bool = cfg!(any(
        target_arch = "aarch64",
        target_arch = "riscv64",
        target_arch = "loongarch64",
    ));
    if cfg!(not(all(feature = "eventfd", feature = "pipe"))) {
        Some("not in this build")
    } else if YOUNG && matches!(run.way, Way::At(Mechanism::EventFd | Mechanism::SignalFd)) {
        Some("this architecture never had the call")
    } else {
        None
    }
}

/// Runs the tests that the command line asks for, and exits.
pub(crate) fn main(tests: impl Iterator<Item = Test>) -> ! {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let filters: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let (chosen, others): (Vec<_>, Vec<_>) = tests.partition(|test| {
        filters.is_empty() || filters.iter().any(|filter| test.name.contains(*filter))
    });
    if has("--list") {
        // None of them is ignored beforehand.
        if !has("--ignored") {
            chosen
                .iter()
                .for_each(|test| println!("{}: test", test.name));
        }
        std::process::exit(0);
    }

    println!("\nrunning {} tests", chosen.len());
    let begin = Instant::now();
    let (mut passed, mut failed, mut ignored) = (0, Vec::new(), 0);
    for test in &chosen {
        let skipped = |why: &str| format!("ignored, {why}");
        let result = match ((test.run)(), test.may_be_absent) {
            (Outcome::Passed, _) => "ok".to_owned(),
            (Outcome::Skipped(errno), _) => {
                skipped(&format!("no seccomp filters here: {}", words(errno)))
            }
            (Outcome::Absent(_), Some(why)) => skipped(why),
            (outcome, _) => format!("FAILED ({outcome:?})"),
        };
        println!("test {} ... {result}", test.name);
        match result.as_str() {
            "ok" => passed += 1,
            other if other.starts_with("ignored") => ignored += 1,
            _ => failed.push(test.name.as_str()),
        }
    }
    if !failed.is_empty() {
        println!("\nfailures:\n    {}", failed.join("\n    "));
    }
    println!(
        "\ntest result: {}. {passed} passed; {} failed; {ignored} ignored; 0 measured; \
         {} filtered out; finished in {:.2}s\n",
        if failed.is_empty() { "ok" } else { "FAILED" },
        failed.len(),
        others.len(),
        begin.elapsed().as_secs_f64(),
    );
    std::process::exit(if failed.is_empty() { 0 } else { 101 });
}

fn words(errno: i32) -> std::io::Error {
    std::io::Error::from_raw_os_error(errno)
}
