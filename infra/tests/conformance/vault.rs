//! What every vault promises.

use std::path::Path;
use std::sync::Arc;

use boxoffice_commands::vault::{Person, Sweepable, sweep};
use boxoffice_domain::id::PersonId;
use boxoffice_domain::time::Timestamp;
use boxoffice_infra::clock::ManualClock;
use boxoffice_infra::keys::{KEYS_FILE, Keys};
use boxoffice_infra::postgres::{Postgres, PostgresError, PostgresVault};
use boxoffice_infra::vault::SqliteVault;
use futures_util::FutureExt as _;
use sqlx::Connection as _;
use tempfile::TempDir;
use uuid::Uuid;

use crate::database;

/// Where a vault is, which may be opened again and again, and the folder of its keys.
trait Place {
    fn keys(&self) -> &Path;

    async fn open(&self, clock: Arc<ManualClock>) -> Arc<dyn Sweepable>;
}

impl Place for TempDir {
    fn keys(&self) -> &Path {
        self.path()
    }

    async fn open(&self, clock: Arc<ManualClock>) -> Arc<dyn Sweepable> {
        let keys = Keys::load_or_create(self.path()).unwrap();
        Arc::new(SqliteVault::open(self.path(), keys, clock).await.unwrap())
    }
}

impl Place for (TempDir, Postgres) {
    fn keys(&self) -> &Path {
        self.0.path()
    }

    async fn open(&self, clock: Arc<ManualClock>) -> Arc<dyn Sweepable> {
        let keys = Keys::load_or_create(self.keys()).unwrap();
        Arc::new(PostgresVault::open(&self.1, keys, clock).await.unwrap())
    }
}

macro_rules! every_vault {
    ($($promise:ident),+ $(,)?) => {
        mod postgres {$(
            #[tokio::test]
            async fn $promise() {
                super::$promise(super::postgres_place().await).await;
            }
        )+}
        mod sqlite {$(
            #[tokio::test]
            async fn $promise() {
                super::$promise(tempfile::tempdir().unwrap()).await;
            }
        )+}
    };
}

every_vault![
    a_person_is_found_until_erased,
    what_is_erased_while_it_is_written_is_gone,
    keys_that_were_replaced_still_open,
    a_sweep_erases_old_orphans_alone,
];

async fn postgres_place() -> (TempDir, Postgres) {
    (tempfile::tempdir().unwrap(), database::connect(&database::fresh().await).await)
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_000)))
}

fn id(n: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(n))
}

fn ann(email: &str) -> Person {
    Person {
        name: "Ann \u{c5}str\u{f6}m".to_owned(),
        email: email.to_owned(),
        attendees: vec![serde_json::json!({"name": "Bob"})],
        answers: Some(serde_json::json!({"wheelchair": true})),
    }
}

async fn a_person_is_found_until_erased(place: impl Place) {
    let vault = place.open(clock()).await;
    assert_eq!(vault.find(id(1)).await.unwrap(), None);
    vault.keep(id(1), &ann("ann@example.org")).await.unwrap();
    vault.keep(id(1), &ann("ann@example.com")).await.unwrap();
    assert_eq!(vault.find(id(1)).await.unwrap(), Some(ann("ann@example.com")));
    assert_eq!(place.open(clock()).await.find(id(1)).await.unwrap(), Some(ann("ann@example.com")));
    vault.erase(id(1)).await.unwrap();
    vault.erase(id(1)).await.unwrap();
    assert_eq!(vault.find(id(1)).await.unwrap(), None);
}

async fn what_is_erased_while_it_is_written_is_gone(place: impl Place) {
    let vault = place.open(clock()).await;
    for n in 0..20 {
        let ann = ann("ann@example.org");
        // It is under way, and whoever asked for it goes away.
        assert!(vault.keep(id(n), &ann).now_or_never().is_none());
        vault.erase(id(n)).await.unwrap();
        vault.keep(id(1_000), &ann).await.unwrap();
        assert_eq!(vault.find(id(n)).await.unwrap(), None, "{n}");
    }
}

