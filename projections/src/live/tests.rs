use std::sync::atomic::{AtomicU64, Ordering};

use boxoffice_domain::inventory::event::InventoryEvent;
use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::*;
use crate::testing::history::legal_history;
use crate::testing::*;

struct Stage {
    shows: Arc<Shows>,
    clock: Arc<TestClock>,
    hub: Arc<LiveHub>,
    events: AtomicU64,
}

impl Stage {
    /// The little show on sale, watched by nobody, five seconds later.
    fn set() -> Self {
        let shows = Arc::new(Shows::new());
        let clock = TestClock::at(at(5));
        let hub = LiveHub::new(Arc::clone(&shows), Arc::clone(&clock) as Arc<dyn ViewClock>);
        let stage = Self { shows, clock, hub, events: AtomicU64::new(0) };
        for event in on_sale() {
            stage.happens(&event);
        }
        stage
    }

    fn happens(&self, event: &InventoryEvent) {
        let next = self.events.fetch_add(1, Ordering::SeqCst) + 1;
        self.shows.apply(&recorded(next, next, 0, event), event);
        self.shows.progress().reached(next);
    }

    fn watch(&self, after: Option<Position>) -> Subscription {
        self.hub.subscribe(SHOW, after).unwrap()
    }

    fn tick_at(&self, now: Timestamp) -> Option<Timestamp> {
        self.clock.set(now);
        self.hub.tick(now)
    }

    async fn running<T>(&self, test: impl Future<Output = T>) -> T {
        let (stop, stopped) = oneshot::channel::<()>();
        let run = self.hub.run(async { stopped.await.unwrap() });
        let test = async {
            let result = test.await;
            stop.send(()).unwrap();
            result
        };
        tokio::join!(run, test).1
    }
}

fn body(frame: &Frame) -> Value {
    let text = std::str::from_utf8(&frame.text).unwrap();
    let head = format!("event: {}\nid: {}\ndata: ", frame.kind.as_str(), frame.position);
    assert!(text.starts_with(&head) && text.ends_with("}\n\n"), "{text}");
    serde_json::from_str(frame.data()).unwrap()
}

/// The next frame, if there is one by now.
async fn ready(subscription: &mut Subscription) -> Option<Frame> {
    tokio::select! {
        biased;
        frame = subscription.next() => frame,
        () = tokio::task::yield_now() => None,
    }
}

async fn first(subscription: &mut Subscription) -> Frame {
    ready(subscription).await.unwrap()
}

#[tokio::test]
async fn a_subscriber_begins_with_everything() {
    let stage = Stage::set();
    stage.happens(&hold_placed(1, 300, vec![seat("A-2")]));
    let frame = first(&mut stage.watch(None)).await;
    let body = body(&frame);
    assert_eq!((frame.kind, frame.position), (FrameKind::Snapshot, 8));
    assert_eq!((&body["event_id"], &body["position"]), (&json!(SHOW.to_string()), &json!(8)));
    assert_eq!(
        (&body["status"], &body["server_time"]),
        (&json!("on_sale"), &json!("2026-11-21T21:00:05.000Z"))
    );
    assert_eq!(body["ticket_types"][0]["held"], json!(1));
    assert_eq!(body["seats"].as_array().unwrap().len(), 10);
    assert_eq!(body["seats"][1], json!({"seat_id": "A-2", "state": "held"}));
}

#[tokio::test]
async fn who_was_away_gets_what_they_missed() {
    let stage = Stage::set();
    stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
    stage.happens(&hold_placed(2, 300, vec![seat("A-2")]));
    let frame = first(&mut stage.watch(Some(8))).await;
    assert_eq!((frame.kind, frame.position), (FrameKind::Delta, 9));
    assert_eq!(body(&frame)["seats"], json!([{"seat_id": "A-2", "state": "held"}]));
    let frame = first(&mut stage.watch(Some(9))).await;
    assert_eq!(
        (frame.kind, &body(&frame)["seats"]),
        (FrameKind::Delta, &json!([])),
        "all the rest is in it still"
    );
    stage.clock.set(at(300));
    let frame = first(&mut stage.watch(Some(9))).await;
    assert_eq!(
        body(&frame)["seats"].as_array().unwrap().len(),
        2,
        "what lapsed since has no position of its own"
    );
}

