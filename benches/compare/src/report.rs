//! The results as tables, as JSON, and as the fewer and denser tables of docs/benchmarks.md.

use serde_json::{Value, json};

use crate::cases::{
    BUSY, CHANNEL, CREATE, FOUR_PRODUCERS, ONE_CORE, ONE_PRODUCER, PENDING, SLEEPING, WAKEFD,
    WAKEFD_EDGE,
};
use crate::count::{self, Count};
use crate::harness::Measured;
use crate::targets::{self, PIPE_AGAINST_EVENTFD};

/// All of one run.
#[derive(Default)]
pub(crate) struct Results {
    pub(crate) measured: Vec<Measured>,
    pub(crate) counts: Vec<Count>,
}

impl Results {
    fn case(&self, name: &str) -> Option<&Measured> {
        self.measured.iter().find(|it| it.case.name == name)
    }

    pub(crate) fn ratio(&self, case: &str, who: &str, other: &str) -> Option<f64> {
        self.case(case)?.ratio(who, other)
    }

    /// The fastest peer of a case, and its time divided by that of the fastest of wakefd's
    /// own ways on an eventfd or a pipe. What uses a part of wakefd's is no peer, and neither
    /// is an atomic operation alone.
    pub(crate) fn best_peer(&self, case: &str) -> Option<(&'static str, f64)> {
        let case = self.case(case)?;
        let ranking = case.ranking();
        let own = ranking
            .iter()
            .find(|who| who.starts_with("wakefd") && !who.contains('+'))?;
        let peers = ranking
            .iter()
            .filter(|who| !who.starts_with("wakefd") && !who.starts_with("atomic"));
        peers
            .filter_map(|who| Some((*who, case.ratio(who, own)?)))
            .min_by(|(_, a), (_, b)| a.total_cmp(b))
    }

    /// A time in nanoseconds.
    fn value(&self, case: &str, who: &str) -> Option<f64> {
        self.case(case)?.value(who)
    }

    pub(crate) fn system_calls(&self, case: &str, who: &str) -> Option<f64> {
        let mut counts = self.counts.iter();
        let count = counts.find(|count| (count.case, count.who) == (case, who))?;
        Some(count.system_calls())
    }
}

/// A heading, a sentence, and cells.
pub(crate) struct Table {
    pub(crate) title: String,
    pub(crate) text: String,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn plain(&self) -> String {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let width = |column: usize| lines().map(|line| line[column].chars().count()).max();
        let widths: Vec<usize> = (0..self.header.len()).filter_map(width).collect();
        let mut text = format!("\n==> {}: {}\n", self.title, self.text);
        for line in lines() {
            let cells = line.iter().zip(&widths).enumerate();
            let cells: Vec<String> = cells
                .map(
                    |(column, (cell, &width))| match is_number(&self.rows, column) {
                        true => format!("{cell:>width$}"),
                        false => format!("{cell:<width$}"),
                    },
                )
                .collect();
            text += cells.join("  ").trim_end();
            text += "\n";
        }
        text
    }

    pub(crate) fn markdown(&self) -> String {
        let text = format!("\n### {}\n\n{}.\n", self.title, upper(&self.text));
        text + &self.cells()
    }

    /// The header and the rows alone.
    pub(crate) fn cells(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = |column| match is_number(&self.rows, column) {
            true => "---:".to_owned(),
            false => "---".to_owned(),
        };
        let rules: Vec<String> = (0..self.header.len()).map(rule).collect();
        let mut text = format!("\n{}", line(&self.header));
        text += &line(&rules);
        self.rows.iter().for_each(|row| text += &line(row));
        text
    }
}

pub(crate) fn header(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

/// Numbers stand on the right.
fn is_number(rows: &[Vec<String>], column: usize) -> bool {
    let digit = |row: &Vec<String>| {
        let first = row[column].chars().next();
        first.is_none_or(|first| first.is_ascii_digit() || first == '-')
    };
    column > 0 && rows.iter().all(digit)
}

fn upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

/// Three digits that mean something, or more.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.digits$}")
}

fn optional(value: Option<f64>) -> String {
    value.map_or_else(|| "-".to_owned(), number)
}

pub(crate) fn timing(measured: &Measured) -> Table {
    let case = &measured.case;
    let row = |who: &str| {
        let value = measured.value(who)?;
        let (low, high) = measured.spread(who)?;
        let ratio = measured.ratio(who, case.base)?;
        let mut cells = vec![
            who.to_owned(),
            number(value),
            format!("{} to {}", number(low), number(high)),
            number(ratio),
        ];
        if case.messages {
            cells.insert(1, number(1e3 / value));
        }
        Some(cells)
    };
    let mut header = header(&["who", "ns", "half of the rounds", "ratio"]);
    if case.messages {
        header.insert(1, "M messages/s".to_owned());
    }
    Table {
        title: case.name.to_owned(),
        text: case.what.to_owned(),
        header,
        rows: measured.ranking().into_iter().filter_map(row).collect(),
    }
}

