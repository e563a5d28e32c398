//! A database for each test, on one server for all of them.

use std::sync::LazyLock;

use boxoffice_infra::postgres::Postgres;

use crate::postgres::Server;

static SERVER: LazyLock<Server> = LazyLock::new(Server::start);

/// The address of a new database that has been migrated.
pub(crate) async fn fresh() -> String {
    let address = tokio::task::spawn_blocking(|| SERVER.database()).await.unwrap();
    connect(&address).await.migrate().await.unwrap();
    address
}

pub(crate) async fn connect(address: &str) -> Postgres {
    Postgres::connect(address).await.unwrap()
}

/// The port of the server.
pub(crate) fn port() -> u16 {
    SERVER.port()
}
