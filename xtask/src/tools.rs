//! The programs that the other steps start, and how they are installed where they are missing.
//!
//! With root's rights (or sudo without a password) on Debian the step installs them; elsewhere it says what to install.

use anyhow::{Result, bail, ensure};

use crate::process::{output_of, succeeds};

struct Tool {
    name: &'static str,
    /// What uses it.
    user: &'static str,
    /// A command that succeeds where the tool is installed.
    probe: &'static [&'static str],
    from: Origin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// A component of the Rust toolchain.
    Rustup(&'static str),
    /// A Debian package.
    Debian(&'static str),
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "rustfmt",
        user: "the step `format`",
        probe: &["cargo", "fmt", "--version"],
        from: Origin::Rustup("rustfmt"),
    },
    Tool {
        name: "clippy",
        user: "the step `clippy`",
        probe: &["cargo", "clippy", "--version"],
        from: Origin::Rustup("clippy"),
    },
    Tool {
        name: "git",
        user: "the step `hygiene`",
        probe: &["git", "--version"],
        from: Origin::Debian("git"),
    },
    Tool {
        name: "strace",
        user: "the tests that stop the server between two system calls",
        probe: &["strace", "--version"],
        from: Origin::Debian("strace"),
    },
    Tool {
        name: "PostgreSQL",
        user: "the tests that start a database server of their own",
        probe: &["sh", "-c", "ls /usr/lib/postgresql/*/bin/initdb"],
        from: Origin::Debian("postgresql"),
    },
];

/// How packages of the system can be installed here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rights {
    Root,
    Sudo,
    None,
}

/// Installs what is missing, or fails saying what that is.
pub(crate) fn check() -> Result<String> {
    let before = missing();
    if before.is_empty() {
        return Ok(String::new());
    }
    let components = components_of(&before);
    if !components.is_empty() {
        println!("    rustup installs {}", components.join(", "));
        output_of("rustup", &[["component", "add"].as_slice(), &components].concat())?;
    }
    let packages = packages_of(&before);
    if !packages.is_empty() {
        println!("    apt-get installs {}", packages.join(", "));
        install(rights(), &packages)?;
    }
    let still = missing();
    ensure!(still.is_empty(), "still missing after installing: {}", list(&still));
    Ok(format!("installed {}", list(&before)))
}

fn missing() -> Vec<&'static Tool> {
    TOOLS
        .iter()
        .filter(|tool| tool.probe.split_first().is_some_and(|(program, rest)| !succeeds(program, rest)))
        .collect()
}

fn rights() -> Rights {
    let is_root = || output_of("id", &["-u"]).is_ok_and(|user| user.trim() == "0");
    if !succeeds("apt-get", &["--version"]) {
        Rights::None
    } else if is_root() {
        Rights::Root
    } else if succeeds("sudo", &["-n", "true"]) {
        Rights::Sudo
    } else {
        Rights::None
    }
}

/// Fresh package lists are only fetched when the ones at hand do not do.
fn install(rights: Rights, packages: &[&str]) -> Result<()> {
    if rights == Rights::None {
        let names = packages.join(" ");
        bail!("Packages are missing that cannot be installed from here. As root:\n  apt-get install {names}");
    }
    let packages = [["install", "--yes", "--no-install-recommends"].as_slice(), packages].concat();
    if apt_get(rights, &packages).is_err() {
        apt_get(rights, &["update"])?;
        apt_get(rights, &packages)?;
    }
    Ok(())
}

fn apt_get(rights: Rights, arguments: &[&str]) -> Result<String> {
    let quiet = ["DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"];
    let words = [quiet.as_slice(), arguments].concat();
    match rights {
        Rights::Sudo => output_of("sudo", &[["-n", "env"].as_slice(), &words].concat()),
        Rights::Root | Rights::None => output_of("env", &words),
    }
}

fn components_of(tools: &[&Tool]) -> Vec<&'static str> {
    tools
        .iter()
        .filter_map(|tool| if let Origin::Rustup(name) = tool.from { Some(name) } else { None })
        .collect()
}

fn packages_of(tools: &[&Tool]) -> Vec<&'static str> {
    tools
        .iter()
        .filter_map(|tool| if let Origin::Debian(name) = tool.from { Some(name) } else { None })
        .collect()
}

fn list(tools: &[&Tool]) -> String {
    tools.iter().map(|tool| format!("{} (for {})", tool.name, tool.user)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn components_and_packages_are_installed_apart() {
        let tool = |from| Tool { name: "", user: "", probe: &[], from };
        let (clippy, strace) = (tool(Origin::Rustup("clippy")), tool(Origin::Debian("strace")));
        assert_eq!(components_of(&[&clippy, &strace]), ["clippy"]);
        assert_eq!(packages_of(&[&clippy, &strace]), ["strace"]);
    }

    #[test]
    fn without_rights_it_says_what_to_install() {
        let said = install(Rights::None, &["strace", "redis-server"]).unwrap_err().to_string();
        assert!(said.ends_with("apt-get install strace redis-server"), "{said}");
    }
}
