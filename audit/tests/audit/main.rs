//! The checker against logs that were made for it: legal ones pass, each illegal one is refused where it is illegal
//! and for the rule that it breaks, and no log can be changed unnoticed.

#[cfg(test)]
mod builder;
#[cfg(test)]
mod document;
#[cfg(test)]
mod illegal;
#[cfg(test)]
mod legal;
#[cfg(test)]
mod sale;
#[cfg(test)]
mod tampered;

#[cfg(test)]
use boxoffice_audit::{Checker, Heads, Report, Summary, verify_lines, verify_reader};

/// Checks the lines one by one, and all at once, and as one text: the answer is the same.
#[cfg(test)]
fn check(lines: &[String], heads: Option<&Heads>) -> Report {
    let mut checker = heads.map_or_else(Checker::new, Checker::expecting);
    for line in lines {
        let _ = checker.line(line);
    }
    let report = checker.finish(heads.cloned());
    assert_eq!(verify_lines(lines, heads.cloned()), report);
    let text: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    assert_eq!(verify_reader(text.as_bytes(), heads.cloned()).unwrap(), report);
    report
}

#[cfg(test)]
fn summary(lines: &[String]) -> Summary {
    match check(lines, None) {
        Report::Sound(summary) => summary,
        Report::Broken(fault) => panic!("{fault}"),
    }
}
