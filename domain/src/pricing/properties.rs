//! What holds for any tariff and any tickets.

use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn ticket_type(n: u128) -> TicketTypeId {
    TicketTypeId::from_uuid(Uuid::from_u128(n))
}

fn named() -> impl Strategy<Value = Vec<TicketTypeId>> {
    prop::collection::vec((0..3_u128).prop_map(ticket_type), 0..3)
}

fn rate() -> impl Strategy<Value = Rate> {
    prop_oneof![
        (0..=Rate::WHOLE).prop_map(|millionths| Rate::from_millionths(millionths).unwrap()),
        prop::sample::select(vec![70_000, 88_750, 190_000, 333_333])
            .prop_map(|n| Rate::from_millionths(n).unwrap()),
    ]
}

fn fee(n: u128) -> impl Strategy<Value = FeeAdded> {
    let per = prop_oneof![Just(FeePer::Ticket), Just(FeePer::Order)];
    (any::<bool>(), per, prop_oneof![(0..5_000_u64).prop_map(Ok), rate().prop_map(Err)], named()).prop_map(
        move |(absorbed, per, charge, ticket_types)| FeeAdded {
            absorbed,
            amount: charge.ok(),
            fee: FeeId::from_uuid(Uuid::from_u128(n)),
            name: format!("Fee {n}"),
            per,
            rate: charge.err(),
            ticket_types,
        },
    )
}

fn tax(n: u128) -> impl Strategy<Value = TaxAdded> {
    let on = prop_oneof![Just(TaxedPart::Tickets), Just(TaxedPart::Fees), Just(TaxedPart::All)];
    let per = prop_oneof![Just(TaxPer::Line), Just(TaxPer::Order)];
    (any::<bool>(), on, per, rate(), named()).prop_map(move |(included, on, per, rate, ticket_types)| {
        TaxAdded {
            included,
            name: format!("Tax {n}"),
            on,
            per,
            rate,
            tax: TaxId::from_uuid(Uuid::from_u128(n)),
            ticket_types,
        }
    })
}

fn tariff() -> impl Strategy<Value = Tariff> {
    let fees = (fee(0), fee(1), fee(2), 0..=3_usize)
        .prop_map(|(a, b, c, n)| [a, b, c].into_iter().take(n).collect());
    let taxes = (tax(0), tax(1), tax(2), 0..=3_usize)
        .prop_map(|(a, b, c, n)| [a, b, c].into_iter().take(n).collect());
    (fees, taxes).prop_map(|(fees, taxes)| Tariff { fees, taxes })
}

fn tickets() -> impl Strategy<Value = Vec<(TicketTypeId, Minor)>> {
    let price = prop_oneof![3 => 0..20_000_u64, 1 => Just(0), 1 => Just(1), 1 => 0..MINOR_MAX / 100];
    prop::collection::vec(((0..3_u128).prop_map(ticket_type), price), 1..12)
}

fn sum(amounts: impl Iterator<Item = Minor>) -> Minor {
    amounts.sum()
}

proptest! {
    #[test]
    fn lines_and_fees_and_taxes_are_the_total(tariff in tariff(), tickets in tickets()) {
        let Ok(told) = price(&tariff, tickets.iter().copied()) else { return Ok(()) };
        let prices = sum(tickets.iter().map(|(_, price)| *price));
        let fees = sum(told.fees.iter().filter(|fee| !fee.absorbed).map(|fee| fee.amount));
        let taxes = sum(told.taxes.iter().filter(|tax| !tax.included).map(|tax| tax.amount));
        prop_assert_eq!(prices + fees + taxes, told.total);
    }

    #[test]
    fn the_shares_of_the_tickets_are_the_whole(tariff in tariff(), tickets in tickets()) {
        let Ok(told) = price(&tariff, tickets.iter().copied()) else { return Ok(()) };
        if tariff.is_empty() {
            prop_assert!(told.shares.is_empty());
            return Ok(());
        }
        prop_assert_eq!(told.shares.len(), tickets.len());
        let charged = |fee: &&FeeLine| !fee.absorbed;
        prop_assert_eq!(
            sum(told.shares.iter().map(|share| share.fees)),
            sum(told.fees.iter().filter(charged).map(|fee| fee.amount))
        );
        for is_included in [true, false] {
            let of = |share: &Share| if is_included { share.taxes_included } else { share.taxes };
            prop_assert_eq!(
                sum(told.shares.iter().map(of)),
                sum(told.taxes.iter().filter(|tax| tax.included == is_included).map(|tax| tax.amount))
            );
        }
    }

    /// No rounding is off by more than half a unit for each thing that is rounded.
    #[test]
    fn what_is_told_is_near_what_is_exact(tariff in tariff(), tickets in tickets()) {
        let Ok(told) = price(&tariff, tickets.iter().copied()) else { return Ok(()) };
        for fee in tariff.fees.iter().filter(|fee| fee.rate.is_some()) {
            let base: u128 = tickets.iter()
                .filter(|(ticket_type, _)| is_for(&fee.ticket_types, *ticket_type))
                .map(|(_, price)| u128::from(*price)).sum();
            let exact = base * u128::from(fee.rate.map_or(0, Rate::millionths));
            let amount = told.fees.iter().find(|line| line.fee == fee.fee).map_or(0, |line| line.amount);
            let off = exact.abs_diff(u128::from(amount) * u128::from(Rate::WHOLE));
            let rounded = if fee.per == FeePer::Order { 1 } else { tickets.len() as u128 };
            prop_assert!(2 * off <= rounded * u128::from(Rate::WHOLE), "{off} off");
        }
    }

    #[test]
    fn free_tickets_are_free(tariff in tariff(), count in 1..9_usize) {
        let told = price(&tariff, std::iter::repeat_n((ticket_type(0), 0), count)).unwrap();
        prop_assert_eq!((told.total, told.fees, told.taxes), (0, vec![], vec![]));
    }

    #[test]
    fn shares_add_up_and_are_as_their_weights(amount in 0..MINOR_MAX, weights in prop::collection::vec(0..1_000_u64, 1..20)) {
        let parts = shared_out(amount, &weights);
        prop_assert_eq!(sum(parts.iter().copied()), amount);
        let whole = u128::from(sum(weights.iter().copied()));
        for (part, weight) in parts.iter().zip(&weights).filter(|_| whole > 0) {
            let exact = u128::from(amount) * u128::from(*weight);
            prop_assert!(exact.abs_diff(u128::from(*part) * whole) <= whole, "{part} of {weight}");
        }
    }
}

