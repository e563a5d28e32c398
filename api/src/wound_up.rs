//! How a cancelled show is wound up, as a job. It is not kept anywhere: the log says how far it is, so that the job
//! outlives the server that began it.

use boxoffice_domain::id::{JobId, ShowId};
use boxoffice_domain::money::Currency;
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::show::{Ending, ShowView};

use crate::app::App;
use crate::jobs::{JobBody, JobKind, JobRefunds, JobState};
use crate::problem::Problem;
use crate::wire::Money;

/// The job of a show.
fn job_of(show: ShowId) -> JobId {
    JobId::from_uuid(show.uuid())
}

/// The job right after the show was cancelled.
#[must_use]
pub fn begun(show: ShowId, orders: u32, currency: Currency, at: Timestamp) -> JobBody {
    let refunds = JobRefunds { due: 0, made: 0, failed: 0, amount: Money::new(0, currency) };
    let state = if orders == 0 { JobState::Succeeded } else { JobState::Running };
    let progress = Progress { orders, ended: 0, state, ended_at: (orders == 0).then_some(at) };
    body(show, progress, at, refunds)
}

#[derive(Clone, Copy)]
struct Progress {
    orders: u32,
    /// Those whose money has gone back.
    ended: u32,
    state: JobState,
    ended_at: Option<Timestamp>,
}

fn counted(number: u64, one: &str, more: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {more}") }
}

fn body(show: ShowId, progress: Progress, at: Timestamp, refunds: JobRefunds) -> JobBody {
    let (done, total) = (u64::from(progress.ended), u64::from(progress.orders));
    let all = if progress.state == JobState::Running { 0 } else { 100 };
    let message = match progress.state {
        JobState::Running => "Orders are being ended, and what was paid goes back.".to_owned(),
        JobState::Succeeded => {
            format!(
                "{} ended, and what was due for it has gone back.",
                counted(total, "order has", "orders have")
            )
        }
        JobState::Failed => format!(
            "{} could not be made. See /v1/events/{show}/refunds?status=failed, and try again.",
            counted(refunds.failed.into(), "refund", "refunds")
        ),
    };
    JobBody {
        job_id: job_of(show).to_string(),
        kind: JobKind::Cancellation,
        projection: None,
        event_id: Some(show.to_string()),
        state: progress.state,
        done,
        total,
        percentage: done.saturating_mul(100).checked_div(total).unwrap_or(all),
        started_at: at.to_string(),
        finished_at: progress.ended_at.map(|at| at.to_string()),
        parked: None,
        refunds: Some(refunds),
        message,
    }
}

fn told(show: ShowId, ending: &Ending, currency: Currency) -> JobBody {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (due, failed) = (count(ending.refunds_due()), count(ending.refunds_failed()));
    let state = match (ending.is_done(), failed) {
        (false, _) => JobState::Running,
        (true, 0) => JobState::Succeeded,
        (true, _) => JobState::Failed,
    };
    let refunds = JobRefunds { due, made: ending.made, failed, amount: Money::new(ending.amount, currency) };
    let ended = ending.ended.saturating_sub(due).saturating_sub(failed);
    let ended_at = (state != JobState::Running).then_some(ending.last_at);
    body(show, Progress { orders: ending.orders, ended, state, ended_at }, ending.at, refunds)
}

impl App {
    /// How far a cancelled show is wound up; `None` where it takes place.
    ///
    /// # Errors
    /// 404, or 503 where the show is parked.
    pub fn wound_up(&self, show: ShowId) -> Result<Option<JobBody>, Problem> {
        let read = |view: &mut ShowView| {
            let currency = view.terms()?.currency;
            view.ending().map(|ending| told(show, ending, currency))
        };
        Ok(self.entry(show)?.read(Timestamp::default(), read)?)
    }

    /// The same by the id of the job.
    ///
    /// # Errors
    /// 503 where the show is parked.
    pub fn wound_up_by(&self, job: JobId) -> Result<Option<JobBody>, Problem> {
        let show = ShowId::from_uuid(job.uuid());
        if self.shows.get(show).is_some() { self.wound_up(show) } else { Ok(None) }
    }
}
