//! Counters, and their text for Prometheus.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use axum::http::StatusCode;
use boxoffice_commands::engine::EngineStats;

use crate::app::App;
use crate::jobs::JobState;

/// Requests by how they ended.
#[derive(Debug, Default)]
pub struct Requests {
    under_way: AtomicI64,
    by_class: [AtomicU64; 6],
}

impl Requests {
    /// A request has come.
    pub fn begun(&self) {
        self.under_way.fetch_add(1, Ordering::Relaxed);
    }

    /// A request was answered.
    pub fn ended(&self, status: StatusCode) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
        if let Some(count) = self.by_class.get(usize::from(status.as_u16() / 100)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// One family of samples.
fn family(text: &mut String, name: &str, kind: &str, help: &str, samples: &[(String, String)]) {
    let _ = writeln!(text, "# HELP boxoffice_{name} {help}\n# TYPE boxoffice_{name} {kind}");
    for (labels, value) in samples {
        let _ = writeln!(text, "boxoffice_{name}{labels} {value}");
    }
}

fn single(text: &mut String, name: &str, kind: &str, help: &str, value: u64) {
    family(text, name, kind, help, &[(String::new(), value.to_string())]);
}

/// Read models that are folded anew.
fn rebuilds(text: &mut String, app: &App) {
    let of_each = |value: &dyn Fn(&str) -> u64| -> Vec<(String, String)> {
        let names = app.progress.iter().map(boxoffice_projections::follow::Progress::name);
        names.map(|name| (format!("{{projection=\"{name}\"}}"), value(name).to_string())).collect()
    };
    let job = |name: &str| app.jobs.running(name);
    let running = of_each(&|name| u64::from(job(name).is_some()));
    family(text, "projection_rebuilding", "gauge", "Whether a read model is being folded anew.", &running);
    let done = of_each(&|name| job(name).map_or(0, |job| job.done));
    family(text, "rebuild_events", "gauge", "Events that a running rebuild has folded.", &done);
    let all = of_each(&|name| job(name).map_or(0, |job| job.total));
    family(text, "rebuild_events_all", "gauge", "Events that a running rebuild has to fold.", &all);
    let generations = app.progress.iter().map(|progress| {
        (format!("{{projection=\"{}\"}}", progress.name()), progress.generation().to_string())
    });
    let generations: Vec<_> = generations.collect();
    family(text, "projection_generation", "gauge", "Which building of a read model is read.", &generations);
    let failed = u64::try_from(app.jobs.count(JobState::Failed)).unwrap_or(u64::MAX);
    single(text, "jobs_failed", "gauge", "Jobs of this run that failed, among the latest.", failed);
}

/// Snapshots, of aggregates (`state`) and of read models in memory (`view`).
fn snapshots(text: &mut String, app: &App, stats: &EngineStats) {
    let views = app.show_snapshots.as_ref().map(|snapshots| snapshots.stats()).unwrap_or_default();
    let of_both = |state: u64, view: u64| {
        [("state", state), ("view", view)].map(|(of, count)| (format!("{{of=\"{of}\"}}"), count.to_string()))
    };
    let taken = of_both(stats.snapshots, views.snapshots);
    family(text, "snapshots_total", "counter", "Snapshots taken.", &taken);
    let bytes = of_both(stats.snapshot_bytes, views.snapshot_bytes);
    family(text, "snapshot_bytes_total", "counter", "Bytes of snapshots taken.", &bytes);
    let seconds = Duration::from_micros(stats.snapshot_us).as_secs_f64().to_string();
    let seconds = ("{of=\"state\"}".to_owned(), seconds);
    family(text, "snapshot_seconds_total", "counter", "Time spent on snapshots.", &[seconds]);
    let seconds = Duration::from_micros(stats.snapshot_copy_us).as_secs_f64().to_string();
    let help = "Time that commands waited for while what is known was copied for a snapshot.";
    family(text, "snapshot_copy_seconds_total", "counter", help, &[(String::new(), seconds)]);
    let loads = of_both(stats.loads_from_snapshot, views.loads_from_snapshot);
    family(text, "snapshot_loads_total", "counter", "Loads that began with a snapshot.", &loads);
    let folds = of_both(stats.loads_from_beginning, views.loads_from_beginning);
    family(text, "full_loads_total", "counter", "Loads that began at the beginning.", &folds);
}

/// Everything that is counted, in the text format of Prometheus.
#[must_use]
pub fn text(app: &App) -> String {
    let mut text = String::new();
    let stats = app.engine.stats();
    single(&mut text, "commands_total", "counter", "Commands taken in.", stats.commands);
    single(&mut text, "refusals_total", "counter", "Commands that the rules refused.", stats.refusals);
    single(&mut text, "appends_total", "counter", "Group commits.", stats.appends);
    single(&mut text, "events_total", "counter", "Events appended.", stats.events);
    single(&mut text, "live_streams", "gauge", "Streams in memory.", stats.actors as u64);
    snapshots(&mut text, app, &stats);
    let head = app.feed.head();
    single(&mut text, "log_position", "gauge", "The last position of the log.", head);
    let settings: Vec<String> =
        app.log_settings().iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
    let settings = (format!("{{{}}}", settings.join(",")), "1".to_owned());
    family(
        &mut text,
        "log_settings",
        "gauge",
        "What durability rests on, as the store of the log reports it.",
        &[settings],
    );
    let label = |name: &str| format!("{{projection=\"{name}\"}}");
    let of_each = |value: &dyn Fn(&boxoffice_projections::follow::Progress) -> u64| -> Vec<(String, String)> {
        app.progress.iter().map(|progress| (label(progress.name()), value(progress).to_string())).collect()
    };
    let positions = of_each(&|progress| progress.position());
    family(&mut text, "projection_position", "gauge", "How far a read model has come.", &positions);
    let lags = of_each(&|progress| head.saturating_sub(progress.position()));
    family(&mut text, "projection_lag", "gauge", "How many events a read model is behind.", &lags);
    let parked = of_each(&|progress| progress.parked().len() as u64);
    family(&mut text, "projection_parked", "gauge", "Streams that wait for a repair.", &parked);
    rebuilds(&mut text, app);
    let requests: Vec<(String, String)> = (1..)
        .zip(app.requests.by_class.iter().skip(1))
        .map(|(class, count)| (format!("{{class=\"{class}xx\"}}"), count.load(Ordering::Relaxed).to_string()))
        .collect();
    family(&mut text, "http_requests_total", "counter", "Answers by class of status.", &requests);
    let under_way = app.requests.under_way.load(Ordering::Relaxed);
    single(
        &mut text,
        "http_requests_under_way",
        "gauge",
        "Requests that are being answered.",
        u64::try_from(under_way).unwrap_or_default(),
    );
    let open = app.open_payment_steps.load(Ordering::Relaxed);
    single(
        &mut text,
        "payment_steps_open",
        "gauge",
        "Steps of payments that are under way or wait to be tried again.",
        u64::try_from(open).unwrap_or_default(),
    );
    single(
        &mut text,
        "task_panics_total",
        "counter",
        "Background tasks that panicked.",
        app.tasks().panics(),
    );
    let version = (format!("{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), "1".to_owned());
    family(&mut text, "build_info", "gauge", "Which program this is.", &[version]);
    text
}
