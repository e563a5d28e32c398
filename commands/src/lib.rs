//! The write side: who decides, how decisions are committed, and what follows from them.
//!
//! Where to look: [`owner`] is the state machine of one stream, [`committer`] the one that appends for a node, both
//! without I/O; [`engine`] is the thin shell that drives them; [`receipts`] makes commands idempotent; [`payments`]
//! is what follows from payments. The ports ([`log`], [`snapshots`], [`clock`], [`provider`], [`vault`], [`effects`]) are
//! implemented in `infra`.

pub mod clock;
pub mod committer;
pub mod effects;
pub mod engine;
pub mod log;
pub mod owner;
pub mod payments;
pub mod provider;
pub mod receipts;
pub mod snapshots;
pub mod vault;
