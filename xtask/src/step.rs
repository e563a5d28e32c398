//! Runs steps in order, with a headline, a duration and a verdict for each, and stops at the first that fails.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// One thing that `cargo xtask test` makes sure of.
pub(crate) struct Step {
    /// What `cargo xtask test NAME` calls it.
    pub(crate) name: &'static str,
    /// What holds when it passes.
    pub(crate) about: &'static str,
    pub(crate) work: Work,
}

/// How a step finds out.
pub(crate) enum Work {
    /// A cargo command, which a developer may as well type; its output is shown as it comes.
    Cargo { environment: &'static [(&'static str, &'static str)], arguments: &'static [&'static str] },
    /// A check of this program's own. `Ok` is a remark for the verdict line.
    Check(fn() -> Result<String>),
}

/// Runs those of `all` that are named, or all of them if none is.
pub(crate) fn run(all: &[Step], names: &[&str]) -> Result<()> {
    let chosen = choose(all, names)?;
    let start = Instant::now();
    for step in &chosen {
        println!("\n==> {}: {}", step.name, step.about);
        let step_start = Instant::now();
        match perform(&step.work) {
            Ok(remark) => println!("    passed in {}{remark}", seconds(step_start.elapsed())),
            Err(why) => {
                bail!(
                    "{why:#}\n\nFAILED: {}, after {}.\nRepeat it with:\n  {}",
                    step.name,
                    seconds(step_start.elapsed()),
                    repeat(step)
                );
            }
        }
    }
    println!("\nAll passed, in {}.", seconds(start.elapsed()));
    Ok(())
}

fn choose<'a>(all: &'a [Step], names: &[&str]) -> Result<Vec<&'a Step>> {
    for name in names {
        ensure!(all.iter().any(|step| step.name == *name), "no such step: {name} (see `cargo xtask --help`)");
    }
    Ok(all.iter().filter(|step| names.is_empty() || names.contains(&step.name)).collect())
}

fn perform(work: &Work) -> Result<String> {
    match work {
        Work::Check(check) => Ok(match check()?.as_str() {
            "" => String::new(),
            remark => format!(": {remark}"),
        }),
        Work::Cargo { environment, arguments } => {
            let status = Command::new("cargo")
                .args(*arguments)
                .envs(environment.iter().copied())
                .status()
                .context("cargo did not start")?;
            ensure!(status.success(), "cargo ended with {status}");
            Ok(String::new())
        }
    }
}

fn repeat(step: &Step) -> String {
    match step.work {
        Work::Check(_) => format!("cargo xtask test {}", step.name),
        Work::Cargo { environment, arguments } => environment
            .iter()
            .map(|(name, value)| format!("{name}='{value}'"))
            .chain(["cargo".to_owned()])
            .chain(arguments.iter().map(|&word| word.to_owned()))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

fn seconds(time: Duration) -> String {
    match time.as_secs() {
        0..=59 => format!("{:.1} s", time.as_secs_f64()),
        whole => format!("{} min {:02} s", whole / 60, whole % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHECK: Step = Step { name: "check", about: "", work: Work::Check(|| Ok("two things".to_owned())) };
    const BROKEN: Step = Step { name: "broken", about: "", work: Work::Check(|| bail!("it is broken")) };
    const CARGO: Step = Step {
        name: "cargo",
        about: "",
        work: Work::Cargo {
            environment: &[("RUSTDOCFLAGS", "-D warnings")],
            arguments: &["doc", "--no-deps"],
        },
    };

    #[test]
    fn the_named_steps_run_in_the_order_of_the_list() {
        let chosen = choose(&[CHECK, BROKEN, CARGO], &["cargo", "check"]).unwrap();
        assert_eq!(chosen.iter().map(|step| step.name).collect::<Vec<_>>(), ["check", "cargo"]);
    }

    #[test]
    fn an_unknown_step_is_refused() {
        assert!(run(&[CHECK], &["chekc"]).unwrap_err().to_string().contains("no such step: chekc"));
    }

    #[test]
    fn a_failure_stops_the_run_and_says_how_to_repeat_it() {
        let said = run(&[CHECK, BROKEN, CARGO], &[]).unwrap_err().to_string();
        assert!(said.starts_with("it is broken"), "{said}");
        assert!(said.ends_with("cargo xtask test broken"), "{said}");
    }

    #[test]
    fn a_cargo_step_is_repeated_by_its_own_command() {
        assert_eq!(repeat(&CARGO), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn durations_are_short_to_read() {
        assert_eq!(seconds(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(seconds(Duration::from_secs(185)), "3 min 05 s");
    }
}
