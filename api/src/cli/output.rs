//! The one place that writes to standard output and standard error.
//!
//! Where nobody reads any more, what is said is lost; only data that was asked for may fail ([`lines`]).

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use super::failed::Failed;

/// Says a line on standard output, at once.
pub(crate) fn say(text: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Says a line on standard error.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints data as one line of JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failed> {
    let text = serde_json::to_string(value)
        .map_err(|error| Failed::new(format!("the answer cannot be written as JSON: {error}")))?;
    writeln!(io::stdout().lock(), "{text}").map_err(|error| Failed::to_write(&error))
}

/// Standard output for much data.
pub(crate) fn lines() -> BufWriter<io::StdoutLock<'static>> {
    BufWriter::with_capacity(1 << 20, io::stdout().lock())
}
