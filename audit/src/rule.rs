//! Every rule that the checker proves, once, in the words of `docs/log-format.md`.

/// Declares the rules: a name for the code, a sentence for people.
macro_rules! rules {
    ($($name:ident = $text:literal;)+) => {
        /// One rule of the log.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Rule { $(#[doc = $text] $name,)+ }

        impl Rule {
            /// Every rule there is.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The rule in words.
            #[must_use]
            pub const fn text(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

rules! {
    // The form of a line.
    LineIsJson = "every line is one JSON text in UTF-8";
    LineIsCanonical = "every line is canonical JSON with integers only";
    LineHasItsFields = "a line has exactly the fields of a document or of an event, each in its form";
    StreamIsKnown = "a stream is named after its kind and the id of what it is about";
    TypeIsKnown = "the type and schema version of an event are known in its kind of stream";
    PayloadHasItsFields = "a payload has exactly the fields of its type, each in its form";

    // Documents.
    DocumentHashes = "a document hashes to its digest";
    DocumentsComeFirst = "documents stand before the first event";
    DocumentStandsOnce = "a document stands in an export once";
    DocumentIsThere = "the documents that an event names are in the export";
    LayoutReads = "a layout has the form of a layout";

    // The chain.
    PositionsCount = "positions count 1, 2, 3 without a gap";
    VersionsCount = "versions count 1, 2, 3 in each stream";
    HashesLink = "the hash of an event follows from its line and the hash before it in the stream";
    TimeNeverGoesBack = "log time never goes back within a stream";
    CommandIsOne = "the events of one command share log time, command hash and cause";
    CommandComesOnce = "a command does not come back in its stream within 24 hours of log time";
    CauseIsEarlier = "a cause names an event that stands before";
    HeadIsReached = "the log reaches the head that is known of it";

    // What is described.
    StreamBegins = "a stream begins with the event that creates what it is about, and has that event once";
    SubjectMatches = "an event is about what its stream is named after";
    PlanIsNew = "a seating plan is imported once";
    PlanMatchesLayout = "an imported plan has as many seats as its layout";

    // What is for sale.
    PoolIsNew = "a pool is added once";
    TicketTypeIsNew = "a ticket type is added once";
    TicketTypeSells = "a ticket type sells a price category or draws on pools, each once";
    PoolIsKnown = "a ticket type draws on pools of its show";
    ChargeIsNew = "a fee or a tax is added once";
    ChargeIsInForce = "a fee or a tax is removed while it is in force";
    ChargeTypeIsKnown = "a fee or a tax is for ticket types of its show";
    FeeSaysOne = "a fee is either an amount or a rate";
    RateIsShare = "a rate is at most the whole";
    PublishedOnce = "a show is published once";
    PublishedWithTypes = "a show is published with at least one ticket type";
    PauseOfPublished = "only a published show is paused or resumed";
    PauseTurns = "a sale is paused when it is not, and resumed when it is";

    WindowOpens = "a sale that is changed, or whose show is moved, starts before it ends";
    MovedAhead = "a show is moved to a time that is still to come";
    TypeChangeOfKnown = "a ticket type that is changed was added before";
    LimitsAllow = "a ticket type that is changed has no minimum above its maximum";
    EntriesInRange = "a ticket type lets a ticket in at most 1,000 times, or without a limit";
    CapacityChanges = "the capacity of a pool that was added changes to another one";

    // Another seating plan.
    PlanIsAnother = "a seating plan is replaced by another one";
    PlanKeepsSeats = "a plan that replaces another has every seat that is claimed, in its category, or blocked";
    CategoriesHaveSeats = "the plan of a published show has seats of every category that is sold";
    AreasArePools = "where a plan replaces another, the pools of its standing areas are as it says, and those of areas that are gone are empty";

    // Blocks.
    BlockIsNew = "the id of a block is used once";
    BlockKeepsBack = "a block keeps back seats, each once, or units of a pool of its show";
    SeatIsNotBlocked = "a seat that is blocked is neither held nor blocked again";
    ReleasedIsBlocked = "what is released, at least one seat or unit, is in its block";

    // Holds.
    HoldNeedsPublished = "only a published show sells";
    HoldInSaleWindow = "a show sells within its sale window";
    HoldNotPaused = "a paused show takes nothing new into holds";
    HoldInTypeWindow = "a ticket type sells within its own sale window";
    HoldIsNew = "the id of a hold is used once";
    HoldHasItems = "what is held, added, removed or ordered is at least one item";
    ItemTypeIsKnown = "an item is sold as a ticket type of its show";
    ItemPriceIsType = "an item has the price of its ticket type";
    ItemSeatFitsType = "an item has a seat where its ticket type sells a category, and none where it does not";
    SeatIsInLayout = "a seat is in the layout of its show";
    SeatCategoryIsType = "a seat is sold as a ticket type of its own category";
    SeatNamedOnce = "a hold has a seat once";
    SeatIsFree = "a seat has at most one live claim";
    LapsedHoldEndsFirst = "a seat whose hold has lapsed is claimed after that hold's expiry is in the log";
    NobodyLeftAlone = "where a show forbids it, nobody leaves a seat alone that need not be";
    PoolIsNotOverdrawn = "nothing is claimed or blocked beyond the capacity of a pool";
    BuyerMaximum = "a hold has at most as many items as one buyer may have";
    OrderMaximum = "a hold has at most as many items as one order may have";
    TypeMaximum = "a hold has at most as many items of a ticket type as one order may have";
    DeadlineIsShows = "a hold is placed for the time that its show gives";
    DeadlineWithinMaximum = "a hold is never placed beyond its last possible deadline";
    HoldNamesTariff = "a hold says how often fees and taxes had changed when it was placed";
    HoldIsLive = "an event names the live hold";
    HoldHasNoOrder = "a hold with an order is not changed";
    RemovedItemsAreHeld = "what is removed from a hold is in it";
    ExtensionIsLater = "an extension moves the deadline on";
    ExtensionWithinMaximum = "an extension stays within the last possible deadline";
    HoldHasLapsed = "a hold expires when its deadline has passed";

    // Orders.
    OrderIsNew = "the id of an order is used once";
    OrderItemsAreHolds = "an order has the items of its hold";
    TicketIsNew = "the id of a ticket is used once";
    OrderFeesAreHolds = "an order has the fees that were in force when its hold was placed";
    OrderTaxesAreHolds = "an order has the taxes that were in force when its hold was placed";
    SharesAreTickets = "what belongs to the tickets of an order are its fees and taxes, as they are divided";
    OrderTotalAdds =
        "the total of an order is the sum of its prices, of the fees that are charged and of the taxes that are added";
    BuyerIsCounted = "an order names its buyer's key only where its show limits what one buyer may have";
    BuyerHasNoMore = "the orders of one buyer that are not over have at most as many items as one buyer may have";
    OrderDeadlineIsHolds = "an order has the deadline of its hold";
    TypeMinimum = "an order has at least as many items of a ticket type as it must have, or none";
    OrderIsKnown = "an event names an order that was placed";
    OrderNamesItsHold = "an order is named together with its hold";
    OrderIsNotCancelled = "a cancelled order stays cancelled";
    CancelledBeforeSecured = "an order that is secured is not cancelled on request";
    CancelledAfterFailure = "an order is cancelled for a failed capture right after that failure";
    ReclaimAfterLapse = "a hold is reclaimed only with an order and after it has lapsed";
    ReclaimOfLastingSeats = "a hold is not reclaimed once a plan has come that lacks one of its seats";
    ReclaimSecures = "a reclaimed hold is secured by the next event of the same command";
    ReclaimBeforeStart = "a hold is reclaimed before its show starts, or within three hours after it";
    ReclaimInTime =
        "a hold that is reclaimed after its show has started is secured by money that was reserved before its deadline";
    SecuredOnce = "an order is secured once";
    SecuredByPayment = "an order is secured by a payment that is authorised over its total at least, or is free";
    TicketsAfterMoney = "tickets are issued for an order that is secured, and captured unless it is free";
    TicketsAreItems = "the tickets that are issued are the items of the order";
    TicketsOnce = "tickets are issued once for an order";

    // Payments.
    PaymentIsNew = "the id of a payment is used once";
    PaymentOfAwaitingOrder = "a payment starts for an order that awaits payment";
    PaymentAmountIsTotal = "a payment is over the total of its order";
    PaymentOfSomething = "a payment is over more than nothing";
    PaymentIsKnown = "an event names a payment that was started for its order";
    PayerAskedOnce = "a payer is asked to act once, before the payment is declined or authorised";
    DeclinedOnce = "a payment is declined once, and not after it was authorised";
    AuthorisedOnce = "a payment is authorised once";
    AuthorisedInPast = "a payment is authorised at a time that is not after the event that tells it";
    LapsedBeforeDecided =
        "a payment lapses once, while it is authorised and has neither secured its order nor is to be voided";
    CaptureOfSecuring = "only the payment that secured an order is captured, or fails to be";
    CaptureOnce = "a payment is captured, or fails to be, once; after it failed it may still come";
    CaptureIsTotal = "the total of the order is captured";
    FailureCancels = "an order whose capture failed is cancelled by the next event of the same command";
    VoidOfSpare = "only money that is authorised, not captured and not what secured the order is let go";
    VoidReasonHolds = "the reason for letting money go is true";
    VoidDueOnce = "a payment is due to be voided once";
    VoidAfterDue = "a payment is voided after that was due, once";
    DisputeOfCaptured = "only captured money is disputed, once";

    // Tickets that are given back.
    PolicyChanges = "a refund policy changes to another one";
    ReturnOfLive = "tickets that are returned, at least one and each once, were issued in their order and not returned before";
    ReturnCountsRest = "a return says how many tickets its order still has";
    KeptWithinValue = "what is kept of returned tickets is at most what was paid for them";
    ReturnWithinPolicy =
        "tickets are returned on request while a policy allows it, that of the order's time or the present one";
    ReturnKeepsPolicy = "of tickets that are returned on request is kept what the better of the policies keeps of each";
    OperatorSaysWhy = "an operator who takes tickets back says why";
    ReturnOfOwn = "tickets that are returned on request have not changed hands";
    ReturnUndisputed = "tickets whose payment is disputed are returned only where their show is cancelled";
    RefundFollows =
        "what is not kept of returned tickets, or comes after its capture failed, is due back by the next event of the same command, and nothing else is";
    RefundIsNew = "the id of a refund is used once";
    RefundOfCaptured = "something of a payment that was captured is due back";
    RefundIsKnown = "an event names a refund that was due, with its order and its payment";
    RefundEndsOnce = "a refund is made, or fails, while it is due, and is tried again after it failed";
    RefundRetriedAsItWas = "a refund is tried again with its amount, and says how often it failed";

    // Tickets that change hands.
    TransferIsNew = "the id of a transfer is used once";
    TransferOfGood = "a ticket that is offered or accepted was issued and not returned";
    TransferBeforeStart = "a ticket changes hands before its show starts, and while it takes place";
    OneOfferAtATime = "a ticket is offered to one at a time";
    TransferIsOpen = "a transfer is accepted, or ends, once, with its ticket, and not after that was returned";
    CodesCount = "the number of a ticket's code goes up by one each time it changes hands";

    // Cancellation.
    ShowCancelledOnce = "a show is cancelled once, after its publication";
    CancellationCounts = "a cancellation says how many orders have tickets, or money that secured them";
    NothingAfterCancellation =
        "a cancelled show holds, extends, orders and secures nothing, starts no payment, is not paused, resumed or moved, and its tickets are not returned one by one";
    CancellationReturnsAll =
        "tickets are returned for a cancellation in a cancelled show, and nothing of what was paid is kept unless it is disputed";
    TicketsFollow = "what is paid for, or free, has its tickets by the next event of the same command";
    CancelledTicketsGoBack = "tickets that are issued in a cancelled show are returned by the next event of the same command";

    // Doors.
    TicketWasIssued = "a ticket that is admitted was issued by its show before";
    LookedUpBefore = "a ticket is looked up before it is admitted";
    TicketWasGood = "a ticket that is admitted had not been returned where it was looked up";
    EntriesCount = "the admissions of a ticket count 1, 2, 3 without a gap";
    EntriesAllowed = "a ticket is admitted at most as often as its type allowed where it was looked up";
}

/// Why a line is refused: which rule it breaks, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) rule: Rule,
    pub(crate) detail: String,
}

/// What a check says.
pub(crate) type Verdict<T = ()> = Result<T, Broken>;

impl Rule {
    /// The rule is broken, in that way.
    pub(crate) fn broken<T>(self, detail: impl Into<String>) -> Verdict<T> {
        Err(Broken { rule: self, detail: detail.into() })
    }

    /// The rule holds, or it is broken in the way that `detail` tells.
    pub(crate) fn holds(self, holds: bool, detail: impl FnOnce() -> String) -> Verdict {
        if holds { Ok(()) } else { self.broken(detail()) }
    }
}
