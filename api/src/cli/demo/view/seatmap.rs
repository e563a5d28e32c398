//! A seating plan as dots on a terminal: where each seat goes, and what colour a dot has that stands for many.

use boxoffice_projections::show::SeatState;

use super::frame::Rgb;

/// The colour of a seat that is for sale: the house is dark.
pub(super) const AVAILABLE: Rgb = Rgb(74, 90, 126);
/// The colour of a seat that is held: it glows.
pub(super) const HELD: Rgb = Rgb(255, 186, 52);
/// The colour of a seat that is sold.
pub(super) const SOLD: Rgb = Rgb(48, 168, 116);

/// Held seats are few and do not stay; they count more than they are.
const HELD_WEIGHT: u32 = 3;

/// The most dots, each way, that one seat is drawn with.
const SEAT_DOTS_MAX: usize = 3;

/// How the seats of a plan fall on dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SeatMap {
    width: usize,
    height: usize,
    /// The upper left dot of each seat.
    places: Vec<usize>,
    /// How many dots a seat has, each way.
    size: usize,
    /// Whether seats touch their neighbours.
    is_dense: bool,
}

/// The seats that fall on one dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Dot {
    available: u32,
    held: u32,
    sold: u32,
}

impl SeatMap {
    /// Fits seats into so many dots, keeping their proportions. `squeeze` says how many times higher than wide a dot
    /// is.
    pub(crate) fn fit(seats: &[(i64, i64)], width: usize, height: usize, squeeze: i64) -> Self {
        let seats: Vec<(i64, i64)> = seats.iter().map(|(x, y)| (*x, y / squeeze.max(1))).collect();
        let pitch = pitch(&seats).unwrap_or_default();
        let pitch = Scale::of(&seats, width, height).dots(pitch);
        let size = seat_size(pitch);
        // The last seat of a row needs as many dots as the others.
        let room = |dots: usize| dots.saturating_sub(size - 1);
        let scale = Scale::of(&seats, room(width), room(height));
        let place = |(x, y): &(i64, i64)| {
            let column = scale.column(*x).min(room(width).saturating_sub(1));
            let line = scale.line(*y).min(room(height).saturating_sub(1));
            line * width + column
        };
        let places = seats.iter().map(place).collect();
        Self { width, height, places, size, is_dense: pitch <= 2 }
    }

    /// How many dots wide it is.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// The dots with the seats that fall on them, line after line.
    pub(crate) fn dots(&self, states: &[SeatState]) -> Vec<Dot> {
        let mut dots = vec![Dot::default(); self.width * self.height];
        for (place, state) in self.places.iter().zip(states) {
            for (down, along) in
                (0..self.size).flat_map(|down| (0..self.size).map(move |along| (down, along)))
            {
                let fits = place % self.width.max(1) + along < self.width;
                if let Some(dot) = dots.get_mut(place + down * self.width + along).filter(|_| fits) {
                    dot.add(*state);
                }
            }
        }
        if self.is_dense { closed(&dots, self.width) } else { dots }
    }
}

/// How a plan is made smaller: dots for each unit, as a fraction, and where the plan begins.
struct Scale {
    dots: i64,
    units: i64,
    origin: (i64, i64),
    margin: (i64, i64),
}

impl Scale {
    /// As large as fits both ways, in the middle.
    fn of(seats: &[(i64, i64)], width: usize, height: usize) -> Self {
        let bounds = |value: fn(&(i64, i64)) -> i64| {
            let least = seats.iter().map(value).min().unwrap_or_default();
            let most = seats.iter().map(value).max().unwrap_or_default();
            (least, (most - least).max(1))
        };
        let ((left, wide), (top, high)) = (bounds(|(x, _)| *x), bounds(|(_, y)| *y));
        let steps = |dots: usize| i64::try_from(dots).unwrap_or(i64::MAX).max(2) - 1;
        let (columns, lines) = (steps(width), steps(height));
        let width_decides = i128::from(columns) * i128::from(high) <= i128::from(lines) * i128::from(wide);
        let (dots, units) = if width_decides { (columns, wide) } else { (lines, high) };
        let mut scale = Self { dots, units, origin: (left, top), margin: (0, 0) };
        scale.margin = ((columns - scale.dots(wide)) / 2, (lines - scale.dots(high)) / 2);
        scale
    }

    fn dots(&self, length: i64) -> i64 {
        let units = i128::from(self.units);
        i64::try_from((i128::from(length) * i128::from(self.dots) + units / 2) / units).unwrap_or_default()
    }

    fn column(&self, x: i64) -> usize {
        usize::try_from(self.dots(x - self.origin.0) + self.margin.0).unwrap_or_default()
    }

    fn line(&self, y: i64) -> usize {
        usize::try_from(self.dots(y - self.origin.1) + self.margin.1).unwrap_or_default()
    }
}

/// How many dots a seat gets, each way: from three dots on, one stays dark between seats.
fn seat_size(pitch: i64) -> usize {
    match usize::try_from(pitch).unwrap_or_default() {
        0..=1 => 1,
        2 => 2,
        pitch => (pitch - 1).min(SEAT_DOTS_MAX),
    }
}

