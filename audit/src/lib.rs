//! The independent checker: reads an export of the log, recomputes every hash and proves that every event was
//! allowed where it stands.
//!
//! It knows the public format (`docs/log-format.md`) and nothing of the rest: it was written from that text, shares
//! no code with the program that writes the log, and its rules are its own. Nothing is skipped: what it does not
//! know is a fault. The first fault ends the check and names its position; one position is never judged by what
//! stands after it.
//!
//! [`Checker`] takes one line at a time; [`verify_reader`] and [`verify_lines`] check a whole export on all cores.
//! In [`Rule`] every rule stands as the sentence that the document has for it.
//!
//! The way of a line: `line` reads it (with `reader`, `value`, `fact`, `layout`), `chain` joins it to what came before,
//! `fold` judges what it says, `verify` does the three on several threads.

mod canonical;
mod chain;
mod checker;
mod fact;
mod fold;
mod layout;
mod line;
mod reader;
mod report;
mod rule;
mod value;
mod verify;

pub use checker::Checker;
pub use report::{Fault, Heads, Report, Summary};
pub use rule::Rule;
pub use verify::{verify_lines, verify_reader};
