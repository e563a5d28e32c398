//! How fast a log is verified: `cargo run --release -p boxoffice-audit --example speed [events [rounds]]`.
//!
//! The log is made in memory: shows of 20,000 seats each that sell out in turns of a few, two seats an order, with
//! buyers who let go, who come too late and who are declined in between.

use std::io::Write;
use std::time::{Duration, Instant};

use boxoffice_audit::{Checker, Report, verify_lines, verify_reader};
use builder::{Log, canonical, id, time};
use serde_json::json;

#[path = "../tests/audit/builder.rs"]
#[expect(dead_code, reason = "the tests need more of it")]
mod builder;

const EVENTS: u64 = 1_000_000;
const SEATS: u64 = 20_000;
const SHOWS_AT_ONCE: u64 = 4;

fn main() -> std::io::Result<()> {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse().ok());
    let events = numbers.next().unwrap_or(EVENTS);
    let rounds = numbers.next().unwrap_or(3);
    let mut out = std::io::stdout();
    let lines = log(events);
    let text: Vec<u8> = lines.iter().flat_map(|line| [line.as_bytes(), b"\n"]).flatten().copied().collect();
    writeln!(out, "{} lines, {} bytes each on average", lines.len(), text.len() / lines.len())?;

    for _ in 0..rounds {
        report(&mut out, "all cores, from a reader", || verify_reader(text.as_slice(), None))?;
        report(&mut out, "all cores, from lines", || Ok(verify_lines(&lines, None)))?;
        report(&mut out, "one core, line by line", || {
            let mut checker = Checker::new();
            for line in &lines {
                let _ = checker.line(line);
            }
            Ok(checker.finish(None))
        })?;
        let hashing = Measure::start();
        let sum =
            lines.iter().map(|line| builder::sha256(&[line.as_bytes()])).fold(0, |sum, hash| sum ^ hash[0]);
        hashing.tell(&mut out, "one core, SHA-256 of the same lines and nothing else", lines.len() as u64)?;
        std::hint::black_box(sum);
    }
    Ok(())
}

fn report(
    out: &mut impl Write,
    what: &str,
    verify: impl FnOnce() -> std::io::Result<Report>,
) -> std::io::Result<()> {
    let measure = Measure::start();
    let report = verify()?;
    measure.tell(out, what, report.position())?;
    report.fault().map_or(Ok(()), |fault| Err(std::io::Error::other(fault.clone())))
}

/// Time on the wall and time on the cores: on a busy machine only the second says something.
struct Measure {
    wall: Instant,
    cores: Option<Duration>,
}

impl Measure {
    fn start() -> Self {
        Self { wall: Instant::now(), cores: time_on_cores() }
    }

    fn tell(self, out: &mut impl Write, what: &str, events: u64) -> std::io::Result<()> {
        let per_event = |took: Duration| took.as_nanos() / u128::from(events.max(1));
        let wall = self.wall.elapsed();
        let rate = u128::from(events) * 1_000_000 / wall.as_micros().max(1);
        write!(out, "{what}: {rate} events/s, {wall:.2?}")?;
        if let (Some(before), Some(after)) = (self.cores, time_on_cores()) {
            write!(out, ", {} ns on a core for each", per_event(after.saturating_sub(before)))?;
        }
        writeln!(out)
    }
}

/// What this process has used of all cores so far, where the system tells it in hundredths of a second.
fn time_on_cores() -> Option<Duration> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    let ticks = after_name.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
    ticks.sum::<Result<u64, _>>().ok().map(|ticks| Duration::from_millis(ticks * 10))
}

/// Makes a log of about that many events.
fn log(events: u64) -> Vec<String> {
    let mut log = Log::default();
    let layout = log.document(&layout());
    let mut first_show = 1;
    while log.position < events {
        let shows = first_show..first_show + SHOWS_AT_ONCE;
        for show in shows.clone() {
            open(&mut log, show, &layout);
        }
        for order in 0..SEATS / 2 {
            for show in shows.clone() {
                sell(&mut log, show, order);
            }
            if log.position >= events {
                break;
            }
        }
        first_show += SHOWS_AT_ONCE;
    }
    log.lines
}

