//! A digest over the whole state, in an order that does not depend on how it came about: two replays of one log,
//! on any machine, give the same.

use std::collections::BTreeMap;

use super::Inventory;
use super::event::InventoryDrafted;
use crate::digest::Digest;

impl Inventory {
    /// The digest of the state.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        let Self {
            terms,
            published,
            paused,
            pools,
            pool_index,
            types,
            type_index,
            tariffs,
            claims,
            unclaimed,
            blocks,
            holds,
            orders,
            payments,
            refunds,
            passed,
            transfers,
            unwound,
            buyers,
            deadlines,
        } = self;
        // The plan itself is named by its digest.
        let drafted = terms
            .as_ref()
            .map(|terms| InventoryDrafted { plan: None, ..InventoryDrafted::clone(&terms.drafted) });
        let pool_index: BTreeMap<_, _> = pool_index.iter().collect();
        let type_index: BTreeMap<_, _> = type_index.iter().collect();
        let holds: BTreeMap<_, _> = holds.iter().collect();
        let orders: BTreeMap<_, _> = orders.iter().collect();
        let payments: BTreeMap<_, _> = payments.iter().collect();
        let refunds: BTreeMap<_, _> = refunds.iter().collect();
        let passed: BTreeMap<_, _> = passed.iter().collect();
        let transfers: BTreeMap<_, _> = transfers.iter().collect();
        let buyers: BTreeMap<_, _> =
            buyers.iter().map(|(buyer, orders)| (buyer.as_bytes(), orders)).collect();
        let text = format!(
            "{drafted:?}{published:?}{paused:?}{pools:?}{pool_index:?}{types:?}{type_index:?}{tariffs:?}{claims:?}{unclaimed:?}{blocks:?}{holds:?}{orders:?}\
             {payments:?}{refunds:?}{passed:?}{transfers:?}{unwound:?}{buyers:?}{deadlines:?}"
        );
        Digest::of(&[text.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use super::super::InventoryEvent;
    use super::super::scenario::*;
    use super::*;
    use crate::aggregate::Aggregate;
    use crate::time::Timestamp;

    fn of(drafted: &InventoryDrafted) -> Digest {
        let mut inventory = Inventory::default();
        inventory.evolve(&drafted.clone().into(), Timestamp::default());
        inventory.fingerprint()
    }

    #[test]
    fn shows_that_differ_in_one_term_have_different_fingerprints() {
        let Some(InventoryEvent::InventoryDrafted(drafted)) = theatre().into_iter().next() else {
            panic!("no draft")
        };
        let others = [
            InventoryDrafted { hold_seconds_max: 1, ..drafted.clone() },
            InventoryDrafted { max_per_buyer: Some(1), ..drafted.clone() },
            InventoryDrafted { sale_ends_at: Some(Timestamp::default()), ..drafted.clone() },
            InventoryDrafted { starts_at: Timestamp::default(), ..drafted.clone() },
        ];
        assert_eq!(of(&drafted), of(&drafted.clone()));
        for other in others {
            assert_ne!(of(&drafted), of(&other), "{other:?}");
        }
    }
}
