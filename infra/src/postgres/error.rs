//! What can be wrong with a database, in words for whoever runs it, and what an error says about a commit.

/// The database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The address is none.
    #[error("the database's address is not valid: {0}. Expected postgres://user:password@host:5432/name")]
    Url(sqlx::Error),
    /// Nobody answered, or not us.
    #[error("the database cannot be reached: {0}")]
    Connect(sqlx::Error),
    /// The server is older than what is needed.
    #[error("the database server is PostgreSQL {0}; 15 or later is needed")]
    TooOld(String),
    /// The server could lose what it has acknowledged, or answers in its own way.
    #[error("the database server has {setting} = {found}, but {needed} is needed: {because}")]
    Unsafe {
        /// Which setting.
        setting: &'static str,
        /// What it is.
        found: String,
        /// What it has to be.
        needed: &'static str,
        /// Why.
        because: &'static str,
    },
    /// `boxoffice migrate` has not been run, or by an older release.
    #[error(
        "the database is at migration {found}, this release needs {needed}: run `boxoffice migrate` first"
    )]
    Older {
        /// Where it is.
        found: i32,
        /// Where it has to be.
        needed: i32,
    },
    /// A newer release has been here.
    #[error("the database is at migration {found}, this release only knows {known}: use the newer release")]
    Newer {
        /// Where it is.
        found: i32,
        /// What is known.
        known: i32,
    },
    /// The log does not hold together.
    #[error("the log is damaged: {0}. Restore it from a backup")]
    Damaged(String),
    /// The vault was sealed by a server with other keys.
    #[error("these keys do not open the vault of the database: {0}. Every server needs the same keys.json")]
    OtherKeys(String),
    /// A statement failed.
    #[error("the database refused: {0}")]
    Refused(#[from] sqlx::Error),
}

/// Whether it is certain that a statement which ended like this has changed nothing: the server says that it failed, and
/// not that it is going down.
pub(super) fn changed_nothing(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(refusal) = error else { return false };
    // 08: the connection; 57P: the server goes down, perhaps after it has committed.
    refusal.code().is_some_and(|code| !code.starts_with("08") && !code.starts_with("57P"))
}
