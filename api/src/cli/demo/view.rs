//! What the demo looks like: a pure function from what is known to a screenful.
//!
//! Left the seats of the show in focus, right the numbers, below what happened lately. On a small terminal things
//! go in the order of their weight: the news, then numbers, then the map.

use std::time::Duration;

use boxoffice_projections::show::SeatState;

use super::counts::Counts;
use super::news::{News, Tone};
use crate::cli::words;
use crate::settings::Colours;

mod frame;
mod panel;
mod seatmap;

pub(super) use frame::Frame;
use frame::{Rgb, Style};
pub(super) use seatmap::SeatMap;

/// The marquee's amber.
const AMBER: Rgb = Rgb(255, 186, 52);

/// Good news.
const GREEN: Rgb = Rgb(72, 190, 132);

/// Bad news.
const RED: Rgb = Rgb(226, 106, 96);

/// How wide the numbers are.
const PANEL_WIDTH: usize = 36;

/// The narrowest map that is worth having.
const MAP_WIDTH_MIN: usize = 24;

/// The most news at once.
const NEWS_MAX: usize = 7;

/// What is known.
pub(super) struct Scene<'a> {
    /// The show in focus.
    pub(super) title: &'a str,
    /// What is going on.
    pub(super) phase: &'a str,
    /// How long it goes on; nothing where nobody knows.
    pub(super) left: Option<Duration>,
    /// The seats of the show in focus, fitted into what [`map_room`] says.
    pub(super) map: &'a SeatMap,
    /// Their states.
    pub(super) states: &'a [SeatState],
    /// All shows.
    pub(super) shows: &'a [ShowLine<'a>],
    /// What was counted.
    pub(super) counts: &'a Counts,
    /// What happened lately, the latest last.
    pub(super) news: &'a [News],
    /// Where the server is.
    pub(super) address: &'a str,
}

/// How far a show has sold.
pub(super) struct ShowLine<'a> {
    /// What it is called, briefly.
    pub(super) name: &'a str,
    /// How many places it has.
    pub(super) capacity: u64,
    /// How many are held.
    pub(super) held: u64,
    /// How many are sold.
    pub(super) sold: u64,
    /// Whether it is in focus.
    pub(super) is_in_focus: bool,
}

/// Where things go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Plan {
    map_width: usize,
    map_height: usize,
    panel_x: usize,
    news_y: usize,
    news: usize,
}

impl Plan {
    fn of(width: usize, height: usize) -> Self {
        let news = height.saturating_sub(10).min(NEWS_MAX);
        // A title, an empty line, the middle, an empty line, the news, the legend.
        let map_height = height.saturating_sub(news + 4);
        let beside = width.saturating_sub(PANEL_WIDTH + 3);
        let (map_width, panel_x) =
            if beside >= MAP_WIDTH_MIN { (beside, width - PANEL_WIDTH) } else { (0, 1) };
        Self { map_width, map_height, panel_x, news_y: 2 + map_height + 1, news }
    }
}

/// How many dots there are for the map, each way, and how many times higher than wide one is. With colours a letter
/// shows two dots, one above the other.
pub(super) fn map_room(width: usize, height: usize, colours: Colours) -> (usize, usize, i64) {
    let plan = Plan::of(width, height);
    // The first line is the stage.
    let lines = plan.map_height.saturating_sub(1);
    if colours == Colours::None { (plan.map_width, lines, 2) } else { (plan.map_width, lines * 2, 1) }
}

/// The screenful.
pub(super) fn compose(scene: &Scene<'_>, width: usize, height: usize, colours: Colours) -> Frame {
    let mut frame = Frame::new(width, height);
    let plan = Plan::of(width, height);
    title(&mut frame, scene);
    if plan.map_width > 0 {
        stage(&mut frame, plan);
        if colours == Colours::None { shapes(&mut frame, scene) } else { dots(&mut frame, scene) }
    }
    panel::draw(&mut frame, scene, plan.panel_x, 2, plan.map_height);
    news(&mut frame, scene, plan);
    legend(&mut frame, scene, colours);
    frame
}

