//! Runs a history against the inventory and the naive model side by side, and compares them after every event.

use std::collections::BTreeMap;

use boxoffice_domain::aggregate::{Aggregate, StoredEvent};
use boxoffice_domain::inventory::selection::Want;
use boxoffice_domain::inventory::{
    Inventory, InventoryCommand, InventoryEvent, InventoryRefused, cancel_order, extend_hold, place_hold,
    record_capture, record_void, refund_tickets, release_hold, settle_payment,
};
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;

use super::history::{self, History, Step};
use super::reference::{Checked, Reference};
use super::world;

/// How often each event and each kind of refusal has been seen.
pub(crate) type Seen = BTreeMap<String, u32>;

/// What an inventory says to a command.
type Decided = Result<Vec<InventoryEvent>, InventoryRefused>;

/// A show that is being sold.
pub(crate) struct Run<'a> {
    inventory: Inventory,
    reference: Reference,
    now: Timestamp,
    timer: bool,
    log: Vec<(Timestamp, InventoryEvent)>,
    /// What was asked when; the timer's commands are not among them.
    asked: Vec<(Timestamp, InventoryCommand)>,
    layouts: &'a world::Plans,
    seen: &'a mut Seen,
}

impl<'a> Run<'a> {
    pub(crate) fn of(
        history: &History,
        layouts: &'a world::Plans,
        seen: &'a mut Seen,
    ) -> Result<Self, TestCaseError> {
        let mut run = Self {
            inventory: Inventory::default(),
            reference: Reference::default(),
            now: Timestamp::default(),
            timer: history.timer,
            log: Vec::new(),
            asked: Vec::new(),
            layouts,
            seen,
        };
        for (n, command) in (0..).zip(world::set_up(&history.house)) {
            if history.house.missing & (1_u32 << n) == 0 {
                run.ask(command)?;
            }
        }
        for step in &history.steps {
            match step {
                Step::Ask(ask) => run.ask(ask.command(&history.house, &run.reference, run.now))?,
                Step::Buy(wishes) => {
                    for ask in history::purchase(wishes, &run.reference) {
                        run.ask(ask.command(&history.house, &run.reference, run.now))?;
                    }
                }
                Step::Again(n) => {
                    let nth_last = usize::from(*n) % run.asked.len().max(1);
                    if let Some((_, command)) = run.asked.iter().rev().nth(nth_last).cloned() {
                        run.ask(command)?;
                    }
                }
                Step::Wait(wait) => {
                    run.now = wait.until(&run.reference, run.now);
                    run.run_timer()?;
                }
                Step::Crash => run.crash()?,
            }
        }
        run.crash()?;
        Ok(run)
    }

    /// What was asked when.
    pub(crate) fn into_asked(self) -> Vec<(Timestamp, InventoryCommand)> {
        self.asked
    }

    fn saw(&mut self, what: String) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn run_timer(&mut self) -> Checked {
        if self.timer && self.inventory.next_deadline().is_some_and(|deadline| deadline <= self.now) {
            self.decide(&Inventory::lapse_command().unwrap())?;
            prop_assert!(self.inventory.next_deadline().is_none_or(|deadline| self.now < deadline));
        }
        Ok(())
    }

    fn ask(&mut self, command: InventoryCommand) -> Checked {
        self.decide(&command)?;
        self.asked.push((self.now, command));
        Ok(())
    }

    fn decide(&mut self, command: &InventoryCommand) -> Checked {
        let events = self.compare(command)?;
        match events {
            Ok(events) => {
                events.into_iter().try_for_each(|event| self.happens(event))?;
                self.reference.check_money()
            }
            Err(refused) => {
                self.saw(name_of(&refused));
                Ok(())
            }
        }
    }

    /// Both must say the same.
    fn compare(&self, command: &InventoryCommand) -> Result<Decided, TestCaseError> {
        let decided = self.inventory.decide(command, self.now);
        match (self.reference.judge(command, self.now), &decided) {
            (Ok(answer), Ok(events)) => self.reference.check_answer(&answer, events, self.now)?,
            (Err(expected), Err(refused)) => prop_assert_eq!(refused, &expected, "{:?}", command),
            (judged, _) => {
                prop_assert!(
                    false,
                    "at {}: {:?}\n  decided: {:?}\n  judged: {:?}",
                    self.now,
                    command,
                    decided,
                    judged
                );
            }
        }
        Ok(decided)
    }

