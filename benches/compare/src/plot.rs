//! The timings as bars in one SVG: a panel for each case, with a logarithmic
//! scale, as contestants lie up to a thousand times apart.

use std::fmt::{self, Write};

use crate::cases::{BUSY, FOUR_PRODUCERS, PENDING};
use crate::harness::Measured;

const WIDTH: f64 = 860.0;
/// Where names end and bars begin.
const LEFT: f64 = 240.0;
/// Kept free for the number after the longest bar.
const RIGHT: f64 = 130.0;
const ROW: f64 = 18.0;
const TITLE: f64 = 44.0;

/// Those whom the small picture shows.
const KNOWN: [&str; 11] = [
    "wakefd-eventfd",
    "wakefd-pipe",
    "wakefd-channel-eventfd",
    "wakefd-channel-pipe",
    "polling",
    "libuv",
    "tokio",
    "mio",
    "crossbeam-channel",
    "tokio-mpsc",
    "calloop-channel",
];

/// Of three cases, with the best known.
pub(crate) fn small(measured: &[Measured]) -> String {
    let cases = [PENDING, BUSY, FOUR_PRODUCERS];
    let shown = measured.iter().filter(|it| cases.contains(&it.case.name));
    draw(shown, |who| KNOWN.contains(&who))
}

/// Of all cases.
pub(crate) fn svg(measured: &[Measured]) -> String {
    draw(measured.iter(), |_| true)
}

fn draw<'a>(
    measured: impl Iterator<Item = &'a Measured>,
    is_shown: impl Fn(&str) -> bool,
) -> String {
    let measured: Vec<_> = measured
        .map(|it| {
            let mut names = it.ranking();
            names.retain(|who| is_shown(who));
            (it, names)
        })
        .collect();
    let rows: usize = measured.iter().map(|(_, names)| names.len()).sum();
    let height = measured.len() as f64 * (TITLE + ROW) + rows as f64 * ROW + ROW;
    let mut svg = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
"##
    );
    let mut top = 0.0;
    for (measured, names) in measured {
        panel(&mut svg, measured, names, &mut top).expect("a string takes everything");
    }
    svg += "</svg>\n";
    svg
}

/// Draws a case from `top` downwards, and moves it on.
fn panel(svg: &mut String, measured: &Measured, names: Vec<&str>, top: &mut f64) -> fmt::Result {
    let values: Vec<f64> = names.iter().filter_map(|who| measured.value(who)).collect();
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(0.0, f64::max);
    // Whole powers of ten, so that there are marks for the eye.
    let (from, to) = (low.log10().floor(), high.log10().ceil());
    let decades = (to - from).max(1.0);
    let x = |value: f64| LEFT + (value.log10() - from) / decades * (WIDTH - LEFT - RIGHT);
    let rows = names.len() as f64;

    writeln!(
        svg,
        r#"<text x="10" y="{:.0}" font-weight="bold">{}</text><text x="10" y="{:.0}" fill="{GREY}">{}</text>"#,
        *top + 20.0,
        measured.case.name,
        *top + 36.0,
        measured.case.what,
    )?;
    *top += TITLE;
    let mut mark = from;
    while mark <= to {
        writeln!(
            svg,
            r#"<line x1="{x:.1}" x2="{x:.1}" y1="{top:.0}" y2="{:.0}" stroke="{LIGHT}"/><text x="{x:.1}" y="{:.0}" fill="{GREY}" font-size="10" text-anchor="middle">{} ns</text>"#,
            *top + rows * ROW,
            *top + rows * ROW + 12.0,
            10_f64.powf(mark),
            x = x(10_f64.powf(mark)),
        )?;
        mark += 1.0;
    }
    for (who, value) in names.into_iter().zip(values) {
        let colour = if who.starts_with("wakefd") {
            OURS
        } else {
            THEIRS
        };
        let ratio = measured.ratio(who, measured.case.base).unwrap_or(f64::NAN);
        writeln!(
            svg,
            r#"<text x="{:.0}" y="{text:.0}" text-anchor="end">{who}</text><rect x="{LEFT}" y="{:.0}" width="{:.1}" height="{:.0}" fill="{colour}"/><text x="{:.1}" y="{text:.0}" fill="{GREY}">{value:.1} ({ratio:.2} x)</text>"#,
            LEFT - 6.0,
            *top + 2.0,
            (x(value) - LEFT).max(1.0),
            ROW - 4.0,
            x(value) + 6.0,
            text = *top + 13.0,
        )?;
        *top += ROW;
    }
    *top += ROW;
    Ok(())
}

const OURS: &str = "#c2410c";
const THEIRS: &str = "#64748b";
const GREY: &str = "#475569";
const LIGHT: &str = "#e2e8f0";