async fn keys_that_were_replaced_still_open(place: impl Place) {
    let old = place.open(clock()).await;
    old.keep(id(1), &ann("ann@example.org")).await.unwrap();
    let path = place.keys().join(KEYS_FILE);
    let mut json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let secret = "ab".repeat(32);
    json["keys"]["k2"] = serde_json::json!({"mac": secret, "vault": secret, "tickets": secret});
    json["current"] = "k2".into();
    std::fs::write(&path, json.to_string()).unwrap();
    let new = place.open(clock()).await;
    new.keep(id(2), &ann("bob@example.org")).await.unwrap();
    assert_eq!(new.find(id(1)).await.unwrap(), Some(ann("ann@example.org")));
    assert_eq!(new.find(id(2)).await.unwrap(), Some(ann("bob@example.org")));
}

async fn a_sweep_erases_old_orphans_alone(place: impl Place) {
    let clock = clock();
    let vault = place.open(clock.clone()).await;
    let kept = (0..600).map(|n| {
        let vault = &vault;
        async move { vault.keep(id(n), &ann("ann@example.org")).await }
    });
    futures_util::future::try_join_all(kept).await.unwrap();
    clock.advance_ms(1_000);
    vault.keep(id(1_000), &ann("young@example.org")).await.unwrap();
    vault.keep(id(7), &ann("again@example.org")).await.unwrap();
    let named = async |people: Vec<PersonId>| {
        assert!(people.len() <= 256);
        Ok(people.into_iter().filter(|person| person.uuid().as_u128() % 2 == 0).collect())
    };
    let young = Timestamp::from_unix_ms(2_000);
    let erased = sweep(&*vault, Timestamp::default(), young, named).await.unwrap();
    assert_eq!(erased, 299, "the odd ones, but for the one that was kept again");
    for (n, is_there) in [(1, false), (2, true), (7, true), (599, false), (1_000, true)] {
        assert_eq!(vault.find(id(n)).await.unwrap().is_some(), is_there, "{n}");
    }
    let later = Timestamp::from_unix_ms(9_000);
    assert_eq!(sweep(&*vault, later, later, named).await.unwrap(), 0, "nothing was kept since");
    assert_eq!(vault.erase_older(vec![id(2), id(1_000)], young).await.unwrap(), 1, "one is younger");
    assert_eq!(sweep(&*vault, Timestamp::default(), later, named).await.unwrap(), 1);
}

#[tokio::test]
async fn the_database_tells_nothing_and_a_row_is_at_home_in_one_place() {
    let address = database::fresh().await;
    let place = (tempfile::tempdir().unwrap(), database::connect(&address).await);
    let vault = place.open(clock()).await;
    vault.keep(id(1), &ann("ann@example.org")).await.unwrap();
    let mut connection = sqlx::PgConnection::connect(&address).await.unwrap();
    let text = "INSERT INTO boxoffice_vault.person
                SELECT '00000000-0000-0000-0000-000000000002', key, nonce, sealed, kept_at FROM boxoffice_vault.person
                RETURNING sealed";
    let sealed: Vec<u8> = sqlx::query_scalar(text).fetch_one(&mut connection).await.unwrap();
    assert!(!sealed.windows(11).any(|part| part == b"example.org"));
    let error = vault.find(id(2)).await.unwrap_err();
    assert!(error.to_string().contains("cannot open person_"), "{error}");
}

#[tokio::test]
async fn other_keys_are_refused_at_the_start() {
    let place = postgres_place().await;
    place.open(clock()).await.keep(id(1), &ann("ann@example.org")).await.unwrap();
    let other = tempfile::tempdir().unwrap();
    let keys = Keys::load_or_create(other.path()).unwrap();
    let refused = PostgresVault::open(&place.1, keys, clock()).await;
    assert!(matches!(refused, Err(PostgresError::OtherKeys(_))), "{refused:?}");
}
