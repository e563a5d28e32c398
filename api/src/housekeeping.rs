//! What the application does by itself, asked by nobody: correctness never rests on it.

use std::collections::HashSet;
use std::time::Duration;

use boxoffice_commands::log::Outage;
use boxoffice_commands::vault::{self, Sweepable};
use boxoffice_domain::aggregate::Streamed as _;
use boxoffice_domain::id::PersonId;
use boxoffice_domain::inventory::Inventory;
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::orders::{ORDERS, TRANSFERS};
use boxoffice_projections::table::Query;

use crate::app::App;

/// How often the vault is swept.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// How old a person is before it is looked at: longer than any command takes.
const SWEEP_AGE_MS: i64 = 60 * 60 * 1_000;

/// How long this waits for the read models before it tries again.
const PATIENCE: Duration = Duration::from_mins(1);

/// Where persons are named: what these columns do not have is named by no event.
const NAMING: [(&str, &str); 3] =
    [(ORDERS.name, "buyer"), (TRANSFERS.name, "recipient"), (TRANSFERS.name, "holder")];

/// Loads every show that had a live hold when the application stopped, so that its deadline is kept on time and not
/// only when somebody next asks for the show.
pub(crate) async fn wake_shows(app: &App) {
    while app.shows.progress().wait_for(app.head_at_start(), PATIENCE).await.is_err() {}
    for show in app.shows.list() {
        let Some(entry) = app.shows.get(show) else { continue };
        if entry.read(Timestamp::default(), |view| view.has_deadlines()).unwrap_or(false) {
            app.inventory.wake(&Inventory::stream(show));
        }
    }
}

/// Erases persons that no order names, for ever: whoever began to buy and was refused has not agreed to be kept.
pub(crate) async fn sweep_vault(app: &App, vault: &dyn Sweepable) {
    let mut since = Timestamp::default();
    loop {
        tokio::time::sleep(SWEEP_EVERY).await;
        let older_than = app.clock.now().wall.plus_ms(-SWEEP_AGE_MS);
        match sweep(app, vault, since, older_than).await {
            // What was looked at once has been named, or is gone.
            Ok(Some(erased)) => {
                since = older_than;
                tracing::info!(erased, "the vault is swept");
            }
            Ok(None) => {}
            Err(outage) => tracing::warn!(%outage, "the vault could not be swept"),
        }
    }
}

/// `None`: it is not certain now who is named.
async fn sweep(
    app: &App,
    vault: &dyn Sweepable,
    since: Timestamp,
    older_than: Timestamp,
) -> Result<Option<u64>, Outage> {
    let Some(orders) = app.progress.iter().find(|progress| progress.name() == "orders") else {
        return Ok(None);
    };
    let is_complete = orders.wait_for(app.feed.head(), PATIENCE).await.is_ok() && orders.parked().is_empty();
    if !is_complete {
        return Ok(None);
    }
    let named = async |people: Vec<PersonId>| {
        let mut named = HashSet::new();
        for person in people {
            for (table, column) in NAMING {
                let query =
                    Query { equal: vec![(column, person.to_string().into())], limit: 1, ..Query::default() };
                let found = app.views.list(table, &query).await.map_err(|outage| Outage(outage.0))?;
                named.extend((!found.is_empty()).then_some(person));
            }
        }
        Ok(named)
    };
    vault::sweep(vault, since, older_than, named).await.map(Some)
}
