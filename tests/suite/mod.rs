//! A test harness for runs that fork. It prints the same lines as Rust's harness.

use std::time::Instant;

use wakefd::Mechanism;
use wakefd_conformance::calls::NO_OLD_CALLS;
use wakefd_conformance::{isolated, Constructor, Outcome, Run};

/// One line of the list.
pub(crate) struct Test {
    pub(crate) name: String,
    pub(crate) run: Box<dyn Fn() -> Outcome>,
    /// Why what is tested may rightly be unavailable, if so.
    pub(crate) may_be_absent: Option<&'static str>,
}

impl Test {
    /// One that runs in a process of its own, and passes unless it panics.
    #[allow(dead_code)] // Not every program has one.
    pub(crate) fn isolated(name: impl Into<String>, body: impl Fn() + 'static) -> Self {
        Test {
            name: name.into(),
            run: Box::new(move || {
                isolated(|| {
                    body();
                    Outcome::Passed
                })
            }),
            may_be_absent: None,
        }
    }
}

impl From<Run> for Test {
    fn from(run: Run) -> Self {
        Test {
            name: run.to_string(),
            run: Box::new(move || run.execute()),
            may_be_absent: match run.constructor {
                _ if cfg!(not(all(feature = "eventfd", feature = "pipe"))) => {
                    Some("not in this build")
                }
                Constructor::At(mechanism) => never_had(mechanism),
                Constructor::Auto => None,
            },
        }
    }
}

/// Why this mechanism may be unavailable. Every kernel that std runs on has all others.
pub(crate) fn never_had(mechanism: Mechanism) -> Option<&'static str> {
    let is_old = matches!(mechanism, Mechanism::EventFd | Mechanism::SignalFd);
    (NO_OLD_CALLS && is_old).then_some("this architecture never had the call")
}

/// The number of the first test, and how many the next one is after it: `WAKEFD_TEST_PART`
/// is `1/3` for the second of three parts, which together have all.
fn part() -> (usize, usize) {
    let part = match std::env::var("WAKEFD_TEST_PART") {
        Ok(part) => part,
        Err(_) => return (0, 1),
    };
    let numbers = part.split_once('/').and_then(|(first, step)| {
        let (first, step) = (first.parse().ok()?, step.parse().ok()?);
        (first < step).then_some((first, step))
    });
    numbers.unwrap_or_else(|| panic!("WAKEFD_TEST_PART={part}: not like 1/3"))
}

/// Runs the tests that the command line asks for, and exits.
pub(crate) fn main(tests: impl Iterator<Item = Test>) -> ! {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |option: &str| arguments.iter().any(|argument| argument == option);
    let filters: Vec<&String> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let (first, step) = part();
    let mut number = 0..;
    let (chosen, others): (Vec<_>, Vec<_>) = tests.partition(|test| {
        let is_named =
            filters.is_empty() || filters.iter().any(|filter| test.name.contains(*filter));
        is_named && number.next().map_or(false, |number| number % step == first)
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
        let result = match ((test.run)(), test.may_be_absent) {
            (Outcome::Passed, _) => {
                passed += 1;
                "ok".to_owned()
            }
            (Outcome::Skipped(errno), _) => {
                ignored += 1;
                let error = std::io::Error::from_raw_os_error(errno);
                format!("ignored, no seccomp filters here: {error}")
            }
            (Outcome::Absent(_), Some(why)) => {
                ignored += 1;
                format!("ignored, {why}")
            }
            (outcome, _) => {
                failed.push(test.name.as_str());
                format!("FAILED ({outcome:?})")
            }
        };
        println!("test {} ... {result}", test.name);
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
