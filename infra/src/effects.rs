//! What process managers stand on: the log as they read it, and how far each has come.

use async_trait::async_trait;
use boxoffice_commands::effects::EffectFeed;
use boxoffice_commands::log::Outage;
use boxoffice_commands::provider::{FactInbox, ProviderOutage, ToldFact};
use boxoffice_domain::log::{Position, Recorded};
use boxoffice_domain::time::Timestamp;
use boxoffice_projections::feed::LogFeed;

use crate::sandbox::{FactId, SandboxProvider};
use crate::sqlite::SqliteLog;

#[async_trait]
impl EffectFeed for SqliteLog {
    async fn read(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, Outage> {
        LogFeed::read(self, after, limit).await.map_err(|outage| Outage(outage.0))
    }

    fn head(&self) -> Position {
        LogFeed::head(self)
    }

    async fn wait_beyond(&self, position: Position) {
        LogFeed::wait_beyond(self, position).await;
    }
}

#[async_trait]
impl FactInbox for SandboxProvider {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ToldFact>, ProviderOutage> {
        let facts = self.due_facts(now, limit).await?;
        let told = |due: crate::sandbox::DueFact| ToldFact {
            show: due.show,
            payment: due.payment,
            number: due.id.n(),
            fact: due.fact,
        };
        Ok(facts.into_iter().map(told).collect())
    }

    async fn done(&self, told: &ToldFact) -> Result<(), ProviderOutage> {
        self.acknowledge(FactId::new(told.payment, told.number));
        Ok(())
    }

    async fn postpone(&self, told: &ToldFact, until: Timestamp) {
        SandboxProvider::postpone(self, FactId::new(told.payment, told.number), until);
    }

    async fn wait(&self) {
        match self.next_due() {
            Some(due) => {
                tokio::select! { () = self.clock().sleep_until(due) => {}, () = self.changed() => {} }
            }
            None => self.changed().await,
        }
    }
}
