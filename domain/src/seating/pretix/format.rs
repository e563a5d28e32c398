//! What a pretix plan may contain, as tables. The older keys are those of the schema's first versions.

/// What a value must be.
pub(super) enum Shape {
    /// A string of one line that is only drawn.
    Text,
    /// A string that is only drawn, perhaps of several lines.
    Caption,
    /// A string with a meaning of its own.
    Color,
    CategoryName,
    CategoryOfSeat,
    SeatGuid,
    OneOf(&'static [&'static str]),
    Number,
    Integer,
    Boolean,
    /// Null, or else.
    Nullable(&'static Shape),
    List(&'static Shape),
    Object(&'static Object),
    /// An object that is sold.
    Seat(&'static Object),
    /// A string in plans of old, an object in newer ones.
    AreaText(&'static Object),
}

pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) needed: &'static [(&'static str, Shape)],
    pub(super) optional: &'static [(&'static str, Shape)],
}

impl Object {
    /// All that it may have.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static (&'static str, Shape)> {
        self.needed.iter().chain(self.optional)
    }
}

pub(super) static PLAN: Object = Object {
    name: "plan",
    needed: &[
        ("name", Shape::Text),
        ("categories", Shape::List(&Shape::Object(&CATEGORY))),
        ("zones", Shape::List(&Shape::Object(&ZONE))),
    ],
    optional: &[("size", Shape::Object(&SIZE))],
};

static SIZE: Object =
    Object { name: "size", needed: &[("width", Shape::Integer), ("height", Shape::Integer)], optional: &[] };

static CATEGORY: Object = Object {
    name: "category",
    needed: &[("name", Shape::CategoryName)],
    optional: &[("color", Shape::Color)],
};

static ZONE: Object = Object {
    name: "zone",
    // The schema does without a name; pretix itself does not.
    needed: &[
        ("name", Shape::Text),
        ("position", Shape::Object(&POSITION)),
        ("rows", Shape::List(&Shape::Object(&ROW))),
    ],
    optional: &[
        ("zone_id", Shape::Text),
        ("uuid", Shape::Text),
        ("areas", Shape::List(&Shape::Object(&AREA))),
        ("displayed", Shape::Boolean), // legacy
    ],
};

static ROW: Object = Object {
    name: "row",
    // The same with the position.
    needed: &[
        ("row_number", Shape::Text),
        ("position", Shape::Object(&POSITION)),
        ("seats", Shape::List(&Shape::Seat(&SEAT))),
    ],
    optional: &[
        ("row_label", Shape::Nullable(&Shape::Text)),
        ("seat_label", Shape::Nullable(&Shape::Text)),
        ("row_number_position", Shape::Nullable(&Shape::OneOf(&["start", "end", "both"]))),
        ("uuid", Shape::Text),
        ("number_of_seats", Shape::Integer), // legacy
        ("seats_spacing", Shape::Integer),   // legacy
    ],
};

static SEAT: Object = Object {
    name: "seat",
    needed: &[
        ("seat_guid", Shape::SeatGuid),
        ("seat_number", Shape::Text),
        ("category", Shape::CategoryOfSeat),
        ("position", Shape::Object(&POSITION)),
    ],
    optional: &[
        ("radius", Shape::Integer),
        ("start_direction", Shape::Nullable(&Shape::OneOf(&["<", ">", "<>"]))),
        ("uuid", Shape::Text),
    ],
};

static AREA: Object = Object {
    name: "area",
    needed: &[],
    optional: &[
        ("shape", Shape::OneOf(&["polygon", "rectangle", "ellipse", "circle", "text"])),
        ("color", Shape::Text),
        ("border_color", Shape::Text),
        ("rotation", Shape::Number),
        ("position", Shape::Object(&POSITION)),
        ("rectangle", Shape::Object(&SIZE)),
        ("circle", Shape::Object(&CIRCLE)),
        ("ellipse", Shape::Object(&ELLIPSE)),
        ("polygon", Shape::Object(&POLYGON)),
        ("text", Shape::AreaText(&AREA_TEXT)),
        ("uuid", Shape::Text),
        ("width", Shape::Integer),  // legacy
        ("height", Shape::Integer), // legacy
    ],
};

static CIRCLE: Object = Object { name: "circle", needed: &[("radius", Shape::Integer)], optional: &[] };

static ELLIPSE: Object =
    Object { name: "ellipse", needed: &[("radius", Shape::Object(&POSITION))], optional: &[] };

static POLYGON: Object =
    Object { name: "polygon", needed: &[("points", Shape::List(&Shape::Object(&POSITION)))], optional: &[] };

static AREA_TEXT: Object = Object {
    name: "text",
    needed: &[("text", Shape::Caption), ("position", Shape::Object(&POSITION))],
    optional: &[("color", Shape::Text), ("size", Shape::Integer)],
};

static POSITION: Object =
    Object { name: "position", needed: &[("x", Shape::Number), ("y", Shape::Number)], optional: &[] };
