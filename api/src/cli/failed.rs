//! Why a command could not be carried out, in plain words that say what to do.

use std::fmt;
use std::io;

/// A command that could not be carried out.
#[derive(Debug)]
pub(crate) struct Failed {
    text: String,
    silent: bool,
}

impl Failed {
    /// With what is to be told.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), silent: false }
    }

    /// A failure to write what was asked for. Nothing is said where the reader has gone, as with `| head`.
    pub(crate) fn to_write(error: &io::Error) -> Self {
        let silent = error.kind() == io::ErrorKind::BrokenPipe;
        Self { text: format!("the output cannot be written: {error}"), silent }
    }

    /// Whether nobody is there to be told.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<crate::settings::SettingsError> for Failed {
    fn from(error: crate::settings::SettingsError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<crate::app::StartError> for Failed {
    fn from(error: crate::app::StartError) -> Self {
        Self::new(format!("the server cannot start: {error}"))
    }
}

impl From<boxoffice_projections::feed::Outage> for Failed {
    fn from(outage: boxoffice_projections::feed::Outage) -> Self {
        Self::new(format!("the log cannot be read: {outage}"))
    }
}
