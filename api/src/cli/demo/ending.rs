//! What the demo says when the sale is over.

use std::path::Path;

use boxoffice_audit::Report;
use serde::Serialize;

use super::counts::{CURRENCY, Counts, in_words};
use super::house::House;
use super::sale::Sale;
use crate::cli::words;

/// What came of the sale, for programs.
#[derive(Debug, Serialize)]
pub(super) struct Summary<'a> {
    ok: bool,
    address: &'a str,
    houses: Vec<HouseSummary<'a>>,
    counts: &'a Counts,
    currency: &'static str,
    audit: &'a Report,
}

#[derive(Debug, Serialize)]
struct HouseSummary<'a> {
    event_id: String,
    name: &'a str,
    capacity: u64,
    sold: u64,
}

impl<'a> Summary<'a> {
    pub(super) fn of(counts: &'a Counts, sale: &'a Sale, audit: &'a Report, address: &'a str) -> Self {
        let house = |house: &'a std::sync::Arc<House>| HouseSummary {
            event_id: house.show.to_string(),
            name: house.name,
            capacity: house.capacity(),
            sold: house.look().sold,
        };
        let houses = sale.houses.iter().map(house).collect();
        Self { ok: audit.is_ok(), address, houses, counts, currency: CURRENCY, audit }
    }
}

/// The summary.
pub(super) fn summary(counts: &Counts, sale: &Sale) -> String {
    let houses = sale.houses.iter().map(|house| {
        let look = house.look();
        let percent = look.sold * 100 / house.capacity().max(1);
        format!(
            "  {:<12} {} of {} places sold ({percent} %)",
            house.label,
            words::count(look.sold),
            words::count(house.capacity())
        )
    });
    let mut lines = vec!["The sale is over.".to_owned()];
    lines.extend(houses);
    lines.push(format!(
        "  {}: {} lapsed, {} let go; {} somebody else was quicker",
        words::counted(counts.holds, "hold", "holds"),
        words::count(counts.lapsed),
        words::count(counts.released),
        words::counted(counts.beaten, "time", "times"),
    ));
    lines.push(format!(
        "  {}: {} paid, {} cancelled; {} for {}",
        words::counted(counts.orders, "order", "orders"),
        words::count(counts.confirmed),
        words::count(counts.cancelled),
        words::counted(counts.tickets, "ticket", "tickets"),
        counts.sales_in_words(),
    ));
    lines.push(format!(
        "  {} in fees; {} given back for {}; {} passed on",
        in_words(counts.fees),
        words::counted(counts.given_back, "ticket", "tickets"),
        in_words(counts.refunds),
        words::count(counts.passed_on),
    ));
    lines.push(format!(
        "  {} declined, {} failed; paid late: {} still got their seats, {} got their money back",
        words::counted(counts.declined, "card", "cards"),
        words::counted(counts.capture_failed, "capture", "captures"),
        words::count(counts.reclaimed),
        words::count(counts.voided),
    ));
    lines.push(format!(
        "  at the doors: {} let in, {} turned away",
        words::count(counts.admitted),
        words::count(counts.turned_away)
    ));
    if counts.surprises > 0 {
        lines.push(format!(
            "  {} that the demo did not expect; see its log",
            words::counted(counts.surprises, "answer", "answers")
        ));
    }
    lines.join("\n")
}

/// Where to go from here.
pub(super) fn directions(address: &str, token: &str, data: &Path, sale: &Sale, is_temporary: bool) -> String {
    let shown = data.display();
    let event = sale.houses.last().map(|house| house.show.to_string()).unwrap_or_default();
    let gone = if is_temporary { ", gone when you stop" } else { "" };
    format!(
        "The server goes on. Have a look:
  {address}/docs                                    what the API can do
  {address}/v1/events                               what is on
  {address}/v1/events/{event}/availability
  administrator's token  {token}
  data folder            {shown}{gone}
  verify it yourself     boxoffice audit verify --data {shown}
Ctrl-C stops it."
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use boxoffice_infra::clock::SystemClock;

    use super::*;
    use crate::cli::demo::sale::Manner;

    #[test]
    fn the_summary_and_the_way_on_are_in_words() {
        let address = ([127, 0, 0, 1], 8080).into();
        let manner = Manner { seed: 1, speed: 1.0 };
        let sale = Sale::new(Vec::new(), Arc::new(SystemClock::new()), (address, "t".into()), manner);
        let counts =
            Counts { holds: 1_000, lapsed: 9, orders: 800, confirmed: 700, sales: 100, ..Counts::default() };
        let text = summary(&counts, &sale);
        assert!(text.contains("1,000 holds: 9 lapsed, 0 let go"), "{text}");
        assert!(text.contains("800 orders: 700 paid, 0 cancelled; 0 tickets for 1.00 EUR"), "{text}");
        let way = directions("http://127.0.0.1:8080", "t", Path::new("/tmp/x"), &sale, true);
        assert!(way.contains("/tmp/x, gone when you stop"), "{way}");
    }
}
