//! What the rules decide, judged by the checker, which shares no code with them: random houses with fees, taxes, blocks,
//! limits and the rule against seats left alone.

use boxoffice_audit::Checker;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::sample::Held;

/// The same numbers on every run.
struct Dice(fastrand::Rng);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0.usize(..sides)
    }

    fn one<const N: usize>(&mut self, of: [&'static str; N]) -> &'static str {
        of[self.below(N)]
    }

    /// Some of these seats that follow one another.
    fn seats(&mut self, of: usize) -> Vec<Value> {
        let first = self.below(of);
        (first..of).take(1 + self.below(4)).map(|n| json!({"seat_id": format!("A-{}", n + 1)})).collect()
    }
}

async fn charge(app: &TestApp, event: &str, dice: &mut Dice) {
    let per_cent = dice.one(["2.5", "19", "8.875", "33.3333", "0.01"]);
    let (what, body) = match dice.below(4) {
        0 => (
            "fees",
            json!({"name": "Fee", "amount": {"amount": dice.below(400), "currency": "EUR"},
            "per": dice.one(["ticket", "order"]), "absorbed": dice.below(4) == 0}),
        ),
        1 => ("fees", json!({"name": "Share", "percentage": per_cent, "per": dice.one(["ticket", "order"])})),
        _ => (
            "taxes",
            json!({"name": "Tax", "percentage": per_cent, "included": dice.below(2) == 0,
            "on": dice.one(["tickets", "fees", "all"]), "per": dice.one(["line", "order"])}),
        ),
    };
    let path = format!("/v1/events/{event}/{what}");
    let added = app.manage("POST", &path).json(body).send().await.expect(201).json();
    if dice.below(4) == 0 {
        let id = added["fee_id"].as_str().or(added["tax_id"].as_str()).unwrap().to_owned();
        app.manage("DELETE", format!("{path}/{id}")).send().await.expect(204);
    }
}

#[tokio::test]
async fn the_checker_agrees_with_every_decision() {
    let app = TestApp::start().await;
    let mut dice = Dice(fastrand::Rng::with_seed(2026));
    let (mut held, mut ordered, mut refused) = (0, 0, 0);
    for house in 0..12 {
        let size = 8 + dice.below(6);
        let rule = ["refuse", "refuse", "off"][house % 3];
        let theatre = app.theatre_with(size, json!({"single_seat_rule": rule, "max_per_buyer": 5})).await;
        let event = &theatre.event;
        for _ in 0..20 {
            match dice.below(8) {
                0 => charge(&app, event, &mut dice).await,
                1 => app.advance_seconds(u32::try_from(dice.below(200)).unwrap()),
                2 => {
                    let seats = json!({"seats": [format!("A-{}", 1 + dice.below(size))]});
                    app.manage("POST", format!("/v1/events/{event}/blocks")).json(seats).send().await;
                }
                _ => {
                    let items = if dice.below(3) == 0 {
                        vec![json!({"best_available": {"ticket_type_id": theatre.ticket_type,
                            "quantity": 1 + dice.below(4), "split": dice.one(["none", "pairs", "rows"])}})]
                    } else {
                        dice.seats(size)
                    };
                    let path = format!("/v1/events/{event}/holds");
                    let answer = app.post(path, json!({"items": items})).send().await;
                    if answer.status != 201 {
                        refused += 1;
                        continue;
                    }
                    held += 1;
                    let hold = Held::of(&answer.json());
                    if dice.below(3) == 0 {
                        let items = json!({"items": dice.seats(size)});
                        let method = dice.one(["POST", "DELETE"]);
                        let path = format!("/v1/holds/{}/items", hold.hold);
                        app.call(method, path).json(items).bearer(&hold.token).send().await;
                    }
                    if dice.below(2) == 0 {
                        ordered += u32::from(app.try_order(&hold).await.status == 201);
                    }
                }
            }
        }
    }
    assert!(held > 40 && ordered > 15 && refused > 20, "{held} holds, {ordered} orders, {refused} refusals");
    let mut checker = Checker::new();
    for line in app.documents().await.iter().chain(&app.log_lines().await) {
        if let Err(fault) = checker.line(line) {
            panic!("{fault}\n{line}");
        }
    }
}