    fn happens(&mut self, event: InventoryEvent) -> Checked {
        self.saw(event.event_type().into());
        if let InventoryEvent::PaymentVoidDue(void) = &event {
            self.saw(format!("let go: {:?}", void.reason));
        }
        if let InventoryEvent::RefundDue(due) = &event {
            self.saw(format!("due back: {:?}", due.reason));
        }
        self.inventory.evolve(&event, self.now);
        self.reference.record(&event, self.now)?;
        prop_assert_eq!(self.inventory.next_deadline(), self.reference.next_deadline(), "after {:?}", event);
        self.log.push((self.now, event));
        self.probe()
    }

    /// Asks, without doing it, what would come of many commands. This is how the inventory shows its state.
    fn probe(&self) -> Checked {
        let nobody = world::hold(u32::MAX - 1);
        let seats = world::SEATS.map(|name| {
            let ticket_type = if name.starts_with('A') { world::STALLS } else { world::CIRCLE };
            Want::Seat { seat: world::seat(name), ticket_type: Some(world::ticket_type(ticket_type)) }
        });
        let units = (world::STANDING..world::TYPES)
            .map(world::ticket_type)
            .flat_map(|ticket_type| [1, 3].map(|quantity| Want::Units { ticket_type, quantity }));
        let place =
            |want| InventoryCommand::PlaceHold(place_hold::PlaceHold { hold: nobody, wants: vec![want] });
        let holds = self.reference.holds.iter().rev().take(6).map(|hold| hold.id).flat_map(|hold| {
            [
                InventoryCommand::ReleaseHold(release_hold::ReleaseHold { hold }),
                InventoryCommand::ExtendHold(extend_hold::ExtendHold { hold }),
            ]
        });
        let orders = self.reference.orders.iter().rev().take(4).map(|order| order.id);
        let orders = orders.map(|order| {
            let by = refund_tickets::Refunder::Buyer;
            InventoryCommand::CancelOrder(cancel_order::CancelOrder { order, by })
        });
        let payments =
            self.reference.payments.iter().rev().take(4).map(|payment| payment.id).flat_map(|payment| {
                [
                    InventoryCommand::SettlePayment(settle_payment::SettlePayment { payment }),
                    InventoryCommand::RecordCapture(record_capture::RecordCapture { payment, failure: None }),
                    InventoryCommand::RecordVoid(record_void::RecordVoid { payment }),
                ]
            });
        let about_stock = seats.into_iter().chain(units).map(place).chain([InventoryCommand::ExpireHolds]);
        for command in about_stock.chain(holds).chain(orders).chain(payments) {
            let _ = self.compare(&command)?;
        }
        Ok(())
    }

    /// What was stored, read back and folded, is the same state, and so is what a snapshot gives back; the run goes on
    /// with one of the two.
    fn crash(&mut self) -> Checked {
        let mut folded = Inventory::default();
        for (at, event) in &self.log {
            let payload = event.payload().unwrap();
            let read =
                InventoryEvent::read(event.event_type(), event.schema_version(), &payload, self.layouts);
            prop_assert_eq!(read.as_ref(), Ok(event));
            folded.evolve(&read.unwrap(), *at);
        }
        prop_assert_eq!(folded.fingerprint(), self.inventory.fingerprint());
        let bytes = self.inventory.snapshot().unwrap();
        let restored = Inventory::restore(&bytes, self.layouts).unwrap();
        prop_assert_eq!(restored.fingerprint(), folded.fingerprint());
        prop_assert_eq!(restored.snapshot(), Some(bytes), "one state, one snapshot");
        // Now and then with the one, now and then with the other.
        self.inventory = if self.log.len().is_multiple_of(2) { folded } else { restored };
        Ok(())
    }
}

/// What is answered to these commands if the timer records expiries before each of them, or never. Expiries
/// themselves are left out.
pub(crate) fn answers(asked: &[(Timestamp, InventoryCommand)], timer: bool) -> Vec<Decided> {
    let mut inventory = Inventory::default();
    let fold = |inventory: &mut Inventory, command: &InventoryCommand, now| {
        let mut decided = inventory.decide(command, now);
        if let Ok(events) = &mut decided {
            for event in events.iter() {
                inventory.evolve(event, now);
            }
            events.retain(|event| !matches!(event, InventoryEvent::HoldExpired(_)));
        }
        decided
    };
    asked
        .iter()
        .map(|(now, command)| {
            if timer {
                let _ = fold(&mut inventory, &InventoryCommand::ExpireHolds, *now);
            }
            fold(&mut inventory, command, *now)
        })
        .collect()
}

/// The kind of a refusal, without what it is about: `SeatsTaken`, `Invalid(SeatTwice`.
fn name_of(refused: &InventoryRefused) -> String {
    let text = format!("{refused:?}");
    let depth = if matches!(refused, InventoryRefused::Invalid(_)) { 2 } else { 1 };
    let parts: Vec<&str> = text.split(['(', ')', ' ', '{']).take(depth).collect();
    parts.join(": ")
}
