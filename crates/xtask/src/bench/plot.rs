//! Plots as SVG, written by hand and the same for the same figures: two panels, both scales logarithmic.
//!
//! Seconds on the left, memory on the right, with a broken line for the memory that is allowed and one for what grows as n
//! does. Colours are told apart by the markers' shapes too, and follow the reader's light or dark theme.

use std::fmt::Write as _;

use super::scale::{Series, bound};

const WIDTH: f64 = 800.0;
const TOP: f64 = 56.0;
const PANEL: (f64, f64) = (310.0, 230.0);
const LEFTS: [f64; 2] = [66.0, 462.0];

const STYLE: &str = "\
text{font:12px system-ui,sans-serif;fill:#1f2328}.t{font-size:14px;font-weight:600}\
.b{fill:#fff}.g{stroke:#d8dee4;fill:none}.f{stroke:#6e7781;fill:none}.d{stroke:#6e7781;fill:none;stroke-dasharray:5 4}\
.l{fill:none;stroke-width:2}.s0{stroke:#0969da;color:#0969da}.s1{stroke:#bc4c00;color:#bc4c00}\
.s2{stroke:#1a7f37;color:#1a7f37}.s3{stroke:#8250df;color:#8250df}.s4{stroke:#cf222e;color:#cf222e}\
.s5{stroke:#57606a;color:#57606a}.m{fill:currentColor;stroke:none}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.b{fill:#0d1117}.g{stroke:#30363d}.f,.d{stroke:#8b949e}\
.s0{stroke:#58a6ff;color:#58a6ff}.s1{stroke:#f0883e;color:#f0883e}.s2{stroke:#3fb950;color:#3fb950}\
.s3{stroke:#bc8cff;color:#bc8cff}.s4{stroke:#ff7b72;color:#ff7b72}.s5{stroke:#b1bac4;color:#b1bac4}}";

/// The plot of a scale.
pub(crate) fn svg(task: &str, series: &[Series]) -> String {
    let rows = series.len().div_ceil(3);
    let height = TOP + PANEL.1 + 74.0 + 20.0 * rows as f64;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH:.0} {height:.0}\" width=\"{WIDTH:.0}\" \
         height=\"{height:.0}\" role=\"img\"><title>Seconds and megabytes by {task}</title><style>{STYLE}</style>\n\
         <rect class=\"b\" width=\"{WIDTH:.0}\" height=\"{height:.0}\"/>\n"
    );
    let seconds: Vec<Vec<(f64, f64)>> =
        series.iter().map(|s| s.points.iter().map(|(n, wall, _)| (*n as f64, *wall)).collect()).collect();
    let memory: Vec<Vec<(f64, f64)>> = series
        .iter()
        .map(|s| s.points.iter().map(|(n, _, peak)| (*n as f64, *peak as f64 / 1e6)).collect())
        .collect();
    // As n grows: through the last point of the slowest.
    let slowest = seconds.iter().filter_map(|points| points.last()).max_by(|a, b| a.1.total_cmp(&b.1));
    let guide: Vec<(f64, f64)> = slowest.map_or_else(Vec::new, |(n, wall)| {
        let first =
            series.iter().filter_map(|s| s.points.first()).map(|point| point.0 as f64).fold(*n, f64::min);
        vec![(first, wall * first / n), (*n, *wall)]
    });
    let limits = limits(task, series);
    let left = Panel::new(LEFTS[0], "seconds", task, &seconds, &[]);
    let limit_lines: Vec<Vec<(f64, f64)>> = limits.iter().map(|(_, line)| line.clone()).collect();
    let right = Panel::new(LEFTS[1], "peak memory, MB", task, &memory, &limit_lines);
    left.frame(&mut out);
    left.broken(&mut out, &guide, "as n");
    right.frame(&mut out);
    for (name, line) in &limits {
        right.broken(&mut out, line, name);
    }
    for (i, (seconds, memory)) in seconds.iter().zip(&memory).enumerate() {
        left.line(&mut out, i, seconds);
        right.line(&mut out, i, memory);
    }
    for (i, series) in series.iter().enumerate() {
        let (x, y) = (LEFTS[0] + 230.0 * (i % 3) as f64, TOP + PANEL.1 + 66.0 + 20.0 * (i / 3) as f64);
        let (end, text) = (x + 28.0, x + 36.0);
        let _ = writeln!(out, "<path class=\"l s{}\" d=\"M{x:.1} {y:.1}H{end:.1}\"/>", i % 6);
        marker(&mut out, i, x + 14.0, y);
        let _ = writeln!(out, "<text x=\"{text:.1}\" y=\"{:.1}\">{}</text>", y + 4.0, series.program);
    }
    out.push_str("</svg>\n");
    out
}

