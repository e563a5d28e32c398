//! A screenful of letters, and how it becomes what a terminal understands.

use std::fmt::Write as _;

use crate::settings::Colours;

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// How a letter looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Style {
    /// The letter's colour; the terminal's own unless told.
    pub(crate) ink: Option<Rgb>,
    /// The colour behind it; the terminal's own unless told.
    pub(crate) paper: Option<Rgb>,
    /// Whether it stands out.
    pub(crate) bold: bool,
    /// Whether it stands back.
    pub(crate) dim: bool,
}

impl Style {
    /// The terminal's own.
    pub(crate) const PLAIN: Self = Self { ink: None, paper: None, bold: false, dim: false };
    /// It stands out.
    pub(crate) const BOLD: Self = Self { bold: true, ..Self::PLAIN };
    /// It stands back.
    pub(crate) const DIM: Self = Self { dim: true, ..Self::PLAIN };

    /// In a colour.
    pub(crate) const fn ink(colour: Rgb) -> Self {
        Self { ink: Some(colour), ..Self::PLAIN }
    }
}

/// One letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cell {
    letter: char,
    style: Style,
}

const BLANK: Cell = Cell { letter: ' ', style: Style::PLAIN };

/// A screenful. What is written beyond its edges is cut off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    width: usize,
    rows: Vec<Vec<Cell>>,
}

impl Frame {
    /// A blank one.
    pub(crate) fn new(width: usize, height: usize) -> Self {
        Self { width, rows: vec![vec![BLANK; width]; height] }
    }

    /// How many letters a row has.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// How many rows there are.
    pub(crate) fn height(&self) -> usize {
        self.rows.len()
    }

    /// Writes a letter.
    pub(crate) fn put(&mut self, x: usize, y: usize, letter: char, style: Style) {
        if let Some(cell) = self.rows.get_mut(y).and_then(|row| row.get_mut(x)) {
            *cell = Cell { letter: narrow(letter), style };
        }
    }

    /// Writes a text from `x` on, and tells where it ends.
    pub(crate) fn text(&mut self, x: usize, y: usize, text: &str, style: Style) -> usize {
        let mut end = x;
        for letter in text.chars() {
            self.put(end, y, letter, style);
            end += 1;
        }
        end
    }

    /// Writes a text so that it ends before `x`.
    pub(crate) fn text_before(&mut self, x: usize, y: usize, text: &str, style: Style) {
        self.text(x.saturating_sub(text.chars().count()), y, text, style);
    }

    /// A row without its colours.
    #[cfg(test)]
    pub(crate) fn row(&self, y: usize) -> String {
        self.rows.get(y).map(|row| row.iter().map(|cell| cell.letter).collect()).unwrap_or_default()
    }

    /// What makes a terminal that shows `shown` show this.
    pub(crate) fn draw(&self, shown: Option<&Self>, colours: Colours) -> String {
        let shown = shown.filter(|shown| shown.width == self.width && shown.height() == self.height());
        let mut out = String::new();
        if shown.is_none() {
            out.push_str("\x1b[0m\x1b[2J");
        }
        for (y, row) in (1..).zip(&self.rows) {
            let before: Option<&Vec<Cell>> = shown.and_then(|shown| shown.rows.get(y - 1));
            if before != Some(row) {
                let _ = write!(out, "\x1b[{y};1H");
                draw_row(&mut out, row, colours);
            }
        }
        out
    }
}

fn draw_row(out: &mut String, row: &[Cell], colours: Colours) {
    let mut current = Style::PLAIN;
    for cell in row {
        if cell.style != current {
            current = cell.style;
            dress(out, current, colours);
        }
        out.push(cell.letter);
    }
    if current != Style::PLAIN {
        out.push_str("\x1b[0m");
    }
}

