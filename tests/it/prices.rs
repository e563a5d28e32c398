//! Fees, taxes, quotes and limits over HTTP.

use serde_json::{Value, json};

use crate::support::sample::{Held, Theatre};
use crate::support::{Answer, TestApp};

fn eur(amount: u64) -> Value {
    json!({"amount": amount, "currency": "EUR"})
}

async fn add(app: &TestApp, theatre: &Theatre, what: &str, body: Value) -> Answer {
    app.manage("POST", format!("/v1/events/{}/{what}", theatre.event)).json(body).send().await
}

async fn quote(app: &TestApp, held: &Held) -> Answer {
    app.post("/v1/orders/quote", json!({"hold_id": held.hold})).bearer(&held.token).send().await
}

async fn order_as(app: &TestApp, held: &Held, email: &str) -> Answer {
    let buyer = json!({"name": "Ada Lovelace", "email": email});
    app.post("/v1/orders", json!({"hold_id": held.hold, "buyer": buyer})).bearer(&held.token).send().await
}

/// Seats at 45 euros with a service fee of 2.50 an order, 10 % booking fee a ticket, and 19 % VAT in both.
async fn taxed_theatre(app: &TestApp) -> Theatre {
    let theatre = app.theatre(6).await;
    let service = json!({"name": "Service", "amount": eur(250), "per": "order"});
    add(app, &theatre, "fees", service).await.expect(201);
    add(app, &theatre, "fees", json!({"name": "Booking", "percentage": "10"})).await.expect(201);
    add(app, &theatre, "taxes", json!({"name": "VAT", "percentage": "19", "included": true}))
        .await
        .expect(201);
    theatre
}

#[tokio::test]
async fn a_quote_the_hold_the_order_and_the_payment_say_the_same() {
    let app = TestApp::start().await;
    let theatre = taxed_theatre(&app).await;
    let answer = app.try_hold(&theatre.event, &["A-1", "A-2"]).await;
    let hold = answer.expect(201).json();
    // 90.00 and 2.50 and twice 4.50.
    assert_eq!(hold["total"], eur(10_150));
    let held = Held::of(&hold);
    let quoted = quote(&app, &held).await.expect(200).json();
    let ordered = app.try_order(&held).await.expect(201).json();
    for member in ["fees", "taxes", "total"] {
        assert_eq!(hold[member], quoted[member], "{member}");
        assert_eq!(hold[member], ordered[member], "{member}");
    }
    let fees = ordered["fees"].as_array().unwrap();
    let told: Vec<_> = fees.iter().map(|fee| (fee["name"].clone(), fee["amount"].clone())).collect();
    assert_eq!(told, [(json!("Service"), eur(250)), (json!("Booking"), eur(900))]);
    let vat = &ordered["taxes"][0];
    // Of each ticket's 45.00, and of its 5.75 of fees.
    assert_eq!(
        (&vat["percentage"], &vat["included"], &vat["amount"]),
        (&json!("19"), &json!(true), &eur(2 * (718 + 92)))
    );
    let token = ordered["order_token"].as_str().unwrap();
    let path = format!("/v1/orders/{}", ordered["order_id"].as_str().unwrap());
    let read = app.get(&path).bearer(token).send().await.expect(200).json();
    assert_eq!(
        (&read["fees"], &read["taxes"], &read["total"]),
        (&ordered["fees"], &ordered["taxes"], &eur(10_150))
    );
    let paying = app.post(format!("{path}/payments"), json!({"method": "card"})).bearer(token).send().await;
    assert_eq!(paying.expect(201).json()["amount"], eur(10_150));
    quote(&app, &held).await.expect_problem(409, "hold_ordered");
}

