//! Which crate may see which: docs/ARCHITECTURE.md draws it, [`RULES`] decides it.
//!
//! What a test needs (`[dev-dependencies]`) obeys the same rules, except that a crate may name itself there to
//! switch a feature on.

use anyhow::{Result, ensure};

use crate::workspace::{Kind, Package, Workspace};

/// What one crate of the workspace may name in its manifest.
struct Rule {
    package: &'static str,
    /// Crates of the workspace.
    inside: &'static [&'static str],
    /// Crates of the registry, outside `[dev-dependencies]`. `None`: any.
    outside: Option<&'static [&'static str]>,
}

const RULES: &[Rule] = &[
    Rule { package: "boxoffice-domain", inside: &[], outside: None },
    Rule { package: "boxoffice-commands", inside: &["boxoffice-domain"], outside: None },
    Rule { package: "boxoffice-projections", inside: &["boxoffice-domain"], outside: None },
    Rule {
        package: "boxoffice-infra",
        inside: &["boxoffice-commands", "boxoffice-projections", "boxoffice-domain"],
        outside: None,
    },
    Rule {
        package: "boxoffice",
        inside: &[
            "boxoffice-infra",
            "boxoffice-commands",
            "boxoffice-projections",
            "boxoffice-domain",
            "boxoffice-audit",
        ],
        outside: None,
    },
    // The auditor shares no code with what it audits, and little with anybody.
    Rule { package: "boxoffice-audit", inside: &[], outside: Some(&["serde", "serde_json", "sha2"]) },
    Rule { package: "xtask", inside: &[], outside: None },
];

/// Fails on every dependency between the crates that no rule allows.
pub(crate) fn check() -> Result<String> {
    let workspace = Workspace::load()?;
    let members: Vec<&Package> = workspace.members().collect();
    let broken = violations(&members);
    ensure!(broken.is_empty(), "{}\nThe rules are in xtask/src/layers.rs.", broken.join("\n"));
    Ok(format!("{} crates", members.len()))
}

fn violations(members: &[&Package]) -> Vec<String> {
    let unruled = members
        .iter()
        .filter(|member| RULES.iter().all(|rule| rule.package != member.name))
        .map(|member| format!("{} is a new crate: give it a rule", member.name));
    let gone = RULES
        .iter()
        .filter(|rule| members.iter().all(|member| member.name != rule.package))
        .map(|rule| format!("{} has a rule and is gone: remove the rule", rule.package));
    let edges = RULES
        .iter()
        .flat_map(|rule| members.iter().filter(|m| m.name == rule.package).map(move |m| (rule, m)))
        .flat_map(|(rule, member)| forbidden(rule, member));
    unruled.chain(gone).chain(edges).collect()
}

fn forbidden(rule: &Rule, member: &Package) -> Vec<String> {
    let allowed = |name: &str, for_tests: bool, inside: bool| {
        if inside {
            rule.inside.contains(&name) || (for_tests && name == rule.package)
        } else {
            for_tests || rule.outside.is_none_or(|names| names.contains(&name))
        }
    };
    member
        .dependencies
        .iter()
        .filter(|d| !allowed(&d.name, d.kind == Some(Kind::Dev), d.path.is_some()))
        .map(|d| format!("{} must not depend on {}", rule.package, d.name))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;
    use crate::workspace::fixtures::{beside, external, for_tests, member};

    /// A workspace that keeps every rule, after `change`.
    fn violations_after(change: impl FnOnce(&mut Vec<Package>)) -> Vec<String> {
        let mut members: Vec<Package> = RULES
            .iter()
            .map(|rule| member(rule.package, rule.inside.iter().map(|name| beside(name)).collect()))
            .collect();
        change(&mut members);
        violations(&members.iter().collect::<Vec<_>>())
    }

    fn violations_with(package: &str, dependency: &Dependency) -> Vec<String> {
        violations_after(|members| {
            members
                .iter_mut()
                .filter(|m| m.name == package)
                .for_each(|m| m.dependencies.push(dependency.clone()));
        })
    }

    #[test]
    fn every_allowed_edge_is_allowed() {
        assert_eq!(violations_after(|_| ()), Vec::<String>::new());
    }

    #[test]
    fn an_edge_that_points_up_or_sideways_is_refused() {
        for (from, to) in [
            ("boxoffice-domain", "boxoffice-commands"),
            ("boxoffice-commands", "boxoffice-projections"),
            ("boxoffice-commands", "boxoffice-infra"),
            ("boxoffice-projections", "boxoffice-commands"),
            ("boxoffice-infra", "boxoffice"),
            ("boxoffice-infra", "boxoffice-audit"),
            ("boxoffice-audit", "boxoffice-domain"),
            ("boxoffice", "xtask"),
        ] {
            let expected = [format!("{from} must not depend on {to}")];
            assert_eq!(violations_with(from, &beside(to)), expected);
            assert_eq!(violations_with(from, &for_tests(beside(to))), expected, "in tests too");
        }
    }

    #[test]
    fn nothing_depends_on_the_binary_or_on_this_helper() {
        for rule in RULES {
            assert!(
                !rule.inside.contains(&"boxoffice") && !rule.inside.contains(&"xtask"),
                "{}",
                rule.package
            );
        }
    }

    #[test]
    fn the_auditor_uses_three_crates_and_its_tests_any() {
        assert_eq!(
            violations_with("boxoffice-audit", &external("tokio")),
            ["boxoffice-audit must not depend on tokio"]
        );
        assert!(violations_with("boxoffice-audit", &external("sha2")).is_empty());
        assert!(violations_with("boxoffice-audit", &for_tests(external("proptest"))).is_empty());
    }

    #[test]
    fn a_crate_may_name_itself_for_its_tests_only() {
        assert!(violations_with("boxoffice", &for_tests(beside("boxoffice"))).is_empty());
        assert_eq!(
            violations_with("boxoffice", &beside("boxoffice")),
            ["boxoffice must not depend on boxoffice"]
        );
    }

    #[test]
    fn crates_and_rules_come_and_go_together() {
        let said = violations_after(|members| {
            members.retain(|member| member.name != "boxoffice-audit");
            members.push(member("boxoffice-search", Vec::new()));
        });
        assert_eq!(
            said,
            [
                "boxoffice-search is a new crate: give it a rule",
                "boxoffice-audit has a rule and is gone: remove the rule"
            ]
        );
    }
}
