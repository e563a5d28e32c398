//! What a server keeps, read and changed behind its back, as no user ever does.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};

use super::process::Place;

/// A connection of a test's own: to the file of the log or of the read models, or to the database that has both.
enum Connection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

async fn connect(place: &Place, file: &str) -> Connection {
    match &place.database {
        Some(address) => Connection::Postgres(PgConnection::connect(address).await.unwrap()),
        None => {
            let options = SqliteConnectOptions::new().filename(place.data.join(file));
            Connection::Sqlite(options.connect().await.unwrap())
        }
    }
}

/// Statements for the log. `{log}` stands before the name of a table, `{bytes:…}` for bytes in hexadecimal.
pub async fn change_log(place: &Place, statements: &str) {
    let (schema, before, after) = match place.database {
        Some(_) => ("boxoffice_log.", "'\\x", "'::bytea"),
        None => ("", "X'", "'"),
    };
    let mut text = statements.replace("{log}", schema);
    while let Some(begin) = text.find("{bytes:") {
        let end = begin + text[begin..].find('}').unwrap();
        let bytes = format!("{before}{}{after}", &text[begin + 7..end]);
        text.replace_range(begin..=end, &bytes);
    }
    let text = sqlx::raw_sql(AssertSqlSafe(text));
    match connect(place, "log.db").await {
        Connection::Sqlite(mut to) => assert!(text.execute(&mut to).await.unwrap().rows_affected() > 0),
        Connection::Postgres(mut to) => assert!(text.execute(&mut to).await.unwrap().rows_affected() > 0),
    }
}

/// Makes what the read models in a folder were built as another version of theirs.
pub async fn is_of_version(place: &Place, version: u32) {
    let Connection::Sqlite(mut to) = connect(place, "views.db").await else { panic!("not a folder") };
    let mut text =
        format!("UPDATE generation SET version = {version}; UPDATE built SET version = {version};");
    for name in tables_of_views(place).await {
        let (table, rest) = name.rsplit_once("_v").unwrap();
        let (_, generation) = rest.split_once("_g").unwrap();
        let renamed = format!("{table}_v{version}_g{generation}");
        text += &format!(
            "ALTER TABLE \"{name}\" RENAME TO \"{renamed}\";
             UPDATE built SET name = '{renamed}' WHERE name = '{name}';"
        );
        let of_it =
            "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = $1";
        let indexes: Vec<String> = sqlx::query_scalar(of_it).bind(&name).fetch_all(&mut to).await.unwrap();
        text.extend(indexes.iter().map(|index| format!("DROP INDEX \"{index}\";")));
    }
    sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut to).await.unwrap();
}

/// The names of the tables of read models that there are.
pub async fn tables_of_views(place: &Place) -> Vec<String> {
    let names: Vec<String> = match connect(place, "views.db").await {
        Connection::Sqlite(mut to) => {
            let text = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
            sqlx::query_scalar(text).fetch_all(&mut to).await.unwrap()
        }
        Connection::Postgres(mut to) => {
            let text = "SELECT tablename::text FROM pg_tables WHERE schemaname = 'boxoffice_views' ORDER BY tablename";
            sqlx::query_scalar(text).fetch_all(&mut to).await.unwrap()
        }
    };
    names.into_iter().filter(|name| !["built", "generation", "parked"].contains(&name.as_str())).collect()
}