fn layout() -> String {
    let seats = (0..SEATS).map(|seat| {
        json!({
            "category": 0, "id": seat_name(seat), "number": (seat % 100).to_string(), "row": (seat / 100).to_string(),
            "x": seat % 100 * 500, "y": seat / 100 * 800, "zone": "Main hall",
        })
    });
    canonical(&json!({
        "areas": [], "categories": [{"name": "Stalls"}], "focal_point": {"x": 0, "y": 0},
        "format": "boxoffice.layout.v1", "name": "Hall", "seats": seats.collect::<Vec<_>>(),
    }))
}

fn seat_name(seat: u64) -> String {
    format!("Main hall-{}-{}", seat / 100, seat % 100)
}

fn open(log: &mut Log, show: u64, layout: &str) {
    log.show = show;
    log.inventory("inventory_drafted", &json!({
        "currency": "EUR", "hold_seconds": 300, "hold_seconds_max": 900, "layout": layout, "show": id("event", show),
        "starts_at": time(700_000_000),
    }));
    let limit = json!({"capacity": SEATS, "name": "Fire limit", "pool": id("pool", show)});
    log.inventory("pool_added", &limit);
    log.inventory(
        "ticket_type_added",
        &json!({
            "name": "Stalls", "pools": [id("pool", show)], "price": 4500, "price_category": "Stalls",
            "ticket_type": id("ticket_type", show),
        }),
    );
    log.inventory("inventory_published", &json!({}));
}

/// Two seats, from the hold to the tickets.
fn sell(log: &mut Log, show: u64, order: u64) {
    log.show = show;
    log.now += 1;
    let number = show * SEATS + order;
    let item = |n: u64| {
        let seat = seat_name(order * 2 + n);
        format!("{{\"price\":4500,\"seat\":\"{seat}\",\"ticket_type\":\"{}\"}}", id("ticket_type", show))
    };
    let ticket = |n: u64| {
        let (seat, ticket) = (seat_name(order * 2 + n), id("ticket", number * 2 + n));
        let ticket_type = id("ticket_type", show);
        format!(
            "{{\"price\":4500,\"seat\":\"{seat}\",\"ticket\":\"{ticket}\",\"ticket_type\":\"{ticket_type}\"}}"
        )
    };
    let (items, tickets) = (format!("[{},{}]", item(0), item(1)), format!("[{},{}]", ticket(0), ticket(1)));
    let (until, last) = (time(log.now + 300_000), time(log.now + 900_000));
    let place = |hold: &str| {
        format!(
            "{{\"expires_at\":\"{until}\",\"hold\":\"{hold}\",\"items\":{items},\"max_expires_at\":\"{last}\"}}"
        )
    };
    if order.is_multiple_of(5) {
        let hold = id("hold", number + (1 << 40));
        add(log, "hold_placed", &place(&hold));
        add(log, "hold_released", &format!("{{\"hold\":\"{hold}\"}}"));
    }
    let (hold, order_id, person) = (id("hold", number), id("order", number), id("person", number));
    add(log, "hold_placed", &place(&hold));
    add(
        log,
        "order_placed",
        &format!(
            "{{\"buyer\":\"{person}\",\"expires_at\":\"{until}\",\"hold\":\"{hold}\",\"items\":{tickets},\
         \"order\":\"{order_id}\",\"total\":9000}}"
        ),
    );
    let (payment, now) = (id("payment", number), time(log.now));
    let paying = format!("\"order\":\"{order_id}\",\"payment\":\"{payment}\"");
    add(
        log,
        "payment_started",
        &format!("{{\"amount\":9000,\"method\":\"card\",{paying},\"provider\":\"sandbox\"}}"),
    );
    if order.is_multiple_of(7) {
        add(log, "payment_declined", &format!("{{{paying},\"reason\":\"card_declined\"}}"));
    }
    add(log, "payment_authorised", &format!("{{\"amount\":9000,\"authorised_at\":\"{now}\",{paying}}}"));
    also(log, "order_secured", &format!("{{\"hold\":\"{hold}\",{paying}}}"));
    add(log, "payment_captured", &format!("{{\"amount\":9000,{paying}}}"));
    also(log, "tickets_issued", &format!("{{\"order\":\"{order_id}\",\"tickets\":{tickets}}}"));
}

fn add(log: &mut Log, event_type: &str, payload: &str) {
    log.command();
    also(log, event_type, payload);
}

fn also(log: &mut Log, event_type: &str, payload: &str) {
    let stream = log.stream("inventory");
    log.append(&stream, event_type, payload, 1);
}
