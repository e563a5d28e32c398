//! Who sits beside whom: the runs of a plan. A run is part of a row, without an aisle in it.
//!
//! Seats that follow one another in the plan's order and have the same zone and row are a row. Two of them are side by
//! side where they are no farther apart than one and a half times what is usual in the row: the lower median of the
//! squared distances between seats that follow one another. `docs/log-format.md` says the same to auditors.

use super::{LayoutDocument, Seat, SeatIndex};

/// Where a run stands among the runs of a layout.
pub type RunIndex = u32;

/// The runs of a layout, and how far its seats are from the focal point.
#[derive(Debug)]
pub struct Runs {
    /// Where each run begins; one more at the end.
    starts: Vec<SeatIndex>,
    of_seat: Vec<RunIndex>,
    distances: Vec<u64>,
    /// For each category, the runs with seats of it and the distance of the nearest of these, the nearest first.
    by_category: Vec<Vec<(u64, RunIndex)>>,
}

impl Runs {
    pub(super) fn of(document: &LayoutDocument) -> Self {
        let seats = &document.seats;
        let mut runs =
            Self { starts: Vec::new(), of_seat: Vec::new(), distances: Vec::new(), by_category: Vec::new() };
        let same_row = |one: &Seat, next: &Seat| one.zone == next.zone && one.row == next.row;
        for row in seats.chunk_by(same_row) {
            let mut apart: Vec<u128> = row.windows(2).map(between).collect();
            let usual = lower_median(&mut apart.clone());
            // A row begins a run, whatever is before it.
            apart.insert(0, u128::MAX);
            for distance in apart {
                if distance == u128::MAX || 4 * distance > 9 * usual {
                    runs.starts.push(runs.of_seat.len().try_into().unwrap_or(SeatIndex::MAX));
                }
                let run = runs.starts.len().saturating_sub(1);
                runs.of_seat.push(run.try_into().unwrap_or(RunIndex::MAX));
            }
        }
        runs.starts.push(runs.of_seat.len().try_into().unwrap_or(SeatIndex::MAX));
        let focal = document.focal_point;
        let distance = |seat: &Seat| {
            let squared = squared(seat.x, focal.x).saturating_add(squared(seat.y, focal.y));
            u64::try_from(squared.isqrt()).unwrap_or(u64::MAX)
        };
        runs.distances = seats.iter().map(distance).collect();
        runs.by_category = vec![Vec::new(); document.categories.len()];
        for ((seat, run), distance) in seats.iter().zip(&runs.of_seat).zip(&runs.distances) {
            let category = usize::try_from(seat.category).ok();
            let Some(known) = category.and_then(|category| runs.by_category.get_mut(category)) else {
                continue;
            };
            match known.last_mut() {
                Some((nearest, last)) if last == run => *nearest = (*nearest).min(*distance),
                _ => known.push((*distance, *run)),
            }
        }
        runs.by_category.iter_mut().for_each(|known| known.sort_unstable());
        runs
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// Whether the layout has no seats.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The seats of a run, which stand in the plan's order one after the other.
    #[must_use]
    pub fn seats(&self, run: RunIndex) -> std::ops::Range<SeatIndex> {
        let at = |index: usize| self.starts.get(index).copied().unwrap_or_default();
        let run = usize::try_from(run).unwrap_or(usize::MAX);
        at(run)..at(run.saturating_add(1))
    }

    /// The run that a seat is in.
    #[must_use]
    pub fn of_seat(&self, seat: SeatIndex) -> Option<RunIndex> {
        self.of_seat.get(usize::try_from(seat).ok()?).copied()
    }

    /// How far a seat is from the focal point, in thousandths of the plan's unit, rounded down.
    #[must_use]
    pub fn distance(&self, seat: SeatIndex) -> u64 {
        usize::try_from(seat).ok().and_then(|seat| self.distances.get(seat)).copied().unwrap_or(u64::MAX)
    }

    /// The runs with seats of a category, each with the distance of the nearest of these; the nearest first.
    #[must_use]
    pub fn of_category(&self, category: u32) -> &[(u64, RunIndex)] {
        usize::try_from(category)
            .ok()
            .and_then(|category| self.by_category.get(category))
            .map_or(&[], Vec::as_slice)
    }
}

fn squared(one: i64, other: i64) -> u128 {
    let apart = u128::from(one.abs_diff(other));
    apart * apart
}

fn between(pair: &[Seat]) -> u128 {
    match pair {
        [one, other] => squared(one.x, other.x).saturating_add(squared(one.y, other.y)),
        _ => 0,
    }
}

fn lower_median(distances: &mut [u128]) -> u128 {
    distances.sort_unstable();
    distances.get(distances.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::{Category, LAYOUT_FORMAT, Point, SeatId};
    use super::*;

    fn runs_of(places: &[(&str, i64)]) -> Vec<(u32, u32)> {
        let seats = (0..)
            .zip(places)
            .map(|(n, (row, x)): (u32, _)| Seat {
                accessible: false,
                category: 0,
                companion: false,
                id: SeatId::new(&n.to_string()),
                number: n.to_string(),
                row: (*row).into(),
                x: *x,
                y: 0,
                zone: String::new(),
            })
            .collect();
        let runs = Runs::of(&LayoutDocument {
            areas: vec![],
            categories: vec![Category { color: None, name: "Any".into() }],
            focal_point: Point { x: 0, y: 0 },
            format: LAYOUT_FORMAT.into(),
            name: "Rows".into(),
            seats,
        });
        (0..runs.len() as u32).map(|run| runs.seats(run)).map(|run| (run.start, run.end)).collect()
    }

    #[test]
    fn an_aisle_parts_a_row() {
        let row = [0, 500, 1_000, 1_751, 2_251].map(|x| ("A", x));
        assert_eq!(runs_of(&row), [(0, 3), (3, 5)]);
        let row = [0, 500, 1_000, 1_750, 2_250].map(|x| ("A", x));
        assert_eq!(runs_of(&row), [(0, 5)], "one and a half times as far is still side by side");
    }

    #[test]
    fn rows_are_apart_however_near_they_are() {
        assert_eq!(runs_of(&[("A", 0), ("A", 500), ("B", 600), ("B", 1_100)]), [(0, 2), (2, 4)]);
        assert_eq!(runs_of(&[]), []);
        assert_eq!(runs_of(&[("A", 7)]), [(0, 1)]);
        assert_eq!(runs_of(&[("A", 7), ("A", 7), ("A", 7)]), [(0, 3)], "in one place");
    }

    #[test]
    fn two_seats_alone_are_side_by_side() {
        assert_eq!(runs_of(&[("A", 0), ("A", 90_000)]), [(0, 2)]);
    }
}
