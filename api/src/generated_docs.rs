//! Documentation that is made from the program: the OpenAPI document, the codes of problems, the types of events, the
//! command line. It is kept under `docs/`, and `cargo xtask test generated-docs` compares.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use crate::cli::Cli;
use crate::problem::Code;
use crate::settings::SETTINGS;

mod events;
mod rust_source;

/// How the documents are made again.
pub const AGAIN: &str = "cargo run -- internal generated-docs";

/// Documents that could not be made, written or compared.
#[derive(Debug, thiserror::Error)]
pub enum GeneratedError {
    /// A document is not what the program makes now.
    #[error("{} is not up to date; make it again with `{AGAIN}`", .0.display())]
    Outdated(PathBuf),
    /// The file system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        source: std::io::Error,
    },
    /// A type of event lacks what its entry needs.
    #[error("the catalogue of events cannot be made: {0}")]
    Events(String),
}

impl GeneratedError {
    fn io(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}

/// A file, relative to the root of the repository, and what it has to say.
struct Document {
    file: &'static str,
    text: String,
}

/// Compares the documents of a repository with what the program makes now.
///
/// # Errors
/// [`GeneratedError`], which names the first file that differs.
pub fn check(root: &Path) -> Result<(), GeneratedError> {
    documents(root)?.iter().try_for_each(|document| compare(root, document))
}

/// Writes the documents of a repository.
///
/// # Errors
/// [`GeneratedError`].
pub fn write(root: &Path) -> Result<(), GeneratedError> {
    documents(root)?.iter().try_for_each(|document| store(root, document))
}

fn documents(root: &Path) -> Result<[Document; 4], GeneratedError> {
    Ok([
        Document { file: "docs/api/openapi.json", text: openapi() },
        Document { file: "docs/errors.md", text: errors() },
        Document { file: "docs/events.md", text: events::catalogue(root)? },
        Document { file: "docs/cli.md", text: command_line() },
    ])
}

fn compare(root: &Path, document: &Document) -> Result<(), GeneratedError> {
    match std::fs::read_to_string(root.join(document.file)) {
        Ok(text) if text == document.text => Ok(()),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(GeneratedError::io(Path::new(document.file))(error))
        }
        Ok(_) | Err(_) => Err(GeneratedError::Outdated(document.file.into())),
    }
}

fn store(root: &Path, document: &Document) -> Result<(), GeneratedError> {
    let path = root.join(document.file);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(GeneratedError::io(folder))?;
    }
    std::fs::write(&path, &document.text).map_err(GeneratedError::io(&path))
}

/// What every document in Markdown begins with.
fn head(title: &str, about: &str) -> String {
    format!("<!-- Made by `{AGAIN}`; not to be edited by hand. -->\n\n# {title}\n\n{about}\n")
}

fn openapi() -> String {
    format!("{:#}\n", crate::routes::document())
}

fn errors() -> String {
    let about = "Every `code` that a problem (RFC 9457) can have. *Again* says whether the same request may succeed \
        later without\nanything being changed. The server shows the same table at `/docs/errors`.";
    let mut text = head("Errors", about);
    text.push_str("\n| code | status | again | meaning |\n| --- | --- | --- | --- |\n");
    for code in Code::ALL {
        let again = if code.retryable() { "yes" } else { "no" };
        let _ =
            writeln!(text, "| `{}` | {} | {again} | {} |", code.name(), code.status().as_u16(), code.title());
    }
    text
}

fn command_line() -> String {
    let about = "What `boxoffice --help` and the help of every subcommand say.";
    let mut text = head("Command line", about);
    let mut root = Cli::command();
    root.build();
    describe(&root, &mut text);
    text.push_str("\n## Settings\n\nA flag wins over the environment, the environment over the file that `--config` names, ");
    text.push_str(
        "the file over the default.\n\n| flag | in the environment and the file | default | meaning |\n",
    );
    text.push_str("| --- | --- | --- | --- |\n");
    for setting in SETTINGS {
        let (flag, variable, default) = (setting.flag, setting.variable, setting.default);
        let _ = writeln!(text, "| `{flag}` | `{variable}` | `{default}` | {} |", setting.meaning);
    }
    text
}

/// A command and all below it that anybody is to see.
fn describe(command: &clap::Command, text: &mut String) {
    let name = command.get_bin_name().unwrap_or_else(|| command.get_name());
    let help = command.clone().render_long_help().to_string();
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", unpadded(&help));
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        describe(below, text);
    }
}