fn title(frame: &mut Frame, scene: &Scene<'_>) {
    let x = frame.text(1, 0, "boxoffice", Style { bold: true, ..Style::ink(AMBER) });
    frame.text(x + 2, 0, scene.title, Style::BOLD);
    let left = scene.left.map(|left| format!(", {} left", clock(left))).unwrap_or_default();
    let width = frame.width();
    frame.text_before(width.saturating_sub(1), 0, &format!("  {}{left}", scene.phase), Style::ink(AMBER));
}

fn clock(left: Duration) -> String {
    let seconds = left.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

fn stage(frame: &mut Frame, plan: Plan) {
    let name = " stage ";
    let width = (plan.map_width / 3).max(name.len());
    let x = 1 + (plan.map_width - width.min(plan.map_width)) / 2;
    for place in x..x + width {
        frame.put(place, 2, '─', Style::DIM);
    }
    frame.text(x + (width - name.len()) / 2, 2, name, Style::DIM);
}

/// Two dots a letter: the upper one in the letter's colour, the lower one behind it.
fn dots(frame: &mut Frame, scene: &Scene<'_>) {
    let width = scene.map.width().max(1);
    let dots = scene.map.dots(scene.states);
    let lines: Vec<_> = dots.chunks(width).collect();
    for (y, pair) in (3..).zip(lines.chunks(2)) {
        let (upper, lower) =
            (pair.first().copied().unwrap_or_default(), pair.get(1).copied().unwrap_or_default());
        for (x, dot) in (1..).zip(upper) {
            let below = lower.get(x - 1).and_then(|dot| dot.colour());
            match (dot.colour(), below) {
                (Some(ink), paper) => frame.put(x, y, '▀', Style { paper, ..Style::ink(ink) }),
                (None, Some(ink)) => frame.put(x, y, '▄', Style::ink(ink)),
                (None, None) => {}
            }
        }
    }
}

fn shapes(frame: &mut Frame, scene: &Scene<'_>) {
    let dots = scene.map.dots(scene.states);
    for (y, line) in (3..).zip(dots.chunks(scene.map.width().max(1))) {
        for (x, dot) in (1..).zip(line) {
            frame.put(x, y, dot.shape(), Style::PLAIN);
        }
    }
}

fn news(frame: &mut Frame, scene: &Scene<'_>, plan: Plan) {
    let latest = scene.news.iter().rev().take(plan.news);
    for (y, news) in (plan.news_y..).zip(latest) {
        let colour = match news.tone {
            Tone::Good => GREEN,
            Tone::Bad => RED,
            Tone::Hopeful => AMBER,
            Tone::Plain => seatmap::AVAILABLE,
        };
        let x = frame.text(1, y, "● ", Style::ink(colour));
        let style = if y == plan.news_y { Style::PLAIN } else { Style::DIM };
        let x = frame.text(x, y, news.what, Style { bold: y == plan.news_y, ..style });
        frame.text(x, y, &format!("  {}", news.text), style);
    }
}

fn legend(frame: &mut Frame, scene: &Scene<'_>, colours: Colours) {
    let y = frame.height().saturating_sub(1);
    let mut x = 1;
    for (colour, shape, meaning) in [
        (seatmap::AVAILABLE, seatmap::AVAILABLE_SHAPE, "available"),
        (seatmap::HELD, seatmap::HELD_SHAPE, "held"),
        (seatmap::SOLD, seatmap::SOLD_SHAPE, "sold"),
    ] {
        let shape = if colours == Colours::None { shape } else { '■' };
        frame.put(x, y, shape, Style::ink(colour));
        x = frame.text(x + 2, y, meaning, Style::DIM) + 3;
    }
    let width = frame.width();
    frame.text_before(width.saturating_sub(1), y, &format!("  {}  Ctrl-C stops", scene.address), Style::DIM);
}

/// A line of letters that rises and falls with the numbers, the latest on the right.
fn sparkline(numbers: impl DoubleEndedIterator<Item = u64> + Clone, width: usize) -> String {
    const LEVELS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let latest: Vec<u64> = numbers.rev().take(width).collect();
    let most = latest.iter().copied().max().unwrap_or_default().max(1);
    let level = |number: &u64| {
        let place = usize::try_from(number * 7 / most).unwrap_or_default();
        LEVELS.get(place).copied().unwrap_or('█')
    };
    latest.iter().rev().map(level).collect()
}

#[cfg(test)]
mod tests;
