//! One show on sale, as its buyers see it: the seats, and which of them looked free a moment ago.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use boxoffice_domain::id::ShowId;
use boxoffice_domain::money::Minor;
use boxoffice_domain::seating::{Layout, SeatIndex};
use boxoffice_projections::show::{SeatState, TicketType};
use fastrand::Rng;

use super::counts::in_words;
use crate::cli::office::Standing;

/// How many rows a buyer looks at before they take what they get.
const GLANCES: usize = 6;

/// A show on sale.
pub(super) struct House {
    /// The show.
    pub(super) show: ShowId,
    /// What it is called.
    pub(super) name: &'static str,
    /// What the house is called, briefly.
    pub(super) label: String,
    /// Its seats.
    pub(super) layout: Arc<Layout>,
    /// What it sells as.
    pub(super) sells: Sells,
    /// The seats of each row, the row nearest to the stage first.
    rows: Vec<Vec<SeatIndex>>,
    look: RwLock<Arc<Look>>,
}

/// What a show sells.
#[derive(Debug, Clone, Default)]
pub(super) struct Sells {
    /// The ticket types of its seats.
    pub(super) seated: Curtain,
    /// Its standing areas.
    pub(super) standing: Vec<Standing>,
}

/// What the seats of each category cost, for whom.
#[derive(Debug, Clone, Default)]
pub(super) struct Curtain(Vec<Step>);

/// A category, with its ticket types, that of adults first.
#[derive(Debug, Clone)]
struct Step {
    category: String,
    kinds: Vec<Kind>,
}

#[derive(Debug, Clone)]
struct Kind {
    ticket_type: String,
    price: Minor,
}

/// Of a hundred people who come with an adult, how many pay less.
const REDUCED: u32 = 30;

impl Curtain {
    /// The ticket types that sell seats, in the order in which they were added.
    pub(super) fn of<'a>(sold: impl Iterator<Item = &'a TicketType>) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for sold in sold {
            let Some(category) = &sold.price_category else { continue };
            let kind = Kind { ticket_type: sold.ticket_type.to_string(), price: sold.price };
            match steps.iter_mut().find(|step| step.category == *category) {
                Some(step) => step.kinds.push(kind),
                None => steps.push(Step { category: category.clone(), kinds: vec![kind] }),
            }
        }
        Self(steps)
    }

    /// What an adult pays in one of the categories.
    pub(super) fn adult(&self, dice: &mut Rng) -> Option<&str> {
        dice.choice(&self.0)?.kinds.first().map(|kind| kind.ticket_type.as_str())
    }

    /// What one of a company pays for a seat of a category: the first is an adult, some of the others pay less.
    pub(super) fn of_company(&self, category: &str, is_first: bool, dice: &mut Rng) -> Option<&str> {
        let kinds = &self.0.iter().find(|step| step.category == category)?.kinds;
        let is_adult = is_first || dice.u32(..100) >= REDUCED;
        let kind = if is_adult { kinds.first() } else { dice.choice(kinds) };
        kind.map(|kind| kind.ticket_type.as_str())
    }
}

impl fmt::Display for Sells {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Step { category, kinds } in &self.seated.0 {
            write!(out, "\n    {category:<14}")?;
            for kind in kinds {
                write!(out, "{:>12}", in_words(kind.price))?;
            }
        }
        for area in &self.standing {
            write!(out, "\n    {:<14}{:>12}", area.name, in_words(area.price))?;
        }
        Ok(())
    }
}

/// What the show looked like a moment ago.
#[derive(Debug, Clone, Default)]
pub(super) struct Look {
    /// Every seat, in the plan's order.
    pub(super) states: Vec<SeatState>,
    /// Places that are held, standing ones too.
    pub(super) held: u64,
    /// Places that are sold.
    pub(super) sold: u64,
    /// Standing places that can be held, by area.
    pub(super) standing_left: u64,
}

impl House {
    /// A show that nobody has looked at yet.
    pub(super) fn new(
        show: ShowId,
        name: &'static str,
        label: String,
        layout: Arc<Layout>,
        sells: Sells,
    ) -> Self {
        let rows = rows(&layout);
        Self { show, name, label, layout, sells, rows, look: RwLock::default() }
    }

    /// How many people it takes.
    pub(super) fn capacity(&self) -> u64 {
        let seats = u64::try_from(self.layout.seats().len()).unwrap_or(u64::MAX);
        seats + self.sells.standing.iter().map(|area| area.capacity).sum::<u64>()
    }

