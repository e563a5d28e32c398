//! How long the best seats of the sample arena (46,000 seats) take to be found, by how much of it is sold.
//!
//! `cargo run --release -p boxoffice-domain --example best_available`

#![expect(clippy::print_stdout, clippy::unwrap_used, clippy::indexing_slicing, reason = "a measurement")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use boxoffice_domain::aggregate::Aggregate as _;
use boxoffice_domain::entries::Entries;
use boxoffice_domain::id::{HoldId, ShowId, TicketTypeId};
use boxoffice_domain::inventory::best_available::{BestAvailable, Split};
use boxoffice_domain::inventory::event::{
    HoldPlaced, InventoryDrafted, InventoryEvent, InventoryPublished, Item, TicketTypeAdded,
};
use boxoffice_domain::inventory::place_hold::PlaceHold;
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::{Inventory, InventoryCommand};
use boxoffice_domain::seating::{Layout, PlanFormat, import, samples};
use boxoffice_domain::time::Timestamp;
use uuid::Uuid;

fn main() {
    let document = import(PlanFormat::Seatsio, &samples::arena()).unwrap();
    let plan = Arc::new(Layout::write(document).unwrap().0);
    println!("{} seats in {} runs", plan.seats().len(), plan.runs().len());
    println!("sold   group         p50         p99     longest  found");
    for sold in [0, 50, 90, 99] {
        for quantity in [1, 2, 4, 8] {
            measure(&plan, sold, quantity);
        }
    }
}

/// Asks many times, each time of another house in which so many per cent of the seats are gone.
fn measure(plan: &Arc<Layout>, sold: u32, quantity: u32) {
    let categories = u32::try_from(plan.document().categories.len()).unwrap();
    let (mut took, mut found): (Vec<Duration>, u32) = (Vec::new(), 0);
    for seed in 0..10 {
        let inventory = house(plan, sold, seed);
        for n in 0..100 {
            let ticket_type = ticket_type(n % categories);
            let best =
                BestAvailable { ticket_type, quantity, adjacent: true, accessible: 0, split: Split::No };
            let hold = HoldId::from_uuid(Uuid::max());
            let command = InventoryCommand::PlaceHold(PlaceHold { hold, wants: vec![Want::Best(best)] });
            let begun = Instant::now();
            let decided = inventory.decide(&command, Timestamp::default());
            took.push(begun.elapsed());
            found += u32::from(decided.is_ok());
        }
    }
    took.sort_unstable();
    let at = |share: usize| took[(took.len() - 1) * share / 100];
    println!("{sold:>3} %  {quantity:>5}  {:>10.1?}  {:>10.1?}  {:>10.1?}  {found}", at(50), at(99), at(100));
}

fn ticket_type(n: u32) -> TicketTypeId {
    TicketTypeId::from_uuid(Uuid::from_u128(n.into()))
}

fn house(plan: &Arc<Layout>, sold: u32, seed: u32) -> Inventory {
    let drafted = InventoryDrafted {
        currency: "EUR".parse().unwrap(),
        hold_seconds: 300,
        hold_seconds_max: 900,
        layout: Some(plan.digest()),
        max_per_buyer: None,
        max_per_order: None,
        plan: Some(Arc::clone(plan)),
        refund_policy: None,
        sale_ends_at: None,
        sale_starts_at: None,
        show: ShowId::from_uuid(Uuid::nil()),
        single_seat_rule: None,
        starts_at: Timestamp::from_unix_ms(1_000_000),
    };
    let types = (0..).zip(&plan.document().categories).map(|(n, category)| {
        InventoryEvent::from(TicketTypeAdded {
            entries: Entries::ONCE,
            hidden: false,
            max_per_order: None,
            min_per_order: None,
            name: category.name.clone(),
            pools: Vec::new(),
            price: 4_500,
            price_category: Some(category.name.clone()),
            sale_ends_at: None,
            sale_starts_at: None,
            ticket_type: ticket_type(n),
        })
    });
    let mut inventory = Inventory::default();
    let events = std::iter::once(drafted.into()).chain(types).chain([InventoryPublished {}.into()]);
    events.for_each(|event| inventory.evolve(&event, Timestamp::default()));
    for (n, seat) in (0_u32..).zip(plan.seats()) {
        if scattered(n + seed * 1_000_003) % 100 >= sold {
            continue;
        }
        let item =
            Item { price: 4_500, seat: Some(seat.id.clone()), ticket_type: ticket_type(seat.category) };
        let held = HoldPlaced {
            expires_at: Timestamp::from_unix_ms(300_000),
            hold: HoldId::from_uuid(Uuid::from_u128(n.into())),
            items: vec![item],
            max_expires_at: Timestamp::from_unix_ms(900_000),
            tariff: 0,
        };
        inventory.evolve(&held.into(), Timestamp::default());
    }
    inventory
}

/// A number that looks like any other.
fn scattered(n: u32) -> u32 {
    let mix = |n: u32| (n ^ (n >> 16)).wrapping_mul(0x045d_9f3b);
    let mixed = mix(mix(n.wrapping_add(1)));
    mixed ^ (mixed >> 16)
}