/// The middle distance between seats that follow one another.
fn pitch(seats: &[(i64, i64)]) -> Option<i64> {
    let mut distances: Vec<i64> = seats
        .windows(2)
        .filter_map(|pair| match pair {
            [(x, y), (next_x, next_y)] => Some((next_x - x).abs().max((next_y - y).abs())),
            _ => None,
        })
        .collect();
    distances.sort_unstable();
    distances.get(distances.len() / 2).copied()
}

/// Rounding leaves gaps of one dot between seats that are neighbours; they take the colour on their left.
fn closed(dots: &[Dot], width: usize) -> Vec<Dot> {
    let mut closed = dots.to_vec();
    for (line, result) in dots.chunks(width.max(1)).zip(closed.chunks_mut(width.max(1))) {
        for (three, gap) in line.windows(3).zip(result.iter_mut().skip(1)) {
            if let [left, middle, right] = three
                && middle.is_empty()
                && !left.is_empty()
                && !right.is_empty()
            {
                *gap = *left;
            }
        }
    }
    closed
}

impl Dot {
    fn add(&mut self, state: SeatState) {
        match state {
            SeatState::Available => self.available += 1,
            SeatState::Held => self.held += 1,
            SeatState::Sold => self.sold += 1,
            SeatState::Blocked => {}
        }
    }

    /// Whether there is no seat.
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Its colour, between those of the seats that it stands for.
    pub(crate) fn colour(self) -> Option<Rgb> {
        let held = self.held * HELD_WEIGHT;
        let all = self.available + held + self.sold;
        let mix = |part: fn(Rgb) -> u8| {
            let sum = [(self.available, AVAILABLE), (held, HELD), (self.sold, SOLD)]
                .map(|(count, colour)| count * u32::from(part(colour)));
            u8::try_from(sum.iter().sum::<u32>().checked_div(all)?).ok()
        };
        Some(Rgb(mix(|Rgb(red, _, _)| red)?, mix(|Rgb(_, green, _)| green)?, mix(|Rgb(_, _, blue)| blue)?))
    }

    /// Its shape, where there are no colours: the state that most of its seats have.
    pub(crate) fn shape(self) -> char {
        match self.available.max(self.held).max(self.sold) {
            0 => ' ',
            most if most == self.held => HELD_SHAPE,
            most if most == self.available => AVAILABLE_SHAPE,
            _ => SOLD_SHAPE,
        }
    }
}

/// The shape of a seat that is for sale.
pub(super) const AVAILABLE_SHAPE: char = '■';
/// The shape of a seat that is held.
pub(super) const HELD_SHAPE: char = '▒';
/// The shape of a seat that is sold.
pub(super) const SOLD_SHAPE: char = '·';

#[cfg(test)]
mod tests {
    use super::*;

    const A: SeatState = SeatState::Available;
    const H: SeatState = SeatState::Held;
    const S: SeatState = SeatState::Sold;

    fn drawn(map: &SeatMap, states: &[SeatState]) -> Vec<String> {
        let dots = map.dots(states);
        dots.chunks(map.width()).map(|line| line.iter().map(|dot| dot.shape()).collect()).collect()
    }

    #[test]
    fn a_plan_keeps_its_proportions_and_stands_in_the_middle() {
        let square = [(0, 0), (100, 0), (0, 100), (100, 100)];
        let map = SeatMap::fit(&square, 9, 5, 1);
        assert_eq!(drawn(&map, &[A, H, S, A])[0].trim_end().chars().next(), Some(' '));
        let dots = map.dots(&[A; 4]);
        assert!(dots.iter().filter(|dot| !dot.is_empty()).count() >= 4, "every seat is seen");
    }

    #[test]
    fn many_seats_on_one_dot_are_counted_and_mixed() {
        let map = SeatMap::fit(&[(0, 0), (1, 0), (2, 0), (1_000, 10)], 4, 1, 1);
        let dots = map.dots(&[A, A, S, S]);
        assert_eq!(dots[0], Dot { available: 2, held: 0, sold: 1 });
        assert_eq!(dots[0].colour(), Some(Rgb(65, 116, 122)));
        assert_eq!(dots[0].shape(), AVAILABLE_SHAPE);
        assert_eq!(Dot::default().colour(), None);
    }

    #[test]
    fn rounding_leaves_no_gaps_in_a_row() {
        let row: Vec<(i64, i64)> = (0..6).map(|seat| (seat * 150, 0)).collect();
        let map = SeatMap::fit(&row, 10, 1, 1);
        assert_eq!(drawn(&map, &[A; 6])[0].trim().chars().filter(|letter| *letter == ' ').count(), 0);
    }

    #[test]
    fn no_plan_and_no_room_are_no_trouble() {
        for (seats, width, height) in [(vec![], 10, 5), (vec![(3, 4)], 1, 1), (vec![(3, 4), (9, 9)], 0, 0)] {
            let map = SeatMap::fit(&seats, width, height, 2);
            assert_eq!(map.dots(&vec![S; seats.len()]).len(), width * height);
        }
    }
}
