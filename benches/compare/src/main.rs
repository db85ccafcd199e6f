//! wakefd beside other ways to wake a loop; see docs/benchmarks.md, and
//! ci/bench.sh, which runs this.

mod cases;
mod count;
mod curves;
mod device;
mod growth;
mod harness;
mod latency;
mod machine;
mod memory;
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
use report::{Results, Table};

const PAGE: &str = "docs/benchmarks.md";

const USAGE: &str = "\
wakefd-benchmarks [--quick] [--case CASE]... [--out DIR] [--doc]
wakefd-benchmarks --count CASE WHO OPERATIONS
wakefd-benchmarks --device WHO RATE MESSAGES
wakefd-benchmarks --memory [--doc]
wakefd-benchmarks --list

--quick   fewer and shorter rounds, and counts of wakefd alone
--case    only this one, and no counts
--out     where plot.svg and results.json go; without it, neither is written
--doc     puts the tables between the marks in docs/benchmarks.md, a few figures into
          README.md, and a small plot into docs/images/
--count   does nothing but these operations, for strace and valgrind
--device  does nothing but send so many messages, so many a second, for strace
--memory  only what objects keep in memory
--list    the cases, and who takes part";

fn main() -> Result<(), Box<dyn Error>> {
    let (mut only, mut out, mut doc, mut memory) = (Vec::new(), None, false, false);
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
            Long("doc") => doc = true,
            Long("memory") => memory = true,
            Long("count") => {
                let case = arguments.value()?.string()?;
                let who = arguments.value()?.string()?;
                return repeat(&case, &who, arguments.value()?.parse()?);
            }
            Long("device") => {
                let who = arguments.value()?.string()?;
                let (rate, messages) = (arguments.value()?, arguments.value()?);
                let done = device::repeat(&who, rate.parse()?, messages.parse()?);
                return done.ok_or_else(|| format!("nobody is called {who}").into());
            }
            Long("list") => return list(),
            Long("help") => {
                println!("{USAGE}");
                return Ok(());
            }
            _ => return Err(argument.unexpected().into()),
        }
    }

    if memory {
        let table = memory::table();
        print!("{}", table.plain());
        if doc {
            write_between_marks(Path::new(PAGE), "the memory", table.cells().trim_start())?;
        }
        return Ok(());
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
            for who in contestants.iter().filter(|who| settings.counts(who)) {
                results.counts.push(count::count(case, who, operations));
            }
        }
    }

    let tables = report::tables(&results);
    let (mut charts, mut more) = (Vec::new(), Vec::new());
    if only.is_empty() {
        eprintln!("measuring latency and growth");
        charts = growth::charts(settings.repeats);
        more.push(latency::table(settings.messages));
        if settings.rounds == Settings::FULL.rounds {
            more.push(device::table());
        }
    }
    let growth: Vec<Table> = charts.iter().map(growth::Chart::table).collect();
    let targets = report::targets(&results);
    for table in tables.iter().chain(&more).chain(&growth).chain([&targets]) {
        print!("{}", table.plain());
    }
    let summary = report::summary(&results);
    print!("{}", summary.plain());
    if doc {
        document(kind, &results, &more, &summary, &charts)?;
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

/// Writes what docs/benchmarks.md and README.md show of this run.
fn document(
    kind: &str,
    results: &Results,
    more: &[Table],
    summary: &Table,
    charts: &[growth::Chart],
) -> Result<(), Box<dyn Error>> {
    let page = Path::new(PAGE);
    let tables = report::page(results);
    let all: String = tables.iter().chain(more).map(Table::markdown).collect();
    let all = format!("{kind}.\n\n{}{all}", machine::describe());
    write_between_marks(page, "the tables", &all)?;
    write_between_marks(page, "what was missed", &report::missed(results))?;
    let few = summary.cells();
    write_between_marks(page, "the summary", few.trim_start())?;
    write_between_marks(Path::new("README.md"), "the summary", few.trim_start())?;
    fs::write("docs/images/benchmarks.svg", plot::small(&results.measured))?;
    fs::write("docs/images/growth.svg", curves::svg(charts))?;
    Ok(())
}

fn write_between_marks(file: &Path, what: &str, text: &str) -> Result<(), Box<dyn Error>> {
    let begin = format!("<!-- ci/bench.sh --doc writes {what} from here -->\n");
    let end = "<!-- to here -->\n";
    let old = fs::read_to_string(file)?;
    let marks = (|| {
        let (before, rest) = old.split_once(&begin)?;
        let (_, after) = rest.split_once(end)?;
        Some((before, after))
    })();
    let (before, after) = marks.ok_or_else(|| format!("{} has not both marks", file.display()))?;
    let new = format!("{before}{begin}\n{text}\n{end}{after}");
    Ok(fs::write(file, new)?)
}
