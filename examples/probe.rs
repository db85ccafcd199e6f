//! Prints which mechanisms are available on this machine, and checks that a notifier works.
//!
//! ```text
//! cargo run --example probe -- --backend kernel --json
//! ```
// These lints are for the crate, which is no_std. This program uses std.
#![allow(clippy::std_instead_of_alloc, clippy::std_instead_of_core)]

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::*;
use serde_json::{json, Map, Value as Json};
use wakefd::{AutoNotifier, Mechanism, Report, Selection, Wait};

const HELP: &str = "\
Tries each mechanism of a notifier, and tests a notifier on the chosen one.

Usage: probe [OPTIONS]

  --backend auto|kernel|eventfd|pipe   the selection (default: auto)
  --json                               print one JSON object instead of text
  --help                               print this text

Exit status: 0 if the notifier works, 1 if it does not or no mechanism is
available, 2 for an invalid command line.
";

struct Options {
    selection: Selection,
    json: bool,
}

impl Options {
    /// Returns `None` if the user asks for help.
    fn from_env() -> Result<Option<Self>, lexopt::Error> {
        let mut options = Options {
            selection: Selection::Auto,
            json: false,
        };
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("backend") => options.selection = arguments.value()?.parse_with(selection)?,
                Long("json") => options.json = true,
                Short('h') | Long("help") => return Ok(None),
                _ => return Err(argument.unexpected()),
            }
        }
        Ok(Some(options))
    }
}

fn selection(name: &str) -> Result<Selection, &'static str> {
    match name {
        "auto" => Ok(Selection::Auto),
        "kernel" => Ok(Selection::Kernel),
        "eventfd" => Ok(Selection::EventFd),
        "pipe" => Ok(Selection::Pipe),
        _ => Err("the backend must be auto, kernel, eventfd or pipe"),
    }
}

/// Checks that a notifier is what the report says, and that it works.
fn self_check(selection: Selection, choice: Mechanism) -> Result<(), Box<dyn Error>> {
    const NOW: Option<Duration> = Some(Duration::ZERO);
    let require = |holds: bool, what| if holds { Ok(()) } else { Err(what) };

    let notifier = AutoNotifier::with(selection)?;
    require(
        notifier.mechanism() == choice,
        "the notifier uses another mechanism than reported",
    )?;
    require(
        notifier.wait(NOW)? == Wait::TimedOut,
        "a new notifier is notified",
    )?;
    notifier.notify()?;
    notifier.notify()?;
    require(
        notifier.wait(NOW)? == Wait::Notified,
        "the notifier is not notified after notify",
    )?;
    require(notifier.clear()?, "clear found no notification")?;
    require(
        !notifier.clear()?,
        "one clear did not take all notifications",
    )?;
    require(
        notifier.wait(NOW)? == Wait::TimedOut,
        "the notifier is notified after clear",
    )?;
    Ok(())
}

fn json(report: &Report, check: &str) -> Json {
    let choice = report.choice().ok();
    let mechanisms: Map<String, Json> = report
        .outcomes()
        .map(|(mechanism, outcome)| (mechanism.to_string(), outcome.to_string().into()))
        .collect();
    json!({
        "kernel": report.kernel(),
        "machine": report.machine(),
        "libc": report.libc().to_string(),
        "arch": std::env::consts::ARCH,
        "endian": if cfg!(target_endian = "big") { "big" } else { "little" },
        "pointer_width": usize::BITS,
        "backend": choice.map(|mechanism| mechanism.backend().as_str()),
        "mechanism": choice.map(Mechanism::as_str),
        "reason": report.reason().to_string(),
        "mechanisms": mechanisms,
        "self_check": check,
    })
}

/// Probes, checks and prints, and returns whether the check passed.
fn run(options: &Options) -> io::Result<bool> {
    let report = wakefd::probe_with(options.selection);
    let (well, check) = match report.choice() {
        Err(_) => (
            false,
            String::from("not run, because no mechanism is available"),
        ),
        Ok(choice) => match self_check(options.selection, choice) {
            Ok(()) => (true, String::from("passed")),
            Err(fault) => (false, format!("failed: {fault}")),
        },
    };
    let mut out = io::stdout();
    if options.json {
        writeln!(out, "{}", json(&report, &check))?;
    } else {
        writeln!(out, "{report}\nself-check: {check}")?;
    }
    match report.choice() {
        Err(error) => eprintln!("{error}"),
        Ok(_) if !well => eprintln!("self-check {check}"),
        Ok(_) => {}
    }
    Ok(well)
}

fn main() -> ExitCode {
    let options = match Options::from_env() {
        Ok(Some(options)) => options,
        Ok(None) => {
            let _ = io::stdout().write_all(HELP.as_bytes());
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}; see --help");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
