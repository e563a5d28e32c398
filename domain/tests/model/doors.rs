//! Random scans at the doors of a show against a list of who went in.

use boxoffice_domain::aggregate::Aggregate as _;
use boxoffice_domain::doors::{Admission, Admissions, Admit, Doors, DoorsCommand, DoorsEvent, DoorsRefused};
use boxoffice_domain::entries::Entries;
use boxoffice_domain::id::TicketId;
use boxoffice_domain::time::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;

/// A scan: few tickets, devices and nonces, so that they meet.
fn scan() -> impl Strategy<Value = Admit> {
    let entries = prop_oneof![3 => (1..5_u32).prop_map(|times| Entries::times(times).unwrap()),
        1 => Just(Entries::UNLIMITED)];
    (0..3_u128, 0..2_u8, 0..8_u8, entries).prop_map(|(ticket, device, nonce, entries)| Admit {
        device: format!("phone-{device}"),
        entries,
        gate: format!("Gate {device}"),
        judged_at: nonce.into(),
        nonce: nonce.to_string(),
        scanned_at: Timestamp::from_unix_ms(0),
        ticket: TicketId::from_uuid(Uuid::from_u128(ticket)),
    })
}

/// What becomes of a scan after those that went in before, each with the time at which it did.
fn expected(scan: &Admit, went_in: &[(Admit, Timestamp)]) -> Result<Option<u32>, DoorsRefused> {
    let before: Vec<_> = went_in.iter().filter(|(other, _)| other.ticket == scan.ticket).collect();
    let is_same = |other: &Admit| other.device == scan.device && other.nonce == scan.nonce;
    if before.iter().any(|(other, _)| is_same(other)) {
        return Ok(None);
    }
    let count = u32::try_from(before.len()).unwrap();
    let told = |(other, at): &(Admit, Timestamp)| Admission { gate: other.gate.clone(), at: *at };
    match (before.first(), before.last(), scan.entries.limit()) {
        (Some(first), Some(last), Some(limit)) if count >= limit => {
            let admissions = Admissions { first: told(first), last: told(last), count };
            Err(DoorsRefused::AlreadyAdmitted(admissions))
        }
        _ => Ok(Some(count + 1)),
    }
}

proptest! {
    #![proptest_config(super::cases(512))]

    #[test]
    fn every_scan_goes_as_the_list_of_who_went_in_says(scans in prop::collection::vec(scan(), 1..60)) {
        let (mut doors, mut went_in) = (Doors::default(), Vec::new());
        for (now, scan) in (0..).zip(scans) {
            let now = Timestamp::from_unix_ms(now);
            let decided = doors.decide(&DoorsCommand::Admit(scan.clone()), now);
            let entry = decided.as_ref().map_err(Clone::clone).map(|events| {
                events.first().map(|DoorsEvent::TicketAdmitted(admitted)| admitted.entry)
            });
            prop_assert_eq!(entry, expected(&scan, &went_in));
            for event in decided.unwrap_or_default() {
                let DoorsEvent::TicketAdmitted(admitted) = &event;
                prop_assert_eq!(admitted.judged_at, Some(scan.judged_at));
                doors.evolve(&event, now);
                went_in.push((scan.clone(), now));
            }
        }
    }
}
