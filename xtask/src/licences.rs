//! What may come into the build, as `deny.toml` says.
//!
//! cargo-deny judges where it is installed. Compiling it takes minutes, so that elsewhere a small check of our own
//! applies the same lists to what `cargo metadata` says. It believes the licence that a manifest names, where
//! cargo-deny also reads licence files; and it knows no setting of `deny.toml` besides those in [`Rules`].

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use spdx::{Expression, Licensee, ParseMode};

use crate::process::{output_of, succeeds};
use crate::workspace::{Package, Workspace};

/// `deny.toml`. Several values are only cargo-deny's: here they are always at their strictest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    licenses: Licences,
    bans: Bans,
    #[serde(rename = "sources")]
    _sources: Sources,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Licences {
    allow: Vec<String>,
    #[serde(rename = "include-dev")]
    _include_dev: bool,
    #[serde(rename = "unused-allowed-license")]
    _unused_allowed_license: Deny,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Bans {
    deny: Vec<Ban>,
    #[serde(rename = "wildcards")]
    _wildcards: Deny,
    #[serde(rename = "allow-wildcard-paths")]
    _allow_wildcard_paths: bool,
    #[serde(rename = "multiple-versions")]
    _multiple_versions: Warn,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Sources {
    #[serde(rename = "unknown-registry")]
    _unknown_registry: Deny,
    #[serde(rename = "unknown-git")]
    _unknown_git: Deny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Deny {
    Deny,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Warn {
    Warn,
}

/// Fails when something in the build is not as `deny.toml` says; the remark names the checker.
pub(crate) fn check() -> Result<String> {
    if succeeds("cargo", &["deny", "--version"]) {
        output_of("cargo", &["deny", "check", "licenses", "bans", "sources"])?;
        return Ok("by cargo-deny".to_owned());
    }
    let text = std::fs::read_to_string("deny.toml").context("deny.toml cannot be read")?;
    let rules: Rules =
        toml::from_str(&text).context("deny.toml says what the built-in check does not know")?;
    let packages = Workspace::load()?.packages;
    let broken = violations(&rules, &packages)?;
    ensure!(broken.is_empty(), "{}", broken.join("\n"));
    let doubles = several_versions(&packages);
    if !doubles.is_empty() {
        println!("    warning, several versions: {}", doubles.join(", "));
    }
    Ok(format!("{} packages, by the built-in check as cargo-deny is not installed", packages.len()))
}

fn violations(rules: &Rules, packages: &[Package]) -> Result<Vec<String>> {
    let mut broken = licence_violations(&rules.licenses.allow, packages)?;
    for package in packages {
        let name = format!("{} {}", package.name, package.version);
        broken.extend(
            rules
                .bans
                .deny
                .iter()
                .filter(|ban| ban.name == package.name)
                .map(|ban| format!("{name} is banned: {}", ban.reason)),
        );
        if package.source.as_ref().is_some_and(|source| !is_default_registry(source)) {
            broken.push(format!("{name} does not come from the default registry"));
        }
        if package.source.is_none() {
            broken.extend(
                package
                    .dependencies
                    .iter()
                    .filter(|dependency| dependency.req == "*" && dependency.path.is_none())
                    .map(|dependency| format!("{name} takes any version of {}: name one", dependency.name)),
            );
        }
    }
    Ok(broken)
}

fn licence_violations(allowed: &[String], packages: &[Package]) -> Result<Vec<String>> {
    let allowed: Vec<Licensee> = allowed
        .iter()
        .map(|name| Licensee::parse(name).with_context(|| format!("{name} is no SPDX licence")))
        .collect::<Result<_>>()?;
    let mut met = BTreeSet::new();
    let mut broken = Vec::new();
    for package in packages {
        let named = package.license.as_deref().unwrap_or("no licence that its manifest names");
        let fits = Expression::parse_mode(named, ParseMode::LAX).is_ok_and(|expression| {
            expression.evaluate(|asked| {
                let position = allowed.iter().position(|licence| licence.satisfies(asked));
                met.extend(position);
                position.is_some()
            })
        });
        if !fits {
            broken.push(format!("{} {} comes under {named}", package.name, package.version));
        }
    }
    broken.extend(
        allowed
            .iter()
            .enumerate()
            .filter(|(position, _)| !met.contains(position))
            .map(|(_, licence)| format!("deny.toml allows {licence}, which nothing asks for")),
    );
    Ok(broken)
}

fn is_default_registry(source: &str) -> bool {
    source == "registry+https://github.com/rust-lang/crates.io-index"
}

fn several_versions(packages: &[Package]) -> Vec<String> {
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in packages {
        versions.entry(&package.name).or_default().push(&package.version);
    }
    versions
        .into_iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| format!("{name} {}", versions.join(" and ")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::fixtures::{beside, external, member};

    fn rules() -> Rules {
        toml::from_str(
            r#"
            [licenses]
            allow = ["MIT", "Zlib"]
            include-dev = true
            unused-allowed-license = "deny"
            [bans]
            deny = [{ crate = "openssl", reason = "we have rustls" }]
            wildcards = "deny"
            allow-wildcard-paths = true
            multiple-versions = "warn"
            [sources]
            unknown-registry = "deny"
            unknown-git = "deny"
            "#,
        )
        .unwrap()
    }

    fn package(name: &str, licence: Option<&str>) -> Package {
        Package {
            license: licence.map(str::to_owned),
            source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
            ..member(name, Vec::new())
        }
    }

    /// With a package beside `package` that uses the allowed licences up.
    fn violations_of(package: Package) -> Vec<String> {
        violations(&rules(), &[package, self::package("both", Some("MIT AND Zlib"))]).unwrap()
    }

    #[test]
    fn one_allowed_side_of_an_or_is_enough_and_both_of_an_and_are_needed() {
        assert!(violations_of(package("a", Some("GPL-3.0-only OR MIT"))).is_empty());
        assert!(violations_of(package("old", Some("Apache-2.0/MIT"))).is_empty());
        let broken = violations_of(package("a", Some("(MIT OR Apache-2.0) AND Unicode-3.0")));
        assert_eq!(broken, ["a 0.1.0 comes under (MIT OR Apache-2.0) AND Unicode-3.0"]);
    }

    #[test]
    fn no_licence_is_none() {
        assert_eq!(
            violations_of(package("a", None)),
            ["a 0.1.0 comes under no licence that its manifest names"]
        );
    }

    #[test]
    fn a_licence_that_nothing_asks_for_leaves_the_list() {
        let broken = violations(&rules(), &[package("a", Some("MIT"))]).unwrap();
        assert_eq!(broken, ["deny.toml allows Zlib, which nothing asks for"]);
    }

    #[test]
    fn a_banned_crate_is_refused_with_the_reason() {
        let broken = violations_of(package("openssl", Some("MIT")));
        assert_eq!(broken, ["openssl 0.1.0 is banned: we have rustls"]);
    }

    #[test]
    fn a_package_from_elsewhere_is_refused() {
        let elsewhere =
            Package { source: Some("git+ssh://somewhere".to_owned()), ..package("a", Some("MIT")) };
        assert_eq!(violations_of(elsewhere), ["a 0.1.0 does not come from the default registry"]);
    }

    #[test]
    fn any_version_is_asked_of_neighbours_only() {
        let mut any = external("tokio");
        any.req = "*".to_owned();
        let broken = violations_of(member("boxoffice", vec![beside("boxoffice-domain"), any]));
        assert_eq!(broken, ["boxoffice 0.1.0 takes any version of tokio: name one"]);
    }

    #[test]
    fn a_setting_that_only_cargo_deny_knows_is_refused() {
        let said =
            toml::from_str::<Rules>("[licenses]\nallow = []\nexceptions = []").unwrap_err().to_string();
        assert!(said.contains("unknown field `exceptions`"), "{said}");
    }

    #[test]
    fn two_versions_of_a_crate_are_worth_a_warning() {
        let newer = Package { version: "0.2.0".to_owned(), ..package("a", None) };
        assert_eq!(several_versions(&[package("a", None), package("b", None), newer]), ["a 0.1.0 and 0.2.0"]);
    }
}
