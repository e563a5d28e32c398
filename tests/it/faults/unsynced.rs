//! What a power cut takes that `kill -9` leaves: everything that was written and not synchronised.
//!
//! The server runs under strace twice, and is killed twice, in the middle of a sale. From what it asked of the
//! system ([`trace`]) the data folder is rebuilt as a disk has it after a power cut ([`storage`]), for moments at
//! which an answer had just left: once with nothing but what was synchronised, once with any of the rest. The log of
//! every such disk must reach the position that was told, be a beginning of the real log, and pass the checker; and
//! a server that is started on the last of them must know everything that was acknowledged.

mod storage;
mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use boxoffice_commands::vault::Vault as _;
use boxoffice_infra::clock::SystemClock;
use boxoffice_infra::keys::Keys;
use boxoffice_infra::vault::SqliteVault;
use serde_json::Value;

use self::storage::{Content, Image, Leaves, Storage};
use self::trace::{Step, Unfinished};
use super::attempt::Outcome;
use super::buyers::Crowd;
use super::random::Random;
use super::reading::{Export, Reading};
use super::{ENDLESS, Story};
use crate::support::process::{Server, Under};

/// How long buyers buy before each of the two kills. The server is several times slower than usual.
const LOAD: Duration = Duration::from_millis(1_500);

/// At how many answers the power is cut.
const CUTS: usize = 16;

/// For how many syncs it is asked what would be lost had the next answers not waited for them.
const EARLY_ANSWERS: usize = 10;

/// The file by which what was acknowledged becomes durable.
const WAL: &str = "log.db-wal";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_depends_on_what_was_not_synced() {
    let mut random = Random::of_this_run();
    let film = Film::shoot(&mut random).await;
    let cuts = film.cuts(&mut random);
    let mut storage = Storage::new(&film.root);
    let (mut told, mut answers) = (0, 0);
    for scene in &film.scenes {
        storage.go_on(scene);
        if let Scene::Step(Step::Answered { position }) = scene {
            (told, answers) = (told.max(*position), answers + 1);
            if cuts.contains(&answers) {
                for leaves in [Leaves::Nothing, Leaves::Some(&mut random)] {
                    let survived = film.survives(storage.image(leaves), told).await;
                    assert_eq!(survived, Ok(()), "after answer {answers} of {}", film.answers());
                }
            }
        }
    }
    for leaves in [Leaves::Nothing, Leaves::Some(&mut random.fork())] {
        film.goes_on(&storage.image(leaves), &mut random).await;
    }
    film.can_fail(told).await;
}

/// Everything that happened to a data folder while a sale was interrupted twice.
struct Film {
    /// The folder that has the data folder.
    root: PathBuf,
    scenes: Vec<Scene>,
    story: Story,
    /// The log as it really was in the end.
    whole: Export,
    _folder: tempfile::TempDir,
}

enum Scene {
    Step(Step),
    /// The server was killed, in the middle of something, and this is what was there then.
    Killed(Vec<Unfinished>, Image),
}

