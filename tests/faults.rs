//! What comes of it when a system call fails: each call with each errno, in a
//! process of its own. With `--table` it prints the table of `docs/reliability.md`.

mod suite;

use std::fmt::Write as _;

use suite::Test;
use wakefd_conformance::faults::{rows, Effect, Fault, Row, Verdict, ERRNOS};
use wakefd_conformance::Outcome;

fn main() {
    if std::env::args().any(|argument| argument == "--table") {
        return print!("{}", table());
    }
    suite::main(faults().map(|fault| Test {
        name: fault.to_string(),
        run: Box::new(move || judge(fault)),
        may_be_absent: None,
    }));
}

fn faults() -> impl Iterator<Item = Fault> {
    all_rows().flat_map(|row| {
        ERRNOS
            .iter()
            .filter_map(move |&(errno, _)| Fault::new(row, errno))
    })
}

fn all_rows() -> impl Iterator<Item = &'static Row> {
    rows()
}

fn judge(fault: Fault) -> Outcome {
    match fault.execute() {
        Verdict::Came(effect) if Some(effect) == fault.expected() => Outcome::Passed,
        Verdict::Came(effect) => {
            eprintln!("{fault}: {effect}");
            Outcome::Failed
        }
        Verdict::Not(outcome) => outcome,
    }
}

/// What has come of each, as Markdown.
fn table() -> String {
    let mut table = String::from("| call | while |");
    let mut line = |cells: &mut dyn Iterator<Item = String>| {
        cells.for_each(|cell| write!(table, " {cell} |").expect("a string"));
        table.push_str("\n|");
    };
    line(&mut ERRNOS.iter().map(|(_, name)| (*name).to_owned()));
    line(&mut (0..ERRNOS.len() + 2).map(|_| "---".to_owned()));
    for row in all_rows() {
        let names = [row.call.name, row.doing].map(|name| format!("`{name}`"));
        let cells = ERRNOS.iter().map(|&(errno, _)| {
            Fault::new(row, errno).map_or("".to_owned(), |fault| match fault.execute() {
                Verdict::Came(effect) => effect.to_string(),
                Verdict::Not(outcome) => format!("{outcome:?}"),
            })
        });
        line(&mut names.into_iter().chain(cells));
    }
    table.pop();
    table
}
