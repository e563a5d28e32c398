//! The whole product, from outside: over HTTP, on real storage, and as a process that can be killed.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
#![allow(
    clippy::pedantic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    unreachable_pub,
    reason = "tests start servers, tell what they do, and read best as plain as they can be"
)]

mod bench;
mod best_available;
mod check_ins;
mod contention;
mod demo;
mod events;
mod evolution;
mod faults;
mod holds;
mod idempotency;
mod judged;
mod live;
mod log;
mod operations;
mod orders;
mod payments;
mod prices;
mod problems;
mod projections;
mod refunds;
mod seating_plans;
mod seats;
mod selling;
mod support;
mod transfers;
mod visibility;
