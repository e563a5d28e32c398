//! Reads a stream back: from a snapshot, if there is one that can be believed, and on from there, page by page, with
//! the seating layouts that its events name.

use std::sync::Arc;

use boxoffice_domain::aggregate::{Aggregate, StoredEvent, Unreadable};
use boxoffice_domain::log::{Recorded, Version};
use boxoffice_domain::seating::Layout;

use super::layouts::LayoutShelf;
use super::{Core, snapshots};
use crate::log::{Claim, Outage};
use crate::owner::{Owner, Unfit, contained};

/// How many events are read at once.
const PAGE_EVENTS: usize = 1_000;

/// Why something of the log could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Setback {
    /// Storage cannot be reached now; it may be later.
    #[error("storage is not available: {0}")]
    Outage(String),
    /// It cannot be read by this program; trying again does not help.
    #[error("{0}")]
    Unreadable(String),
}

impl From<Outage> for Setback {
    fn from(outage: Outage) -> Self {
        Self::Outage(outage.0)
    }
}

impl From<Unfit> for Setback {
    fn from(unfit: Unfit) -> Self {
        match unfit {
            Unfit::Short { .. } => Self::Outage(unfit.to_string()),
            Unfit::Gap { .. } | Unfit::OtherHead(_) | Unfit::Crashed(_) => {
                Self::Unreadable(unfit.to_string())
            }
        }
    }
}

/// Claims the stream, reads what the owner does not know, and lets it decide. The claim comes first: what had not
/// landed by then never will. Tells which snapshot it began with.
pub(super) async fn recover<A: Aggregate, T>(
    core: &Core,
    owner: &mut Owner<A, T>,
) -> Result<Option<Version>, Setback> {
    owner.disrupted();
    let is_new = owner.version() == 0;
    let claim = core.log.claim(owner.stream()).await?;
    let restored = snapshots::restore(core, owner, &claim).await;
    let read = match read_on(core, owner, &claim).await {
        Err(Setback::Unreadable(reason)) if restored.is_some() => {
            tracing::warn!(stream = %owner.stream(), reason, "nothing follows on the snapshot");
            owner.forget();
            read_on(core, owner, &claim).await.map(|()| None)
        }
        read => read.map(|()| restored),
    };
    if is_new && read.is_ok() {
        core.counters.loaded(restored.is_some());
    }
    read
}

/// Reads on from what the owner knows to the end.
async fn read_on<A: Aggregate, T>(
    core: &Core,
    owner: &mut Owner<A, T>,
    claim: &Claim,
) -> Result<(), Setback> {
    loop {
        let page = core.log.read_stream(owner.stream(), owner.version(), PAGE_EVENTS).await?;
        for recorded in &page {
            let event = decode(&core.layouts, recorded).await?;
            owner.replay(recorded, &event)?;
        }
        if page.len() < PAGE_EVENTS {
            break;
        }
        // A log that answers from memory never pauses, and other streams share this thread.
        tokio::task::yield_now().await;
    }
    Ok(owner.resume(claim, core.clock.now())?)
}

/// Reads an event back, with the layouts that it names.
pub(super) async fn decode<E: StoredEvent>(layouts: &LayoutShelf, recorded: &Recorded) -> Result<E, Setback> {
    let mut held: Vec<Arc<Layout>> = Vec::new();
    loop {
        let read = contained("reading an event", &recorded.stream, || {
            E::read(&recorded.event_type, recorded.schema_version, &recorded.payload, layouts)
        });
        let problem = match read {
            Ok(Ok(event)) => return Ok(event),
            Ok(Err(Unreadable::MissingLayout(digest)))
                if held.iter().all(|known| known.digest() != digest) =>
            {
                if let Some(layout) = layouts.find(digest).await? {
                    // The shelf keeps nothing alive: it has to be held until the event has it.
                    held.push(layout);
                    continue;
                }
                Unreadable::MissingLayout(digest).to_string()
            }
            Ok(Err(unreadable)) => unreadable.to_string(),
            Err(_) => "reading it crashed".to_owned(),
        };
        let Recorded { stream, version, .. } = recorded;
        return Err(Setback::Unreadable(format!("version {version} of {stream}: {problem}")));
    }
}
