//! Long work that was asked for: what is being done, and what has come of it.
//!
//! Jobs are of one run of the server and are kept in memory, the latest ones only. What they do is safe to lose: a
//! rebuild that did not come to its end has changed nothing that is read. What may not be lost, as a cancellation, is
//! in the log and told from there ([`crate::wound_up`]).

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use boxoffice_domain::id::JobId;
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::follow::Built;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::{Code, Problem};
use crate::wire::Money;

/// How many jobs are remembered, and how many answers to requests with an `Idempotency-Key`.
pub const JOBS_MAX: usize = 100;

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Folds a projection from the beginning of the log.
    Rebuild,
    /// Folds again what a projection has parked.
    Replay,
    /// Ends the orders of an event that was cancelled.
    Cancellation,
}

/// The money that goes back with a cancellation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JobRefunds {
    /// How many refunds are still to be made.
    pub due: u32,
    /// How many have been made.
    pub made: u32,
    /// How many the provider could not make.
    pub failed: u32,
    /// What all of them come to.
    pub amount: Money,
}

/// How it goes with a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It is being done.
    Running,
    /// It is done.
    Succeeded,
    /// It could not be done; the message says why.
    Failed,
}

/// A job, as it is told.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct JobBody {
    /// The job.
    pub job_id: String,
    /// What it does.
    pub kind: JobKind,
    /// To which projection, where it is one.
    #[schema(example = "orders")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub projection: Option<&'static str>,
    /// For which event, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
    /// How it goes.
    pub state: JobState,
    /// How many events of the log are folded, or how many orders have ended with their money gone back.
    pub done: u64,
    /// How many there are; grows with the log.
    pub total: u64,
    /// The same as a percentage, rounded down.
    pub percentage: u64,
    /// When it began.
    pub started_at: String,
    /// When it ended.
    pub finished_at: Option<String>,
    /// How many streams the projection has parked after it.
    pub parked: Option<usize>,
    /// What goes back, where an event was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refunds: Option<JobRefunds>,
    /// What has come of it, in words.
    pub message: String,
}

/// How a job ended.
#[derive(Debug, Clone)]
struct End {
    at: Timestamp,
    /// How many streams are parked, or why it could not be done.
    outcome: Result<usize, String>,
}

/// A job.
#[derive(Debug)]
pub struct Job {
    id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// To which projection.
    pub projection: &'static str,
    /// How much is done.
    pub built: Built,
    started_at: Timestamp,
    end: Mutex<Option<End>>,
}

impl Job {
    /// Says how it ended; the first word counts.
    pub fn ends(&self, at: Timestamp, outcome: Result<usize, String>) {
        self.end().get_or_insert(End { at, outcome });
    }

    /// Whether it is still being done.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.end().is_none()
    }

    fn end(&self) -> MutexGuard<'_, Option<End>> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job, as it is told now.
    #[must_use]
    pub fn body(&self) -> JobBody {
        let end = self.end().clone();
        let (done, total) = (self.built.done(), self.built.all());
        let parked = end.as_ref().and_then(|end| end.outcome.clone().ok());
        let (state, message) = match end.as_ref().map(|end| &end.outcome) {
            None => (JobState::Running, "Events are being folded.".to_owned()),
            Some(Ok(parked)) => (JobState::Succeeded, self.in_words(done, *parked)),
            Some(Err(reason)) => (JobState::Failed, format!("{reason}.")),
        };
        let all = if state == JobState::Succeeded { 100 } else { 0 };
        JobBody {
            job_id: self.id.to_string(),
            kind: self.kind,
            projection: Some(self.projection),
            event_id: None,
            state,
            done,
            total,
            percentage: done.saturating_mul(100).checked_div(total).unwrap_or(all),
            started_at: self.started_at.to_string(),
            finished_at: end.map(|end| end.at.to_string()),
            parked,
            refunds: None,
            message,
        }
    }

    fn in_words(&self, done: u64, parked: usize) -> String {
        let events = if done == 1 { "event" } else { "events" };
        let did = match (self.kind, done) {
            (JobKind::Replay, 0) => "There was nothing to replay".to_owned(),
            _ => format!("{done} {events} folded"),
        };
        match parked {
            0 => format!("{did}; nothing is parked."),
            1 => format!("{did}; 1 stream is parked. See /v1/projections/{}.", self.projection),
            _ => format!("{did}; {parked} streams are parked. See /v1/projections/{}.", self.projection),
        }
    }
}

/// What a request is answered with.
#[derive(Debug)]
pub struct Taken {
    /// The job, as it was when the request was first answered.
    pub body: JobBody,
    /// The job, where this request has made it and somebody has to do it.
    pub to_do: Option<Arc<Job>>,
}

