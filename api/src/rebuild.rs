//! Rebuilding what is read, while it is read: jobs and how they are done
//! (`docs/adr/0014-rebuilt-beside-and-swapped.md`).

use std::sync::Arc;

use boxoffice_projections::feed::Outage;
use boxoffice_projections::follow::{Progress, rebuild_shows, rebuild_tables};
use boxoffice_projections::table::TableProjection;

use crate::app::{App, table_projections};
use crate::jobs::{Job, JobKind};
use crate::problem::Problem;

/// The version of the shows in memory; they are folded at every start.
const SHOWS_VERSION: u32 = 1;

/// A projection that can be rebuilt.
pub struct Projection<'a> {
    /// How far it is.
    pub progress: &'a Progress,
    /// How it is folded into tables; none where it is kept in memory.
    tables: Option<Arc<dyn TableProjection>>,
}

impl Projection<'_> {
    /// Its version.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.tables.as_ref().map_or(SHOWS_VERSION, |tables| tables.version())
    }

    /// Where it is kept.
    #[must_use]
    pub fn kept_in(&self) -> &'static str {
        if self.tables.is_some() { "tables" } else { "memory" }
    }
}

impl App {
    /// Every projection.
    pub fn projections(&self) -> impl Iterator<Item = Projection<'_>> {
        self.progress.iter().map(|progress| {
            let tables = table_projections().into_iter().find(|tables| tables.name() == progress.name());
            Projection { progress, tables }
        })
    }

    /// A projection by its name.
    ///
    /// # Errors
    /// 404.
    pub fn projection(&self, name: &str) -> Result<Projection<'_>, Problem> {
        let found = self.projections().find(|projection| projection.progress.name() == name);
        found.ok_or_else(|| Problem::not_found("projection"))
    }

    /// Does a job, apart from whoever asked for it.
    pub(crate) fn carry_out(self: &Arc<Self>, job: Arc<Job>) {
        let (app, shutdown) = (Arc::clone(self), self.tasks().shutdown());
        self.tasks().spawn("rebuild", async move {
            let ending = Ending { app: &app, job: &job };
            tracing::info!(projection = job.projection, kind = ?job.kind, "a projection is folded anew");
            tokio::select! {
                done = app.fold_anew(&job) => ending.with(done.map_err(|error| error.to_string())),
                () = shutdown.begun() => ending.with(Err("the server is stopping".to_owned())),
            }
        });
    }

    /// How many streams are parked afterwards.
    async fn fold_anew(&self, job: &Job) -> Result<usize, Outage> {
        let Ok(projection) = self.projection(job.projection) else { return Ok(0) };
        let progress = projection.progress;
        let parked: Vec<String> = progress.parked().into_iter().map(|parked| parked.stream).collect();
        match (job.kind, &projection.tables) {
            (JobKind::Replay, _) if parked.is_empty() => {}
            // Several streams may write the same row, so that only all of them together give the right ones.
            (_, Some(tables)) => {
                rebuild_tables(&*self.feed, &*self.views, &**tables, progress, &job.built).await?;
            }
            (kind, None) => {
                let streams = (kind == JobKind::Replay).then_some(parked);
                rebuild_shows(&*self.feed, &self.shows, streams.clone(), &job.built).await?;
                if let Some(snapshots) = &self.show_snapshots {
                    snapshots.forget(streams.as_deref()).await?;
                }
            }
        }
        Ok(progress.parked().len())
    }
}

/// Ends a job, in whatever way its task ends.
struct Ending<'a> {
    app: &'a App,
    job: &'a Job,
}

impl Ending<'_> {
    fn with(&self, outcome: Result<usize, String>) {
        match &outcome {
            Ok(parked) => tracing::info!(projection = self.job.projection, parked, "it is folded anew"),
            Err(reason) => tracing::error!(projection = self.job.projection, reason, "it is not folded anew"),
        }
        self.job.ends(self.app.clock.now().wall, outcome);
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.job
            .ends(self.app.clock.now().wall, Err("the work was broken off; see the server's log".to_owned()));
    }
}
