//! Adapters: what the ports of `commands` and `projections` are made of on one machine.
//!
//! Where to look: [`sqlite`] is the event log, [`memory`] the same in memory for tests; [`views`] holds the read
//! models, [`vault`] what is known of persons, [`keys`] the secrets; [`sandbox`] is the built-in payment provider;
//! [`clock`] and [`ids`] are time and chance; [`tasks`] runs background work; `database` is what all files share;
//! [`baseline`] is only measured against.
//!
//! Invariant: everything durable lives in one data folder that one process has locked (whoever opens
//! [`sqlite::SqliteLog`] has, so it is opened first), each store in a file of its own, so that the log's writer is
//! never shared.

pub mod archive;
pub mod baseline;
pub mod clock;
pub mod cursors;
mod database;
mod effects;
pub mod folder;
mod growth;
pub mod ids;
pub mod keys;
mod layouts;
pub mod memory;
pub mod postgres;
pub mod sandbox;
pub mod sqlite;
mod tail;
pub mod tasks;
mod together;
mod transact;
mod until;
pub mod vault;
pub mod views;
mod well_formed;

pub use database::OpenError;