pub(crate) fn pipe_against_eventfd(results: &Results) -> Table {
    let row = |&(name, pipe, eventfd): &(&str, &str, &str)| {
        let case = results.case(name)?;
        Some(vec![
            name.to_owned(),
            number(case.value(pipe)?),
            number(case.value(eventfd)?),
            number(case.ratio(pipe, eventfd)?),
        ])
    };
    Table {
        title: "pipe-against-eventfd".to_owned(),
        text: "wakefd on either backend, from the rounds above".to_owned(),
        header: header(&["case", "pipe ns", "eventfd ns", "ratio"]),
        rows: PIPE_AGAINST_EVENTFD.iter().filter_map(row).collect(),
    }
}

pub(crate) fn counts(results: &Results, case: &str) -> Table {
    let counts = results.counts.iter().filter(|count| count.case == case);
    let row = |count: &Count| {
        let times = |(name, times): (&String, &f64)| match (times - 1.0).abs() < 0.005 {
            true => name.clone(),
            false => format!("{} x {name}", number(*times)),
        };
        // The rest is not of an operation: a thread that starts a little earlier.
        let calls = count.calls.iter().filter(|&(_, &times)| times >= 0.01);
        let calls: Vec<String> = calls.map(times).collect();
        vec![
            count.who.to_owned(),
            number(count.instructions),
            number(count.system_calls()),
            calls.join(", "),
        ]
    };
    Table {
        title: format!("counted: {case}"),
        text: "instructions in user space and system calls of one operation".to_owned(),
        header: header(&["who", "instructions", "system calls", "which"]),
        rows: counts.map(row).collect(),
    }
}

pub(crate) fn targets(results: &Results) -> Table {
    target_table(&targets::all(results))
}

fn target_table(targets: &[targets::Target]) -> Table {
    let row = |target: &targets::Target| {
        vec![
            target.text.clone(),
            optional(target.measured),
            target.verdict().to_owned(),
        ]
    };
    Table {
        title: "targets".to_owned(),
        text: "what is wanted of wakefd on an eventfd, if nothing else is said".to_owned(),
        header: header(&["target", "measured", "verdict"]),
        rows: targets.iter().map(row).collect(),
    }
}

/// Each name once, in the order in which they come.
fn in_order<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut names = Vec::new();
    all.for_each(|who| {
        if !names.contains(&who) {
            names.push(who);
        }
    });
    names
}

/// The contestants of several cases side by side: the time of one of them, and the others'
/// times divided by it.
fn side_by_side(results: &Results, title: &str, base: &str, cases: &[&str]) -> Table {
    let cases: Vec<&Measured> = cases.iter().filter_map(|case| results.case(case)).collect();
    let contestants = cases.iter().flat_map(|measured| &measured.case.contestants);
    let mut names = in_order(contestants.map(|&(who, _)| who));
    names.retain(|&who| who != base);
    let row = |who: String, cell: &dyn Fn(&Measured) -> Option<f64>| {
        let cells = cases.iter().map(|measured| optional(cell(measured)));
        std::iter::once(who).chain(cells).collect()
    };
    let first = row(format!("{base}, ns"), &|measured| measured.value(base));
    let others = names
        .iter()
        .map(|who| row((*who).to_owned(), &|measured| measured.ratio(who, base)));
    let titles: Vec<&str> = cases.iter().map(|measured| measured.case.name).collect();
    Table {
        title: title.to_owned(),
        text: format!("nanoseconds of `{base}`, and the others' time divided by it"),
        header: header(&[&["who"], &titles[..]].concat()),
        rows: std::iter::once(first).chain(others).collect(),
    }
}

/// What was counted, side by side.
fn counts_side_by_side(results: &Results) -> Table {
    let cases = count::COUNTED.map(|(case, ..)| case);
    let names = in_order(results.counts.iter().map(|count| count.who));
    let cell = |who: &str, case: &str| {
        let mut counts = results.counts.iter();
        let count = counts.find(|count| (count.case, count.who) == (case, who));
        count.map_or_else(
            || "-".to_owned(),
            |count| {
                let (instructions, calls) = (count.instructions, count.system_calls());
                format!("{}/{}", number(instructions), number(calls))
            },
        )
    };
    let row = |who: &&str| {
        let cells = cases.iter().map(|case| cell(who, case));
        std::iter::once((*who).to_owned()).chain(cells).collect()
    };
    Table {
        title: "Instructions and system calls".to_owned(),
        text: "instructions in user space / system calls of one operation".to_owned(),
        header: header(&[&["who"], &cases[..]].concat()),
        rows: names.iter().map(row).collect(),
    }
}

/// The tables of docs/benchmarks.md from here.
pub(crate) fn page(results: &Results) -> Vec<Table> {
    let loops = [PENDING, BUSY, SLEEPING, ONE_CORE, CREATE];
    let messages = [ONE_PRODUCER, FOUR_PRODUCERS];
    vec![
        side_by_side(results, "Loops", WAKEFD, &loops),
        side_by_side(results, "Messages", CHANNEL, &messages),
        counts_side_by_side(results),
    ]
}