fn unpadded(help: &str) -> String {
    help.trim_end().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "docs/errors.md";

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    #[test]
    fn a_document_that_is_missing_or_differs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let document = Document { file: DOCUMENT, text: errors() };
        let said = compare(folder.path(), &document).unwrap_err().to_string();
        assert_eq!(said, format!("{DOCUMENT} is not up to date; make it again with `{AGAIN}`"));
        store(folder.path(), &document).unwrap();
        compare(folder.path(), &document).unwrap();
        std::fs::write(folder.path().join(DOCUMENT), "old").unwrap();
        assert!(
            matches!(compare(folder.path(), &document), Err(GeneratedError::Outdated(file)) if file == Path::new(DOCUMENT))
        );
    }

    #[test]
    fn documents_are_the_same_every_time_and_name_no_machine() {
        let (one, other) = (documents(&root()).unwrap(), documents(&root()).unwrap());
        for (one, other) in one.iter().zip(&other) {
            assert_eq!(one.text, other.text, "{}", one.file);
            assert!(
                one.text.ends_with('\n') && !one.text.contains(env!("CARGO_MANIFEST_DIR")),
                "{}",
                one.file
            );
        }
    }

    #[test]
    fn every_command_is_described() {
        let text = command_line();
        for command in ["boxoffice", "boxoffice serve", "boxoffice audit verify", "boxoffice demo"] {
            assert!(text.contains(&format!("\n## {command}\n")), "{command}");
        }
        assert!(!text.contains("## boxoffice internal"), "hidden commands stay hidden");
    }

    /// The pages that were written by hand, and what they say.
    fn pages() -> Vec<(PathBuf, String)> {
        let mut pages = vec![root().join("README.md")];
        for folder in ["docs", "docs/adr", "docs/runbook"] {
            let files = std::fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
            pages.extend(files.filter(|path| path.extension().is_some_and(|ending| ending == "md")));
        }
        pages.into_iter().map(|page| (page.clone(), std::fs::read_to_string(page).unwrap())).collect()
    }

    /// What stands in backticks within the lines of a page.
    fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
        text.lines()
            .filter(|line| !line.starts_with("```"))
            .flat_map(|line| line.split('`').skip(1).step_by(2))
    }

    fn is_path(word: &str) -> bool {
        let ends = [".rs", ".md", ".toml", ".json", "/"].iter().any(|ending| word.ends_with(ending));
        let letters = |byte: u8| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte);
        ends && word.contains('/') && !word.starts_with(['/', '.']) && word.bytes().all(letters)
    }

    #[test]
    fn files_that_the_documentation_names_exist() {
        let mut count = 0;
        for (page, text) in pages() {
            for path in in_backticks(&text).filter(|word| is_path(word)) {
                count += 1;
                assert!(root().join(path).exists(), "{} names {path}", page.display());
            }
            let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
            for target in targets.filter(|target| !target.contains("://")) {
                assert!(page.parent().unwrap().join(target).exists(), "{} links to {target}", page.display());
            }
        }
        assert!(count > 100, "only {count} names were found");
    }

    /// Every line of code of the repository.
    fn code(folder: &Path, text: &mut String) {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                code(&path, text);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                text.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn tests_that_the_documentation_names_exist() {
        let mut all = String::new();
        for folder in ["api", "audit", "commands", "domain", "infra", "projections", "tests"] {
            code(&root().join(folder), &mut all);
        }
        let is_sentence = |word: &&str| {
            word.matches('_').count() >= 4
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let mut count = 0;
        for (page, text) in pages() {
            for test in in_backticks(&text).filter(is_sentence) {
                count += 1;
                let declared = [format!("fn {test}("), format!("    {test},"), format!("    {test}:")];
                assert!(declared.iter().any(|line| all.contains(line)), "{} names {test}", page.display());
            }
        }
        assert!(count > 20, "only {count} names were found");
    }

    /// A row `| what | bound | name | file |`: the file has a line with that name and that number.
    #[test]
    fn bounds_are_what_the_architecture_says() {
        let text = std::fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
        let mut count = 0;
        for row in text.lines() {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let ["", _, bound, name, file, ""] = cells.as_slice() else { continue };
            let (Some(name), Some(file)) = (name.strip_prefix('`'), file.strip_prefix('`')) else { continue };
            let (name, file) = (name.trim_end_matches('`'), file.trim_end_matches('`'));
            let number: String =
                bound.chars().take_while(|letter| *letter != ' ').filter(char::is_ascii_digit).collect();
            let code = std::fs::read_to_string(root().join(file)).unwrap().replace('_', "");
            let (name, has) = (name.replace('_', ""), |line: &str| {
                line.split(|letter: char| !letter.is_ascii_digit()).any(|found| found == number)
            });
            assert!(code.lines().any(|line| line.contains(&format!("{name}:")) && has(line)), "{row}");
            count += 1;
        }
        assert!(count > 20, "only {count} bounds were found");
    }
}
