//! The workspace as `cargo metadata` describes it, cut down to what the checks ask.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::process::output_of;

/// Every package of the workspace and of the registry that it is built from, on any platform.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    pub(crate) packages: Vec<Package>,
    #[serde(rename = "workspace_members")]
    member_ids: Vec<String>,
    resolve: Resolve,
    /// Where finished programs go.
    pub(crate) target_directory: PathBuf,
    /// Where everything in between goes.
    pub(crate) build_directory: PathBuf,
}

/// One package and what its manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) license: Option<String>,
    /// `None` for a package of the workspace.
    pub(crate) source: Option<String>,
    pub(crate) manifest_path: PathBuf,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One direct dependency as the manifest asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) req: String,
    pub(crate) kind: Option<Kind>,
    /// Where it is, for a crate beside this one.
    pub(crate) path: Option<PathBuf>,
}

/// The table of the manifest that names a dependency; none is `[dependencies]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Dev,
    Build,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    dependencies: Vec<String>,
}

/// Makes the workspace's root the current directory, wherever in it the developer stands.
pub(crate) fn enter_root() -> Result<()> {
    let manifest = output_of("cargo", &["locate-project", "--workspace", "--message-format", "plain"])?;
    let root = Path::new(manifest.trim_end()).parent().context("a manifest without a folder")?;
    std::env::set_current_dir(root).with_context(|| format!("{} cannot be entered", root.display()))
}

impl Workspace {
    /// Asks cargo.
    pub(crate) fn load() -> Result<Self> {
        let printed = output_of("cargo", &["metadata", "--format-version", "1"])?;
        serde_json::from_str(&printed).context("cargo metadata prints something unexpected")
    }

    /// The packages of the workspace.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| self.member_ids.contains(&package.id))
    }

    /// The package that a dependency of `user` turned out to be.
    pub(crate) fn resolved(&self, user: &Package, dependency: &Dependency) -> Option<&Package> {
        let node = self.resolve.nodes.iter().find(|node| node.id == user.id)?;
        self.packages
            .iter()
            .find(|package| package.name == dependency.name && node.dependencies.contains(&package.id))
    }
}

impl Package {
    /// The folder of its manifest.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new("."))
    }

    /// The name of that folder, which is what people call a crate of the workspace.
    pub(crate) fn short_name(&self) -> &str {
        self.folder().file_name().and_then(|name| name.to_str()).unwrap_or(&self.name)
    }
}

#[cfg(test)]
pub(crate) mod fixtures {
    //! Packages as a test writes them down.

    use super::{Dependency, Kind, Package};

    pub(crate) fn member(name: &str, dependencies: Vec<Dependency>) -> Package {
        let folder = name.strip_prefix("boxoffice-").unwrap_or(name);
        Package {
            id: name.to_owned(),
            name: name.to_owned(),
            version: "0.1.0".to_owned(),
            license: Some("MIT OR Apache-2.0".to_owned()),
            source: None,
            manifest_path: format!("/src/{folder}/Cargo.toml").into(),
            dependencies,
        }
    }

    pub(crate) fn beside(name: &str) -> Dependency {
        Dependency { path: Some(format!("/src/{name}").into()), req: "*".to_owned(), ..external(name) }
    }

    pub(crate) fn external(name: &str) -> Dependency {
        Dependency { name: name.to_owned(), req: "^1.2".to_owned(), kind: None, path: None }
    }

    pub(crate) fn for_tests(dependency: Dependency) -> Dependency {
        Dependency { kind: Some(Kind::Dev), ..dependency }
    }
}