fn dress(out: &mut String, style: Style, colours: Colours) {
    out.push_str("\x1b[0");
    if style.bold {
        out.push_str(";1");
    }
    if style.dim {
        out.push_str(";2");
    }
    for (ground, colour) in [("38", style.ink), ("48", style.paper)] {
        let _ = match (colour, colours) {
            (None, _) | (_, Colours::None) => Ok(()),
            (Some(colour), Colours::Few) => write!(out, ";{ground};5;{}", nearest(colour)),
            (Some(Rgb(red, green, blue)), Colours::All) => write!(out, ";{ground};2;{red};{green};{blue}"),
        };
    }
    out.push('m');
}

/// The nearest of the 216 colours of the 6×6×6 cube, or of its 24 greys.
fn nearest(Rgb(red, green, blue): Rgb) -> u8 {
    const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let step = |value: u8| {
        let place = (0_u8..).zip(STEPS).min_by_key(|(_, step)| step.abs_diff(value));
        place.unwrap_or_default()
    };
    let [(r, red_step), (g, green_step), (b, blue_step)] = [red, green, blue].map(step);
    let grey = (u16::from(red) + u16::from(green) + u16::from(blue)) / 3;
    let grey_place = u8::try_from(grey.saturating_sub(3) / 10).unwrap_or(u8::MAX).min(23);
    let grey_value = 8 + 10 * grey_place;
    let distance = |r: u8, g: u8, b: u8| {
        [(r, red), (g, green), (b, blue)]
            .map(|(one, other)| u32::from(one.abs_diff(other)).pow(2))
            .iter()
            .sum::<u32>()
    };
    let of_cube = distance(red_step, green_step, blue_step);
    if distance(grey_value, grey_value, grey_value) < of_cube {
        232 + grey_place
    } else {
        16 + 36 * r + 6 * g + b
    }
}

/// Letters that may take two places, or none, would shift the row.
fn narrow(letter: char) -> char {
    // Latin, Greek, Cyrillic; dashes, quotes, currencies, arrows, lines, blocks and shapes.
    let is_narrow = matches!(
        letter,
        '\u{20}'..='\u{7e}'
            | '\u{a1}'..='\u{ac}'
            | '\u{ae}'..='\u{2ff}'
            | '\u{370}'..='\u{482}'
            | '\u{48a}'..='\u{52f}'
            | '\u{2010}'..='\u{2027}'
            | '\u{20a0}'..='\u{20bf}'
            | '\u{2190}'..='\u{21ff}'
            | '\u{2500}'..='\u{25fc}'
    );
    if is_narrow { letter } else { '?' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_beyond_the_edge_is_cut_off() {
        let mut frame = Frame::new(5, 1);
        frame.text(3, 0, "abc", Style::PLAIN);
        frame.text(0, 7, "abc", Style::PLAIN);
        frame.text_before(3, 0, "xy", Style::PLAIN);
        assert_eq!(frame.row(0), " xyab");
    }

    #[test]
    fn only_rows_that_changed_are_drawn() {
        let mut frame = Frame::new(3, 2);
        frame.text(0, 0, "one", Style::PLAIN);
        let before = frame.clone();
        frame.text(0, 1, "two", Style::ink(Rgb(255, 0, 0)));
        assert_eq!(frame.draw(Some(&before), Colours::Few), "\x1b[2;1H\x1b[0;38;5;196mtwo\x1b[0m");
        assert_eq!(frame.draw(Some(&before), Colours::None), "\x1b[2;1H\x1b[0mtwo\x1b[0m");
        assert_eq!(frame.draw(Some(&frame), Colours::All), "");
        assert!(frame.draw(None, Colours::All).starts_with("\x1b[0m\x1b[2J\x1b[1;1Hone"));
    }

    #[test]
    fn colours_are_matched_with_what_the_terminal_has() {
        assert_eq!(nearest(Rgb(0, 0, 0)), 16);
        assert_eq!(nearest(Rgb(255, 190, 60)), 215);
        assert_eq!(nearest(Rgb(128, 128, 128)), 244);
    }

    #[test]
    fn letters_that_would_shift_a_row_are_replaced() {
        let mut frame = Frame::new(4, 1);
        frame.text(0, 0, "é券\u{301}▀", Style::PLAIN);
        assert_eq!(frame.row(0), "é??▀");
    }
}
