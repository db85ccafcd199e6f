//! wakefd beside other ways to wake a loop; see docs/benchmarks.md, and
//! ci/bench.sh, which runs this.

mod cases;
mod count;
mod harness;
mod machine;
mod peers;
mod place;
mod plot;
mod report;
mod sys;
mod targets;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use harness::Settings;
use lexopt::prelude::*;
use report::Results;

const USAGE: &str = "\
wakefd-benchmarks [--quick] [--case CASE]... [--out DIR] [--doc FILE]
wakefd-benchmarks --count CASE WHO OPERATIONS
wakefd-benchmarks --list

--quick   fewer and shorter rounds
--case    only this one, and no counts
--out     where plot.svg and results.json go; without it, neither is written
--doc     puts the tables between the marks in this file
--count   does nothing but these operations, for strace and valgrind
--list    the cases, and who takes part";

fn main() -> Result<(), Box<dyn Error>> {
    let (mut only, mut out, mut doc) = (Vec::new(), None, None);
    let (mut settings, mut kind) = (Settings::FULL, "A full run");
    let mut arguments = lexopt::Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("quick") => (settings, kind) = (Settings::QUICK, "A quick run, for a first look"),
            Long("case") => {
                let name = arguments.value()?.string()?;
                if !cases::all().iter().any(|case| case.name == name) {
                    return Err(format!("no case {name}; see --list").into());
                }
                only.push(name);
            }
            Long("out") => out = Some(PathBuf::from(arguments.value()?)),
            Long("doc") => doc = Some(PathBuf::from(arguments.value()?)),
            Long("count") => {
                let case = arguments.value()?.string()?;
                let who = arguments.value()?.string()?;
                return repeat(&case, &who, arguments.value()?.parse()?);
            }
            Long("list") => return list(),
            Long("help") => {
                println!("{USAGE}");
                return Ok(());
            }
            _ => return Err(argument.unexpected().into()),
        }
    }

    // Before any thread is pinned: async-io has a thread of its own, which would
    // be where its maker is.
    async_io::block_on(async {});
    println!("{}", machine::describe());
    let mut results = Results::default();
    for case in cases::all() {
        if !only.is_empty() && !only.iter().any(|name| name == case.name) {
            continue;
        }
        eprintln!("measuring {}", case.name);
        results.measured.push(harness::measure(case, &settings));
    }
    if only.is_empty() {
        for (case, contestants, operations) in count::COUNTED {
            eprintln!("counting {case}");
            for who in contestants {
                results.counts.push(count::count(case, who, operations));
            }
        }
    }

    let tables = report::tables(&results);
    tables.iter().for_each(|table| print!("{}", table.plain()));
    if let Some(file) = doc {
        write_between_marks(&file, kind, &tables)?;
    }
    if let Some(out) = out {
        fs::create_dir_all(&out)?;
        let (plot, list) = (out.join("plot.svg"), out.join("results.json"));
        fs::write(&plot, plot::svg(&results.measured))?;
        fs::write(&list, format!("{:#}\n", report::json(&results)))?;
        println!("\n{}\n{}", plot.display(), list.display());
    }
    println!("{}", report::verdict(&results));
    Ok(())
}

fn list() -> Result<(), Box<dyn Error>> {
    for case in cases::all() {
        let names: Vec<_> = case.contestants.iter().map(|&(who, _)| who).collect();
        println!("{}: {}", case.name, names.join(" "));
    }
    Ok(())
}

fn repeat(case: &str, who: &str, operations: u64) -> Result<(), Box<dyn Error>> {
    let run = cases::all()
        .into_iter()
        .filter(|known| known.name == case)
        .flat_map(|known| known.contestants)
        .find(|&(name, _)| name == who);
    let (_, run) = run.ok_or("no such case, or not with them; see --list")?;
    run(operations);
    Ok(())
}

const BEGIN: &str = "<!-- ci/bench.sh --doc writes from here -->\n";
const END: &str = "<!-- to here -->\n";

fn write_between_marks(
    file: &Path,
    kind: &str,
    tables: &[report::Table],
) -> Result<(), Box<dyn Error>> {
    let old = fs::read_to_string(file)?;
    let marks = (|| {
        let (before, rest) = old.split_once(BEGIN)?;
        let (_, after) = rest.split_once(END)?;
        Some((before, after))
    })();
    let (before, after) = marks.ok_or("the file has not both marks")?;
    let tables: String = tables.iter().map(report::Table::markdown).collect();
    let machine = machine::describe();
    let new = format!("{before}{BEGIN}\n{kind}.\n\n{machine}{tables}\n{END}{after}");
    Ok(fs::write(file, new)?)
}
