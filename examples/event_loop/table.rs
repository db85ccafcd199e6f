//! Prints the summary: names with values to the right of them.

use std::io::{self, Write};

use wakefd::Mechanism;

pub(crate) type Row = (&'static str, String);

pub(crate) fn of_notifier(mechanism: Mechanism, multiplexer: &str) -> Vec<Row> {
    vec![
        ("backend", mechanism.backend().to_string()),
        ("mechanism", mechanism.to_string()),
        ("multiplexer", multiplexer.to_string()),
    ]
}

pub(crate) fn print(rows: &[Row]) -> io::Result<()> {
    let names = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let values = rows.iter().map(|(_, value)| value.len()).max().unwrap_or(0);
    let table: String = rows
        .iter()
        .map(|(name, value)| format!("{name:<names$}  {value:>values$}\n"))
        .collect();
    io::stdout().write_all(table.as_bytes())
}
