//! What is on: venues, shows and people, made up.

use boxoffice_domain::seating::samples::{self, Sample};

/// Who sells it all.
pub(super) const ORGANIZER: &str = "Lantern Street Productions";

/// A show with its venue.
pub(super) struct Entry {
    /// The venue.
    pub(super) venue: &'static str,
    /// What the house is called, briefly.
    pub(super) house: &'static str,
    /// Where it is.
    pub(super) city: &'static str,
    /// Its seats.
    pub(super) plan: Sample,
    /// What is on.
    pub(super) show: &'static str,
    /// What kind of thing that is.
    pub(super) category: &'static str,
    /// Who is to be seen.
    pub(super) performers: &'static [&'static str],
    /// In how many days it is.
    pub(super) days_ahead: i64,
}

/// What is on in the sample houses, the smallest first.
pub(super) const SEASON: [Entry; 3] = [
    Entry {
        venue: "Lantern Street Theatre",
        house: "Theatre",
        city: "Leipzig",
        plan: samples::theatre,
        show: "The Midnight Ferry",
        category: "theatre",
        performers: &["Ida Marlow", "Jonas Feld", "The Harbour Ensemble"],
        days_ahead: 12,
    },
    Entry {
        venue: "Quayside Concert Hall",
        house: "Hall",
        city: "Hamburg",
        plan: samples::hall,
        show: "Winter Nocturnes",
        category: "music",
        performers: &["Quayside Philharmonic", "Mara Lindqvist"],
        days_ahead: 26,
    },
    Entry {
        venue: "Northfield Arena",
        house: "Arena",
        city: "Berlin",
        plan: samples::arena,
        show: "Paper Satellites: Homecoming",
        category: "music",
        performers: &["Paper Satellites"],
        days_ahead: 61,
    },
];

/// What is on where the user brought the plan.
pub(super) const GUEST: Entry = Entry {
    venue: "Your House",
    house: "House",
    city: "Berlin",
    plan: samples::theatre,
    show: "Opening Night",
    category: "theatre",
    performers: &["The Travelling Players"],
    days_ahead: 14,
};

const FIRST_NAMES: [&str; 24] = [
    "Ada", "Amir", "Beatriz", "Chen", "Clara", "Dmitri", "Elif", "Emeka", "Frida", "Giulia", "Hana", "Ines",
    "Jakub", "Kofi", "Lena", "Mateo", "Nadia", "Olu", "Priya", "Rosa", "Sven", "Tariq", "Yuki", "Zoe",
];

const LAST_NAMES: [&str; 24] = [
    "Abara", "Becker", "Costa", "Duval", "Eriksen", "Fischer", "Garcia", "Haddad", "Ivanova", "Jansen",
    "Kaya", "Lindgren", "Moreau", "Novak", "Okafor", "Petrov", "Quinn", "Rossi", "Sato", "Tanaka", "Ueda",
    "Vogel", "Weber", "Yilmaz",
];

/// The name of a buyer, and an address of theirs that leads nowhere.
pub(super) fn buyer(number: u64, dice: &mut fastrand::Rng) -> (String, String) {
    let pick = |names: &[&'static str; 24], place: usize| names.get(place).copied().unwrap_or("Ada");
    let (first, last) = (pick(&FIRST_NAMES, dice.usize(..24)), pick(&LAST_NAMES, dice.usize(..24)));
    let address = format!("{}.{}.{number}@example.org", first.to_lowercase(), last.to_lowercase());
    (format!("{first} {last}"), address)
}
