//! The tables of orders. Each index costs as much as a row when orders are folded, so there are only those that something
//! is looked up by; one that is declared later is made when the projection is opened.

use crate::table::ColumnType::{Integer, Text};
use crate::table::Table;

/// What the amounts of a show are in. Readers of the other tables join it by `show_id`.
pub const SHOW_TERMS: Table =
    Table { name: "show_terms", columns: &[("show_id", Text), ("currency", Text)], indexes: &[] };

/// The table of orders.
pub const ORDERS: Table = Table {
    name: "orders",
    columns: &[
        ("order_id", Text),
        ("show_id", Text),
        ("hold_id", Text),
        ("buyer", Text),
        ("status", Text),
        ("stage", Text),
        ("total", Integer),
        ("items", Text),
        ("charges", Text),
        ("payment_id", Text),
        ("cancelled_reason", Text),
        ("placed_at", Integer),
        ("expires_at", Integer),
        ("updated_at", Integer),
    ],
    indexes: &[&["hold_id"], &["buyer", "placed_at"]],
};

/// The table of payments.
pub const PAYMENTS: Table = Table {
    name: "payments",
    columns: &[
        ("payment_id", Text),
        ("order_id", Text),
        ("show_id", Text),
        ("provider", Text),
        ("method", Text),
        ("amount", Integer),
        ("authorised", Integer),
        ("captured", Integer),
        ("status", Text),
        ("reason", Text),
        ("started_at", Integer),
        ("authorised_at", Integer),
        ("updated_at", Integer),
    ],
    indexes: &[&["order_id", "started_at"]],
};

/// The table of refunds.
pub const REFUNDS: Table = Table {
    name: "refunds",
    columns: &[
        ("refund_id", Text),
        ("order_id", Text),
        ("payment_id", Text),
        ("show_id", Text),
        ("amount", Integer),
        ("reason", Text),
        ("tickets", Text),
        ("status", Text),
        ("failure", Text),
        ("due_at", Integer),
        ("updated_at", Integer),
    ],
    indexes: &[&["order_id", "due_at"], &["show_id", "refund_id"]],
};

/// The table of tickets.
pub const TICKETS: Table = Table {
    name: "tickets",
    columns: &[
        ("ticket_id", Text),
        ("order_id", Text),
        ("show_id", Text),
        ("seat", Text),
        ("ticket_type_id", Text),
        ("price", Integer),
        ("status", Text),
        ("code", Integer),
        ("issued_at", Integer),
    ],
    indexes: &[&["order_id"]],
};

/// The table of transfers.
pub const TRANSFERS: Table = Table {
    name: "transfers",
    columns: &[
        ("transfer_id", Text),
        ("ticket_id", Text),
        ("show_id", Text),
        ("recipient", Text),
        ("holder", Text),
        ("status", Text),
        ("offered_at", Integer),
        ("updated_at", Integer),
    ],
    indexes: &[&["ticket_id"], &["recipient"], &["holder"]],
};
