//! Makes each system call of each operation fail, one at a time. Whatever the operation
//! returns, the next wake-up must arrive.
//!
//! The test finds the calls by running the operation. It fails if tests/api/api.txt lists a function
//! that the table does not try. The table names functions without system calls, and the test
//! checks that they make none.
#![allow(unsafe_code)]

mod operation;
mod signals;
#[path = "../suite/mod.rs"]
mod suite;
mod supervised;
mod table;

extern crate alloc;

use alloc::collections::BTreeSet;

use suite::Test;
use wakefd_conformance::{isolated, Outcome};

fn main() {
    let skipped = match isolated(|| match supervised::available() {
        Ok(()) => Outcome::Passed,
        Err(errno) => Outcome::Absent(errno),
    }) {
        Outcome::Passed => None,
        Outcome::Absent(errno) => Some(errno),
        outcome => panic!("{outcome:?}"),
    };
    let rows = table::table().rows;
    let names: BTreeSet<String> = rows
        .iter()
        .flat_map(|row| row.names().split_whitespace())
        .map(str::to_owned)
        .collect();
    let complete = Test::isolated("every function of tests/api/api.txt", move || {
        complete(&names)
    });
    let tests = rows.into_iter().flat_map(|row| {
        row.mechanisms().iter().map(move |&mechanism| Test {
            name: format!("{mechanism}/{}", row.situation()),
            run: Box::new(move || match skipped {
                Some(errno) => Outcome::Skipped(errno),
                None => row.try_all(mechanism),
            }),
            may_be_absent: suite::never_had(mechanism),
        })
    });
    suite::main([complete].into_iter().chain(tests));
}

/// Compares the table with the list of the public API.
fn complete(names: &BTreeSet<String>) {
    let api: BTreeSet<String> = include_str!("../api/api.txt")
        .lines()
        .filter_map(function)
        .collect();
    let missing: Vec<_> = api.difference(names).collect();
    assert!(missing.is_empty(), "not tried: {missing:?}");
    let unknown: Vec<_> = names.difference(&api).collect();
    assert!(unknown.is_empty(), "not in tests/api/api.txt: {unknown:?}");
}

/// What core and std ask of values, which have no say in a wake-up. `from` gives a type to
/// a descriptor that is there.
const OF_VALUES: [&str; 8] = [
    "fmt", "clone", "eq", "hash", "default", "as_fd", "from", "source",
];

/// `Type::function`, if the line is one. `Notifier` is listed once more for each type.
fn function(line: &str) -> Option<String> {
    let signature = line.strip_prefix("pub ")?;
    let signature = signature.strip_prefix("const ").unwrap_or(signature);
    let path = signature.strip_prefix("fn ")?;
    // Without parameters of types, and up to those of the function.
    let mut depth = 0;
    let path: String = path
        .chars()
        .take_while(|&c| c != '(')
        .filter(|&c| {
            depth += i32::from(c == '<');
            let is_outside = depth == 0;
            depth -= i32::from(c == '>');
            is_outside
        })
        .collect();
    let (_, name) = path.split_once("wakefd::")?;
    let method = name.rsplit("::").next()?;
    let counts = !OF_VALUES.contains(&method) && !name.starts_with("Notifier::");
    counts.then(|| name.to_owned())
}
