//! The port to the vault: the only place where natural persons have names.

use async_trait::async_trait;
use boxoffice_domain::id::PersonId;
use serde::{Deserialize, Serialize};

use crate::log::Outage;

/// What is known of a buyer and whom they bring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// As they call themselves.
    pub name: String,
    /// Where tickets go.
    pub email: String,
    /// The names of those who come, where they were given.
    #[serde(default)]
    pub attendees: Vec<serde_json::Value>,
    /// What they answered to the organizer's questions.
    #[serde(default)]
    pub answers: Option<serde_json::Value>,
}

/// Personal data, encrypted at rest, outside the log. A row is written before the event that names it.
#[async_trait]
pub trait Vault: Send + Sync + 'static {
    /// Keeps what is known of a person; replaces what was known before.
    ///
    /// # Errors
    /// [`Outage`].
    async fn keep(&self, person: PersonId, known: &Person) -> Result<(), Outage>;

    /// What is known, unless it was never kept or has been erased.
    ///
    /// # Errors
    /// [`Outage`].
    async fn find(&self, person: PersonId) -> Result<Option<Person>, Outage>;

    /// Forgets a person for ever.
    ///
    /// # Errors
    /// [`Outage`].
    async fn erase(&self, person: PersonId) -> Result<(), Outage>;
}
