//! The simulation once more, with the deliberate bug that `BOXOFFICE_MUTANT` names: `cargo xtask mutants` expects
//! it to fail for each bug of the owner. In a binary of its own, because the bug is chosen for a whole process.
#![cfg(feature = "mutants")]

#[cfg(test)]
#[path = "../write_path/judge.rs"]
mod judge;
#[cfg(test)]
#[path = "../write_path/store.rs"]
mod store;
#[cfg(test)]
#[expect(dead_code, reason = "the simulation asks for a part of it only")]
#[path = "../write_path/toy.rs"]
mod toy;
#[cfg(test)]
#[path = "../write_path/world.rs"]
mod world;

#[cfg(test)]
mod tests {
    use boxoffice_domain::mutant::{Mutant, choose};

    use super::world::run_all;

    #[test]
    fn every_seed_of_the_simulation_ends_well() {
        #[expect(
            clippy::disallowed_methods,
            reason = "the tests of the tests choose a bug for a whole process"
        )]
        let wanted = std::env::var("BOXOFFICE_MUTANT").ok();
        if let Some(wanted) = wanted {
            let known = Mutant::ALL.into_iter().find(|(name, _)| *name == wanted);
            choose(known.unwrap_or_else(|| panic!("no mutant is called {wanted:?}")).1);
        }
        run_all();
    }
}
