//! A show folded anew from its stream, which takes the place of the one that is read.

use boxoffice_domain::log::{Recorded, StreamName};

use super::{ShowEntry, Shows};
use crate::decode::{self, CannotRead};
use crate::feed::{LogFeed, Outage};
use crate::follow::{BATCH_MAX, Built, Pace, parked_at};
use crate::show::ShowView;
use crate::table::Parked;

/// A show on its way through its stream.
struct Fold {
    stream: StreamName,
    view: ShowView,
    /// Where it went no further, and why.
    parked: Option<Parked>,
}

impl Fold {
    /// Folds the next events. `false`: there were none.
    async fn go_on(&mut self, feed: &dyn LogFeed, built: &Built) -> Result<bool, Outage> {
        if self.parked.is_some() {
            return Ok(false);
        }
        let events = feed.read_stream(&self.stream, self.view.version(), None, BATCH_MAX).await?;
        built.add(events.len());
        for event in &events {
            self.parked = self.fold(feed, event).await?;
            if self.parked.is_some() {
                break;
            }
        }
        Ok(!events.is_empty())
    }

    async fn fold(&mut self, feed: &dyn LogFeed, event: &Recorded) -> Result<Option<Parked>, Outage> {
        let known = self.view.version();
        if event.version != known.saturating_add(1) {
            let reason = format!("version {} does not follow on {known}", event.version);
            return Ok(Some(parked_at(event, reason)));
        }
        match decode::inventory_event(feed, event).await {
            Ok(fact) => {
                self.view.apply(event, &fact);
                Ok(None)
            }
            Err(CannotRead::Unreadable(reason)) => Ok(Some(parked_at(event, reason.to_string()))),
            Err(CannotRead::Outage(outage)) => Err(outage),
        }
    }
}

impl Shows {
    /// The streams to reload: those that are given, or of all shows and everything that is parked.
    pub(crate) fn to_reload(&self, streams: Option<Vec<String>>) -> Vec<String> {
        streams.unwrap_or_else(|| {
            let mut streams: Vec<String> = self.progress.parked().into_iter().map(|p| p.stream).collect();
            streams
                .extend(self.list().into_iter().map(|show| StreamName::inventory(show).as_str().to_owned()));
            streams.sort_unstable();
            streams.dedup();
            streams
        })
    }

    /// How many events of a stream have been folded so far.
    pub(crate) fn known_of(&self, stream: &str) -> u64 {
        let show = StreamName::from_log(stream).show();
        show.and_then(|show| self.get(show)).map_or(0, |entry| entry.lock().view.version())
    }

    /// Folds a show anew and puts it in the place of the one that is there. It is parked afterwards exactly if that
    /// was not possible to the end.
    pub(crate) async fn reload(
        &self,
        feed: &dyn LogFeed,
        stream: &str,
        built: &Built,
        pace: &mut Pace,
    ) -> Result<(), Outage> {
        let stream = StreamName::from_log(stream);
        let Some(show) = stream.show() else { return self.look_again(feed, &stream).await };
        let mut fold = Fold { stream, view: ShowView::new(show), parked: None };
        while fold.go_on(feed, built).await? {
            pace.rest(feed).await;
        }
        // The follower stands still now, so what it has seen is in the stream, and what comes is not passed over.
        let _turn = self.progress.turn().await;
        while fold.go_on(feed, built).await? {}
        let Fold { stream, view, parked } = fold;
        let entry = self.entry(show);
        if let Some(parked) = parked.clone() {
            self.progress.park(parked);
        }
        let is_whole = parked.is_none();
        entry.replace(view, parked);
        if is_whole {
            self.progress.unpark(stream.as_str());
        }
        self.tell(&entry);
        Ok(())
    }

    /// A stream that names no show stays parked as long as there is anything in it.
    async fn look_again(&self, feed: &dyn LogFeed, stream: &StreamName) -> Result<(), Outage> {
        let _turn = self.progress.turn().await;
        if feed.read_stream(stream, 0, None, 1).await?.is_empty() {
            self.progress.unpark(stream.as_str());
        }
        Ok(())
    }
}

impl ShowEntry {
    /// What is read from now on. Who watches is told everything anew.
    fn replace(&self, mut view: ShowView, parked: Option<Parked>) {
        let mut held = self.lock();
        view.succeed(&held.view);
        held.view = view;
        held.parked = parked;
        drop(held);
        self.forget_rendered();
    }
}
