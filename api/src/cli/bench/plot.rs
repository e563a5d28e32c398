//! Figures as a picture: rates over time, and how late how many were. One SVG file that needs nothing else.

use std::fmt::Write as _;

use super::figure::{Figure, float};
use crate::cli::words;

const WIDTH: f64 = 960.0;
const LEFT: f64 = 90.0;
const RIGHT: f64 = 930.0;
/// How high a chart is.
const HEIGHT: f64 = 260.0;
/// Where the first chart begins.
const TOP: f64 = 70.0;
/// From the beginning of a chart to that of the next.
const NEXT: f64 = 340.0;
/// A line of the legend.
const LINE: f64 = 18.0;
/// Where the legend begins.
const LEGEND: f64 = TOP + NEXT + HEIGHT + 60.0;

/// Colours that can be told apart by most eyes.
const COLOURS: [&str; 8] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#555555", "#882255"];

/// Draws figures; those without rates and latencies are left out.
pub(super) fn svg(title: &str, runs: &[Figure]) -> String {
    let drawn: Vec<(&Figure, &str)> = runs.iter().zip(COLOURS.into_iter().cycle()).collect();
    let height = LEGEND + LINE * float(drawn.len() as u64) + 10.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height:.0}\" width=\"{WIDTH}\" \
         height=\"{height:.0}\" font-family=\"sans-serif\" font-size=\"12\" role=\"img\">\n\
         <title>{title}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n",
        title = escaped(title)
    );
    text(&mut out, LEFT, 28.0, "start", title);
    rates(&mut out, &drawn);
    latencies(&mut out, &drawn);
    for (line, (run, colour)) in (0_u32..).zip(&drawn) {
        let y = LEGEND + LINE * f64::from(line);
        let _ = writeln!(
            out,
            "<rect x=\"{LEFT}\" y=\"{:.1}\" width=\"12\" height=\"12\" fill=\"{colour}\"/>",
            y - 10.0
        );
        text(&mut out, LEFT + 18.0, y, "start", &run.name);
    }
    out.push_str("</svg>\n");
    out
}

/// Operations by second, from zero.
fn rates(out: &mut String, runs: &[(&Figure, &str)]) {
    let most = runs.iter().flat_map(|(run, _)| &run.by_second).max().copied().unwrap_or(0).max(1);
    let seconds = runs.iter().map(|(run, _)| run.by_second.len()).max().unwrap_or(0).max(2) as u64;
    text(out, LEFT, TOP - 12.0, "start", "operations a second");
    for part in 0..=4_u64 {
        let (y, x) = (part * most / 4, part * seconds / 4);
        horizontal(out, TOP, float(y) / float(most), &words::count(y));
        let at = LEFT + (RIGHT - LEFT) * float(x) / float(seconds);
        text(out, at, TOP + HEIGHT + 18.0, "middle", &format!("{x} s"));
    }
    for (run, colour) in runs {
        // What ended in a second stands in its middle.
        let points = (0_u64..).zip(&run.by_second);
        let points = points
            .map(|(second, count)| ((float(second) + 0.5) / float(seconds), float(*count) / float(most)));
        line(out, TOP, colour, points);
    }
}

/// Latencies by the part that was not later, each step to the right a tenth of what is left.
fn latencies(out: &mut String, runs: &[(&Figure, &str)]) {
    const PARTS: [(f64, &str); 6] =
        [(0.0, "0 %"), (0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %"), (0.9999, "99.99 %")];
    let top = TOP + NEXT;
    let across = |part: f64| -(1.0 - part).log10() / 4.0;
    let all = || runs.iter().flat_map(|(run, _)| &run.curve).map(|(_, micros)| *micros);
    let decade = |micros: u64| float(micros.max(1)).log10();
    let (least, most) = (all().min().unwrap_or(1), all().max().unwrap_or(1));
    let (least, most) = (decade(least).floor(), decade(most).ceil());
    let most = if most > least { most } else { least + 1.0 };
    let up = |micros: u64| (decade(micros) - least) / (most - least);
    text(out, LEFT, top - 12.0, "start", "latency, by the part of operations that took no longer");
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
    for (run, colour) in runs {
        line(out, top, colour, run.curve.iter().map(|(part, micros)| (across(*part), up(*micros))));
    }
}

/// A line through points that are given as parts of the chart's width and height.
fn line(out: &mut String, top: f64, colour: &str, points: impl Iterator<Item = (f64, f64)>) {
    let points: Vec<String> = points
        .map(|(x, y)| format!("{:.1},{:.1}", LEFT + (RIGHT - LEFT) * x, top + HEIGHT * (1.0 - y)))
        .collect();
    if !points.is_empty() {
        let points = points.join(" ");
        let _ = writeln!(
            out,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{points}\"/>"
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
        let drawing = svg("a", &[full]);
        assert_eq!(drawing.matches("<polyline").count(), 2);
        assert!(drawing.contains("&lt;availability&gt; &amp; &quot;more&quot;"));
        // The highest rate touches the top of its chart, in the middle of the three seconds.
        assert!(drawing.contains("510.0,70.0"), "{drawing}");
    }
}
