//! The rules of selling seats, and nothing else.
//!
//! Every aggregate here is a pair of pure functions: `decide` looks at the state and a command and either
//! refuses or answers with events; `evolve` folds an event into the state and never fails. No async, no I/O,
//! no clock, no randomness and no environment: time and ids arrive from outside.
//!
//! Where to look: [`inventory`] decides everything that races for seats, one file a command; [`doors`] admits
//! tickets; [`pricing`] says what they cost; [`catalog`], [`organizer`] and [`venue`] describe what is sold; [`seating`] reads seating plans;
//! [`log`] says what an event looks like once it is recorded, [`snapshot`] how a state that was folded is kept.

#![deny(clippy::wildcard_enum_match_arm, clippy::float_arithmetic)]
#![cfg_attr(test, allow(clippy::pedantic, reason = "given/when/then reads best with values"))]

pub mod aggregate;
pub mod catalog;
pub mod digest;
pub mod doors;
pub mod entries;
pub mod id;
pub mod inventory;
pub mod log;
pub mod money;
pub mod mutant;
pub mod organizer;
pub mod pricing;
pub mod refund;
pub mod seating;
pub mod snapshot;
pub mod time;
pub mod venue;
