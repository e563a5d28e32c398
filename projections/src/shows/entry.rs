//! One show of the registry: its view under a lock, and its representations, rendered once for all who ask.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use boxoffice_domain::id::ShowId;
use boxoffice_domain::log::Position;
use boxoffice_domain::time::Timestamp;
use bytes::Bytes;
use tokio::sync::watch;

use crate::show::{Mark, ShowView, ViewKind};
use crate::table::Parked;

/// A representation of a show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// A strong entity tag, with its quotes.
    pub etag: String,
    /// The position of the show's last event that is in it.
    pub position: Position,
    /// JSON.
    pub body: Bytes,
}

#[derive(Debug, Default)]
struct Cached(Mutex<Option<(Mark, Rendered)>>);

/// What is known of a show, and whether that may be read.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) view: ShowView,
    /// Why the show does not move any more, if it does not.
    pub(crate) parked: Option<Parked>,
}

/// One show in memory.
#[derive(Debug)]
pub struct ShowEntry {
    show: ShowId,
    held: Mutex<Held>,
    changed: watch::Sender<()>,
    /// Somebody wants to be told of changes by way of the registry.
    watched: AtomicBool,
    /// They were told, and have not looked yet.
    told: AtomicBool,
    availability: Cached,
    seats: Cached,
    compact: Cached,
}

impl ShowEntry {
    pub(super) fn new(show: ShowId) -> Self {
        Self {
            show,
            held: Mutex::new(Held { view: ShowView::new(show), parked: None }),
            changed: watch::Sender::new(()),
            watched: AtomicBool::new(false),
            told: AtomicBool::new(false),
            availability: Cached::default(),
            seats: Cached::default(),
            compact: Cached::default(),
        }
    }

    /// The show.
    #[must_use]
    pub fn show(&self) -> ShowId {
        self.show
    }

    /// Why the show does not move any more, if it does not.
    #[must_use]
    pub fn parked(&self) -> Option<Parked> {
        self.lock().parked.clone()
    }

    pub(super) fn is_parked(&self) -> bool {
        self.lock().parked.is_some()
    }

    /// Tells whenever an event has changed the show. What time changes is told by [`ShowView::next_change`].
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// Reads the view, judged at `now`, or at the log time of the show's last event if that is ahead of the clock.
    ///
    /// # Errors
    /// [`Parked`], if the show no longer moves.
    pub fn read<T>(&self, now: Timestamp, read: impl FnOnce(&mut ShowView) -> T) -> Result<T, Parked> {
        let mut held = self.lock();
        if let Some(parked) = &held.parked {
            return Err(parked.clone());
        }
        let view = &mut held.view;
        let now = now.max(view.log_time());
        view.advance(now);
        Ok(read(view))
    }

    /// The body of `GET …/availability`.
    ///
    /// # Errors
    /// [`Parked`], if the show no longer moves.
    pub fn availability(&self, now: Timestamp) -> Result<Rendered, Parked> {
        let mut cached = self.availability.lock();
        self.read(now, |view| {
            let mark = view.mark();
            cached.get_or_render(mark, || Rendered {
                etag: mark.etag(ViewKind::Availability),
                position: view.position(),
                body: view.availability_json(),
            })
        })
    }

    /// The body of `GET …/seats`.
    ///
    /// # Errors
    /// [`Parked`], if the show no longer moves.
    pub fn seats(&self, now: Timestamp) -> Result<Rendered, Parked> {
        self.all_seats(now, ViewKind::Seats)
    }

    /// The compact form of `GET …/seats`.
    ///
    /// # Errors
    /// [`Parked`], if the show no longer moves.
    pub fn seats_compact(&self, now: Timestamp) -> Result<Rendered, Parked> {
        self.all_seats(now, ViewKind::SeatsCompact)
    }

    /// Rendered outside the view's lock, so that events do not wait; one renders, others take what it made.
    fn all_seats(&self, now: Timestamp, kind: ViewKind) -> Result<Rendered, Parked> {
        let cached = if kind == ViewKind::Seats { &self.seats } else { &self.compact };
        let mut cached = cached.lock();
        let mark = self.read(now, |view| view.mark())?;
        if let Some(rendered) = cached.get(mark) {
            return Ok(rendered);
        }
        let snapshot = self.read(now, ShowView::seats)?;
        Ok(cached.get_or_render(snapshot.mark, || Rendered {
            etag: snapshot.mark.etag(kind),
            position: snapshot.position,
            body: if kind == ViewKind::Seats { snapshot.to_json() } else { snapshot.to_compact() },
        }))
    }

    /// Begins with a view that was kept. The show is not read or followed yet.
    pub(crate) fn begin_with(&self, view: ShowView) {
        self.lock().view = view;
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `false`: it was parked before.
    pub(super) fn park(&self, parked: Parked) -> bool {
        let mut held = self.lock();
        let is_news = held.parked.is_none();
        held.parked.get_or_insert(parked);
        is_news
    }

    /// What was rendered of another view says nothing of this one.
    pub(super) fn forget_rendered(&self) {
        for cached in [&self.availability, &self.seats, &self.compact] {
            *cached.lock().0 = None;
        }
    }

    /// Tells subscribers; `true`: the registry has to tell too.
    pub(super) fn changes(&self) -> bool {
        self.changed.send_replace(());
        self.watched.load(Ordering::SeqCst) && !self.told.swap(true, Ordering::SeqCst)
    }

    /// From now on, or no longer, changes go to [`super::Shows::dirtied`].
    pub(crate) fn watch(&self, watched: bool) {
        self.watched.store(watched, Ordering::SeqCst);
    }

    /// To be said before looking at the view: what changes after this is told again.
    pub(crate) fn look(&self) {
        self.told.store(false, Ordering::SeqCst);
    }
}

impl Cached {
    fn lock(&self) -> CachedGuard<'_> {
        CachedGuard(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct CachedGuard<'a>(MutexGuard<'a, Option<(Mark, Rendered)>>);

impl CachedGuard<'_> {
    fn get(&self, mark: Mark) -> Option<Rendered> {
        self.0.as_ref().filter(|(cached, _)| *cached == mark).map(|(_, rendered)| rendered.clone())
    }

    fn get_or_render(&mut self, mark: Mark, render: impl FnOnce() -> Rendered) -> Rendered {
        if let Some(rendered) = self.get(mark) {
            return rendered;
        }
        let rendered = render();
        *self.0 = Some((mark, rendered.clone()));
        rendered
    }
}
