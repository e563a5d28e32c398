//! New ids: a UUIDv7 of the injected clock and the system's randomness.

use std::sync::{Arc, Mutex, PoisonError};

use boxoffice_commands::clock::{Clock, IdSource};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::id::uuid_v7;
use uuid::Uuid;

/// Random bytes are fetched in blocks of this size: one system call for 256 ids.
const BLOCK: usize = 4_096;

const A_UUID: usize = 16;

/// The ids of a server.
pub struct SystemIds {
    clock: Arc<dyn Clock>,
    randomness: Mutex<Randomness>,
}

impl std::fmt::Debug for SystemIds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SystemIds")
    }
}

impl SystemIds {
    /// Ids whose time is that of `clock`.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    pub fn new(clock: Arc<dyn Clock>) -> Result<Self, getrandom::Error> {
        Ok(Self { clock, randomness: Mutex::new(Randomness::new()?) })
    }
}

impl IdSource for SystemIds {
    fn next(&self) -> Uuid {
        let ms = u64::try_from(self.clock.now().wall.unix_ms()).unwrap_or(0);
        uuid_v7(ms, self.randomness.lock().unwrap_or_else(PoisonError::into_inner).next())
    }
}

struct Randomness {
    block: Box<[u8; BLOCK]>,
    used: usize,
}

impl Randomness {
    fn new() -> Result<Self, getrandom::Error> {
        let mut block = Box::new([0; BLOCK]);
        getrandom::fill(block.as_mut_slice())?;
        Ok(Self { block, used: 0 })
    }

    fn next(&mut self) -> u128 {
        if self.used + A_UUID > BLOCK {
            self.refill();
        }
        let bytes = self.block.get(self.used..).and_then(|rest| rest.first_chunk::<A_UUID>());
        self.used += A_UUID;
        bytes.map_or(0, |bytes| u128::from_le_bytes(*bytes))
    }

    /// Ids have to be unique, not secret: should the system refuse for once, the block that it gave before is
    /// carried on by a hash.
    fn refill(&mut self) {
        if let Err(error) = getrandom::fill(self.block.as_mut_slice()) {
            tracing::error!(%error, "the system gives no randomness; ids go on from what it gave before");
            let seed = Digest::of(&[self.block.as_slice()]);
            for (n, part) in (0_u64..).zip(self.block.chunks_exact_mut(32)) {
                part.copy_from_slice(Digest::of(&[seed.as_bytes(), &n.to_le_bytes()]).as_bytes());
            }
        }
        self.used = 0;
    }
}

/// The same ids for the same seed, for tests: in order, a millisecond apart, from 2026 on.
#[derive(Debug)]
pub struct SeededIds {
    seed: u64,
    count: Mutex<u64>,
}

/// 2026-01-01T00:00:00Z in milliseconds since 1970.
const FIRST_MS: u64 = 1_767_225_600_000;

impl SeededIds {
    /// Ids that follow from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, count: Mutex::new(0) }
    }
}

impl IdSource for SeededIds {
    fn next(&self) -> Uuid {
        let mut count = self.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count += 1;
        let digest = Digest::of(&[&self.seed.to_le_bytes(), &count.to_le_bytes()]);
        let random = digest.as_bytes().first_chunk::<A_UUID>().map_or(0, |bytes| u128::from_le_bytes(*bytes));
        uuid_v7(FIRST_MS + *count, random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ManualClock;
    use boxoffice_domain::time::Timestamp;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_carry_the_time() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_unix_ms(1_234_567_890_123)));
        let ids = SystemIds::new(clock).unwrap();
        let unique: HashSet<_> = (0..5_000).map(|_| ids.next()).collect();
        assert_eq!(unique.len(), 5_000);
        assert!(unique.iter().all(|id| id.as_u128() >> 80 == 1_234_567_890_123 && id.get_version_num() == 7));
    }

    #[test]
    fn a_seed_gives_the_same_ids_in_order() {
        let ids = |seed| {
            let source = SeededIds::new(seed);
            (0..100).map(|_| source.next()).collect::<Vec<_>>()
        };
        assert_eq!(ids(1), ids(1));
        assert_ne!(ids(1), ids(2));
        assert!(ids(1).is_sorted());
        assert_eq!(ids(3).iter().collect::<HashSet<_>>().len(), 100);
    }
}
