//! The one who keeps the live generation of a read model up to date, whichever that is.

use std::time::Duration;

use boxoffice_domain::log::{Position, Recorded};

use super::tables::{Overtaken, Tables};
use super::{Progress, QUIET_FOR};
use crate::feed::{LogFeed, Outage};
use crate::table::{TableProjection, TableStore};

/// How often this looks whether another server has promoted a generation, while nothing else happens.
const LOOK_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Follower<'a> {
    tables: Tables<'a>,
    progress: &'a Progress,
    /// How many of what the tables have parked were told.
    told: usize,
    /// Readers were told that the read model is here already. A generation that another server promoted may be a
    /// little behind that; until it is there, what the former one had parked stays parked.
    owed: Option<Position>,
}

impl<'a> Follower<'a> {
    pub(super) async fn open(
        store: &'a dyn TableStore,
        projection: &'a dyn TableProjection,
        progress: &'a Progress,
    ) -> Result<Self, Outage> {
        let _turn = progress.turn().await;
        let mut follower = Self {
            tables: Tables::new(store, projection, store.open(projection).await?),
            progress,
            told: 0,
            owed: None,
        };
        follower.opened();
        Ok(follower)
    }

    pub(super) fn name(&self) -> &'static str {
        self.progress.name()
    }

    pub(super) fn position(&self) -> Position {
        self.tables.seen()
    }

    /// Takes in events after [`Self::position`]. Where somebody else moved the tables, nothing is taken in, and this
    /// goes on from where they are.
    pub(super) async fn take_in(&mut self, events: &[Recorded]) -> Result<(), Outage> {
        let _turn = self.progress.turn().await;
        if self.is_current()
            && let Ok(()) = self.tables.take_in(events).await?
        {
            self.moved();
            return Ok(());
        }
        self.reopen().await
    }

    /// Waits for more, and writes the checkpoint if that takes long.
    pub(super) async fn wait(&mut self, feed: &dyn LogFeed) -> Result<(), Outage> {
        let patience = if self.tables.is_unwritten() { QUIET_FOR } else { LOOK_EVERY };
        tokio::select! {
            () = feed.wait_beyond(self.tables.seen()) => return Ok(()),
            () = self.progress.swapped() => {}
            () = tokio::time::sleep(patience) => {}
        }
        let _turn = self.progress.turn().await;
        let live = self.tables.store.live(self.tables.projection).await?;
        let is_live = self.is_current() && live == Some(self.tables.generation);
        match if is_live { self.tables.write().await? } else { Err(Overtaken) } {
            Ok(()) => Ok(()),
            Err(Overtaken) => self.reopen().await,
        }
    }

    /// Nobody in this process has promoted another generation.
    fn is_current(&self) -> bool {
        self.progress.generation() == self.tables.generation
    }

    async fn reopen(&mut self) -> Result<(), Outage> {
        let (store, projection) = (self.tables.store, self.tables.projection);
        self.tables = Tables::new(store, projection, store.open(projection).await?);
        self.opened();
        Ok(())
    }

    fn opened(&mut self) {
        let (position, reached) = (self.tables.seen(), self.progress.position());
        self.progress.is_generation(self.tables.generation);
        self.progress.parked_also(self.tables.parked());
        self.told = self.tables.parked().len();
        self.owed = Some(reached.max(position));
        self.moved();
    }

    fn moved(&mut self) {
        for parked in self.tables.parked().iter().skip(self.told) {
            self.progress.park(parked.clone());
        }
        self.told = self.tables.parked().len();
        let position = self.tables.seen();
        self.progress.reached(position);
        if self.owed.is_some_and(|owed| owed <= position) {
            self.owed = None;
            self.progress.parked_are(self.tables.parked().to_vec());
        }
    }
}
