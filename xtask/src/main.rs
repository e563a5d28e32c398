//! The developer helper, started as `cargo xtask`.
//!
//! `test` is every check of the repository in one command: on a fresh machine with nothing but a Rust toolchain it
//! also sets up what the checks need. No crate depends on this one and it depends on none of them, so that it
//! still builds, and can say what is wrong, when they do not.

#![expect(clippy::print_stdout, reason = "talking to the developer is what this program is for")]

mod dependency_table;
mod hygiene;
mod layers;
mod licences;
mod mutants;
mod process;
mod step;
mod steps;
mod tools;
mod workspace;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if words.iter().any(|word| matches!(*word, "-h" | "--help")) {
        println!("{}", help());
        return ExitCode::SUCCESS;
    }
    let done = workspace::enter_root().and_then(|()| match words.as_slice() {
        ["test", names @ ..] => step::run(steps::ALL, names),
        ["mutants"] => step::run(steps::ALL, &["mutants"]),
        [] | ["help"] => {
            println!("{}", help());
            Ok(())
        }
        _ => anyhow::bail!("no such command: {}\n\n{}", words.join(" "), help()),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            println!("{why:#}");
            ExitCode::FAILURE
        }
    }
}

fn help() -> String {
    let steps: Vec<String> =
        steps::ALL.iter().map(|step| format!("  {:<14}{}", step.name, step.about)).collect();
    format!(
        "Usage:\n  \
           cargo xtask test            every check, in order, until one fails\n  \
           cargo xtask test STEP …     these steps only\n  \
           cargo xtask mutants         the deliberate bugs only\n\n\
         Steps of `test`:\n{}",
        steps.join("\n")
    )
}
