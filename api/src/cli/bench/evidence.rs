//! What the log says about a measurement: a figure counts only if every hold that was answered is in it.

use std::path::Path;

use boxoffice_audit::Report;

use crate::cli::audit::{self, Verdict, verdict_of_log};
use crate::cli::failed::Failed;
use crate::cli::{Threads, block_on};
use crate::settings::LogPlace;

/// How many events are read at once.
const PAGE: usize = 5_000;

/// What the log says.
pub(super) struct Evidence {
    /// How many holds were placed.
    pub(super) holds: u64,
    /// What the checker says.
    pub(super) verdict: Verdict,
}

/// Reads and verifies the log of a data folder. Call it where blocking is allowed.
pub(super) fn gather(data: &Path) -> Result<Evidence, Failed> {
    let holds = block_on(Threads::One, count_holds(data))?;
    Ok(Evidence { holds, verdict: verdict_of_log(&LogPlace::Folder(data.to_owned()))? })
}

async fn count_holds(data: &Path) -> Result<u64, Failed> {
    let log = audit::open(&LogPlace::Folder(data.to_owned())).await?;
    let (mut holds, mut after) = (0, 0);
    loop {
        let page = log.read(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(holds) };
        after = last.position;
        let placed = page.iter().filter(|event| &*event.event_type == "hold_placed").count();
        holds += u64::try_from(placed).unwrap_or(u64::MAX);
    }
}

impl Evidence {
    /// Whether the log has exactly what was answered, and is sound.
    pub(super) fn agrees(&self, answered: u64) -> bool {
        self.holds == answered && matches!(self.verdict.report, Report::Sound(_))
    }
}
