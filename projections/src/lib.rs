//! The read side: read models folded from the log, which can always be dropped and rebuilt.
//!
//! A projection is a pure `apply` of one event; what reads the log, keeps checkpoints and parks streams is
//! [`follow`], the same for all. Relational read models ([`catalog`], [`orders`]) say what changes in which row and
//! know no SQL. The read model of a show's stock ([`show`], kept by [`shows`]) lives in memory, because what it says
//! depends on the time: a hold is live iff `now < expires_at`, whether or not its end has been recorded.
//! [`snapshots`] spare a start the fold of the whole log. [`live`] tells browsers what changed; [`as_of`] and [`history`] answer about the past, from the log itself.

#![deny(clippy::wildcard_enum_match_arm, clippy::float_arithmetic)]

pub mod as_of;
pub mod catalog;
pub mod clock;
mod decode;
pub mod feed;
pub mod follow;
pub mod history;
pub mod live;
pub mod orders;
pub mod row;
pub mod show;
pub mod shows;
pub mod snapshots;
pub mod table;
#[cfg(test)]
mod testing;
