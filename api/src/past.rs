//! Reads of the past fold the log anew, which takes as long as the show has events. They are for few: whoever else
//! comes meanwhile waits, and is told to come back where that takes too long.

use std::time::Duration;

use boxoffice_domain::id::ShowId;
use boxoffice_projections::as_of::{AsOf, PastUnknown, seats_as_of};
use boxoffice_projections::feed::{LogFeed, Until};
use tokio::sync::Semaphore;

use crate::problem::{Code, Problem};

/// How many go on at once.
const AT_ONCE: usize = 2;

/// How long others wait.
const PATIENCE: Duration = Duration::from_secs(2);

/// The way to the past.
pub struct Past(Semaphore);

impl Default for Past {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Past {
    /// A show as it was.
    ///
    /// # Errors
    /// There was no such moment, or no such show at that moment; 503 where too many want to know.
    pub async fn show(&self, feed: &dyn LogFeed, show: ShowId, until: Until) -> Result<AsOf, Problem> {
        let _turn = self.turn().await?;
        Ok(seats_as_of(feed, show, until).await?)
    }

    /// Leave to read a long way back. Over once it is dropped.
    ///
    /// # Errors
    /// 503 where too many want to.
    pub async fn turn(&self) -> Result<impl Drop, Problem> {
        let turn = tokio::time::timeout(PATIENCE, self.0.acquire()).await;
        turn.ok().and_then(Result::ok).ok_or_else(|| {
            Problem::new(
                Code::Overloaded,
                "Too many want to know about the past right now. Nothing was changed.",
            )
        })
    }
}

impl From<PastUnknown> for Problem {
    fn from(unknown: PastUnknown) -> Self {
        match unknown {
            PastUnknown::NoSuchPosition(_) => Self::new(Code::PositionBeyondHead, format!("{unknown}.")),
            PastUnknown::NoSuchShow => Self::new(Code::NotFound, "The event did not exist then."),
            PastUnknown::Unreadable { .. } => {
                tracing::error!(%unknown, "the past cannot be read");
                Self::new(Code::Unreadable, "The operator has to update this program.")
            }
            PastUnknown::Outage(outage) => outage.into(),
        }
    }
}