/// The memory that is allowed, one line for those that share a bound.
fn limits(task: &str, series: &[Series]) -> Vec<(String, Vec<(f64, f64)>)> {
    let mut all: Vec<(String, Vec<(f64, f64)>)> = Vec::new();
    for series in series {
        let allowed =
            |(n, ..): &(u64, f64, u64)| Some((*n as f64, bound(task, &series.program, *n)? as f64 / 1e6));
        let line: Vec<(f64, f64)> = series.points.iter().filter_map(allowed).collect();
        if line.is_empty() {
            continue;
        }
        match all.iter_mut().find(|(_, known)| *known == line) {
            Some((name, _)) => *name = "allowed".to_owned(),
            None => all.push((format!("allowed: {}", series.program), line)),
        }
    }
    all
}

/// One of the two, with its ranges.
struct Panel<'a> {
    left: f64,
    title: &'a str,
    task: &'a str,
    x: (f64, f64),
    y: (f64, f64),
}

impl<'a> Panel<'a> {
    fn new(
        left: f64,
        title: &'a str,
        task: &'a str,
        lines: &[Vec<(f64, f64)>],
        limits: &[Vec<(f64, f64)>],
    ) -> Self {
        let range = |value: fn(&(f64, f64)) -> f64| {
            let all = lines.iter().chain(limits).flatten().map(value).filter(|value| *value > 0.0);
            all.fold((f64::INFINITY, 0.0f64), |(low, high), value| (low.min(value), high.max(value)))
        };
        let y = range(|point| point.1);
        // A decade at least, or noise would look like a mountain.
        let y = (ticks_below(y.0), ticks_above(y.1).max(ticks_below(y.0) * 10.0));
        Self { left, title, task, x: range(|point| point.0), y }
    }

    fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        let part = |value: f64, (low, high): (f64, f64)| {
            if high > low { (value.max(low * 0.9).ln() - low.ln()) / (high.ln() - low.ln()) } else { 0.5 }
        };
        (self.left + PANEL.0 * part(x, self.x), TOP + PANEL.1 * (1.0 - part(y, self.y)))
    }

    /// The grid with its labels, and the titles.
    fn frame(&self, out: &mut String) {
        let (right, bottom) = (self.left + PANEL.0, TOP + PANEL.1);
        for tick in ticks(self.x) {
            let (x, _) = self.place((tick, self.y.0));
            let _ = writeln!(out, "<path class=\"g\" d=\"M{x:.1} {TOP:.1}V{bottom:.1}\"/>");
            let label = label(tick, self.task);
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                bottom + 18.0
            );
        }
        for tick in ticks(self.y) {
            let (_, y) = self.place((self.x.0, tick));
            let _ = writeln!(out, "<path class=\"g\" d=\"M{:.1} {y:.1}H{right:.1}\"/>", self.left);
            let (at, base) = (self.left - 8.0, y + 4.0);
            let _ = writeln!(
                out,
                "<text x=\"{at:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{}</text>",
                number(tick)
            );
        }
        let (left, width, high) = (self.left, PANEL.0, PANEL.1);
        let _ = writeln!(
            out,
            "<rect class=\"f\" x=\"{left:.1}\" y=\"{TOP:.1}\" width=\"{width:.1}\" height=\"{high:.1}\"/>\n\
             <text class=\"t\" x=\"{left:.1}\" y=\"{:.1}\">{}</text>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            TOP - 14.0,
            self.title,
            left + width / 2.0,
            bottom + 38.0,
            self.task
        );
    }

    fn line(&self, out: &mut String, i: usize, points: &[(f64, f64)]) {
        let _ = writeln!(out, "<path class=\"l s{}\" d=\"{}\"/>", i % 6, self.path(points));
        for point in points {
            let (x, y) = self.place(*point);
            marker(out, i, x, y);
        }
    }

    /// A line that nothing was measured on, with its name at its end, or at its beginning where the end is above all.
    fn broken(&self, out: &mut String, points: &[(f64, f64)], name: &str) {
        let inside: Vec<(f64, f64)> = match points {
            // What leaves the panel below is cut where it does.
            [(x0, y0), (x1, y1)] if *y0 < self.y.0 => {
                let part = (self.y.0 / y0).ln() / (y1 / y0).ln();
                vec![((x0.ln() + part * (x1 / x0).ln()).exp(), self.y.0), (*x1, *y1)]
            }
            _ => points.to_vec(),
        };
        let Some(last) = inside.last() else { return };
        let (x, y) = self.place(*last);
        let _ = writeln!(out, "<path class=\"d\" d=\"{}\"/>", self.path(&inside));
        // Beside the line where it climbs, above it where it lies.
        let flat = inside.first().is_some_and(|first| first.1 == last.1);
        let (x, y) = if flat { (x - 6.0, y - 6.0) } else { (x - 34.0, y - 4.0) };
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>",
            y.max(TOP + 14.0)
        );
    }

    fn path(&self, points: &[(f64, f64)]) -> String {
        let mut path = String::new();
        for (i, point) in points.iter().enumerate() {
            let (x, y) = self.place(*point);
            let _ = write!(path, "{}{x:.1} {y:.1}", if i == 0 { 'M' } else { 'L' });
        }
        path
    }
}