/// The jobs of this run.
#[derive(Debug, Default)]
pub struct Jobs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// The oldest first.
    jobs: VecDeque<Arc<Job>>,
    /// By the id that follows from the request's key.
    answers: VecDeque<(JobId, JobBody)>,
}

impl Jobs {
    /// Takes in a request. One that was answered before gets the same answer; while a job for the same projection is
    /// running, that job is the answer.
    pub fn take(
        &self,
        id: JobId,
        is_keyed: bool,
        (kind, projection): (JobKind, &'static str),
        now: Timestamp,
    ) -> Taken {
        let mut known = self.known();
        if let Some((_, body)) = known.answers.iter().find(|(answered, _)| is_keyed && *answered == id) {
            return Taken { body: body.clone(), to_do: None };
        }
        let is_it = |job: &&Arc<Job>| job.projection == projection && job.is_running();
        let (body, to_do) = if let Some(job) = known.jobs.iter().find(is_it) {
            (job.body(), None)
        } else {
            let (built, end) = (Built::default(), Mutex::default());
            let job = Arc::new(Job { id, kind, projection, built, started_at: now, end });
            known.add(Arc::clone(&job));
            (job.body(), Some(job))
        };
        if is_keyed {
            if known.answers.len() >= JOBS_MAX {
                known.answers.pop_front();
            }
            known.answers.push_back((id, body.clone()));
        }
        Taken { body, to_do }
    }

    /// A job.
    ///
    /// # Errors
    /// 404.
    pub fn get(&self, id: JobId) -> Result<JobBody, Problem> {
        let found = self.known().jobs.iter().find(|job| job.id == id).map(|job| job.body());
        found.ok_or_else(|| {
            let detail = format!(
                "There is no such job in this run of the server: jobs are forgotten when it ends, and all but the \
                 latest {JOBS_MAX} before. GET /v1/projections says how the projections are."
            );
            Problem::new(Code::NotFound, detail)
        })
    }

    /// What is being done to a projection.
    #[must_use]
    pub fn running(&self, projection: &str) -> Option<JobBody> {
        let known = self.known();
        let mut jobs = known.jobs.iter().filter(|job| job.projection == projection && job.is_running());
        jobs.next().map(|job| job.body())
    }

    /// How many of the jobs that are remembered are in that state.
    #[must_use]
    pub fn count(&self, state: JobState) -> usize {
        self.known().jobs.iter().filter(|job| job.body().state == state).count()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// There is one running job a projection at most, so nearly all have ended.
    fn add(&mut self, job: Arc<Job>) {
        if self.jobs.len() >= JOBS_MAX
            && let Some(oldest) = self.jobs.iter().position(|job| !job.is_running())
        {
            self.jobs.remove(oldest);
        }
        self.jobs.push_back(job);
    }
}

#[cfg(test)]
mod tests {
    use boxoffice_domain::id::uuid_v7;

    use super::*;

    fn id(n: u128) -> JobId {
        JobId::from_uuid(uuid_v7(1, n))
    }

    const NOW: Timestamp = Timestamp::MAX;

    #[test]
    fn one_job_a_projection_runs_and_the_oldest_are_forgotten() {
        let jobs = Jobs::default();
        let take = |n, projection| jobs.take(id(n), false, (JobKind::Rebuild, projection), NOW);
        let orders = take(0, "orders").to_do.unwrap();
        let again = take(1, "orders");
        assert_eq!((again.body.job_id, again.to_do.is_none()), (id(0).to_string(), true));
        for n in 2..200 {
            take(n, "catalog").to_do.unwrap().ends(NOW, Ok(0));
        }
        assert_eq!(jobs.known().jobs.len(), JOBS_MAX);
        assert_eq!(jobs.get(id(0)).unwrap().state, JobState::Running);
        assert!(jobs.get(id(2)).unwrap_err().detail.contains("in this run"));
        orders.ends(NOW, Err("the disk is full".into()));
        orders.ends(NOW, Ok(0));
        let body = jobs.get(id(0)).unwrap();
        assert_eq!((body.state, body.message.as_str()), (JobState::Failed, "the disk is full."));
        assert!(take(300, "orders").to_do.is_some());
    }

    #[test]
    fn the_same_key_gets_the_same_answer() {
        let jobs = Jobs::default();
        let take = |n| jobs.take(id(n), true, (JobKind::Replay, "orders"), NOW);
        let first = take(1);
        let joined = take(2);
        assert_eq!(joined.body.job_id, first.body.job_id);
        first.to_do.unwrap().ends(NOW, Ok(2));
        for n in [1, 2] {
            let again = take(n);
            assert_eq!((again.body.state, again.to_do.is_none()), (JobState::Running, true));
            assert_eq!(again.body.job_id, first.body.job_id);
        }
        assert!(take(3).to_do.is_some());
    }
}
