//! Data folders for a while: gone when the command ends, unless the user named one.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::failed::Failed;

/// A data folder.
pub(crate) enum Scratch {
    /// The user named it; it stays.
    Named(PathBuf),
    /// It goes when this is dropped.
    Temporary(TempDir),
}

impl Scratch {
    /// The folder that the user named, else a new one beside the system's other temporary files.
    pub(crate) fn new(named: Option<&Path>) -> Result<Self, Failed> {
        match named {
            Some(path) => Ok(Self::Named(path.to_owned())),
            None => temporary().map(Self::Temporary).map_err(|error| {
                Failed::new(format!("no temporary folder can be made: {error}; name one with --data"))
            }),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Named(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// Whether it goes with the command.
    pub(crate) fn is_temporary(&self) -> bool {
        matches!(self, Self::Temporary(_))
    }
}

/// A folder for its user alone: there will be secrets in it.
fn temporary() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("boxoffice-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}
