//! The port to whoever moves the money. Every effect carries a deterministic key, so that asking twice is asking
//! once; every answer becomes a fact in the log before anything is decided on it.

use async_trait::async_trait;
use boxoffice_domain::id::{OrderId, PaymentId, RefundId, ShowId};
use boxoffice_domain::inventory::record_payment::Fact;
use boxoffice_domain::money::{Currency, Minor};
use boxoffice_domain::time::Timestamp;

/// What a payment is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRequest {
    /// The payment; also the key of its creation.
    pub payment: PaymentId,
    /// The show whose inventory it is for; the provider keeps it beside the payment.
    pub show: ShowId,
    /// The order.
    pub order: OrderId,
    /// In minor units.
    pub amount: Minor,
    /// What the amount is in.
    pub currency: Currency,
    /// `card`, for example.
    pub method: String,
}

/// What the payer's page needs to go on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PaymentHandles {
    /// A secret for the provider's own form.
    pub client_secret: Option<String>,
    /// Where to send the payer.
    pub redirect_url: Option<String>,
}

/// What became of a capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Captured {
    /// The money has come.
    Yes,
    /// It will not come; the provider's reason in `snake_case`.
    No {
        /// The reason.
        reason: String,
    },
}

/// What a refund is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RefundRequest {
    /// The refund; with [`Self::failures`] also the key of the try.
    pub refund: RefundId,
    /// The payment that it goes back to.
    pub payment: PaymentId,
    /// In minor units.
    pub amount: Minor,
    /// How often the provider has refused it before.
    pub failures: u32,
}

/// What became of a refund.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refunded {
    /// The money has gone back.
    Yes,
    /// It will not, unless it is asked for anew; the provider's reason in `snake_case`.
    No {
        /// The reason.
        reason: String,
    },
}

/// The provider cannot be reached now, or will not answer this: try again later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the payment provider is not available: {0}")]
pub struct ProviderOutage(pub String);

/// Whoever moves the money.
#[async_trait]
pub trait PaymentProvider: Send + Sync + 'static {
    /// How the log calls it.
    fn name(&self) -> &'static str;

    /// The methods it offers, as `card`.
    fn methods(&self) -> &'static [&'static str];

    /// Begins a payment. The same payment again answers the same.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    async fn create(&self, request: &PaymentRequest) -> Result<PaymentHandles, ProviderOutage>;

    /// Takes the reserved money.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    async fn capture(&self, payment: PaymentId) -> Result<Captured, ProviderOutage>;

    /// Lets the reserved money go.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    async fn void(&self, payment: PaymentId) -> Result<(), ProviderOutage>;

    /// Gives money back that has come. The same try again answers the same.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    async fn refund(&self, request: RefundRequest) -> Result<Refunded, ProviderOutage>;
}

/// A fact that the provider has told and that is not in the log yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldFact {
    /// The provider's own number for it, among those of the payment.
    pub number: u32,
    /// The show whose inventory has to know.
    pub show: ShowId,
    /// The payment that it is about.
    pub payment: PaymentId,
    /// What was told.
    pub fact: Fact,
}

/// What providers have told, kept until it is in the log: at least once, and also after a restart.
#[async_trait]
pub trait FactInbox: Send + Sync + 'static {
    /// Facts that are due at `now`, the oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<ToldFact>, ProviderOutage>;

    /// The fact is in the log, or will never be.
    ///
    /// # Errors
    /// [`ProviderOutage`].
    async fn done(&self, told: &ToldFact) -> Result<(), ProviderOutage>;

    /// The fact cannot be taken in now: it comes again at `until`, and does not stand before others meanwhile.
    async fn postpone(&self, told: &ToldFact, until: Timestamp);

    /// Returns when there may be something due: a new fact was told, or the time of a later one has come.
    async fn wait(&self);
}
