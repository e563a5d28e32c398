//! Seating layouts that were read once, kept as long as there is room.

use std::sync::{Arc, Mutex, PoisonError};

use boxoffice_domain::digest::Digest;
use boxoffice_domain::seating::Layout;

/// How many seats all kept layouts may have together; a seat takes some 300 bytes.
const SEATS_MAX: usize = 1_000_000;

/// How many layouts are kept.
const LAYOUTS_MAX: usize = 256;

/// The layouts that were asked for last.
#[derive(Debug, Default)]
pub(crate) struct Layouts {
    /// The one that was asked for last is the last.
    kept: Mutex<Vec<Arc<Layout>>>,
}

impl Layouts {
    pub(crate) fn get(&self, digest: Digest) -> Option<Arc<Layout>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().rposition(|layout| layout.digest() == digest)?;
        let layout = kept.remove(at);
        kept.push(Arc::clone(&layout));
        Some(layout)
    }

    /// Keeps a layout and lets older ones go where there is no room. Those still in use live on.
    pub(crate) fn keep(&self, layout: &Arc<Layout>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|other| other.digest() != layout.digest());
        kept.push(Arc::clone(layout));
        let mut seats: usize = kept.iter().map(|layout| layout.seats().len()).sum();
        let mut gone = 0;
        for layout in kept.iter().take(kept.len() - 1) {
            if seats <= SEATS_MAX && kept.len() - gone <= LAYOUTS_MAX {
                break;
            }
            seats -= layout.seats().len();
            gone += 1;
        }
        kept.drain(..gone);
    }
}
