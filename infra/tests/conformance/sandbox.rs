//! What the sandbox promises over time and restarts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use boxoffice_commands::clock::Clock as _;
use boxoffice_commands::provider::{Captured, PaymentProvider as _, PaymentRequest};
use boxoffice_domain::id::{OrderId, PaymentId, ShowId, uuid_v7};
use boxoffice_domain::inventory::record_payment::Fact;
use boxoffice_domain::time::Timestamp;
use boxoffice_infra::clock::ManualClock;
use boxoffice_infra::sandbox::{
    DELAY_MS_MAX, Instructed, Manner, Outcome, SandboxProvider, SandboxRefusal, Status,
};

const NOW: Timestamp = Timestamp::from_unix_ms(1_700_000_000_000);

async fn open(data: &Path) -> (Arc<SandboxProvider>, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(NOW));
    (Arc::new(SandboxProvider::open(data, clock.clone()).await.unwrap()), clock)
}

fn id(n: u64) -> PaymentId {
    PaymentId::from_uuid(uuid_v7(1_700_000_000_000 + n, u128::from(n)))
}

fn request(n: u64) -> PaymentRequest {
    PaymentRequest {
        payment: id(n),
        show: ShowId::from_uuid(id(n).uuid()),
        order: OrderId::from_uuid(id(n).uuid()),
        amount: 1_000 + n,
        currency: "EUR".parse().unwrap(),
        method: "card".to_owned(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_goes_all_the_way() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, _) = open(folder.path()).await;
    assert_eq!((sandbox.name(), sandbox.methods()), ("sandbox", &["card"][..]));
    let handles = sandbox.create(&request(1)).await.unwrap();
    assert_eq!(sandbox.create(&request(1)).await.unwrap(), handles);
    assert!(sandbox.create(&PaymentRequest { amount: 1, ..request(1) }).await.is_err());
    assert_eq!(sandbox.next_due(), None);
    assert!(sandbox.capture(id(1)).await.is_err(), "not authorised");
    for _ in 0..2 {
        let instructed = sandbox.instruct(id(1), Outcome::Succeed, Manner::default(), NOW).await.unwrap();
        assert_eq!(instructed, Instructed::Now);
    }
    let facts = sandbox.due_facts(NOW, 10).await.unwrap();
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].fact, Fact::Authorised { amount: 1_001, at: NOW });
    assert_eq!(sandbox.due_facts(NOW, 10).await.unwrap(), facts, "again until it is acknowledged");
    sandbox.acknowledge(facts[0].id);
    sandbox.acknowledge(facts[0].id);
    assert_eq!(sandbox.due_facts(NOW, 10).await.unwrap(), []);
    assert_eq!(sandbox.capture(id(1)).await.unwrap(), Captured::Yes);
    assert_eq!(sandbox.status(id(1)).await.unwrap(), Some(Status::Captured));
    assert!(sandbox.void(id(1)).await.is_err(), "it has come");
    let refused = sandbox.instruct(id(1), Outcome::Decline, Manner::default(), NOW).await.unwrap_err();
    assert_eq!(refused, SandboxRefusal::AlreadySettled { status: Status::Captured });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_known_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, _) = open(folder.path()).await;
    let refused = sandbox.instruct(id(1), Outcome::Succeed, Manner::default(), NOW).await.unwrap_err();
    assert_eq!(refused, SandboxRefusal::UnknownPayment);
    sandbox.create(&request(1)).await.unwrap();
    let refused = sandbox
        .instruct(id(1), Outcome::Succeed, Manner { delay_ms: DELAY_MS_MAX + 1, ..Manner::default() }, NOW)
        .await
        .unwrap_err();
    assert_eq!(refused, SandboxRefusal::DelayTooLong);
    assert!(sandbox.capture(id(2)).await.is_err());
    sandbox.void(id(2)).await.unwrap();
    assert_eq!(sandbox.status(id(2)).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outcome_may_come_later_and_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, _) = open(folder.path()).await;
    for n in 1..=4 {
        sandbox.create(&request(n)).await.unwrap();
    }
    let due = NOW.plus_ms(60_000);
    let waiting = tokio::spawn({
        let sandbox = Arc::clone(&sandbox);
        async move { sandbox.changed().await }
    });
    let instructed = sandbox
        .instruct(id(1), Outcome::Dispute, Manner { delay_ms: 60_000, ..Manner::default() }, NOW)
        .await
        .unwrap();
    assert_eq!((instructed, sandbox.next_due()), (Instructed::Later(due), Some(due)));
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap().unwrap();
    sandbox
        .instruct(id(2), Outcome::Decline, Manner { delay_ms: 50_000, ..Manner::default() }, NOW)
        .await
        .unwrap();
    sandbox
        .instruct(id(3), Outcome::Succeed, Manner { delay_ms: 10, ..Manner::default() }, NOW)
        .await
        .unwrap();
    sandbox.void(id(3)).await.unwrap();
    sandbox
        .instruct(id(4), Outcome::RequireAction, Manner { delay_ms: 0, ..Manner::default() }, NOW)
        .await
        .unwrap();
    let facts = sandbox.due_facts(NOW, 10).await.unwrap();
    assert_eq!((facts.len(), &facts[0].fact), (1, &Fact::ActionRequired));
    sandbox.acknowledge(facts[0].id);
    sandbox.close().await.unwrap();

    let (sandbox, clock) = open(folder.path()).await;
    assert_eq!(sandbox.next_due(), Some(NOW.plus_ms(50_000)));
    assert_eq!(sandbox.due_facts(due.plus_ms(-10_001), 10).await.unwrap(), []);
    assert_eq!(sandbox.due_facts(due.plus_ms(5), 1).await.unwrap().len(), 1);
    let facts = sandbox.due_facts(due.plus_ms(5), 10).await.unwrap();
    let told: Vec<_> = facts.iter().map(|due| (due.payment, due.fact.clone())).collect();
    let declined = Fact::Declined { reason: "card_declined".to_owned() };
    assert_eq!(told, [(id(2), declined), (id(1), Fact::Authorised { amount: 1_001, at: due })]);
    for due in &facts {
        sandbox.acknowledge(due.id);
    }
    clock.set(due.plus_ms(100));
    assert_eq!(sandbox.due_facts(clock.now().wall, 10).await.unwrap(), [], "no dispute before the capture");
    assert_eq!(sandbox.capture(id(1)).await.unwrap(), Captured::Yes);
    drop(sandbox);

    let (sandbox, _) = open(folder.path()).await;
    let facts = sandbox.due_facts(due.plus_ms(100), 10).await.unwrap();
    let told: Vec<_> = facts.iter().map(|due| (due.payment, due.fact.clone())).collect();
    assert_eq!(told, [(id(1), Fact::Disputed)], "what was acknowledged before was written with the capture");
    assert_eq!(sandbox.status(id(1)).await.unwrap(), Some(Status::Disputed));
    assert_eq!(sandbox.status(id(3)).await.unwrap(), Some(Status::Voided));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_payments_are_written_together() {
    let folder = tempfile::tempdir().unwrap();
    let (sandbox, _) = open(folder.path()).await;
    let mut payers = Vec::new();
    for n in 1..=300 {
        let sandbox = Arc::clone(&sandbox);
        payers.push(tokio::spawn(async move {
            sandbox.create(&request(n)).await.unwrap();
            let outcome = if n % 3 == 0 { Outcome::FailCapture } else { Outcome::Succeed };
            sandbox.instruct(id(n), outcome, Manner::default(), NOW).await.unwrap();
            sandbox.capture(id(n)).await.unwrap() == Captured::Yes
        }));
    }
    let mut captured = 0;
    for payer in payers {
        captured += usize::from(payer.await.unwrap());
    }
    assert_eq!(captured, 200);
    drop(sandbox);
    let (sandbox, _) = open(folder.path()).await;
    assert_eq!(sandbox.due_facts(NOW, 1_000).await.unwrap().len(), 300);
    for n in 1..=300 {
        let status = if n % 3 == 0 { Status::Declined } else { Status::Captured };
        assert_eq!(sandbox.status(id(n)).await.unwrap(), Some(status));
    }
}
