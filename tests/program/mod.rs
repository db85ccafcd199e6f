//! Runs an example as a program, and reads the table that it prints.

use std::collections::HashMap;
use std::process::Command;

use crate::emulator;

/// The program, and what cargo would run it with: an emulator, for another processor.
pub(crate) fn example(name: &str) -> Command {
    let program = emulator::profile().join("examples").join(name);
    assert!(
        program.exists(),
        "no {}: `cargo test --all-features` builds it, and so does `cargo build --all-features \
         --example {name}`",
        program.display()
    );
    let runner = emulator::command();
    let mut words = runner.split_whitespace();
    match words.next() {
        Some(first) => {
            let mut command = Command::new(first);
            command.args(words).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// The rows of the table, by name.
pub(crate) struct Summary<'a>(HashMap<&'a str, &'a str>);

impl<'a> Summary<'a> {
    pub(crate) fn new(table: &'a str) -> Self {
        let rows = table.lines().filter_map(|line| line.split_once("  "));
        Summary(rows.map(|(name, value)| (name, value.trim())).collect())
    }

    pub(crate) fn text(&self, name: &str) -> &'a str {
        let found = self.0.get(name);
        found.unwrap_or_else(|| panic!("no {name} in {:?}", self.0))
    }

    pub(crate) fn number(&self, name: &str) -> u64 {
        self.text(name).parse().expect(name)
    }
}
