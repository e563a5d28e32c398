//! The public API, version 1: one file a resource, one a call where a resource has several.

pub mod check_ins;
pub mod events;
pub mod holds;
pub mod jobs;
pub mod log;
pub mod orders;
pub mod organizers;
pub mod projections;
pub mod refunds;
pub mod sandbox;
pub mod tickets;
pub mod transfers;
pub mod venues;
