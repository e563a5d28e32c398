//! What every adapter of a port promises, checked on each of them.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on is a test that fails"
)]
#![expect(clippy::disallowed_methods, reason = "tests wait for their own tasks")]

mod batches;
mod cursors;
mod database;
mod log;
#[expect(dead_code, unreachable_pub, reason = "the tests of the whole need more of it")]
#[path = "../../../tests/it/support/postgres.rs"]
mod postgres;
mod postgres_server;
mod postgres_views;
mod sandbox;
mod snapshots;
mod sqlite_log;
mod vault;
mod views;

/// The deliberate bug that `cargo xtask mutants` names for this process.
#[cfg(feature = "mutants")]
fn choose_mutant() {
    use boxoffice_domain::mutant::{Mutant, choose};
    if let Ok(wanted) = std::env::var("BOXOFFICE_MUTANT") {
        let known = Mutant::ALL.into_iter().find(|(name, _)| *name == wanted);
        choose(known.unwrap_or_else(|| panic!("no mutant is called {wanted:?}")).1);
    }
}

#[cfg(not(feature = "mutants"))]
fn choose_mutant() {}
