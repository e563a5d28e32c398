//! `boxoffice replay`: folds the log with the same rules that decide, and says what it comes to. Two replays of one
//! log say the same.

use std::process::ExitCode;
use std::str::FromStr;
use std::time::Instant;

use boxoffice_domain::log::Position;
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::feed::Until;

use super::failed::Failed;
use super::progress::Progress;
use super::{Outcome, Threads, audit, block_on, output};
use crate::settings::{LogPlace, Place};

mod fold;
mod summary;
mod tally;

use fold::Fold;
use summary::Summary;

const EXAMPLE: &str = "Examples:
  boxoffice replay --data /var/lib/boxoffice
  boxoffice replay --data /var/lib/boxoffice --to 1200
  boxoffice replay --data /var/lib/boxoffice --to 2026-11-21T19:30:00Z --json

The state hash is the same whenever, and wherever, the same log is replayed by the same release.";

/// How many events are read at once.
const PAGE: usize = 2_000;

/// The arguments of `boxoffice replay`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    place: Place,
    /// How far: a position, or a time; to the end unless told
    #[arg(long, value_name = "POSITION|TIME")]
    to: Option<To>,
    /// Print the summary as JSON
    #[arg(long)]
    json: bool,
}

/// How far to replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct To(Until);

impl FromStr for To {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(position) = text.parse::<Position>() {
            return Ok(Self(Until::Position(position)));
        }
        let time = text.parse::<Timestamp>();
        time.map(|time| Self(Until::Time(time)))
            .map_err(|_| "expected a position as 1200, or a time as 2026-11-21T19:30:00Z")
    }
}

pub(crate) fn run(arguments: &ReplayArgs) -> Outcome {
    let place = arguments.place.log()?;
    let until = arguments.to.map(|To(until)| until);
    let started = Instant::now();
    let summary = block_on(Threads::One, replay(&place, until))?;
    if arguments.json {
        output::json(&summary)?;
    } else {
        output::say(&summary.in_words(started.elapsed()));
    }
    Ok(ExitCode::SUCCESS)
}

async fn replay(place: &LogPlace, until: Option<Until>) -> Result<Summary, Failed> {
    let log = audit::open(place).await?;
    let head = log.heads().await?.position;
    let last = match until {
        Some(Until::Position(position)) if position > head => {
            return Err(Failed::new(format!("the log ends at position {head}; there is no {position}")));
        }
        Some(Until::Position(position)) => position,
        Some(Until::Time(_)) | None => head,
    };
    let mut progress = Progress::of("replaying", last);
    let mut fold = Fold::default();
    let mut after = 0;
    while after < last {
        let page = log.read(after, PAGE).await?;
        let Some(end) = page.last() else { break };
        after = end.position;
        progress.add(u64::try_from(page.len()).unwrap_or(u64::MAX));
        for event in page.iter().filter(|event| event.position <= last) {
            // Log time never goes back within a stream, so what is left out is each stream's end.
            if !matches!(until, Some(Until::Time(time)) if event.log_time > time) {
                fold.event(&*log, event).await?;
            }
        }
    }
    Ok(fold.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn to_is_a_position_or_a_time() {
        assert_eq!("17".parse(), Ok(To(Until::Position(17))));
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(To(Until::Time(Timestamp::from_unix_ms(1_000)))));
        assert!("noon".parse::<To>().is_err());
    }
}
