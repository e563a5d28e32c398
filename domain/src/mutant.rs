//! Deliberate bugs, to prove that the tests would notice.
//!
//! Without the feature `mutants` every question here is a constant `false` and the compiler removes it. With it,
//! the test binary chooses one bug for its whole life; `cargo xtask mutants` expects a named test to fail for each.

/// One deliberate bug.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mutant {
    /// The append does not compare the stream's version.
    NoVersionCheck = 1,
    /// Callers are answered before the append returned.
    ReplyBeforeDurable = 2,
    /// A hold's end frees its seats although another hold has them now.
    NoHoldId = 3,
    /// A hold still counts at the very moment at which it lapses.
    LateExpiry = 4,
    /// What a stream has already done is forgotten when it is loaded.
    ForgetfulRestart = 5,
    /// A rejection leaves before the events it was decided on are durable.
    SpeculativeRejection = 6,
    /// The append does not compare the owner's epoch.
    NoEpochCheck = 7,
    /// An append whose outcome is unknown is taken for done.
    UnknownIsLanded = 8,
    /// Answers leave in another order than the commands came in.
    RepliesOutOfOrder = 9,
    /// A rejection is not proven, although others may have changed the stream meanwhile.
    StaleRejection = 10,
    /// A snapshot is believed without a look at the log that it says it was taken of.
    UncheckedSnapshot = 11,
    /// A snapshot knows the state, and not which commands led to it.
    ForgetfulSnapshot = 12,
}

impl Mutant {
    /// Every bug with the name it is chosen by.
    pub const ALL: [(&'static str, Self); 12] = [
        ("no_version_check", Self::NoVersionCheck),
        ("reply_before_durable", Self::ReplyBeforeDurable),
        ("no_hold_id", Self::NoHoldId),
        ("late_expiry", Self::LateExpiry),
        ("forgetful_restart", Self::ForgetfulRestart),
        ("speculative_rejection", Self::SpeculativeRejection),
        ("no_epoch_check", Self::NoEpochCheck),
        ("unknown_is_landed", Self::UnknownIsLanded),
        ("replies_out_of_order", Self::RepliesOutOfOrder),
        ("stale_rejection", Self::StaleRejection),
        ("unchecked_snapshot", Self::UncheckedSnapshot),
        ("forgetful_snapshot", Self::ForgetfulSnapshot),
    ];
}

#[cfg(feature = "mutants")]
static CHOSEN: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// Chooses the bug that this process has from now on.
#[cfg(feature = "mutants")]
pub fn choose(mutant: Mutant) {
    CHOSEN.store(mutant as u8, std::sync::atomic::Ordering::SeqCst);
}

/// Whether this process has that bug.
#[must_use]
#[inline]
pub fn is_on(mutant: Mutant) -> bool {
    #[cfg(feature = "mutants")]
    {
        CHOSEN.load(std::sync::atomic::Ordering::Relaxed) == mutant as u8
    }
    #[cfg(not(feature = "mutants"))]
    {
        let _ = mutant;
        false
    }
}
