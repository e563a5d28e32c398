//! Figures as a picture: a bar for each rate, rates over time, and how late how many were. One SVG file that needs
//! nothing else. What nothing was measured of is left out.

use std::fmt::Write as _;

use super::figure::{Figure, float};
use crate::cli::words;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 930.0;
/// How high a chart is.
const HEIGHT: f64 = 260.0;
/// Where the first chart begins.
const TOP: f64 = 74.0;
/// Above a chart, for its name, and below, for its axis.
const SPACE: f64 = 80.0;
/// From a bar to the next.
const BAR: f64 = 24.0;
/// Where bars begin, right of their names.
const BARS: f64 = 300.0;
/// Where the longest bar ends, left of its number.
const BARS_END: f64 = 760.0;

/// Colours that can be told apart by most eyes.
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555", "#882255"];

/// How the figures of one colour differ, and baselines from all others.
const STROKES: [&str; 2] = ["", "7 3"];
const BASELINE: &str = "2 3";

/// A figure, and how it is drawn everywhere.
struct Drawn<'a> {
    run: &'a Figure,
    colour: &'static str,
    dashes: &'static str,
}

/// Draws figures.
pub(super) fn svg(title: &str, runs: &[Figure]) -> String {
    let styles = STROKES.iter().flat_map(|dashes| COLOURS.map(|colour| (colour, *dashes))).cycle();
    let drawn: Vec<Drawn> = runs
        .iter()
        .zip(styles)
        .map(|(run, (colour, dashes))| Drawn {
            run,
            colour,
            dashes: if run.is_baseline { BASELINE } else { dashes },
        })
        .collect();
    let mut body = String::new();
    text(&mut body, LEFT - 66.0, 28.0, "start", title);
    let mut top = TOP;
    bars(&mut body, top, &drawn);
    top += BAR * float(drawn.len() as u64) + SPACE - 20.0;
    if drawn.iter().any(|drawn| !drawn.run.by_second.is_empty()) {
        rates(&mut body, top, &drawn);
        top += HEIGHT + SPACE;
    }
    if drawn.iter().any(|drawn| !drawn.run.curve.is_empty()) {
        latencies(&mut body, top, &drawn);
        top += HEIGHT + SPACE;
    }
    let height = top - SPACE + 40.0;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n",
        title = escaped(title)
    )
}

/// A bar for the rate of each, baselines paler. The colours hold for the charts below too.
fn bars(out: &mut String, top: f64, runs: &[Drawn]) {
    let most = runs.iter().map(|drawn| drawn.run.per_second).fold(f64::MIN_POSITIVE, f64::max);
    let is_compared = runs.iter().any(|drawn| drawn.run.is_baseline);
    let compared = if is_compared { " (and as part of the baseline, which is paler and dotted)" } else { "" };
    text(out, LEFT - 66.0, top - 14.0, "start", &format!("operations a second{compared}"));
    for (place, Drawn { run, colour, dashes }) in (0_u32..).zip(runs) {
        let y = top + BAR * f64::from(place);
        let width = (BARS_END - BARS) * run.per_second / most;
        let opacity = if run.is_baseline { "0.45" } else { "1" };
        text(out, BARS - 8.0, y + 12.0, "end", &run.name);
        let _ = writeln!(
            out,
            "<rect x=\"{BARS}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"16\" fill=\"{colour}\" \
             fill-opacity=\"{opacity}\" stroke=\"{colour}\" stroke-dasharray=\"{dashes}\"/>",
        );
        let ratio = run.part_of.first().map(|part| format!("  ({})", part.ratio_in_words()));
        let rate = format!("{}{}", words::rate(run.per_second), ratio.unwrap_or_default());
        text(out, BARS + width + 8.0, y + 12.0, "start", &rate);
    }
}

/// Operations by second, from zero.
fn rates(out: &mut String, top: f64, runs: &[Drawn]) {
    let most = runs.iter().flat_map(|drawn| &drawn.run.by_second).max().copied().unwrap_or(0).max(1);
    let seconds = runs.iter().map(|drawn| drawn.run.by_second.len()).max().unwrap_or(0).max(2) as u64;
    text(out, LEFT - 66.0, top - 14.0, "start", "operations in each second");
    for y in quarters(most) {
        horizontal(out, top, float(y) / float(most), &words::count(y));
    }
    for x in quarters(seconds) {
        let at = LEFT + (RIGHT - LEFT) * float(x) / float(seconds);
        text(out, at, top + HEIGHT + 18.0, "middle", &format!("{x} s"));
    }
    for drawn in runs {
        // What ended in a second stands in its middle.
        let points = (0_u64..).zip(&drawn.run.by_second);
        let points = points
            .map(|(second, count)| ((float(second) + 0.5) / float(seconds), float(*count) / float(most)));
        line(out, top, drawn, points);
    }
}

