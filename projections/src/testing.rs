//! What the tests of this crate share: a little show, its events, a log, a store of tables and a clock, in memory.

mod clock;
pub(crate) mod history;
mod log;
mod returns;
mod show;
mod store;

pub(crate) use clock::TestClock;
pub(crate) use log::TestLog;
pub(crate) use returns::*;
pub(crate) use show::*;
pub(crate) use store::TestStore;
