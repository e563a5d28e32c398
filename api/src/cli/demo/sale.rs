//! What all buyers and gates of the demo share: the server's address, the shows, and what has been seen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use boxoffice_commands::clock::Clock;
use tokio::sync::Semaphore;

use super::house::House;
use super::news::Hearsay;
use crate::cli::client::{Call, CallError, Client, Reply};

/// The most requests under way at once; the others wait their turn, as in a browser.
const LINES_MAX: usize = 96;

/// How many tickets are kept for the doors.
const TICKETS_MAX: usize = 400;

/// A ticket that somebody will show at a door.
#[derive(Debug, Clone)]
pub(super) struct Ticket {
    /// The event.
    pub(super) show: String,
    /// What is held under the scanner.
    pub(super) shown: Shown,
}

/// See [`Ticket::shown`].
#[derive(Debug, Clone)]
pub(super) enum Shown {
    /// The number of a ticket, typed in.
    Number(String),
    /// The code of a ticket, as it was drawn for somebody.
    Code(String),
}

/// What the buyers are like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Manner {
    /// Decides who does what.
    pub(super) seed: u64,
    /// How many times faster than people they are.
    pub(super) speed: f64,
}

/// What is shared.
pub(super) struct Sale {
    /// The shows, the smallest first.
    pub(super) houses: Vec<Arc<House>>,
    /// The server's clock.
    pub(super) clock: Arc<dyn Clock>,
    /// The administrator's token.
    pub(super) token: String,
    /// What the buyers are like.
    pub(super) manner: Manner,
    /// What buyers and gates saw.
    pub(super) hearsay: Hearsay,
    address: SocketAddr,
    idle: Mutex<Vec<Client>>,
    lines: Semaphore,
    tickets: Mutex<Vec<Ticket>>,
}

impl Sale {
    /// Nobody has come yet.
    pub(super) fn new(
        houses: Vec<Arc<House>>,
        clock: Arc<dyn Clock>,
        (address, token): (SocketAddr, String),
        manner: Manner,
    ) -> Self {
        Self {
            houses,
            clock,
            token,
            manner,
            hearsay: Hearsay::default(),
            address,
            idle: Mutex::default(),
            lines: Semaphore::new(LINES_MAX),
            tickets: Mutex::default(),
        }
    }

    /// Asks the server, on a connection that nobody else uses meanwhile.
    pub(super) async fn call(&self, call: &Call<'_>) -> Result<Reply, CallError> {
        let _line = self.lines.acquire().await;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut client = idle.unwrap_or_else(|| Client::new(self.address));
        let reply = client.call(call).await;
        if reply.is_ok() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        }
        reply
    }

    /// How much room there is for more requests, from 1 down to 0, where more buyers would only wait longer.
    pub(super) fn room(&self) -> f64 {
        let part = |lines: usize| u32::try_from(lines).map_or(1.0, f64::from);
        part(self.lines.available_permits()) / part(LINES_MAX)
    }

    /// Passes as much time as a person takes for something, faster with the demo's speed.
    pub(super) async fn think(&self, time: Duration) {
        tokio::time::sleep(time.div_f64(self.manner.speed)).await;
    }

    /// Whether more tickets are wanted for the doors.
    pub(super) fn wants_tickets(&self) -> bool {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).len() < TICKETS_MAX
    }

    /// Somebody will come with these.
    pub(super) fn keep(&self, tickets: impl IntoIterator<Item = Ticket>) {
        self.tickets.lock().unwrap_or_else(PoisonError::into_inner).extend(tickets);
    }

    /// Who has come to the doors.
    pub(super) fn take_tickets(&self) -> Vec<Ticket> {
        std::mem::take(&mut *self.tickets.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
