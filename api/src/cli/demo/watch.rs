//! Watches the sale: asks the log and the read models a few times a second and shows what they say.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_projections::show::{Pool, SeatState};
use tokio::time::Instant;

use super::house::{House, Look};
use super::ledger::Ledger;
use super::sale::Sale;
use super::screen::Screen;
use super::view::{self, Scene, SeatMap, ShowLine};
use crate::app::App;
use crate::cli::{output, words};

/// How often the screen is drawn.
const DRAW_EVERY: Duration = Duration::from_millis(200);

/// How often a line is written where there is no screen.
const WRITE_EVERY: Duration = Duration::from_secs(2);

/// What is going on, and for how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phase {
    /// In words.
    pub(super) name: &'static str,
    /// How long it lasts, if that is known.
    pub(super) lasts: Option<Duration>,
    /// Whether the shows are in focus one after the other; else the last one is.
    pub(super) focus_moves: bool,
}

/// Whoever watches.
pub(super) struct Watch {
    /// What is watched.
    pub(super) app: Arc<App>,
    sale: Arc<Sale>,
    /// What the log says.
    pub(super) ledger: Ledger,
    address: String,
    screen: Option<Screen>,
    is_silent: bool,
    map: Option<(MapKey, SeatMap)>,
    started: Instant,
    second: (u64, u64),
    written: Option<Instant>,
}

/// What a fitted map depends on: the show, and the room.
type MapKey = (usize, (usize, usize, i64));

impl Watch {
    /// Takes the terminal, if there is one and something may be said.
    pub(super) fn new(
        app: Arc<App>,
        sale: Arc<Sale>,
        ledger: Ledger,
        address: String,
        is_silent: bool,
    ) -> Self {
        Self {
            app,
            sale,
            ledger,
            address,
            screen: if is_silent { None } else { Screen::enter() },
            is_silent,
            map: None,
            started: Instant::now(),
            second: (0, 0),
            written: None,
        }
    }

    /// Watches until the work is done.
    pub(super) async fn during<T>(&mut self, phase: Phase, work: impl Future<Output = T>) -> T {
        let began = Instant::now();
        let mut work = pin!(work);
        let mut ticks = tokio::time::interval(DRAW_EVERY);
        loop {
            tokio::select! {
                done = &mut work => {
                    self.look(phase, began).await;
                    return done;
                }
                _ = ticks.tick() => self.look(phase, began).await,
            }
        }
    }

    /// Gives the terminal back.
    pub(super) fn leave(&mut self) {
        self.screen = None;
    }

    async fn look(&mut self, phase: Phase, began: Instant) {
        let now = self.sale.clock.now().wall;
        for house in &self.sale.houses {
            let seen = self.app.shows.get(house.show);
            let read =
                seen.and_then(|show| show.read(now, |view| (view.seats(), view.pools().to_vec())).ok());
            if let Some((seats, pools)) = read {
                house.show(look(seats.states(), &pools));
            }
        }
        if let Err(outage) = self.ledger.catch_up(&*self.app.feed, &self.sale.houses).await {
            tracing::warn!(%outage, "the demo cannot read the log");
        }
        self.ledger.hear(self.sale.hearsay.take());
        self.ledger.bulletin.tell();
        self.count_rate();
        let left = phase.lasts.map(|lasts| lasts.saturating_sub(began.elapsed()));
        let focus = self.focus(phase, began.elapsed());
        match self.screen.take() {
            Some(screen) => self.screen = Some(self.draw(screen, phase, left, focus)),
            None if self.is_silent => {}
            None => self.write(phase),
        }
    }

    /// A new second has a new count.
    fn count_rate(&mut self) {
        let (second, before) = self.second;
        let now = self.started.elapsed().as_secs();
        if now > second {
            let holds = self.ledger.counts.holds;
            self.ledger.counts.second((holds - before) / (now - second));
            self.second = (now, holds);
        }
    }

