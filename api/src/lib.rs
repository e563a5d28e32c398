//! The box office as clients see it: HTTP, pages and the command line, and the wiring of everything behind them.
//!
//! Where to look: [`routes`] lists every route; [`v1`] has a file for each resource of the API; [`problem`] turns
//! what went wrong into answers; [`auth`] is the one place of authorisation; [`app`] is the wiring; [`cli`] has a
//! file for each subcommand.

pub mod accept;
pub mod answer;
pub mod app;
pub mod auth;
pub mod buyers;
pub mod cli;
pub mod context;
pub mod cursor;
pub mod docs_page;
pub mod extract;
pub mod generated_docs;
mod housekeeping;
pub mod idempotency;
pub mod if_match;
pub mod jobs;
pub mod lookup;
pub mod metrics;
pub mod openapi;
pub mod ops;
pub mod past;
pub mod problem;
pub mod qr;
pub mod rebuild;
pub mod routes;
pub mod server;
pub mod settings;
pub mod signature;
mod stores;
mod strict;
pub mod v1;
pub mod wire;
pub mod wound_up;
