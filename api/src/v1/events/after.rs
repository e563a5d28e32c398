//! How an event is right after a command: what organizers are answered.

use axum::http::StatusCode;
use boxoffice_commands::owner::answer::Accepted;
use boxoffice_domain::id::ShowId;
use boxoffice_domain::inventory::InventoryEvent;
use boxoffice_projections::feed::Until;
use boxoffice_projections::show::{SaleStatus, ShowView};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::app::App;
use crate::problem::Problem;

/// An event and its status.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct EventStatus {
    /// The event.
    pub event_id: String,
    /// `draft`, `scheduled`, `on_sale`, `rescheduled`, `paused`, `sold_out` or `ended`.
    pub status: &'static str,
}

impl App {
    /// Reads a show as it was right after a command. A command that is answered again is answered from the log, because
    /// the show may have changed since.
    ///
    /// # Errors
    /// 404, or what reading the log runs into.
    pub async fn view_after<T>(
        &self,
        show: ShowId,
        accepted: &Accepted<InventoryEvent>,
        read: impl FnOnce(&mut ShowView) -> T + Send,
    ) -> Result<T, Problem> {
        if accepted.replayed {
            let until = Until::Position(accepted.position);
            return Ok(read(&mut self.past.show(&*self.feed, show, until).await?.view));
        }
        self.wait_in(self.shows.progress().name(), accepted.position).await?;
        Ok(self.entry(show)?.read(accepted.log_time, read)?)
    }

    /// The status of a show right after a command, as an answer.
    ///
    /// # Errors
    /// As [`Self::view_after`].
    pub async fn status_after(
        &self,
        show: ShowId,
        accepted: &Accepted<InventoryEvent>,
    ) -> Result<Answer, Problem> {
        let status: SaleStatus = self.view_after(show, accepted, |view| view.sale_status()).await?;
        let body = EventStatus { event_id: show.to_string(), status: status.as_str() };
        Ok(Answer::json(StatusCode::OK, &body)?.at(accepted.position))
    }
}