fn told(fees: Vec<FeeAdded>, taxes: Vec<TaxAdded>, prices: &[Minor]) -> Breakdown {
    price(&Tariff { fees, taxes }, prices.iter().map(|price| (ticket_type(0), *price))).unwrap()
}

fn percentage(millionths: u32, per: FeePer) -> FeeAdded {
    FeeAdded {
        absorbed: false,
        amount: None,
        fee: FeeId::from_uuid(Uuid::nil()),
        name: "Fee".into(),
        per,
        rate: Rate::from_millionths(millionths),
        ticket_types: vec![],
    }
}

fn levied(millionths: u32, included: bool, per: TaxPer) -> TaxAdded {
    TaxAdded {
        included,
        name: "Tax".into(),
        on: TaxedPart::All,
        per,
        rate: Rate::from_millionths(millionths).unwrap(),
        tax: TaxId::from_uuid(Uuid::nil()),
        ticket_types: vec![],
    }
}

#[test]
fn halves_go_up() {
    // 2.5 % of 1.00 is 2.5 cents.
    assert_eq!(told(vec![percentage(25_000, FeePer::Ticket)], vec![], &[100]).total, 103);
    assert_eq!(told(vec![percentage(24_999, FeePer::Ticket)], vec![], &[100]).total, 102);
}

#[test]
fn per_ticket_and_per_order_differ_by_their_roundings() {
    // 2.5 cents three times, or 7.5 cents once.
    assert_eq!(told(vec![percentage(25_000, FeePer::Ticket)], vec![], &[100; 3]).total, 309);
    assert_eq!(told(vec![percentage(25_000, FeePer::Order)], vec![], &[100; 3]).total, 308);
    let by_line = told(vec![], vec![levied(25_000, false, TaxPer::Line)], &[100; 3]);
    let once = told(vec![], vec![levied(25_000, false, TaxPer::Order)], &[100; 3]);
    assert_eq!((by_line.total, once.total), (309, 308));
    let shares: Vec<Minor> = once.shares.iter().map(|share| share.taxes).collect();
    assert_eq!(shares, [2, 3, 3]);
}

#[test]
fn taxes_are_taken_from_fees_too_and_an_added_one_from_what_the_included_leave() {
    let taxes = vec![
        levied(200_000, true, TaxPer::Line),
        TaxAdded { tax: TaxId::from_uuid(Uuid::max()), ..levied(100_000, false, TaxPer::Line) },
    ];
    // A fee of 20 on 100. Of 100 a sixth is included, of 20 too; 10 % of the rest are added.
    let told = told(vec![percentage(200_000, FeePer::Ticket)], taxes, &[100]);
    let amounts: Vec<Minor> = told.taxes.iter().map(|tax| tax.amount).collect();
    assert_eq!((amounts, told.total), (vec![17 + 3, 8 + 2], 130));
}

#[test]
fn an_absorbed_fee_is_told_and_not_charged() {
    let absorbed = FeeAdded { absorbed: true, ..percentage(100_000, FeePer::Ticket) };
    let told = told(vec![absorbed], vec![], &[100]);
    assert_eq!((told.fees[0].amount, told.total, told.shares[0].fees), (10, 100, 0));
}

#[test]
fn more_than_money_can_be_is_refused() {
    let whole = percentage(Rate::WHOLE, FeePer::Order);
    let too_much = |fees, prices: &[Minor]| {
        price(&Tariff { fees, taxes: vec![] }, prices.iter().map(|price| (ticket_type(0), *price))).is_err()
    };
    assert!(!too_much(vec![], &[MINOR_MAX]));
    assert!(too_much(vec![], &[MINOR_MAX, 1]));
    assert!(too_much(vec![whole], &[MINOR_MAX]));
}
