//! What no caller may ask an append for, in any log: it would spoil the log for ever.

use std::collections::HashSet;

use boxoffice_commands::log::{AppendError, StreamBatch};

/// Refuses appends with streams that stand twice, or versions that do not follow one another.
pub(crate) fn check(batches: &[StreamBatch]) -> Result<(), AppendError> {
    let mut streams = HashSet::with_capacity(batches.len());
    for batch in batches {
        let wrong = if !streams.insert(&batch.stream) {
            "stands twice in one append"
        } else if !batch.events.iter().zip(1..).all(|(event, n)| event.version == batch.expected + n) {
            "has versions that do not follow one another"
        } else {
            continue;
        };
        return Err(AppendError::NotAppended(format!("stream {} {wrong}", batch.stream)));
    }
    Ok(())
}
