//! The seating layouts that are in memory, each once, for as long as somebody has it.

use std::sync::{Arc, Mutex, Weak};

use boxoffice_domain::aggregate::Layouts;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::seating::Layout;
use rustc_hash::FxHashMap;

use super::load::Setback;
use super::lock;
use crate::log::Documents;

/// Layouts by digest. A plan of a hundred thousand seats takes megabytes, and many shows share one: the shelf
/// shares it, and keeps none alive on its own.
pub(super) struct LayoutShelf {
    documents: Arc<dyn Documents>,
    known: Mutex<FxHashMap<Digest, Weak<Layout>>>,
}

impl LayoutShelf {
    pub(super) fn new(documents: Arc<dyn Documents>) -> Self {
        Self { documents, known: Mutex::default() }
    }

    /// The layout, from memory or from the documents.
    pub(super) async fn find(&self, digest: Digest) -> Result<Option<Arc<Layout>>, Setback> {
        if let Some(layout) = self.layout(digest) {
            return Ok(Some(layout));
        }
        let found = self.documents.find(digest).await.map_err(|outage| Setback::Outage(outage.0))?;
        let Some(content) = found else { return Ok(None) };
        let read = tokio::task::spawn_blocking(move || Layout::read(&content)).await;
        let read = read.map_err(|panic| Setback::Unreadable(panic.to_string()))?;
        let layout = read.map_err(|error| Setback::Unreadable(error.to_string()))?;
        if layout.digest() != digest {
            return Err(Setback::Unreadable(format!("the document {digest} has another content")));
        }
        let mut known = lock(&self.known);
        // Somebody else may have read it meanwhile; everybody is to have the same one.
        if let Some(layout) = known.get(&digest).and_then(Weak::upgrade) {
            return Ok(Some(layout));
        }
        let layout = Arc::new(layout);
        known.retain(|_, layout| layout.strong_count() > 0);
        known.insert(digest, Arc::downgrade(&layout));
        Ok(Some(layout))
    }
}

impl Layouts for LayoutShelf {
    fn layout(&self, digest: Digest) -> Option<Arc<Layout>> {
        lock(&self.known).get(&digest).and_then(Weak::upgrade)
    }
}
