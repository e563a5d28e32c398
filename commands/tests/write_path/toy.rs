//! A small aggregate with everything that matters: a capacity, an expiry, and ways to crash.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::{Arc, Once};

use boxoffice_domain::aggregate::{Aggregate, Layouts, Unreadable};
use boxoffice_domain::digest::Digest;
use boxoffice_domain::seating::Layout;
use boxoffice_domain::snapshot::{NotRestored, decode, encode};
use boxoffice_domain::stored_events;
use boxoffice_domain::time::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

/// How many coats a cloakroom takes.
pub(crate) const HOOKS: usize = 3;

/// How long it keeps a coat.
pub(crate) const KEPT_MS: i64 = 60_000;

/// A cloakroom: a coat hangs on one of a few hooks until it is fetched or its time is up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Cloakroom {
    pub(crate) coats: BTreeMap<u32, Timestamp>,
    pub(crate) rings: usize,
    pub(crate) plan: Option<Arc<Layout>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ask {
    /// Refused when it hangs already, or every hook is taken.
    Hang(u32),
    /// Refused when it does not hang.
    Fetch(u32),
    /// What the timer asks.
    Tidy,
    /// Follows from nothing and changes nothing.
    Look,
    /// So many events, each of so many bytes.
    Ring {
        times: usize,
        bytes: usize,
    },
    /// Names a layout.
    Furnish(Arc<Layout>),
    CrashDeciding,
    CrashFolding,
    CrashWriting,
}

/// Every refusal tells the log time at which it was decided, so that a test can judge it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum No {
    Full(Timestamp),
    HangsAlready(Timestamp),
    NotThere(Timestamp),
}

impl No {
    pub(crate) fn at(self) -> Timestamp {
        let (Self::Full(at) | Self::HangsAlready(at) | Self::NotThere(at)) = self;
        at
    }
}

stored_events! {
    Happened {
        Hung = "hung" v 1,
        Fetched = "fetched" v 1,
        Lapsed = "lapsed" v 1,
        Rang = "rang" v 1,
        Furnished = "furnished" v 1,
        Cursed = "cursed" v 1,
        Jammed = "jammed" v 1,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hung {
    pub(crate) coat: u32,
    pub(crate) until: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fetched {
    pub(crate) coat: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lapsed {
    pub(crate) coat: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rang {
    pub(crate) noise: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Furnished {
    pub(crate) layout: Digest,
    #[serde(skip)]
    pub(crate) plan: Option<Arc<Layout>>,
}

/// Folding it crashes, after half the work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursed {}

/// Writing it crashes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Jammed {}

impl Serialize for Jammed {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        panic!("on purpose: the payload jammed")
    }
}

impl Happened {
    fn complete(mut self, layouts: &dyn Layouts) -> Result<Self, Unreadable> {
        if let Self::Furnished(event) = &mut self {
            event.plan = Some(layouts.layout(event.layout).ok_or(Unreadable::MissingLayout(event.layout))?);
        }
        Ok(self)
    }
}

thread_local! {
    static HAUNTED: Cell<bool> = const { Cell::new(false) };
    static STRUCK: Cell<usize> = const { Cell::new(0) };
}

/// Keeps crashes on purpose out of the output; any other is reported as ever.
pub(crate) fn hush() {
    static HUSHED: Once = Once::new();
    HUSHED.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic.payload_as_str().is_some_and(|text| text.starts_with("on purpose")) {
                report(panic);
            }
        }));
    });
}

/// While it is haunted, every fold on this thread crashes.
pub(crate) fn haunt(on: bool) {
    HAUNTED.set(on);
}

/// How many folds have crashed on this thread because it was haunted.
pub(crate) fn struck() -> usize {
    STRUCK.get()
}

impl Cloakroom {
    fn due(&self, now: Timestamp) -> Vec<Happened> {
        let due = self.coats.iter().filter(|(_, until)| **until <= now);
        due.map(|(coat, _)| Lapsed { coat: *coat }.into()).collect()
    }

    fn hangs(&self, coat: u32, now: Timestamp) -> bool {
        self.coats.get(&coat).is_some_and(|until| now < *until)
    }
}

impl Aggregate for Cloakroom {
    type Command = Ask;
    type Event = Happened;
    type Refusal = No;

    fn decide(&self, command: &Ask, now: Timestamp) -> Result<Vec<Happened>, No> {
        let mut events = self.due(now);
        match command {
            Ask::Hang(coat) if self.hangs(*coat, now) => return Err(No::HangsAlready(now)),
            Ask::Hang(_) if self.coats.len() - events.len() >= HOOKS => return Err(No::Full(now)),
            Ask::Hang(coat) => events.push(Hung { coat: *coat, until: now.plus_ms(KEPT_MS) }.into()),
            Ask::Fetch(coat) if self.hangs(*coat, now) => events.push(Fetched { coat: *coat }.into()),
            Ask::Fetch(_) => return Err(No::NotThere(now)),
            Ask::Tidy => {}
            Ask::Look => events.clear(),
            Ask::Ring { times, bytes } => {
                events = vec![Rang { noise: "x".repeat(*bytes) }.into(); *times];
            }
            Ask::Furnish(plan) => {
                events = vec![Furnished { layout: plan.digest(), plan: Some(Arc::clone(plan)) }.into()];
            }
            Ask::CrashDeciding => panic!("on purpose: deciding"),
            Ask::CrashFolding => events.push(Cursed {}.into()),
            Ask::CrashWriting => events.push(Jammed {}.into()),
        }
        Ok(events)
    }

    fn evolve(&mut self, event: &Happened, _: Timestamp) {
        if HAUNTED.get() {
            STRUCK.set(STRUCK.get() + 1);
            panic!("on purpose: haunted");
        }
        match event {
            Happened::Hung(event) => {
                self.coats.insert(event.coat, event.until);
            }
            Happened::Fetched(Fetched { coat }) | Happened::Lapsed(Lapsed { coat }) => {
                self.coats.remove(coat);
            }
            Happened::Rang(_) => self.rings += 1,
            Happened::Furnished(event) => self.plan = event.plan.clone(),
            Happened::Cursed(_) | Happened::Jammed(_) => {
                self.coats.clear();
                panic!("on purpose: folding");
            }
        }
    }

    fn next_deadline(&self) -> Option<Timestamp> {
        self.coats.values().min().copied()
    }

    fn lapse_command() -> Option<Ask> {
        Some(Ask::Tidy)
    }

    const SNAPSHOT_VERSION: Option<u16> = Some(1);

    fn snapshot(&self) -> Option<Vec<u8>> {
        encode(&(self.plan.as_ref().map(|plan| plan.digest()), &self.coats, self.rings))
    }

    fn restore(bytes: &[u8], layouts: &dyn Layouts) -> Result<Self, NotRestored> {
        let (plan, coats, rings): (Option<Digest>, _, _) = decode(bytes)?;
        let plan = plan.map(|digest| layouts.layout(digest).ok_or(NotRestored::MissingLayout(digest)));
        Ok(Self { coats, rings, plan: plan.transpose()? })
    }
}
