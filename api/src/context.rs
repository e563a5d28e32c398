//! What every handler needs: the application, who calls, and the identity of the command that the request makes.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use boxoffice_domain::log::{CommandMeta, Position};
use boxoffice_domain::time::Timestamp;

use crate::app::App;
use crate::auth::Credential;
use crate::idempotency::Idempotency;
use crate::problem::{Code, Problem};

/// The header that tells how far the log had come, and that asks a query to wait for it.
pub const LOG_POSITION: &str = "log-position";

/// How long a public read waits for what was acknowledged before it.
const A_MOMENT: Duration = Duration::from_millis(50);

/// One request, as handlers see it.
#[derive(Clone)]
pub struct Context {
    /// The application.
    pub app: Arc<App>,
    /// Who calls.
    pub credential: Credential,
    /// The identity of the command.
    pub idempotency: Idempotency,
    /// The position that the caller wants to see at least.
    pub min_position: Option<Position>,
    /// The headers of a query.
    pub headers: HeaderMap,
}

impl FromRequestParts<Arc<App>> for Context {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let path = parts.uri.path();
        // Whoever asks how the read models are does not wait for them.
        if path.starts_with("/v1/") && !path.starts_with("/v1/projections") && !path.starts_with("/v1/jobs") {
            app.ready().await?;
        }
        let credential = app.guard.credential(&parts.headers)?;
        let idempotency = Idempotency::of(&credential, &parts.method, parts.uri.path(), &parts.headers)?;
        let min_position = min_position(parts)?;
        if let Some(wanted) = min_position.filter(|wanted| *wanted > app.feed.head()) {
            // Another server may have told the position.
            let head = app.feed.look_up_head().await;
            if wanted > head {
                return Err(Problem::new(Code::PositionBeyondHead, format!("The log's head is {head}.")));
            }
        }
        Ok(Self {
            app: Arc::clone(app),
            credential,
            idempotency,
            min_position,
            // Commands have no use for them.
            headers: if parts.method.is_safe() { parts.headers.clone() } else { HeaderMap::new() },
        })
    }
}

/// The same where the caller must be the administrator, which is looked at before anything else.
#[derive(Clone)]
pub struct Administrator(pub Context);

impl FromRequestParts<Arc<App>> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        app.guard.administrator(&app.guard.credential(&parts.headers)?)?;
        Context::from_request_parts(parts, app).await.map(Self)
    }
}

fn min_position(parts: &Parts) -> Result<Option<Position>, Problem> {
    let query = parts.uri.query().unwrap_or("");
    let from_query = query.split('&').find_map(|pair| pair.strip_prefix("min_position="));
    let from_header = parts.headers.get(LOG_POSITION).and_then(|value| value.to_str().ok());
    from_query.or(from_header).map_or(Ok(None), |text| {
        text.parse()
            .map(Some)
            .map_err(|_| Problem::field("min_position", "invalid", "Expected a log position."))
    })
}

impl Context {
    /// The caller must be the administrator.
    ///
    /// # Errors
    /// 401 or 403.
    pub fn administrator(&self) -> Result<(), Problem> {
        self.app.guard.administrator(&self.credential)
    }

    /// The identity of the command that this body makes.
    #[must_use]
    pub fn command(&self, canonical_body: &[u8]) -> CommandMeta {
        self.idempotency.command(&self.app.guard, canonical_body, || self.app.ids.next())
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.app.clock.now().wall
    }

    /// What a public read must have seen: what the caller asks for, and nothing else.
    ///
    /// # Errors
    /// 503 if the read models don't come that far in time.
    pub async fn wait_asked(&self) -> Result<(), Problem> {
        match self.min_position {
            Some(position) => self.app.wait_for(position).await,
            None => Ok(()),
        }
    }

    /// The same for what is in memory, which is usually a moment behind the log: who asks right after a command sees
    /// what it did, without having to know of positions. A read model that is further behind holds nobody up.
    ///
    /// # Errors
    /// 503 if the read models don't come as far as was asked for in time.
    pub async fn wait_fresh(&self) -> Result<(), Problem> {
        if self.min_position.is_some() {
            return self.wait_asked().await;
        }
        let shows = self.app.shows.progress();
        let _ = shows.wait_for(self.app.feed.head(), A_MOMENT).await;
        Ok(())
    }

    /// What a read of one's own things must have seen: everything that was acknowledged before it. Where the caller
    /// asked for no position, a read model that is behind answers with what it has.
    ///
    /// # Errors
    /// 503 if the read models don't come as far as was asked for in time.
    pub async fn wait_own(&self) -> Result<(), Problem> {
        if self.min_position.is_some() {
            return self.wait_asked().await;
        }
        self.app.wait_briefly(self.app.feed.head()).await;
        Ok(())
    }

    /// What a command must have seen that is prepared with read models: everything that was acknowledged before it.
    ///
    /// # Errors
    /// 503 if the read models don't come that far in time.
    pub async fn wait_all(&self) -> Result<(), Problem> {
        self.app.wait_for(self.app.feed.look_up_head().await).await
    }
}
