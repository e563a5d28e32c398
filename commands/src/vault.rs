//! The port to the vault: the only place where natural persons have names.

use std::collections::HashSet;

use async_trait::async_trait;
use boxoffice_domain::id::PersonId;
use boxoffice_domain::time::Timestamp;
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

/// How many persons a sweep looks at in one step.
const SWEEP_ROWS: usize = 256;

/// When a person was kept. Sorts as a sweep goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kept {
    /// When, last.
    pub at: Timestamp,
    /// Who.
    pub person: PersonId,
}

/// A vault that tells whom it keeps, for [`sweep`].
#[async_trait]
pub trait Sweepable: Vault {
    /// Persons kept since `since` and before `older_than`, in order, at most `limit`; where `after` is given, only
    /// those who come after it.
    ///
    /// # Errors
    /// [`Outage`].
    async fn kept(
        &self,
        since: Timestamp,
        older_than: Timestamp,
        after: Option<Kept>,
        limit: usize,
    ) -> Result<Vec<Kept>, Outage>;

    /// Forgets those of them who were not kept again since `older_than`, and tells how many those are.
    ///
    /// # Errors
    /// [`Outage`].
    async fn erase_older(&self, people: Vec<PersonId>, older_than: Timestamp) -> Result<u64, Outage>;
}

/// Erases persons that no event names: their row was written and the command then refused, or the process died
/// between the two. Only rows kept since `since` and before `older_than` are looked at; that has to be long enough ago
/// for every command of that time to have ended. `named` tells which of the ids some event names; it must have seen the
/// log up to where it stood when the sweep began. Tells how many were erased.
///
/// # Errors
/// [`Outage`], the vault's or that of `named`.
pub async fn sweep<N, F>(
    vault: &dyn Sweepable,
    since: Timestamp,
    older_than: Timestamp,
    named: N,
) -> Result<u64, Outage>
where
    N: Fn(Vec<PersonId>) -> F + Send + Sync,
    F: Future<Output = Result<HashSet<PersonId>, Outage>> + Send,
{
    let (mut after, mut erased) = (None, 0);
    loop {
        let kept = vault.kept(since, older_than, after, SWEEP_ROWS).await?;
        let Some(last) = kept.last() else { return Ok(erased) };
        after = Some(*last);
        let people: Vec<_> = kept.iter().map(|kept| kept.person).collect();
        let named = named(people.clone()).await?;
        let orphans: Vec<_> = people.into_iter().filter(|person| !named.contains(person)).collect();
        if !orphans.is_empty() {
            erased += vault.erase_older(orphans, older_than).await?;
        }
    }
}
