//! Chance that can be repeated: everything a test draws follows from one seed, which it prints.

use std::hash::{BuildHasher as _, Hasher as _};

/// The seed of a run that failed, for another one like it.
const VARIABLE: &str = "BOXOFFICE_TEST_SEED";

/// SplitMix64.
#[derive(Clone)]
pub(crate) struct Random(u64);

impl Random {
    /// Another one in every run, unless the environment says which.
    pub(crate) fn of_this_run() -> Self {
        let seed = match std::env::var(VARIABLE) {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("{VARIABLE} must be a number, not {text}")),
            Err(_) => std::hash::RandomState::new().build_hasher().finish(),
        };
        println!("{VARIABLE}={seed}");
        Self(seed)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn is_within_percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    /// An independent one.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.number())
    }
}