    /// The small houses sell first, and are looked at first.
    fn focus(&self, phase: Phase, elapsed: Duration) -> usize {
        let last = self.sale.houses.len().saturating_sub(1);
        let Some(lasts) = phase.lasts.filter(|_| phase.focus_moves && last == 2) else { return last };
        match elapsed.as_secs_f64() / lasts.as_secs_f64().max(0.001) {
            ..0.27 => 0,
            0.27..0.6 => 1,
            _ => 2,
        }
    }

    fn draw(&mut self, mut screen: Screen, phase: Phase, left: Option<Duration>, focus: usize) -> Screen {
        let (width, height) = Screen::size();
        let colours = screen.colours();
        let sale = Arc::clone(&self.sale);
        let Some(house) = sale.houses.get(focus) else { return screen };
        let room = view::map_room(width, height, colours);
        let map = match self.map.take() {
            Some((key, map)) if key == (focus, room) => map,
            _ => fitted(house, room),
        };
        let looks: Vec<_> = sale.houses.iter().map(|house| (house, house.look())).collect();
        let shows: Vec<_> =
            (0..).zip(&looks).map(|(number, (house, look))| line(house, look, number == focus)).collect();
        let look = house.look();
        let title = format!("{} · {}", house.name, house.label);
        let scene = Scene {
            title: &title,
            phase: phase.name,
            left,
            map: &map,
            states: &look.states,
            shows: &shows,
            counts: &self.ledger.counts,
            news: self.ledger.bulletin.told(),
            address: &self.address,
        };
        screen.show(view::compose(&scene, width, height, colours));
        self.map = Some(((focus, room), map));
        screen
    }

    /// A line now and then, where there is no screen.
    fn write(&mut self, phase: Phase) {
        if self.written.is_some_and(|written| written.elapsed() < WRITE_EVERY) {
            return;
        }
        self.written = Some(Instant::now());
        let counts = &self.ledger.counts;
        let sold = self.sale.houses.iter().map(|house| {
            let percent = house.look().sold * 100 / house.capacity().max(1);
            format!("{} {percent} %", house.label)
        });
        let sold: Vec<_> = sold.collect();
        output::say(&format!(
            "{:3} s  {}: {} sold; {} holds/s, {}, {} lapsed, {} beaten to it; {} paid, {}; {} declined, {} late kept, {} late let go; {} in",
            self.started.elapsed().as_secs(),
            phase.name,
            sold.join(", "),
            words::count(counts.rates.back().copied().unwrap_or_default()),
            words::counted(counts.holds, "hold", "holds"),
            words::count(counts.lapsed),
            words::count(counts.beaten),
            words::counted(counts.confirmed, "order", "orders"),
            counts.sales_in_words(),
            words::count(counts.declined),
            words::count(counts.reclaimed),
            words::count(counts.voided),
            words::count(counts.admitted),
        ));
    }
}

fn look(states: &[SeatState], pools: &[Pool]) -> Look {
    let count = |wanted: SeatState| states.iter().filter(|state| **state == wanted).count();
    let seats = |wanted| u64::try_from(count(wanted)).unwrap_or(u64::MAX);
    Look {
        held: seats(SeatState::Held) + pools.iter().map(|pool| pool.held).sum::<u64>(),
        sold: seats(SeatState::Sold) + pools.iter().map(|pool| pool.sold).sum::<u64>(),
        standing_left: pools.iter().map(Pool::available).sum(),
        states: states.to_vec(),
    }
}

fn fitted(house: &House, (width, height, squeeze): (usize, usize, i64)) -> SeatMap {
    let seats: Vec<_> = house.layout.seats().iter().map(|seat| (seat.x, seat.y)).collect();
    SeatMap::fit(&seats, width, height, squeeze)
}

fn line<'a>(house: &'a House, look: &Look, is_in_focus: bool) -> ShowLine<'a> {
    ShowLine { name: &house.label, capacity: house.capacity(), held: look.held, sold: look.sold, is_in_focus }
}