impl Film {
    async fn shoot(random: &mut Random) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("disk");
        std::fs::create_dir(&root).unwrap();
        let data = root.join("data");
        let (mut scenes, mut story) = (Vec::new(), None);
        for life in ["first", "second"] {
            let trace = folder.path().join(life);
            let server = Server::start_under(Under::Strace(&trace::arguments(&trace)), &data).await;
            let mut going_on = match story.take() {
                None => Story::begin(&server).await,
                Some(story) => story,
            };
            if life == "second" {
                going_on.go_on(&server, random).await;
            }
            let crowd = Crowd::gather(&server, &going_on.sale, ENDLESS, random);
            tokio::time::sleep(LOAD).await;
            server.kill();
            going_on.ledger.enter(crowd.diaries().await);
            let text = std::fs::read_to_string(&trace).unwrap();
            let (steps, unfinished) = trace::read(&text, &root);
            scenes.extend(steps.into_iter().map(Scene::Step));
            scenes.push(Scene::Killed(unfinished, read(&root)));
            story = Some(going_on);
        }
        let whole = Export::of(&data).await.unwrap();
        let film = Self { root, scenes, story: story.unwrap(), whole, _folder: folder };
        film.shows_everything();
        film
    }

    /// What was filmed accounts for every byte that is really there.
    fn shows_everything(&self) {
        let mut storage = Storage::new(&self.root);
        for scene in &self.scenes {
            storage.go_on(scene);
            if let Scene::Killed(_, real) = scene {
                let known = storage.image(Leaves::Everything);
                let names = |image: &Image| image.keys().cloned().collect::<Vec<_>>();
                assert_eq!(names(&known), names(real));
                // Read models are built again; whether a call on them that the kill interrupted had an effect is
                // not told by the trace.
                let of_the_log = |path: &Path| {
                    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log.db"))
                };
                for (path, content) in real.iter().filter(|(path, _)| of_the_log(path)) {
                    assert!(known[path] == *content, "{} is not what was written", path.display());
                }
            }
        }
    }

    fn answers(&self) -> usize {
        self.scenes.iter().filter(|scene| matches!(scene, Scene::Step(Step::Answered { .. }))).count()
    }

    /// Some answers, and the last one.
    fn cuts(&self, random: &mut Random) -> BTreeSet<usize> {
        let answers = self.answers();
        let cuts: BTreeSet<usize> = (1..CUTS).map(|_| 1 + random.below(answers)).chain([answers]).collect();
        println!("{} steps, {answers} answers, the power is cut after {cuts:?}", self.scenes.len());
        cuts
    }

    /// What is tested here can fail: with syncs left out of the film, or answers that leave before the sync that they
    /// wait for, something that was acknowledged is lost.
    async fn can_fail(&self, told: u64) {
        for is_missing in [|_: &Path| true, |path: &Path| path.ends_with(WAL)] {
            let storage = self.end_without(is_missing);
            assert_lost(self.survives(storage.image(Leaves::Nothing), told).await);
        }
        let mut is_noticed = false;
        for (sync, position) in self.awaited_syncs().into_iter().rev().take(EARLY_ANSWERS) {
            let mut storage = Storage::new(&self.root);
            self.scenes[..sync].iter().for_each(|scene| storage.go_on(scene));
            is_noticed |= self.survives(storage.image(Leaves::Nothing), position).await.is_err();
        }
        assert!(is_noticed, "answers that leave one sync too early are not noticed");
    }

    /// Where each sync of the log ended that was followed by news, and the last position that was told before the
    /// next one ended.
    fn awaited_syncs(&self) -> Vec<(usize, u64)> {
        let (mut syncing, mut told, mut found) = (None, 0, Vec::<(usize, u64)>::new());
        let mut ended = None;
        for (place, scene) in self.scenes.iter().enumerate() {
            let Scene::Step(step) = scene else { continue };
            match step {
                Step::SyncBegan { thread, path } if path.ends_with(WAL) => syncing = Some(*thread),
                Step::SyncEnded { thread } if syncing == Some(*thread) => {
                    (syncing, ended) = (None, Some(place))
                }
                Step::Answered { position } if *position > told => {
                    told = *position;
                    found.pop_if(|(before, _)| Some(*before) == ended);
                    found.extend(ended.map(|ended| (ended, told)));
                }
                _ => {}
            }
        }
        found
    }

    /// How the film ends where some files were never synchronised.
    fn end_without(&self, is_missing: impl Fn(&Path) -> bool) -> Storage {
        let mut storage = Storage::new(&self.root);
        for scene in &self.scenes {
            let is_left_out = matches!(scene, Scene::Step(Step::SyncBegan { path, .. }) if is_missing(path));
            if !is_left_out {
                storage.go_on(scene);
            }
        }
        storage
    }

    /// Whether a disk has what was acknowledged up to a position, and nothing that never was.
    async fn survives(&self, image: Image, told: u64) -> Result<(), String> {
        let disk = tempfile::tempdir().unwrap();
        let data = self.lay_out(&image, disk.path());
        let export = Export::of(&data).await.unwrap_or_default();
        if export.head() < told {
            return Err(format!("{told} was acknowledged, but the log ends at {}", export.head()));
        }
        if !self.whole.events.starts_with(&export.events) {
            return Err("the log is not a beginning of what it really was".to_owned());
        }
        if let Some(fault) = export.check().fault() {
            return Err(fault.to_string());
        }
        names_are_known(&data, &export).await
    }

    /// A server that is started on such a disk knows everything that was acknowledged, and goes on with it.
    async fn goes_on(&self, image: &Image, random: &mut Random) {
        let disk = tempfile::tempdir().unwrap();
        let data = self.lay_out(image, disk.path());
        let server = Server::start(&data).await;
        let sale = Arc::clone(&self.story.sale);
        let reading = Reading::of_a_sale(sale.setup);
        let mut story = Story { sale, reading, ledger: self.story.ledger.clone(), unsettled: 0 };
        story.go_on(&server, random).await;
        for attempt in story.ledger.left_payments(random) {
            let outcome = attempt.send(server.address()).await;
            assert!(
                matches!(outcome, Outcome::Accepted(_)),
                "{attempt:?}: the bank has forgotten it: {outcome:?}"
            );
            story.ledger.enter(vec![(attempt, outcome)]);
        }
        story.conclude(server).await;
    }

    /// Writes a disk out, and tells where its data folder is.
    fn lay_out(&self, image: &Image, target: &Path) -> PathBuf {
        for (path, content) in image {
            let path = target.join(path.strip_prefix(&self.root).unwrap());
            match content {
                Content::Folder => std::fs::create_dir(path).unwrap(),
                Content::File(content) => std::fs::write(path, content).unwrap(),
            }
        }
        target.join("data")
    }
}

impl Storage {
    fn go_on(&mut self, scene: &Scene) {
        match scene {
            Scene::Step(step) => self.apply(step),
            Scene::Killed(unfinished, real) => self.settle(unfinished, real),
        }
    }
}

fn assert_lost(survived: Result<(), String>) {
    let reason = survived.expect_err("nothing was lost although something was not synchronised");
    assert!(reason.contains("acknowledged"), "{reason}");
}

/// Whoever the log names is in the vault, under keys that are still there.
async fn names_are_known(data: &Path, export: &Export) -> Result<(), String> {
    let events = export.events.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let orders = events.filter(|event| event["type"] == "order_placed");
    let buyers: Vec<String> =
        orders.map(|order| order["payload"]["buyer"].as_str().unwrap().to_owned()).collect();
    if buyers.is_empty() {
        return Ok(());
    }
    let keys = Keys::load_or_create(data).map_err(|error| error.to_string())?;
    let vault = SqliteVault::open(data, keys, Arc::new(SystemClock::new()))
        .await
        .map_err(|error| error.to_string())?;
    for buyer in buyers {
        let found = vault.find(buyer.parse().unwrap()).await.map_err(|error| error.to_string())?;
        if found.is_none() {
            return Err(format!("the vault does not know {buyer}"));
        }
    }
    vault.close().await;
    Ok(())
}

/// Everything below a folder but what is only memory.
fn read(root: &Path) -> Image {
    let mut image = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
                image.insert(path, Content::Folder);
            } else if !path.to_string_lossy().ends_with("-shm") {
                let content = Content::File(std::fs::read(&path).unwrap());
                image.insert(path, content);
            }
        }
    }
    image
}
