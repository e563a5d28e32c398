//! The whole product, from outside: over HTTP, on real storage, and as a process that can be killed.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]
#![expect(missing_docs, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests start servers and tell what they do"
)]

mod check_ins;
mod contention;
mod events;
mod faults;
mod holds;
mod idempotency;
mod live;
mod log;
mod operations;
mod orders;
mod payments;
mod problems;
mod seating_plans;
mod seats;
mod support;
