//! Events to append: as big as a hold of one seat, and of no meaning.

use boxoffice_domain::digest::Digest;
use boxoffice_domain::log::{CommandMeta, NewEvent, Version};
use boxoffice_domain::time::Timestamp;
use uuid::Uuid;

/// About as much as a hold of one seat has beside its ids.
const FILLER: usize = 240;

/// Events that follow on a version, without the hashes that link them.
pub(super) fn events(after: Version, count: u64) -> Vec<NewEvent> {
    let filler = "x".repeat(FILLER);
    (after + 1..=after + count).map(|version| event(version, &filler)).collect()
}

fn event(version: Version, filler: &str) -> NewEvent {
    NewEvent {
        version,
        event_type: "hold_placed",
        schema_version: 1,
        log_time: Timestamp::from_unix_ms(1_700_000_000_000),
        command: CommandMeta {
            id: Uuid::from_u128(u128::from(version)),
            hash: Digest::of(&[b"body"]),
            cause: None,
        },
        payload: format!(r#"{{"filler":"{filler}","hold":"hold_{version:026}"}}"#).into(),
        hash: Digest::ZERO,
    }
}