#[tokio::test]
async fn a_position_that_is_forgotten_or_ahead_of_the_log_is_reset() {
    let stage = Stage::set();
    for after in [0, 8, 1_000_000] {
        let frame = first(&mut stage.watch(Some(after))).await;
        assert_eq!((frame.kind, frame.position), (FrameKind::Reset, 7));
        assert_eq!(body(&frame)["seats"].as_array().unwrap().len(), 10);
    }
    stage.shows.progress().reached(20);
    let frame = first(&mut stage.watch(Some(12))).await;
    assert_eq!(frame.kind, FrameKind::Delta, "a position of another stream is as good");
}

#[tokio::test]
async fn the_first_change_goes_at_once_and_the_next_ones_together_half_a_second_later() {
    let stage = Stage::set();
    let mut watcher = stage.watch(None);
    first(&mut watcher).await;
    assert_eq!(stage.tick_at(at(10)), Some(at(86_400)));
    stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
    assert_eq!(stage.tick_at(at(10)), Some(at(300)));
    assert_eq!(body(&first(&mut watcher).await)["seats"], json!([{"seat_id": "A-1", "state": "held"}]));
    for (n, name) in [(2, "A-2"), (3, "A-3")] {
        stage.happens(&hold_placed(n, 300, vec![seat(name)]));
        assert_eq!(stage.tick_at(at(10).plus_ms(100)), Some(at(10).plus_ms(500)));
        assert!(ready(&mut watcher).await.is_none());
    }
    stage.tick_at(at(10).plus_ms(500));
    let frame = first(&mut watcher).await;
    let expected = json!([{"seat_id": "A-2", "state": "held"}, {"seat_id": "A-3", "state": "held"}]);
    assert_eq!((&body(&frame)["seats"], frame.position), (&expected, 10));
    stage.tick_at(at(11));
    assert!(ready(&mut watcher).await.is_none(), "nothing more happened");
}

#[tokio::test]
async fn all_subscribers_share_one_text() {
    let stage = Stage::set();
    let (mut ann, mut bob) = (stage.watch(None), stage.watch(None));
    assert_eq!(stage.hub.subscribers(SHOW), 2);
    let snapshots = (first(&mut ann).await, first(&mut bob).await);
    assert_eq!(snapshots.0.text.as_ptr(), snapshots.1.text.as_ptr());
    stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
    stage.tick_at(at(10));
    let frames = (first(&mut ann).await, first(&mut bob).await);
    assert_eq!(frames.0.text.as_ptr(), frames.1.text.as_ptr());
}

#[tokio::test]
async fn what_the_snapshot_has_is_not_sent_again() {
    let stage = Stage::set();
    let _early = stage.watch(None);
    stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
    let mut late = stage.watch(None);
    assert_eq!(body(&first(&mut late).await)["seats"][0]["state"], json!("held"));
    stage.tick_at(at(5));
    stage.clock.set(at(6));
    assert!(ready(&mut late).await.is_none());
}

#[tokio::test]
async fn time_alone_sends_frames_too() {
    let stage = Stage::set();
    stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
    let mut watcher = stage.watch(None);
    first(&mut watcher).await;
    assert_eq!(stage.tick_at(at(10)), Some(at(300)));
    assert_eq!(stage.tick_at(at(300)), Some(at(86_400)));
    let frame = first(&mut watcher).await;
    assert_eq!((&body(&frame)["seats"][0]["state"], frame.position), (&json!("available"), 8));
    stage.tick_at(at(86_400));
    let frame = first(&mut watcher).await;
    assert_eq!((&body(&frame)["status"], &body(&frame)["seats"]), (&json!("ended"), &json!([])));
}

#[tokio::test]
async fn nobody_gets_more_than_two_frames_a_second() {
    let stage = Stage::set();
    let mut watcher = stage.watch(None);
    first(&mut watcher).await;
    stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
    stage.tick_at(at(5).plus_ms(10));
    assert!(ready(&mut watcher).await.is_none(), "the snapshot was a moment ago");
    stage.clock.set(at(5).plus_ms(500));
    assert_eq!(first(&mut watcher).await.kind, FrameKind::Delta, "and giving up in between has lost nothing");
}

#[tokio::test]
async fn who_falls_behind_gets_a_reset() {
    let stage = Stage::set();
    let mut watcher = stage.watch(None);
    first(&mut watcher).await;
    for n in 0..20 {
        stage.happens(&hold_placed(n, 300, vec![seat(SEATS[n as usize % 10])]));
        stage.tick_at(at(10 + i64::from(n)));
    }
    let frame = first(&mut watcher).await;
    assert_eq!((frame.kind, frame.position), (FrameKind::Reset, 27));
    stage.clock.set(at(60));
    assert!(ready(&mut watcher).await.is_none(), "what was in the backlog is in it");
}

