//! A user's view of the application: the real router over TCP, a folder of its own, a clock that can be moved.

pub mod client;
pub mod database;
pub mod postgres;
pub mod process;
pub mod projections;
pub mod proxy;
pub mod sample;

use std::net::SocketAddr;
use std::sync::Arc;

use boxoffice::app::{App, AppOptions};
use boxoffice::server::Site;
use boxoffice_domain::time::Timestamp;
use boxoffice_infra::clock::ManualClock;
use boxoffice_infra::ids::SeededIds;
use tempfile::TempDir;

pub use client::{Answer, Call};

/// When every test begins.
pub const BEGIN: &str = "2026-11-21T12:00:00.000Z";

/// A running application.
pub struct TestApp {
    pub app: Arc<App>,
    pub clock: Arc<ManualClock>,
    pub address: SocketAddr,
    pub folder: Arc<TempDir>,
    timers: bool,
    seed: u64,
    server: tokio::task::JoinHandle<()>,
}

/// What is left of an application that was stopped.
pub struct Stopped {
    folder: Arc<TempDir>,
    now: Timestamp,
    timers: bool,
    seed: u64,
}

impl Stopped {
    /// Starts it again on the same folder.
    pub async fn start(self) -> TestApp {
        TestApp::open(self.folder, self.now, self.timers, self.seed).await
    }
}

impl TestApp {
    /// With timers off: whatever lapses, lapses by the time that commands and queries see.
    pub async fn start() -> Self {
        Self::open(Arc::new(tempfile::tempdir().unwrap()), BEGIN.parse().unwrap(), false, 1).await
    }

    /// With timers on.
    pub async fn with_timers() -> Self {
        Self::open(Arc::new(tempfile::tempdir().unwrap()), BEGIN.parse().unwrap(), true, 1).await
    }

    async fn open(folder: Arc<TempDir>, now: Timestamp, timers: bool, seed: u64) -> Self {
        #[cfg(feature = "mutants")]
        choose_mutant();
        let clock = Arc::new(ManualClock::at(now));
        let options = AppOptions {
            data: folder.path().to_owned(),
            database: None,
            timers,
            clock: Arc::clone(&clock) as _,
            ids: Arc::new(SeededIds::new(seed)),
        };
        let app = App::start(options).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let site = Site::of(&app);
        let server = tokio::spawn(async move {
            axum::serve(listener, axum::ServiceExt::<axum::extract::Request>::into_make_service(site))
                .await
                .unwrap()
        });
        Self { app, clock, address, folder, timers, seed, server }
    }

    /// Ends the application in good order and starts it again on the same folder.
    pub async fn restart(self) -> Self {
        self.stop().await.start().await
    }

    /// Ends the application in good order.
    pub async fn stop(self) -> Stopped {
        let stopped = Stopped {
            folder: Arc::clone(&self.folder),
            now: self.now(),
            timers: self.timers,
            seed: self.seed + 1,
        };
        self.server.abort();
        self.app.shut_down().await;
        stopped
    }

    pub fn now(&self) -> Timestamp {
        use boxoffice_commands::clock::Clock as _;
        self.clock.now().wall
    }

    pub fn advance_seconds(&self, seconds: u32) {
        self.clock.advance_ms(seconds * 1000);
    }

    /// Returns once the read models have everything that is in the log.
    pub async fn catch_up(&self) {
        self.app.wait_for(self.app.feed.head()).await.unwrap();
    }

    pub fn administrator(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("admin-token")).unwrap().trim().to_owned()
    }

    pub fn call(&self, method: &str, path: impl AsRef<str>) -> Call {
        Call::new(self.address, method, path.as_ref())
    }

    pub fn get(&self, path: impl AsRef<str>) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: impl AsRef<str>, body: serde_json::Value) -> Call {
        self.call("POST", path).json(body)
    }

    /// As the administrator.
    pub fn manage(&self, method: &str, path: impl AsRef<str>) -> Call {
        self.call(method, path).bearer(&self.administrator())
    }

    /// Everything that is in the log, as the lines of an export.
    pub async fn log_lines(&self) -> Vec<String> {
        let answer = self.manage("GET", "/v1/log").header("accept", "application/x-ndjson").send().await;
        answer.expect(200);
        answer.text().lines().map(str::to_owned).collect()
    }

    /// The events of a type, as JSON.
    pub async fn events_of(&self, event_type: &str) -> Vec<serde_json::Value> {
        self.log_lines()
            .await
            .iter()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .filter(|event| event["type"] == event_type)
            .collect()
    }
}

#[cfg(feature = "mutants")]
fn choose_mutant() {
    use boxoffice_domain::mutant::{Mutant, choose};
    if let Ok(name) = std::env::var("BOXOFFICE_MUTANT") {
        let (_, mutant) = Mutant::ALL.into_iter().find(|(known, _)| *known == name).expect("a known mutant");
        choose(mutant);
    }
}

impl TestApp {
    /// The documents beside the log, as the lines of an export.
    pub async fn documents(&self) -> Vec<String> {
        use boxoffice_infra::archive::Archive as _;
        let reader = boxoffice_infra::sqlite::SqliteLog::open_read_only(self.folder.path()).await.unwrap();
        let (mut lines, mut after) = (Vec::new(), None);
        while let Some((digest, content)) = reader.next_document(after).await.unwrap() {
            after = Some(digest);
            let content = String::from_utf8(content).unwrap();
            lines.push(serde_json::json!({"content": content, "document": digest.to_string()}).to_string());
        }
        lines
    }
}
