//! The doors open: tickets are scanned at three gates, some of them twice, some by a code that was good before they
//! changed hands, and one that nobody sold.

use std::sync::Arc;
use std::time::Duration;

use fastrand::Rng;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::sale::{Sale, Shown, Ticket};
use crate::cli::client::Call;

const GATES: [&str; 3] = ["North", "East", "Main"];

/// Of a hundred tickets, how many are shown a second time.
const TWICE: u32 = 12;

/// The most scans in all.
const SCANS_MAX: usize = 300;

#[derive(Deserialize)]
struct Verdict {
    result: String,
    reason: String,
}

/// Scans tickets for as long as the doors are open.
pub(super) async fn open(sale: &Arc<Sale>, lasts: Duration) {
    let mut dice = Rng::with_seed(sale.manner.seed);
    let mut tickets = sale.take_tickets();
    dice.shuffle(&mut tickets);
    tickets.truncate(SCANS_MAX);
    let mut scans: Vec<Ticket> = Vec::with_capacity(tickets.len() + tickets.len() / 8 + 1);
    for ticket in tickets {
        let again = dice.u32(..100) < TWICE;
        scans.push(ticket.clone());
        if again {
            scans.push(ticket);
        }
    }
    if let Some(first) = scans.first().cloned() {
        let shown = Shown::Number("ticket_00000000000000000000000000".into());
        let forged = Ticket { shown, ..first };
        scans.insert(scans.len() / 2, forged);
    }
    let until = Instant::now() + lasts;
    let pause = lasts / u32::try_from(scans.len() + 1).unwrap_or(u32::MAX);
    for (number, ticket) in (1_usize..).zip(scans) {
        if Instant::now() >= until {
            break;
        }
        scan(sale, number, &ticket, &mut dice).await;
        tokio::time::sleep(pause).await;
    }
    tokio::time::sleep_until(until).await;
}

async fn scan(sale: &Sale, number: usize, ticket: &Ticket, dice: &mut Rng) {
    let gate = dice.choice(GATES).unwrap_or("Main");
    let (ticket_id, qr) = match &ticket.shown {
        Shown::Number(number) => (Some(number), None),
        Shown::Code(code) => (None, Some(code)),
    };
    let body = json!({
        "ticket_id": ticket_id,
        "qr": qr,
        "gate": gate,
        "device_id": format!("demo-{}", gate.to_lowercase()),
        "scanned_at": sale.clock.now().wall.to_string(),
        "nonce": format!("demo-{number}"),
    });
    let path = format!("/v1/events/{}/check_ins", ticket.show);
    let reply = match sale.call(&Call::post(&path, body.to_string()).with(&sale.token)).await {
        Ok(reply) => reply,
        Err(error) => return sale.hearsay.surprise(&error.to_string()),
    };
    match reply.read::<Verdict>() {
        Ok(verdict) if verdict.result == "admitted" => {}
        Ok(verdict) => {
            let why = verdict.reason.trim_end_matches('.');
            sale.hearsay.turned_away(&format!("gate {gate}: {}", lower(why)));
        }
        Err(problem) => sale.hearsay.surprise(&problem),
    }
}

/// The text within a sentence.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
