//! Runs an example as a program, and reads the table that it prints.

use std::collections::HashMap;
use std::env;
use std::path::Path;
use std::process::Command;

/// The program, and what cargo would run it with: an emulator, for another processor.
pub(crate) fn example(name: &str) -> Command {
    // target/TARGET/debug/deps/this, or target/debug/deps/this.
    let this = env::current_exe().expect("this program");
    let profile = this.ancestors().nth(2).expect("a directory of cargo's");
    let program = profile.join("examples").join(name);
    assert!(
        program.exists(),
        "no {}: `cargo test --all-features` builds it, and so does `cargo build --all-features \
         --example {name}`",
        program.display()
    );
    let runner = runner(profile);
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

/// What cargo runs programs of this target with, for a directory of cargo's.
fn runner(profile: &Path) -> String {
    let target = profile.parent().and_then(Path::file_name);
    let target = target.unwrap_or_default().to_string_lossy();
    let variable = target.to_uppercase().replace(['-', '.'], "_");
    env::var(format!("CARGO_TARGET_{variable}_RUNNER")).unwrap_or_default()
}

/// Returns whether an emulator runs the programs.
#[allow(dead_code)] // Not every test asks.
pub(crate) fn is_emulated() -> bool {
    let this = env::current_exe().expect("this program");
    runner(this.ancestors().nth(2).expect("a directory of cargo's")).contains("qemu")
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
