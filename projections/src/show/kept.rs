//! A view as bytes, and back. Whoever changes what is written here, or what the fold comes to, raises
//! [`VIEW_VERSION`]; `a_view_of_another_form_has_another_version` notices.
//!
//! What is kept is not judged: it is the same whenever it was read last. The seating layout is named by its digest, and
//! what changed lately is forgotten: whoever wants to go on from before starts from a full view.

use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{BlockId, ShowId};
use boxoffice_domain::log::{Position, Version};
use boxoffice_domain::pricing::Tariffs;
use boxoffice_domain::seating::Layout;
use boxoffice_domain::snapshot::{NotRestored, decode, decode_first, encode};
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

use super::ShowView;
use super::blocks::Block;
use super::changes::Changes;
use super::ending::Ending;
use super::holds::{Holds, KeptHolds};
use super::stock::{KeptStock, Stock};
use super::terms::Terms;

/// Which form views have when they are kept, and which fold made them.
pub const VIEW_VERSION: u32 = 3;

/// What stands first, so that the layout can be fetched before the rest is read.
#[derive(Serialize, Deserialize)]
struct Head {
    layout: Option<Digest>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    show: ShowId,
    version: Version,
    position: Position,
    head: Digest,
    log_time: Timestamp,
    terms: Option<Terms>,
    published_at: Option<Timestamp>,
    /// As JSON.
    tariffs: String,
    announced: Option<Timestamp>,
    paused: bool,
    ending: Option<Ending>,
    stock: KeptStock,
    blocks: BTreeMap<BlockId, Block>,
    holds: KeptHolds,
}

impl ShowView {
    /// A copy of what is kept.
    pub(crate) fn to_be_kept(&self) -> Self {
        Self {
            show: self.show,
            version: self.version,
            position: self.position,
            head: self.head,
            log_time: self.log_time,
            judged_at: self.judged_at,
            terms: self.terms.clone(),
            published_at: self.published_at,
            tariffs: self.tariffs.clone(),
            announced: self.announced,
            paused: self.paused,
            ending: self.ending.clone(),
            stock: self.stock.clone(),
            blocks: self.blocks.clone(),
            holds: self.holds.clone(),
            changes: Changes::default(),
            sheet: None,
        }
    }

    /// The view as bytes.
    pub(crate) fn into_bytes(mut self) -> Option<Vec<u8>> {
        self.unjudge();
        let layout = self.plan().map(|plan| plan.digest());
        let mut bytes = encode(&Head { layout })?;
        bytes.append(&mut encode(&Kept {
            show: self.show,
            version: self.version,
            position: self.position,
            head: self.head,
            log_time: self.log_time,
            terms: self.terms,
            published_at: self.published_at,
            tariffs: serde_json::to_string(&self.tariffs.iter().collect::<Vec<_>>()).ok()?,
            announced: self.announced,
            paused: self.paused,
            ending: self.ending,
            stock: self.stock.into_kept(),
            blocks: self.blocks,
            holds: self.holds.into_kept(),
        })?);
        Some(bytes)
    }

    /// The layout that a view is of, if it has one.
    pub(crate) fn layout_of_bytes(bytes: &[u8]) -> Result<Option<Digest>, NotRestored> {
        decode_first(bytes).map(|(Head { layout }, _)| layout)
    }

    /// The view that [`Self::into_bytes`] wrote. The bytes may be anything.
    pub(crate) fn of_bytes(bytes: &[u8], plan: Option<Arc<Layout>>) -> Result<Self, NotRestored> {
        let (Head { layout }, rest) = decode_first(bytes)?;
        if layout != plan.as_ref().map(|plan| plan.digest()) {
            return Err(layout.map_or(NotRestored::Malformed, NotRestored::MissingLayout));
        }
        let kept: Kept = decode(rest)?;
        let stock = Stock::of_kept(kept.stock, plan.as_deref()).ok_or(NotRestored::Malformed)?;
        let mut changes = Changes::default();
        changes.restart(kept.position);
        Ok(Self {
            version: kept.version,
            position: kept.position,
            head: kept.head,
            log_time: kept.log_time,
            terms: kept.terms.map(|terms| Terms { plan, ..terms }),
            published_at: kept.published_at,
            tariffs: Tariffs::of(serde_json::from_str(&kept.tariffs).map_err(|_| NotRestored::Malformed)?),
            announced: kept.announced,
            paused: kept.paused,
            ending: kept.ending,
            stock,
            blocks: kept.blocks,
            holds: Holds::of_kept(kept.holds),
            changes,
            ..Self::new(kept.show)
        })
    }
}