/// Which targets were missed, for docs/benchmarks.md.
pub(crate) fn missed(results: &Results) -> String {
    let mut targets = targets::all(results);
    targets.retain(|target| target.is_met() != Some(true));
    let line = verdict(results);
    match targets.is_empty() {
        true => format!("{}.\n", upper(&line)),
        false => format!("{}.\n{}", upper(&line), target_table(&targets).cells()),
    }
}

/// A few figures that stand for all.
pub(crate) fn summary(results: &Results) -> Table {
    let times = |case: &str, peer: &str, own: &str| {
        let ratio = results.ratio(case, peer, own)?;
        Some(format!("{peer} {} x", number(ratio)))
    };
    let row = |(what, case, own, peers): (&str, &str, &str, [&str; 3])| {
        let ns = results.value(case, own)?;
        let value = match case {
            ONE_PRODUCER | FOUR_PRODUCERS => format!("{} million a second", number(1e3 / ns)),
            _ if ns >= 1e3 => format!("{} µs", number(ns / 1e3)),
            _ => format!("{} ns", number(ns)),
        };
        let peers: Vec<String> = peers
            .map(|peer| times(case, peer, own))
            .into_iter()
            .collect::<Option<_>>()?;
        Some(vec![what.to_owned(), value, peers.join(", ")])
    };
    const CHANNELS: [&str; 3] = ["crossbeam-channel", "tokio-mpsc", "calloop-channel"];
    let rows = [
        (
            "wake a loop while a wake-up is pending",
            PENDING,
            WAKEFD,
            ["polling", "tokio", "mio"],
        ),
        (
            "wake a loop that is awake",
            BUSY,
            WAKEFD,
            ["tokio", "libuv", "mio"],
        ),
        (
            "round trip of two sleeping threads, edge-triggered",
            SLEEPING,
            WAKEFD_EDGE,
            ["mio", "tokio", "glib"],
        ),
        ("messages from one thread", ONE_PRODUCER, CHANNEL, CHANNELS),
        (
            "messages from four threads",
            FOUR_PRODUCERS,
            CHANNEL,
            CHANNELS,
        ),
    ];
    Table {
        title: "summary".to_owned(),
        text: "wakefd on an eventfd; a peer's time divided by wakefd's".to_owned(),
        header: header(&["what", "wakefd", "time of others"]),
        rows: rows.into_iter().filter_map(row).collect(),
    }
}

/// The last line.
pub(crate) fn verdict(results: &Results) -> String {
    let targets = targets::all(results);
    let count = |met| {
        targets
            .iter()
            .filter(|target| target.is_met() == met)
            .count()
    };
    let mut line = format!(
        "targets: {} met, {} missed",
        count(Some(true)),
        count(Some(false))
    );
    if count(None) > 0 {
        line += &format!(", {} not measured", count(None));
    }
    line
}

/// The tables of what was measured case by case, and counted.
pub(crate) fn tables(results: &Results) -> Vec<Table> {
    let mut tables: Vec<Table> = results.measured.iter().map(timing).collect();
    tables.push(pipe_against_eventfd(results));
    tables.extend(
        count::COUNTED
            .iter()
            .map(|(case, ..)| counts(results, case)),
    );
    tables.retain(|table| !table.rows.is_empty());
    tables
}

/// A list of `{case, who, value, unit, ratio}`, the ratio to wakefd.
pub(crate) fn json(results: &Results) -> Value {
    let entry = |case: &str, who: &str, value, unit: &str, ratio: Option<f64>| json!({ "case": case, "who": who, "value": value, "unit": unit, "ratio": ratio });
    let mut list = Vec::new();
    for measured in &results.measured {
        let case = &measured.case;
        for who in measured.ranking() {
            let (value, ratio) = (measured.value(who), measured.ratio(who, case.base));
            list.push(entry(case.name, who, value, "ns", ratio));
        }
    }
    for (name, pipe, eventfd) in PIPE_AGAINST_EVENTFD {
        if let Some(case) = results.case(name) {
            let (value, ratio) = (case.value(pipe), case.ratio(pipe, eventfd));
            list.push(entry("pipe-against-eventfd", name, value, "ns", ratio));
        }
    }
    for count in &results.counts {
        let mut counts = results.counts.iter();
        // wakefd comes first in each case.
        let base = counts.find(|base| base.case == count.case);
        let mut add = |unit, value: f64, base: Option<f64>| {
            // Nothing is a multiple of zero.
            let ratio = base.filter(|&base| base > 0.0).map(|base| value / base);
            list.push(entry(count.case, count.who, Some(value), unit, ratio));
        };
        add(
            "system calls",
            count.system_calls(),
            base.map(Count::system_calls),
        );
        add(
            "instructions",
            count.instructions,
            base.map(|base| base.instructions),
        );
    }
    Value::Array(list)
}
