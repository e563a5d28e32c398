//! `docs/dependencies.md` names every direct dependency of every crate, and none that is gone.
//!
//! The first four columns of its table can be known, so they are compared; what a dependency is for, and what it
//! replaces, must be written.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};

use crate::workspace::{Kind, Package, Workspace};

const FILE: &str = "docs/dependencies.md";

/// What can be known of one dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Facts {
    versions: String,
    licence: String,
    users: String,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    facts: Facts,
    purpose: String,
    instead_of: String,
}

/// Fails when the table and the manifests disagree.
pub(crate) fn check() -> Result<String> {
    let text = std::fs::read_to_string(FILE).with_context(|| format!("{FILE} cannot be read"))?;
    let known = facts(&Workspace::load()?);
    let differences = differences(&known, &rows(&text));
    ensure!(differences.is_empty(), "{FILE} differs from the manifests:\n{}", differences.join("\n"));
    Ok(format!("{} dependencies", known.len()))
}

fn facts(workspace: &Workspace) -> BTreeMap<String, Facts> {
    let mut uses: BTreeMap<&str, Vec<(&Package, &crate::workspace::Dependency)>> = BTreeMap::new();
    for member in workspace.members() {
        for dependency in member.dependencies.iter().filter(|dependency| dependency.path.is_none()) {
            uses.entry(&dependency.name).or_default().push((member, dependency));
        }
    }
    uses.into_iter()
        .map(|(name, uses)| {
            let licences = uses
                .iter()
                .filter_map(|(member, dependency)| workspace.resolved(member, dependency)?.license.clone());
            let versions =
                uses.iter().map(|(_, dependency)| dependency.req.trim_start_matches('^').to_owned());
            let facts =
                Facts { versions: joined(versions), licence: joined(licences), users: users_of(&uses) };
            (name.to_owned(), facts)
        })
        .collect()
}

/// The crates that use it, with `(tests)` or `(build)` behind those whose product does not contain it.
fn users_of(uses: &[(&Package, &crate::workspace::Dependency)]) -> String {
    let mut kinds: BTreeMap<&str, Vec<Option<Kind>>> = BTreeMap::new();
    for (member, dependency) in uses {
        kinds.entry(member.short_name()).or_default().push(dependency.kind);
    }
    joined(kinds.into_iter().map(|(name, kinds)| {
        if kinds.contains(&None) {
            name.to_owned()
        } else if kinds.contains(&Some(Kind::Build)) {
            format!("{name} (build)")
        } else {
            format!("{name} (tests)")
        }
    }))
}

fn joined(words: impl Iterator<Item = String>) -> String {
    words.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
}

/// The rows of the tables whose first cell is a name in backticks.
fn rows(text: &str) -> BTreeMap<String, Row> {
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<(String, Row)> {
    let cells: Vec<&str> =
        line.trim().strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
    let [name, versions, licence, users, purpose, instead_of] = cells.try_into().ok()?;
    let name = name.strip_prefix('`')?.strip_suffix('`')?;
    let facts = Facts { versions: versions.to_owned(), licence: licence.to_owned(), users: users.to_owned() };
    Some((name.to_owned(), Row { facts, purpose: purpose.to_owned(), instead_of: instead_of.to_owned() }))
}

fn differences(known: &BTreeMap<String, Facts>, written: &BTreeMap<String, Row>) -> Vec<String> {
    let wrong = known.iter().filter_map(|(name, facts)| {
        let is = match written.get(name) {
            None => "is missing",
            Some(row) if row.facts != *facts => "has changed",
            Some(row) if row.purpose.is_empty() || row.instead_of.is_empty() => "says too little",
            Some(_) => return None,
        };
        let Facts { versions, licence, users } = facts;
        Some(format!("{name} {is}: | `{name}` | {versions} | {licence} | {users} | … | … |"))
    });
    let gone = written.keys().filter(|name| !known.contains_key(*name)).map(|name| format!("{name} is gone"));
    wrong.chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::fixtures::{external, for_tests, member};

    const TABLE: &str = "
# Dependencies

| dependency | version | licence | used by | for | instead of |
| --- | --- | --- | --- | --- | --- |
| `sha2` | 0.11 | MIT OR Apache-2.0 | audit, domain | hashes | our own |
| `uuid` | 1.29 | MIT | domain | ids | |
| `old` | 1 | MIT | domain | nothing | nothing |
";

    fn facts_of(versions: &str, licence: &str, users: &str) -> Facts {
        Facts { versions: versions.to_owned(), licence: licence.to_owned(), users: users.to_owned() }
    }

    #[test]
    fn a_row_has_a_name_in_backticks_and_six_cells() {
        let rows = rows(TABLE);
        assert_eq!(rows.keys().collect::<Vec<_>>(), ["old", "sha2", "uuid"]);
        let sha2 = &rows["sha2"];
        assert_eq!(sha2.facts, facts_of("0.11", "MIT OR Apache-2.0", "audit, domain"));
        assert_eq!((sha2.purpose.as_str(), sha2.instead_of.as_str()), ("hashes", "our own"));
    }

    #[test]
    fn what_is_missing_changed_empty_or_gone_is_said() {
        let known = BTreeMap::from([
            ("serde".to_owned(), facts_of("1", "MIT", "domain")),
            ("sha2".to_owned(), facts_of("0.12", "MIT OR Apache-2.0", "audit, domain")),
            ("uuid".to_owned(), facts_of("1.29", "MIT", "domain")),
        ]);
        assert_eq!(
            differences(&known, &rows(TABLE)),
            [
                "serde is missing: | `serde` | 1 | MIT | domain | … | … |",
                "sha2 has changed: | `sha2` | 0.12 | MIT OR Apache-2.0 | audit, domain | … | … |",
                "uuid says too little: | `uuid` | 1.29 | MIT | domain | … | … |",
                "old is gone",
            ]
        );
    }

    #[test]
    fn a_complete_table_has_no_differences() {
        let known =
            BTreeMap::from([("sha2".to_owned(), facts_of("0.11", "MIT OR Apache-2.0", "audit, domain"))]);
        let table = TABLE.lines().filter(|line| !line.contains("`uuid`") && !line.contains("`old`"));
        assert!(differences(&known, &rows(&table.collect::<Vec<_>>().join("\n"))).is_empty());
    }

    #[test]
    fn users_are_told_apart_by_what_ships() {
        let (api, domain) = (member("api", Vec::new()), member("boxoffice-domain", Vec::new()));
        let (product, tests) = (external("uuid"), for_tests(external("uuid")));
        let users = users_of(&[(&domain, &tests), (&api, &tests), (&api, &product)]);
        assert_eq!(users, "api, domain (tests)");
    }
}