#[tokio::test]
async fn what_a_buyer_saw_is_honoured_for_the_life_of_the_hold() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    let before = app.hold(&theatre.event, &["A-1"]).await;
    let fee =
        add(&app, &theatre, "fees", json!({"name": "Service", "amount": eur(250)})).await.expect(201).json();
    let between = app.hold(&theatre.event, &["A-2"]).await;
    let address = format!("/v1/events/{}/fees/{}", theatre.event, fee["fee_id"].as_str().unwrap());
    app.manage("DELETE", &address).send().await.expect(204);
    app.manage("DELETE", &address).send().await.expect(204);
    let after = app.hold(&theatre.event, &["A-3"]).await;
    for (held, total) in [(before, 4_500), (between, 4_750), (after, 4_500)] {
        assert_eq!(quote(&app, &held).await.expect(200).json()["total"], eur(total));
        assert_eq!(app.try_order(&held).await.expect(201).json()["total"], eur(total));
    }
    let event = app.get(format!("/v1/events/{}", theatre.event)).send().await.expect(200).json();
    assert_eq!((&event["fees"], &event["taxes"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn items_that_come_later_have_the_fees_of_their_hold() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    let held = app.hold(&theatre.event, &["A-1"]).await;
    add(&app, &theatre, "fees", json!({"name": "Service", "amount": eur(250)})).await.expect(201);
    let more = app.post(format!("/v1/holds/{}/items", held.hold), json!({"items": [{"seat_id": "A-2"}]}));
    let changed = more.bearer(&held.token).send().await.expect(201).json();
    assert_eq!((&changed["total"], &changed["fees"]), (&eur(9_000), &json!([])));
}

#[tokio::test]
async fn a_tax_that_is_added_and_an_absorbed_fee_are_told_apart() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    let absorbed = json!({"name": "Card", "percentage": "2.9", "per": "order", "absorbed": true});
    add(&app, &theatre, "fees", absorbed).await.expect(201);
    let tax = json!({"name": "Sales tax", "percentage": "8.875", "included": false, "per": "order"});
    add(&app, &theatre, "taxes", tax).await.expect(201);
    let hold = app.try_hold(&theatre.event, &["A-1", "A-2", "A-3"]).await.expect(201).json();
    // 8.875 % of 135.00 are 11.98125.
    assert_eq!((&hold["taxes"][0]["amount"], &hold["total"]), (&eur(1_198), &eur(13_500 + 1_198)));
    assert_eq!((&hold["fees"][0]["amount"], &hold["fees"][0]["absorbed"]), (&eur(392), &json!(true)));
}

#[tokio::test]
async fn fees_and_taxes_that_make_no_sense_are_refused_where_they_do_not() {
    let app = TestApp::start().await;
    let theatre = app.theatre(6).await;
    let pointer = |problem: Value| problem["errors"][0]["pointer"].as_str().unwrap().to_owned();
    for (what, body, wanted) in [
        ("fees", json!({"name": "Fee"}), ""),
        ("fees", json!({"name": "Fee", "amount": eur(1), "percentage": "1"}), ""),
        ("fees", json!({"name": "Fee", "percentage": "1,5"}), "/percentage"),
        ("fees", json!({"name": "Fee", "amount": {"amount": 1, "currency": "USD"}}), "/amount/currency"),
        ("fees", json!({"name": "  ", "percentage": "1"}), "/name"),
        ("fees", json!({"name": "Fee", "percentage": "1", "ticket_type_ids": ["x"]}), "/ticket_type_ids/0"),
        ("taxes", json!({"name": "Tax", "percentage": "100.5", "included": true}), "/percentage"),
    ] {
        let answer = add(&app, &theatre, what, body.clone()).await;
        assert_eq!(pointer(answer.expect(422).json()), wanted, "{body}");
    }
    let unknown = format!("ticket_type_{}", "0".repeat(26));
    let fee = json!({"name": "Fee", "percentage": "1", "ticket_type_ids": [unknown]});
    assert!((400..500).contains(&add(&app, &theatre, "fees", fee).await.status.as_u16()));
    let nobody =
        app.post(format!("/v1/events/{}/fees", theatre.event), json!({"name": "Fee", "percentage": "1"}));
    nobody.send().await.expect_problem(401, "unauthorized");
    let never = format!("/v1/events/{}/taxes/tax_{}", theatre.event, "0".repeat(26));
    app.manage("DELETE", &never).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn currencies_of_any_exponent_are_rounded_in_their_own_minor_units() {
    let app = TestApp::start().await;
    let (organizer, venue) = app.venue().await;
    for (currency, price, fee) in [("JPY", 3_333, 83), ("BHD", 1_005, 25), ("EUR", 1_010, 25)] {
        let draft = app.draft(&organizer, &venue, json!({"currency": currency})).await.expect(201).json();
        let event = draft["event_id"].as_str().unwrap().to_owned();
        let pool = app.manage("POST", format!("/v1/events/{event}/pools"));
        let pool =
            pool.json(json!({"name": "Floor", "capacity": 9})).send().await.expect(201).string("pool_id");
        let price = json!({"amount": price, "currency": currency});
        let kind = json!({"name": "Floor", "price": price, "pool_ids": [pool]});
        let ticket_type = app.ticket_type(&event, kind).await;
        let fees = app.manage("POST", format!("/v1/events/{event}/fees"));
        fees.json(json!({"name": "Fee", "percentage": "2.5"})).send().await.expect(201);
        app.publish(&event).await;
        let items = json!({"items": [{"ticket_type_id": ticket_type, "quantity": 1}]});
        let hold = app.post(format!("/v1/events/{event}/holds"), items).send().await.expect(201).json();
        assert_eq!(hold["fees"][0]["amount"], json!({"amount": fee, "currency": currency}));
    }
}

#[tokio::test]
async fn one_buyer_has_no_more_than_the_limit_however_they_write_their_address() {
    let app = TestApp::start().await;
    let theatre = app.theatre_with(6, json!({"max_per_buyer": 3, "max_per_order": 2})).await;
    app.try_hold(&theatre.event, &["A-1", "A-2", "A-3"]).await.expect_problem(409, "limit_exceeded");
    let first = app.hold(&theatre.event, &["A-1", "A-2"]).await;
    let second = app.hold(&theatre.event, &["A-3", "A-4"]).await;
    order_as(&app, &first, "ada@example.org").await.expect(201);
    let refused =
        order_as(&app, &second, "ADA+again@Example.org").await.expect_problem(409, "limit_exceeded");
    assert_eq!((&refused["limit"], &refused["has"]), (&json!(3), &json!(2)));
    order_as(&app, &second, "bob@example.org").await.expect(201);
    // Orders that nobody paid count no more.
    app.advance_seconds(300);
    let third = app.hold(&theatre.event, &["A-1", "A-2"]).await;
    order_as(&app, &third, "ada@example.org").await.expect(201);
    let log = app.log_lines().await.join("\n").to_lowercase();
    assert!(log.contains("buyer_key") && !log.contains("example.org"));
}
