//! Authorisation, in one place: who the caller is, and what their secret is for.
//!
//! For now there are these kinds of secret: the administrator's token, and the tokens of a hold, of an order, of a transfer
//! and of a ticket that has changed hands, which are recomputed from the server's key and never stored.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::{HoldId, OrderId, TicketId, TransferId};
use boxoffice_infra::keys::{self, Keys};

use crate::problem::{Code, Problem};

/// What the caller showed.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// Nothing.
    Nobody,
    /// The administrator's token.
    Administrator,
    /// Some other token: what it opens is known by comparing it with what is asked for.
    Bearer(String),
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nobody => "Nobody",
            Self::Administrator => "Administrator",
            Self::Bearer(_) => "Bearer(…)",
        })
    }
}

/// Knows the secrets.
pub struct Guard {
    keys: Keys,
    administrator: String,
}

/// A kind of token. Its purpose is part of what is signed, so that one is never good for another.
#[derive(Clone, Copy)]
struct Kind {
    prefix: &'static str,
    purpose: &'static str,
}

const HOLD: Kind = Kind { prefix: "ht1_", purpose: "hold_token" };
const ORDER: Kind = Kind { prefix: "ot1_", purpose: "order_token" };
const TRANSFER: Kind = Kind { prefix: "tt1_", purpose: "transfer_token" };
const TICKET: Kind = Kind { prefix: "tk1_", purpose: "ticket_token" };

fn ticket_bytes(ticket: TicketId, code: u16) -> Vec<u8> {
    [ticket.uuid().as_bytes().as_slice(), &code.to_be_bytes()].concat()
}

impl Guard {
    /// A guard with the server's keys and the administrator's token.
    #[must_use]
    pub fn new(keys: Keys, administrator: String) -> Self {
        Self { keys, administrator }
    }

    /// The server's keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Who the caller is.
    ///
    /// # Errors
    /// There is an `Authorization` header, but not of the form `Bearer <token>`.
    pub fn credential(&self, headers: &HeaderMap) -> Result<Credential, Problem> {
        let Some(value) = headers.get(AUTHORIZATION) else { return Ok(Credential::Nobody) };
        let token = value
            .to_str()
            .ok()
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, token)| scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty())
            .map(|(_, token)| token.trim())
            .ok_or_else(|| {
                Problem::new(Code::Unauthorized, "Send the token as `Authorization: Bearer <token>`.")
            })?;
        Ok(if keys::is_same_secret(token, &self.administrator) {
            Credential::Administrator
        } else {
            Credential::Bearer(token.to_owned())
        })
    }

    /// The secret of a hold.
    #[must_use]
    pub fn hold_token(&self, hold: HoldId) -> String {
        self.token(HOLD, hold.uuid().as_bytes())
    }

    /// The secret of an order.
    #[must_use]
    pub fn order_token(&self, order: OrderId) -> String {
        self.token(ORDER, order.uuid().as_bytes())
    }

    /// The secret of a transfer.
    #[must_use]
    pub fn transfer_token(&self, transfer: TransferId) -> String {
        self.token(TRANSFER, transfer.uuid().as_bytes())
    }

    /// The secret of a ticket that has changed hands so often. The first time it is opened by its order's.
    #[must_use]
    pub fn ticket_token(&self, ticket: TicketId, code: u16) -> String {
        self.token(TICKET, &ticket_bytes(ticket, code))
    }

    fn token(&self, kind: Kind, id: &[u8]) -> String {
        format!("{}{}", kind.prefix, Digest::from_bytes(self.keys.mac(kind.purpose, id)))
    }

    /// The caller must be the administrator.
    ///
    /// # Errors
    /// 401 without a token, 403 with another.
    pub fn administrator(&self, credential: &Credential) -> Result<(), Problem> {
        match credential {
            Credential::Administrator => Ok(()),
            Credential::Nobody => {
                Err(Problem::new(Code::Unauthorized, "This needs the administrator's token."))
            }
            Credential::Bearer(_) => {
                Err(Problem::new(Code::Forbidden, "This needs the administrator's token."))
            }
        }
    }

    /// The caller must have the secret of the hold.
    ///
    /// # Errors
    /// 401 without a token; with another, the hold does not exist for them: 404.
    pub fn hold(&self, credential: &Credential, hold: HoldId) -> Result<(), Problem> {
        self.secret(credential, HOLD, hold.uuid().as_bytes(), "hold")
    }

    /// The caller must have the secret of the order.
    ///
    /// # Errors
    /// 401 without a token; with another, the order does not exist for them: 404.
    pub fn order(&self, credential: &Credential, order: OrderId, what: &'static str) -> Result<(), Problem> {
        self.secret(credential, ORDER, order.uuid().as_bytes(), what)
    }

    /// The caller must have the secret of the transfer.
    ///
    /// # Errors
    /// 401 without a token; with another, the transfer does not exist for them: 404.
    pub fn transfer(&self, credential: &Credential, transfer: TransferId) -> Result<(), Problem> {
        self.secret(credential, TRANSFER, transfer.uuid().as_bytes(), "transfer")
    }

    /// The caller must be who has the ticket now: with the order's secret before it has changed hands, and then with
    /// that of its last acceptance.
    ///
    /// # Errors
    /// 401 without a token; 403 for who had it before; with another, the ticket does not exist for them: 404.
    pub fn ticket(
        &self,
        credential: &Credential,
        (ticket, order, code): (TicketId, OrderId, u16),
    ) -> Result<(), Problem> {
        let had = |of: u16| match of {
            0 => self.order(credential, order, "ticket"),
            _ => self.secret(credential, TICKET, &ticket_bytes(ticket, of), "ticket"),
        };
        let now = had(code);
        if now.is_err() && (0..code).any(|of| had(of).is_ok()) {
            return Err(Problem::new(Code::Forbidden, "This ticket has been passed on."));
        }
        now
    }

    fn secret(&self, credential: &Credential, kind: Kind, id: &[u8], what: &str) -> Result<(), Problem> {
        match credential {
            Credential::Administrator => Ok(()),
            Credential::Nobody => {
                Err(Problem::new(Code::Unauthorized, format!("Send the secret that came with the {what}.")))
            }
            Credential::Bearer(token) if self.fits(kind, id, token) => Ok(()),
            Credential::Bearer(_) => Err(Problem::not_found(what)),
        }
    }

    /// Whether the token was made for that id, with the present key or one that it replaced.
    fn fits(&self, kind: Kind, id: &[u8], token: &str) -> bool {
        let mac = token.strip_prefix(kind.prefix).and_then(|mac| mac.parse::<Digest>().ok());
        mac.is_some_and(|mac| self.keys.verify(kind.purpose, id, mac.as_bytes()))
    }
}