    /// What it looked like a moment ago.
    pub(super) fn look(&self) -> Arc<Look> {
        Arc::clone(&self.look.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What it looks like now.
    pub(super) fn show(&self, look: Look) {
        *self.look.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(look);
    }

    /// Seats for so many people, side by side if there are any; fewer seats where there are no more.
    pub(super) fn choose(&self, people: usize, dice: &mut Rng) -> Vec<SeatIndex> {
        let look = self.look();
        let is_free = |seat: &SeatIndex| {
            let state = usize::try_from(*seat).ok().and_then(|seat| look.states.get(seat));
            state == Some(&SeatState::Available)
        };
        for _ in 0..GLANCES {
            let row = self.rows.get(near_the_front(self.rows.len(), dice));
            if let Some(seats) = row.and_then(|row| side_by_side(row, people, &is_free, dice)) {
                return seats;
            }
        }
        let from = dice.usize(..self.rows.len().max(1));
        let all = || self.rows.iter().cycle().skip(from).take(self.rows.len());
        all()
            .find_map(|row| side_by_side(row, people, &is_free, dice))
            .unwrap_or_else(|| all().flatten().copied().filter(is_free).take(people).collect())
    }

    /// Seats in words: `Stalls, row F, seats 12–14`.
    pub(super) fn describe(&self, seats: &[SeatIndex]) -> String {
        let seats: Vec<_> = seats.iter().filter_map(|seat| self.layout.seat(*seat)).collect();
        let (Some(first), Some(last)) = (seats.first(), seats.last()) else { return "no seats".into() };
        let mut place: Vec<String> = Vec::new();
        if !first.zone.is_empty() {
            place.push(first.zone.clone());
        }
        if !first.row.is_empty() {
            place.push(format!("row {}", first.row));
        }
        if seats.iter().any(|seat| seat.row != first.row || seat.zone != first.zone) {
            place.push(format!("{} seats here and there", seats.len()));
        } else if seats.len() == 1 {
            place.push(format!("seat {}", first.number));
        } else {
            place.push(format!("seats {}–{}", first.number, last.number));
        }
        place.join(", ")
    }
}

/// Seats that follow one another in the plan and have the same row.
fn rows(layout: &Layout) -> Vec<Vec<SeatIndex>> {
    let mut rows: Vec<Vec<SeatIndex>> = Vec::new();
    let mut before: Option<(&str, &str)> = None;
    for (index, seat) in (0..).zip(layout.seats()) {
        let row = (seat.zone.as_str(), seat.row.as_str());
        match rows.last_mut() {
            Some(last) if before == Some(row) => last.push(index),
            _ => rows.push(vec![index]),
        }
        before = Some(row);
    }
    let focus = layout.document().focal_point;
    let distance = |row: &Vec<SeatIndex>| {
        let middle = row.get(row.len() / 2).and_then(|seat| layout.seat(*seat));
        middle.map_or(i64::MAX, |seat| (seat.x - focus.x).abs().saturating_add((seat.y - focus.y).abs()))
    };
    rows.sort_by_cached_key(distance);
    rows
}

/// One of so many, the first ones more often: the better of two throws, half the time.
fn near_the_front(count: usize, dice: &mut Rng) -> usize {
    let throw = dice.usize(..count.max(1));
    if dice.bool() { throw.min(dice.usize(..count.max(1))) } else { throw }
}

/// Free seats side by side, somewhere in a row.
fn side_by_side(
    row: &[SeatIndex],
    people: usize,
    is_free: &impl Fn(&SeatIndex) -> bool,
    dice: &mut Rng,
) -> Option<Vec<SeatIndex>> {
    let windows = row.len().checked_sub(people.max(1))? + 1;
    let from = dice.usize(..windows);
    (from..windows)
        .chain(0..from)
        .filter_map(|start| row.get(start..start + people.max(1)))
        .find(|seats| seats.iter().all(is_free))
        .map(<[SeatIndex]>::to_vec)
}

#[cfg(test)]
mod tests {
    use boxoffice_domain::seating::{PlanFormat, import, samples};
    use uuid::Uuid;

    use super::*;

    fn theatre() -> House {
        let content = samples::theatre();
        let document = import(PlanFormat::guess(&content), &content).unwrap();
        let (layout, _) = Layout::write(document).unwrap();
        let show = ShowId::from_uuid(Uuid::from_u128(1));
        House::new(show, "Hamlet", "Theatre".into(), Arc::new(layout), Sells::default())
    }

    fn all(house: &House, state: SeatState) {
        house.show(Look { states: vec![state; house.layout.seats().len()], ..Look::default() });
    }

    #[test]
    fn rows_are_those_of_the_plan_and_the_first_is_nearest() {
        let house = theatre();
        assert_eq!(house.rows.len(), 13);
        assert_eq!(house.describe(&house.rows[0][..2]), "Stalls, row A, seats 1–2");
        assert_eq!(house.capacity(), 300);
    }

    #[test]
    fn people_sit_side_by_side_while_they_can() {
        let house = theatre();
        all(&house, SeatState::Available);
        let mut dice = Rng::with_seed(1);
        for people in 1..8 {
            let seats = house.choose(people, &mut dice);
            assert_eq!(seats.len(), people);
            assert!(seats.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seats:?}");
        }
    }

    #[test]
    fn the_last_seats_are_found_wherever_they_are() {
        let house = theatre();
        let mut states = vec![SeatState::Sold; 300];
        states[7] = SeatState::Available;
        states[250] = SeatState::Available;
        house.show(Look { states, ..Look::default() });
        let mut seats = house.choose(4, &mut Rng::with_seed(1));
        seats.sort_unstable();
        assert_eq!(seats, [7, 250]);
        all(&house, SeatState::Held);
        assert!(house.choose(2, &mut Rng::with_seed(1)).is_empty());
    }

    #[test]
    fn the_same_seed_chooses_the_same_seats() {
        let house = theatre();
        all(&house, SeatState::Available);
        let choose = |seed| house.choose(3, &mut Rng::with_seed(seed));
        assert_eq!(choose(5), choose(5));
    }
}