fn marker(out: &mut String, i: usize, x: f64, y: f64) {
    let path = match i % 4 {
        0 => format!("M{:.1} {y:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z", x - 4.0),
        1 => format!("M{:.1} {:.1}h8v8h-8z", x - 4.0, y - 4.0),
        2 => format!("M{x:.1} {:.1}l5 9h-10z", y - 5.5),
        _ => format!("M{x:.1} {:.1}l5 5l-5 5l-5 -5z", y - 5.0),
    };
    let _ = writeln!(out, "<path class=\"s{} m\" d=\"{path}\"/>", i % 6);
}

/// 1, 2 and 5 of each decade where there are few, else powers of ten.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let steps: &[f64] = if high / low <= 101.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let all = (first..=last).flat_map(|power| steps.iter().map(move |step| step * 10f64.powi(power)));
    all.filter(|tick| *tick >= low * 0.999 && *tick <= high * 1.001).collect()
}

/// The next 1, 2 or 5 of a decade, downwards.
fn ticks_below(value: f64) -> f64 {
    let decade = 10f64.powf(value.log10().floor());
    decade * [5.0, 2.0].into_iter().find(|step| step * decade <= value).unwrap_or(1.0)
}

/// And upwards.
fn ticks_above(value: f64) -> f64 {
    let decade = 10f64.powf(value.log10().floor());
    decade * [1.0, 2.0, 5.0].into_iter().find(|step| step * decade >= value * 0.999).unwrap_or(10.0)
}

/// n in words.
fn label(n: f64, task: &str) -> String {
    match (task, n) {
        ("bytes", n) if n >= 1e9 => format!("{} GB", number(n / 1e9)),
        ("bytes", n) => format!("{} MB", number(n / 1e6)),
        (_, n) if n >= 1e6 => format!("{},000,000", number(n / 1e6)),
        (_, n) if n >= 1e3 => format!("{},000", number(n / 1e3)),
        (_, n) => number(n),
    }
}

fn number(value: f64) -> String {
    if value >= 0.999 {
        return format!("{value:.0}");
    }
    let digits = (-value.log10().floor()).max(0.0) as usize;
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks((10.0, 100.0)), [10.0, 20.0, 50.0, 100.0]);
        assert_eq!(ticks((1.0, 10_000.0)), [1.0, 10.0, 100.0, 1_000.0, 10_000.0]);
        assert_eq!((ticks_below(34.0), ticks_above(34.0)), (20.0, 50.0));
        assert_eq!((ticks_below(1.0), ticks_above(1.0)), (1.0, 1.0));
    }

    #[test]
    fn numbers_are_short() {
        let labels =
            [label(1e10, "bytes"), label(1e7, "bytes"), label(1e6, "entries"), label(1e4, "entries")];
        assert_eq!(labels, ["10 GB", "10 MB", "1,000,000", "10,000"]);
        assert_eq!([0.005, 0.1, 1.0, 20.0].map(number), ["0.005", "0.1", "1", "20"]);
    }

    #[test]
    fn a_plot_is_the_same_each_time_and_stays_in_its_frame() {
        let points = vec![(1_000, 0.02, 11_000_000), (10_000, 0.1, 12_000_000), (100_000, 1.1, 40_000_000)];
        let series = || {
            vec![
                Series { program: "build".to_owned(), points: points.clone() },
                Series { program: "unpack".to_owned(), points: points.clone() },
            ]
        };
        let plot = svg("entries", &series());
        assert_eq!(plot, svg("entries", &series()));
        assert_eq!(plot.matches("class=\"l s0\"").count(), 3, "two panels and the legend");
        assert!(
            plot.contains("allowed: build") && plot.contains("10,000") && !plot.contains("NaN"),
            "{plot}"
        );
    }

    #[test]
    fn a_single_point_is_a_plot_too() {
        let series = [Series { program: "ls".to_owned(), points: vec![(1, 0.004, 8_000_000)] }];
        assert!(!svg("images", &series).contains("NaN"));
    }
}
