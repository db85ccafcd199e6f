//! Charts as curves in one SVG, with logarithmic scales.

use std::fmt::{self, Write};

use crate::growth::Chart;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 300.0;
const LEFT: f64 = 70.0;
/// Kept free for the names.
const RIGHT: f64 = 210.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 40.0;
const COLOURS: [&str; 7] = [
    "#c2410c", "#ea9a6a", "#7c3aed", "#0369a1", "#15803d", "#64748b", "#a16207",
];

pub(crate) fn svg(charts: &[Chart]) -> String {
    let height = charts.len() as f64 * HEIGHT;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
"##
    );
    for (number, chart) in charts.iter().enumerate() {
        panel(&mut svg, chart, number as f64 * HEIGHT).expect("a string takes everything");
    }
    svg += "</svg>\n";
    svg
}

fn panel(svg: &mut String, chart: &Chart, top: f64) -> fmt::Result {
    let points = || chart.curves.iter().flat_map(|(_, points)| points);
    let range = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
        (low.log10().floor(), high.log10().ceil())
    };
    let (y_from, y_to) = range(&mut points().map(|&(_, ns)| ns));
    let (x_from, x_to) = points().fold((f64::INFINITY, 0.0_f64), |(low, high), &(n, _)| {
        (low.min((n as f64).log10()), high.max((n as f64).log10()))
    });
    let x =
        |n: usize| LEFT + ((n as f64).log10() - x_from) / (x_to - x_from) * (WIDTH - LEFT - RIGHT);
    let y = |ns: f64| {
        let part = (ns.log10() - y_from) / (y_to - y_from).max(1.0);
        top + HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)
    };
    writeln!(
        svg,
        r##"<text x="10" y="{:.0}" font-weight="bold">{}</text><text x="{LEFT}" y="{:.0}" fill="#475569">{}</text>"##,
        top + 20.0,
        chart.title,
        top + HEIGHT - 8.0,
        chart.of,
    )?;
    let mut mark = y_from;
    while mark <= y_to {
        let value = 10_f64.powf(mark);
        writeln!(
            svg,
            r##"<line x1="{LEFT}" x2="{:.0}" y1="{y:.1}" y2="{y:.1}" stroke="#e2e8f0"/><text x="{:.0}" y="{:.1}" fill="#475569" font-size="10" text-anchor="end">{value} ns</text>"##,
            WIDTH - RIGHT,
            LEFT - 6.0,
            y(value) + 3.0,
            y = y(value),
        )?;
        mark += 1.0;
    }
    for &(n, _) in &chart.curves[0].1 {
        writeln!(
            svg,
            r##"<text x="{:.1}" y="{:.0}" fill="#475569" font-size="10" text-anchor="middle">{n}</text>"##,
            x(n),
            top + HEIGHT - BOTTOM + 14.0,
        )?;
    }
    for (number, (who, points)) in chart.curves.iter().enumerate() {
        let colour = COLOURS[number % COLOURS.len()];
        let line: Vec<_> = points
            .iter()
            .map(|&(n, ns)| format!("{:.1},{:.1}", x(n), y(ns)))
            .collect();
        // The names in a column of their own, so that none covers another.
        let name_y = top + TOP + number as f64 * 18.0;
        writeln!(
            svg,
            r##"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/><rect x="{:.0}" y="{:.0}" width="12" height="4" fill="{colour}"/><text x="{:.0}" y="{:.0}">{who}</text>"##,
            line.join(" "),
            WIDTH - RIGHT + 16.0,
            name_y - 6.0,
            WIDTH - RIGHT + 34.0,
            name_y,
        )?;
    }
    Ok(())
}
