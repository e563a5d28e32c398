//! Everything `cargo xtask test` does, in order: what is quick to fail comes first.

use crate::step::{Step, Work};
use crate::{dependency_table, hygiene, layers, licences, mutants, tools};

/// The steps of `cargo xtask test`.
pub(crate) const ALL: &[Step] = &[
    check("tools", "the programs that the other steps start are installed", tools::check),
    cargo("format", "rustfmt agrees with every file", &["fmt", "--all", "--check"]),
    check("layers", "dependencies between the crates only point down", layers::check),
    check("licences", "licences, banned crates and sources are as deny.toml says", licences::check),
    check("dependencies", "docs/dependencies.md names every direct dependency", dependency_table::check),
    check("hygiene", "no file names this machine or a package registry's host", hygiene::check),
    cargo(
        "clippy",
        "clippy has nothing to say",
        &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
    ),
    Step {
        name: "docs",
        about: "rustdoc has nothing to say",
        work: Work::Cargo {
            environment: &[("RUSTDOCFLAGS", "-D warnings")],
            arguments: &["doc", "--workspace", "--no-deps"],
        },
    },
    cargo(
        "generated-docs",
        "docs/ has what the program makes of itself",
        &["run", "--quiet", "--package", "boxoffice", "--", "internal", "generated-docs", "--check"],
    ),
    cargo("tests", "every test passes, those in documentation too", &["test", "--workspace"]),
    check("mutants", "every deliberate bug is noticed by a named test", mutants::check),
];

const fn check(name: &'static str, about: &'static str, run: fn() -> anyhow::Result<String>) -> Step {
    Step { name, about, work: Work::Check(run) }
}

const fn cargo(name: &'static str, about: &'static str, arguments: &'static [&'static str]) -> Step {
    Step { name, about, work: Work::Cargo { environment: &[], arguments } }
}
