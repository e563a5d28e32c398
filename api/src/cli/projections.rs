//! `boxoffice projections`: how the read models of a running server are.

use std::process::ExitCode;

use serde_json::Value;

use super::remote::{Remote, RemoteArgs};
use super::{FOUND_FAULT, Outcome, Threads, block_on, output, words};

const EXAMPLE: &str = "Examples:
  boxoffice projections --data /var/lib/boxoffice
  boxoffice projections --server http://127.0.0.1:8080 --token \"$TOKEN\" --json

Ends with 1 where something is parked: `boxoffice rebuild NAME --parked` tries it again.";

/// The arguments of `boxoffice projections`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct ProjectionsArgs {
    #[command(flatten)]
    server: RemoteArgs,
    /// Print the projections as JSON
    #[arg(long)]
    json: bool,
}

/// A projection, as the server tells it.
#[derive(Debug, serde::Deserialize, serde::Serialize)]
pub(super) struct Projection {
    pub(super) name: String,
    kept_in: String,
    version: u32,
    generation: u32,
    position: u64,
    behind: u64,
    parked: u64,
    job: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    parked_streams: Vec<Parked>,
}

#[derive(Debug, serde::Deserialize, serde::Serialize)]
struct Parked {
    stream: String,
    position: u64,
    #[serde(rename = "type")]
    event_type: Option<String>,
    reason: String,
}

#[derive(Debug, serde::Deserialize)]
pub(super) struct Projections {
    pub(super) data: Vec<Projection>,
}

pub(crate) fn run(arguments: &ProjectionsArgs) -> Outcome {
    let all = block_on(Threads::One, async {
        let mut server = Remote::connect(&arguments.server).await?;
        let found: Projections = server.get("/v1/projections").await?;
        let mut all = Vec::with_capacity(found.data.len());
        for projection in found.data {
            all.push(match projection.parked {
                0 => projection,
                _ => server.get(&format!("/v1/projections/{}", projection.name)).await?,
            });
        }
        Ok(all)
    })?;
    let is_whole = all.iter().all(|projection| projection.parked == 0);
    if arguments.json {
        output::json(&serde_json::json!({"ok": is_whole, "data": all}))?;
    } else {
        for line in all.iter().flat_map(in_words) {
            output::say(&line);
        }
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { FOUND_FAULT.into() })
}

fn in_words(projection: &Projection) -> Vec<String> {
    let Projection { name, kept_in, version, generation, position, behind, parked, job, .. } = projection;
    let doing = if job.is_some() { ", being rebuilt" } else { "" };
    let first = format!(
        "{name:<8} in {kept_in}, version {version}, generation {generation}, at {}, {} behind, {} parked{doing}",
        words::count(*position),
        words::count(*behind),
        words::count(*parked),
    );
    let streams = projection.parked_streams.iter().map(|parked| {
        let event = parked.event_type.as_deref().unwrap_or("an event");
        format!("         {}: {event} at {}: {}", parked.stream, parked.position, parked.reason)
    });
    std::iter::once(first).chain(streams).collect()
}
