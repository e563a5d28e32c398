//! Tables in a PostgreSQL database, in a schema that is there for as long as a measurement takes.

use std::str::FromStr as _;

use async_trait::async_trait;
use boxoffice_domain::log::{NewEvent, StreamName};
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection};
use sqlx::{Arguments as _, AssertSqlSafe, ConnectOptions as _, Connection as _, SqlSafeStr as _, SqlStr};

use super::{BareTable, BaselineError, Indexes};
use crate::database::signed;

const CLEAR: &str = "DROP SCHEMA IF EXISTS boxoffice_bench CASCADE";

/// The columns of [`INSERT`], which are those of the log.
const COLUMNS: &str = "
    position       bigint NOT NULL,
    stream         text COLLATE \"C\" NOT NULL,
    version        bigint NOT NULL,
    type           text   NOT NULL,
    schema_version int    NOT NULL,
    log_time       bigint NOT NULL,
    command_id     uuid   NOT NULL,
    command_hash   bytea  NOT NULL,
    cause          text,
    payload        text   NOT NULL,
    hash           bytea  NOT NULL";

/// The version serves as the position too.
const INSERT: &str = "
SELECT position, $1, position, type, schema_version, log_time, command_id, command_hash, cause, payload, hash
FROM unnest($2::bigint[], $3::text[], $4::int[], $5::bigint[], $6::uuid[], $7::bytea[], $8::text[], $9::text[],
            $10::bytea[]) AS event (position, type, schema_version, log_time, command_id, command_hash, cause, payload,
                                    hash)";

/// The schema `boxoffice_bench` and the one connection that made it.
#[derive(Debug)]
pub struct Yardstick {
    options: PgConnectOptions,
    connection: PgConnection,
}

/// A table of rows, with a connection of its own.
#[derive(Debug)]
pub struct PostgresTable {
    connection: PgConnection,
    insert: SqlStr,
}

impl Yardstick {
    /// Connects to a database and makes the schema there, empty.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub async fn create(url: &str) -> Result<Self, BaselineError> {
        let options =
            PgConnectOptions::from_str(url)?.application_name("boxoffice bench").disable_statement_logging();
        let mut yardstick = Self { connection: options.connect().await?, options };
        yardstick.run(&[CLEAR, "CREATE SCHEMA boxoffice_bench"]).await?;
        Ok(yardstick)
    }

    /// Makes a table `seat` with so many free seats, 1 and up.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub async fn seats(&mut self, count: u64) -> Result<(), BaselineError> {
        // Each row is written once more: room for that on its own page.
        let table = "CREATE TABLE boxoffice_bench.seat (id bigint, hold uuid) WITH (fillfactor = 50)";
        self.run(&[table]).await?;
        let fill = "INSERT INTO boxoffice_bench.seat SELECT id FROM generate_series(1, $1) AS id";
        sqlx::query(fill).bind(signed(count)).execute(&mut self.connection).await?;
        self.run(&[
            "ALTER TABLE boxoffice_bench.seat ADD PRIMARY KEY (id)",
            "VACUUM ANALYZE boxoffice_bench.seat",
        ])
        .await
    }

    /// How many of [`Self::seats`] are held.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub async fn held(&mut self) -> Result<u64, BaselineError> {
        let text = "SELECT count(hold) FROM boxoffice_bench.seat";
        let held: i64 = sqlx::query_scalar(text).fetch_one(&mut self.connection).await?;
        Ok(held.unsigned_abs())
    }

    /// Makes a table `counter` whose one row, number 1, has more to give away than anybody takes.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub async fn counter(&mut self) -> Result<(), BaselineError> {
        let table = "CREATE TABLE boxoffice_bench.counter (id int PRIMARY KEY, free bigint NOT NULL)";
        self.run(&[table, "INSERT INTO boxoffice_bench.counter VALUES (1, 1000000000000)"]).await
    }

    /// Makes a table for rows, in place of the one with the same indexes.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub async fn rows(&mut self, indexes: Indexes) -> Result<PostgresTable, BaselineError> {
        let (table, keys) = match indexes {
            Indexes::None => ("boxoffice_bench.bare", ""),
            Indexes::OfTheLog => {
                ("boxoffice_bench.indexed", ", PRIMARY KEY (position), UNIQUE (stream, version)")
            }
        };
        let text = format!("DROP TABLE IF EXISTS {table}; CREATE TABLE {table} ({COLUMNS}{keys})");
        sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut self.connection).await?;
        let insert = AssertSqlSafe(format!("INSERT INTO {table}{INSERT}")).into_sql_str();
        Ok(PostgresTable { connection: self.options.connect().await?, insert })
    }

    /// Drops the schema with everything in it.
    ///
    /// # Errors
    /// [`BaselineError`].
    pub async fn remove(mut self) -> Result<(), BaselineError> {
        self.run(&[CLEAR]).await?;
        Ok(self.connection.close().await?)
    }

    async fn run(&mut self, statements: &[&'static str]) -> Result<(), BaselineError> {
        for text in statements {
            sqlx::raw_sql(*text).execute(&mut self.connection).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl BareTable for PostgresTable {
    async fn insert(&mut self, stream: &StreamName, events: Vec<NewEvent>) -> Result<(), BaselineError> {
        let arguments = arguments(stream, &events).map_err(sqlx::Error::Encode)?;
        sqlx::query_with(self.insert.clone(), arguments).execute(&mut self.connection).await?;
        Ok(())
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn arguments(stream: &StreamName, events: &[NewEvent]) -> Result<PgArguments, Failed> {
    let mut arguments = PgArguments::default();
    arguments.add(stream.as_str())?;
    arguments.add(events.iter().map(|event| signed(event.version)).collect::<Vec<_>>())?;
    arguments.add(events.iter().map(|event| event.event_type).collect::<Vec<_>>())?;
    arguments.add(events.iter().map(|event| i32::from(event.schema_version)).collect::<Vec<_>>())?;
    arguments.add(events.iter().map(|event| event.log_time.unix_ms()).collect::<Vec<_>>())?;
    arguments.add(events.iter().map(|event| event.command.id).collect::<Vec<_>>())?;
    arguments.add(events.iter().map(|event| event.command.hash.as_bytes().as_slice()).collect::<Vec<_>>())?;
    arguments.add(events.iter().map(|event| event.command.cause.as_deref()).collect::<Vec<_>>())?;
    arguments.add(events.iter().map(|event| &*event.payload).collect::<Vec<_>>())?;
    arguments.add(events.iter().map(|event| event.hash.as_bytes().as_slice()).collect::<Vec<_>>())?;
    Ok(arguments)
}