/// Zero, the number, and the quarters between, each of them once.
fn quarters(number: u64) -> Vec<u64> {
    let mut quarters: Vec<u64> = (0..=4).map(|part| part * number / 4).collect();
    quarters.dedup();
    quarters
}

/// Latencies by the part that was not later, each step to the right a tenth of what is left.
fn latencies(out: &mut String, top: f64, runs: &[Drawn]) {
    const PARTS: [(f64, &str); 6] =
        [(0.0, "0 %"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.9999, "99.99 %")];
    let across = |part: f64| -(1.0 - part).log10() / 4.0;
    let all = || runs.iter().flat_map(|drawn| &drawn.run.curve).map(|(_, micros)| *micros);
    let decade = |micros: u64| float(micros.max(1)).log10();
    let (least, most) = (all().min().unwrap_or(1), all().max().unwrap_or(1));
    let (least, most) = (decade(least).floor(), decade(most).ceil());
    let most = if most > least { most } else { least + 1.0 };
    let up = |micros: u64| (decade(micros) - least) / (most - least);
    text(out, LEFT - 66.0, top - 14.0, "start", "latency, by the part of operations that took no longer");
    let mut micros = 1_u64;
    while decade(micros) <= most {
        if decade(micros) >= least {
            horizontal(out, top, up(micros), &words::micros(micros));
        }
        micros = micros.saturating_mul(10);
    }
    for (part, label) in PARTS {
        text(out, LEFT + (RIGHT - LEFT) * across(part), top + HEIGHT + 18.0, "middle", label);
    }
    for drawn in runs {
        let points = drawn.run.curve.iter().map(|(part, micros)| (across(*part), up(*micros)));
        line(out, top, drawn, points);
    }
}

/// A line through points that are given as parts of the chart's width and height.
fn line(out: &mut String, top: f64, drawn: &Drawn, points: impl Iterator<Item = (f64, f64)>) {
    let points: Vec<String> = points
        .map(|(x, y)| format!("{:.1},{:.1}", LEFT + (RIGHT - LEFT) * x, top + HEIGHT * (1.0 - y)))
        .collect();
    if !points.is_empty() {
        let (points, Drawn { colour, dashes, .. }) = (points.join(" "), drawn);
        let _ = writeln!(
            out,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dashes}\" \
             points=\"{points}\"/>"
        );
    }
}

/// A line across the chart at a part of its height, and what it stands for.
fn horizontal(out: &mut String, top: f64, part: f64, label: &str) {
    let y = top + HEIGHT * (1.0 - part);
    let _ =
        writeln!(out, "<line x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{RIGHT}\" y2=\"{y:.1}\" stroke=\"#dddddd\"/>");
    text(out, LEFT - 8.0, y + 4.0, "end", label);
}

fn text(out: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = escaped(text);
    let _ = writeln!(out, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{text}</text>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every element that is opened is closed, in order, and every attribute has its quotation marks.
    fn assert_well_formed(text: &str) {
        let mut open: Vec<&str> = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            assert!(!before.contains('>') && !before.replace("&amp;", "").contains("& "), "{before}");
            let (tag, after) = after.split_once('>').expect("a tag ends");
            assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
            let name = tag.trim_matches('/').split_whitespace().next().unwrap();
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{tag}");
            } else if !tag.ends_with('/') {
                open.push(name);
            }
            rest = after;
        }
        assert!(open.is_empty() && rest.trim().is_empty(), "{open:?} {rest}");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }

    #[test]
    fn an_axis_says_nothing_twice() {
        assert_eq!(quarters(2), [0, 1, 2]);
        assert_eq!(quarters(30), [0, 7, 15, 22, 30]);
    }

    #[test]
    fn a_picture_is_well_formed_whatever_the_figures_are() {
        let full = Figure {
            name: "<availability> & \"more\"".into(),
            by_second: vec![100, 300, 200],
            curve: vec![(0.5, 120), (0.99, 900), (0.999, 31_000)],
            ..Figure::default()
        };
        let one =
            Figure { name: "one".into(), by_second: vec![0], curve: vec![(0.5, 1)], ..Figure::default() };
        for runs in [vec![], vec![Figure::default()], vec![one.clone()], vec![full.clone(), one]] {
            assert_well_formed(&svg("a & b", &runs));
        }
        let baseline = Figure { is_baseline: true, per_second: 100.0, ..full.clone() };
        assert!(svg("a", &[baseline]).contains("fill-opacity=\"0.45\""));
        let drawing = svg("a", &[full]);
        assert_eq!(drawing.matches("<polyline").count(), 2);
        assert_eq!(svg("a", &[Figure::default()]).matches("<polyline").count(), 0);
        assert!(drawing.contains("&lt;availability&gt; &amp; &quot;more&quot;"));
        // The highest rate touches the top of its chart, in the middle of the three seconds.
        assert!(drawing.contains("510.0,158.0"), "{drawing}");
    }
}
