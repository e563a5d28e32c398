//! `boxoffice rebuild`: has a running server fold a read model anew, and watches it do so.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use super::failed::Failed;
use super::progress::Progress;
use super::projections::Projections;
use super::remote::{Remote, RemoteArgs};
use super::{FOUND_FAULT, Outcome, Threads, block_on, output};

const EXAMPLE: &str = "Examples:
  boxoffice rebuild orders --data /var/lib/boxoffice
  boxoffice rebuild all --server http://127.0.0.1:8080 --token \"$TOKEN\" --json
  boxoffice rebuild shows --parked --data /var/lib/boxoffice

The server folds the projection from the log, beside what is read, and swaps the two; it goes on selling. With --parked
it does so only where something is parked. Ends with 1 where something is parked afterwards, or a rebuild failed.
`boxoffice projections` lists the names.";

/// How often the server is asked how far it is.
const EVERY: Duration = Duration::from_millis(200);

/// The arguments of `boxoffice rebuild`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct RebuildArgs {
    /// The projection, or `all`
    #[arg(value_name = "PROJECTION|all")]
    projection: String,
    /// Only try again what is parked
    #[arg(long)]
    parked: bool,
    #[command(flatten)]
    server: RemoteArgs,
    /// Print the jobs as JSON
    #[arg(long)]
    json: bool,
}

/// A job, as the server tells it.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
struct Job {
    #[serde(rename = "job_id")]
    id: String,
    projection: String,
    kind: String,
    state: String,
    done: u64,
    total: u64,
    percentage: u64,
    started_at: String,
    finished_at: Option<String>,
    parked: Option<u64>,
    message: String,
}

impl Job {
    fn is_well(&self) -> bool {
        self.state == "succeeded" && self.parked == Some(0)
    }
}

pub(crate) fn run(arguments: &RebuildArgs) -> Outcome {
    let jobs = block_on(Threads::One, rebuild(arguments))?;
    let is_well = jobs.iter().all(Job::is_well);
    if arguments.json {
        output::json(&json!({"ok": is_well, "jobs": jobs}))?;
    }
    Ok(if is_well { ExitCode::SUCCESS } else { FOUND_FAULT.into() })
}

async fn rebuild(arguments: &RebuildArgs) -> Result<Vec<Job>, Failed> {
    let mut server = Remote::connect(&arguments.server).await?;
    let all: Projections = server.get("/v1/projections").await?;
    let known: Vec<String> = all.data.into_iter().map(|projection| projection.name).collect();
    let wanted = match arguments.projection.as_str() {
        "all" => known,
        name if known.iter().any(|known| known == name) => vec![name.to_owned()],
        name => {
            let known = known.join(", ");
            return Err(Failed::new(format!("there is no projection {name}; there are {known}, and all")));
        }
    };
    let call = if arguments.parked { "replay" } else { "rebuild" };
    let mut jobs = Vec::new();
    for name in wanted {
        let job = server.post(&format!("/v1/projections/{name}/{call}")).await?;
        let job = watch(&mut server, job).await?;
        if !arguments.json {
            output::say(&format!("{name}: {}", job.message));
        }
        jobs.push(job);
    }
    Ok(jobs)
}

async fn watch(server: &mut Remote, mut job: Job) -> Result<Job, Failed> {
    let mut progress = Progress::of("rebuilding", job.total);
    while job.state == "running" {
        tokio::time::sleep(EVERY).await;
        let before = job.done;
        job = server.get(&format!("/v1/jobs/{}", job.id)).await?;
        progress.of_all(job.total);
        progress.add(job.done.saturating_sub(before));
    }
    Ok(job)
}