#[tokio::test]
async fn a_clock_that_was_set_back_silences_nobody() {
    let stage = Stage::set();
    let mut watcher = stage.watch(None);
    first(&mut watcher).await;
    stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
    stage.tick_at(at(100));
    first(&mut watcher).await;
    stage.happens(&hold_placed(2, 300, vec![seat("A-2")]));
    assert_eq!(stage.tick_at(at(100).plus_ms(1)), Some(at(100).plus_ms(500)));
    stage.tick_at(at(50));
    assert_eq!(first(&mut watcher).await.position, 9);
}

#[tokio::test]
async fn a_parked_show_ends_its_streams_and_takes_no_more() {
    let stage = Stage::set();
    let mut watcher = stage.watch(None);
    first(&mut watcher).await;
    let entry = stage.shows.get(SHOW).unwrap();
    stage.shows.park(&entry, &recorded(8, 8, 0, &published()), "the test says so".into());
    stage.tick_at(at(10));
    assert!(watcher.next().await.is_none());
    assert!(matches!(stage.hub.subscribe(SHOW, None), Err(CannotWatch::Parked(_))));
    let unknown = "event_00000000000000000000000001".parse().unwrap();
    assert!(matches!(stage.hub.subscribe(unknown, None), Err(CannotWatch::Unknown)));
}

#[tokio::test]
async fn a_show_without_subscribers_costs_nothing() {
    let stage = Stage::set();
    drop(stage.watch(None));
    stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
    assert_eq!(stage.tick_at(at(10)), None);
    stage.happens(&hold_released(1));
    assert!(stage.shows.take_dirty().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_hub_runs_until_it_is_told_to_stop() {
    let stage = Stage::set();
    let mut watcher = stage.watch(None);
    stage
        .running(async {
            first(&mut watcher).await;
            stage.clock.set(at(10));
            stage.happens(&hold_placed(1, 300, vec![seat("A-1")]));
            assert_eq!(watcher.next().await.unwrap().position, 8);
            stage.clock.set(at(300));
            assert_eq!(body(&watcher.next().await.unwrap())["seats"][0]["state"], json!("available"));
        })
        .await;
    assert!(watcher.next().await.is_none());
    assert!(ready(&mut watcher).await.is_none());
}

/// What a browser makes of frames.
#[derive(Debug, Default, PartialEq, Eq)]
struct Browser(std::collections::BTreeMap<String, String>);

impl Browser {
    fn gets(&mut self, frame: &Frame) {
        for change in body(frame)["seats"].as_array().unwrap() {
            let text = |key: &str| change[key].as_str().unwrap().to_owned();
            self.0.insert(text("seat_id"), text("state"));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn whoever_stays_and_whoever_comes_back_sees_the_same(
        events in legal_history(),
        ticks in prop::collection::vec(0..1_500_i64, 1..6),
        away in prop::collection::vec(any::<bool>(), 1..6),
    ) {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
            let stage = Stage::set();
            let mut now = at(0);
            let (mut ticks, mut away) = (ticks.iter().cycle(), away.iter().cycle());
            let (mut stays, mut returns) = (stage.watch(None), stage.watch(None));
            let (mut staying, mut returning) = (Browser::default(), Browser::default());
            let mut last = None;
            for (seconds, event) in events.iter().skip(on_sale().len()) {
                stage.happens(event);
                now = now.max(at(*seconds)).plus_ms(*ticks.next().unwrap());
                stage.tick_at(now);
                if *away.next().unwrap() {
                    returns = stage.watch(last);
                }
                while let Some(frame) = ready(&mut stays).await {
                    staying.gets(&frame);
                }
                while let Some(frame) = ready(&mut returns).await {
                    last = Some(frame.position);
                    returning.gets(&frame);
                }
            }
            for _ in 0..4 {
                now = now.plus_ms(FRAME_EVERY_MS);
                stage.tick_at(now);
                while let Some(frame) = ready(&mut stays).await {
                    staying.gets(&frame);
                }
                while let Some(frame) = ready(&mut returns).await {
                    returning.gets(&frame);
                }
            }
            let mut expected = Browser::default();
            expected.gets(&first(&mut stage.watch(None)).await);
            prop_assert_eq!(&staying, &expected);
            prop_assert_eq!(&returning, &expected);
            Ok(())
        })?;
    }
}
