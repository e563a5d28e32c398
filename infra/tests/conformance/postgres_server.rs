//! Which databases are used at all.

use boxoffice_infra::postgres::{Migrated, Postgres, PostgresError, PostgresLog};

use crate::postgres::Server;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_may_lose_what_it_acknowledged_is_refused() {
    for (setting, name) in [
        ("fsync=off", "fsync"),
        ("full_page_writes=off", "full_page_writes"),
        ("synchronous_commit=off", "synchronous_commit"),
        ("default_transaction_read_only=on", "transaction_read_only"),
    ] {
        let server = Server::with(&[setting]);
        let refused = Postgres::connect(&server.address("postgres")).await.unwrap_err();
        assert!(matches!(refused, PostgresError::Unsafe { setting, .. } if setting == name), "{refused}");
        assert!(refused.to_string().contains(name), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_is_migrated_once_and_opened_only_then() {
    let server = Server::start();
    let postgres = Postgres::connect(&server.database()).await.unwrap();
    let refused = PostgresLog::open(&postgres).await.unwrap_err();
    assert!(refused.to_string().contains("run `boxoffice migrate` first"), "{refused}");
    let (one, other) = tokio::join!(postgres.migrate(), postgres.migrate());
    let (one, other) = (one.unwrap(), other.unwrap());
    let to = one.to;
    assert!(
        to > 0
            && [(one, other), (other, one)].contains(&(Migrated { from: 0, to }, Migrated { from: to, to }))
    );
    PostgresLog::open(&postgres).await.unwrap();
}

#[tokio::test]
async fn an_address_that_is_none_is_said_to_be_none_without_its_password() {
    let refused = Postgres::connect("mysql://ann:secret@db/x").await.unwrap_err();
    assert!(!refused.to_string().contains("secret"), "{refused}");
    let refused = Postgres::connect("postgres://ann:secret@127.0.0.1:1/x").await.unwrap_err();
    assert!(refused.to_string().starts_with("the database cannot be reached"), "{refused}");
    assert!(!refused.to_string().contains("secret"), "{refused}");
}
