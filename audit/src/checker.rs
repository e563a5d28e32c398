//! One line after the other: read it, link it, check its hash, judge what it says.

use crate::chain::Chain;
use crate::fold::World;
use crate::line::Line;
use crate::report::{Fault, Heads, Report, Summary};
use crate::rule::{Broken, Verdict};

/// Checks a log line by line. The first fault stays: nothing after it is judged.
#[derive(Default)]
pub struct Checker {
    pub(crate) chain: Chain,
    pub(crate) world: World,
    fault: Option<Fault>,
}

impl Checker {
    /// A checker that knows nothing of the log yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A checker that knows heads from elsewhere: a hash that differs is found at its own position, also in streams
    /// that have moved on since. Give [`Self::finish`] the same heads, so that a missing tail is found too.
    #[must_use]
    pub fn expecting(heads: &Heads) -> Self {
        Self { chain: Chain::expecting(heads), ..Self::default() }
    }

    /// Checks the next line, given without its line feed.
    ///
    /// # Errors
    /// The first fault of the log, now and for every line after it.
    pub fn line(&mut self, text: &str) -> Result<(), Fault> {
        if let Some(fault) = &self.fault {
            return Err(fault.clone());
        }
        self.check(text).map_err(|broken| self.stop(self.world.position() + 1, broken))
    }

    fn check(&mut self, text: &str) -> Verdict {
        match Line::read(text)? {
            Line::Document(document) => {
                self.chain.document(document.digest)?;
                self.world.document(&document);
            }
            Line::Event(event) => {
                let previous = self.chain.link(&event)?;
                event.check_hash(text.as_bytes(), &previous)?;
                self.world.fold(&event)?;
            }
        }
        Ok(())
    }

    /// Keeps the first fault.
    pub(crate) fn stop(&mut self, position: u64, broken: Broken) -> Fault {
        let fault = Fault { position, rule: broken.rule, detail: broken.detail };
        self.fault.insert(fault).clone()
    }

    /// The answer, after the last line. What is known from elsewhere shows whether the log is cut off; of a stream
    /// that has moved on beyond the version that is known, only [`Self::expecting`] compares the hash.
    #[must_use]
    pub fn finish(mut self, heads: Option<Heads>) -> Report {
        if let Some(fault) = self.fault {
            return Report::Broken(fault);
        }
        let known = heads.map_or(Ok(()), |heads| self.chain.reaches(&heads));
        let ends = [self.world.finish(), known].into_iter().filter_map(Result::err);
        if let Some((position, broken)) = ends.min_by_key(|(position, _)| *position) {
            return Report::Broken(self.stop(position, broken));
        }
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let mut summary = Summary {
            position: self.chain.position(),
            events: self.chain.position(),
            documents: count(self.chain.documents()),
            streams: count(self.chain.streams()),
            ..Summary::default()
        };
        self.world.count(&mut summary);
        Report::Sound(summary)
    }
}
