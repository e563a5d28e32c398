//! The numbers beside the map.

use super::super::counts::in_words;
use super::frame::{Frame, Rgb, Style};
use super::{AMBER, GREEN, PANEL_WIDTH, RED, Scene, ShowLine, seatmap, sparkline, words};

/// How wide a bar is.
const BAR_WIDTH: usize = 14;

/// Draws the panel into at most so many lines; what does not fit is left out from the end.
pub(super) fn draw(frame: &mut Frame, scene: &Scene<'_>, x: usize, y: usize, lines: usize) {
    let mut pen = Pen { frame, x, y, end: y + lines };
    for show in scene.shows {
        pen.show(show);
    }
    pen.skip();
    let counts = scene.counts;
    pen.number("Holds", counts.holds, Style::BOLD);
    pen.number("  best available", counts.best, Style::PLAIN);
    pen.number("  lapsed", counts.lapsed, Style::PLAIN);
    pen.number("  let go", counts.released, Style::PLAIN);
    pen.number("  beaten to it", counts.beaten, Style::PLAIN);
    pen.number("Orders", counts.orders, Style::BOLD);
    pen.number("  paid, with tickets", counts.confirmed, coloured(GREEN));
    pen.number("  cancelled", counts.cancelled, Style::PLAIN);
    pen.line("Sales", &counts.sales_in_words(), Style { bold: true, ..coloured(GREEN) });
    pen.line("  fees in it", &in_words(counts.fees), Style::PLAIN);
    pen.line("  given back", &in_words(counts.refunds), Style::PLAIN);
    pen.number("Cards declined", counts.declined, coloured(RED));
    pen.number("Captures failed", counts.capture_failed, coloured(RED));
    pen.number("Paid late, seats kept", counts.reclaimed, coloured(AMBER));
    pen.number("Paid late, money let go", counts.voided, coloured(AMBER));
    pen.number("Tickets", counts.tickets, Style::BOLD);
    pen.number("  given back", counts.given_back, Style::PLAIN);
    pen.number("  passed on", counts.passed_on, Style::PLAIN);
    pen.number("  checked in", counts.admitted, Style::PLAIN);
    pen.number("  turned away", counts.turned_away, Style::PLAIN);
    pen.skip();
    pen.number("Holds a second", counts.rates.back().copied().unwrap_or_default(), Style::BOLD);
    let line = sparkline(counts.rates.iter().copied(), PANEL_WIDTH - 1);
    pen.right(&line, coloured(AMBER));
}

fn coloured(colour: Rgb) -> Style {
    Style::ink(colour)
}

/// Writes one line below the other.
struct Pen<'a> {
    frame: &'a mut Frame,
    x: usize,
    y: usize,
    end: usize,
}

impl Pen<'_> {
    fn skip(&mut self) {
        self.y += 1;
    }

    fn is_full(&self) -> bool {
        self.y >= self.end
    }

    fn number(&mut self, name: &str, number: u64, style: Style) {
        // A colour draws the eye, so what has not happened has none.
        let style = if number == 0 { Style::DIM } else { style };
        self.line(name, &words::count(number), style);
    }

    fn line(&mut self, name: &str, value: &str, style: Style) {
        if self.is_full() {
            return;
        }
        let quiet = Style { ink: None, ..style };
        self.frame.text(self.x, self.y, name, quiet);
        self.frame.text_before(self.x + PANEL_WIDTH - 1, self.y, value, style);
        self.y += 1;
    }

    fn right(&mut self, text: &str, style: Style) {
        if !self.is_full() {
            self.frame.text_before(self.x + PANEL_WIDTH - 1, self.y, text, style);
            self.y += 1;
        }
    }

    fn show(&mut self, show: &ShowLine<'_>) {
        if self.is_full() {
            return;
        }
        let name: String = show.name.chars().take(8).collect();
        let style = if show.is_in_focus { Style::BOLD } else { Style::DIM };
        self.frame.text(self.x, self.y, &name, style);
        let from = self.x + 9;
        let share = |part: u64| {
            let width = u64::try_from(BAR_WIDTH).unwrap_or_default();
            usize::try_from(part.saturating_mul(width) / show.capacity.max(1)).unwrap_or_default()
        };
        let (sold, taken) = (share(show.sold), share(show.sold + show.held));
        for place in 0..BAR_WIDTH {
            let (letter, colour) = match place {
                place if place < sold => ('█', seatmap::SOLD),
                place if place < taken => ('▓', seatmap::HELD),
                _ => ('░', seatmap::AVAILABLE),
            };
            self.frame.put(from + place, self.y, letter, coloured(colour));
        }
        let percent = show.sold.saturating_mul(100) / show.capacity.max(1);
        let text = if show.sold >= show.capacity { "sold out".into() } else { format!("{percent} % sold") };
        self.frame.text_before(self.x + PANEL_WIDTH - 1, self.y, &text, style);
        self.y += 1;
    }
}
