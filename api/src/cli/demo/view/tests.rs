use super::*;

const A: SeatState = SeatState::Available;
const H: SeatState = SeatState::Held;
const S: SeatState = SeatState::Sold;

fn hall() -> Vec<(i64, i64)> {
    (0..10).flat_map(|row| (0..20).map(move |seat| (seat * 500, row * 800))).collect()
}

fn screen(width: usize, height: usize, colours: Colours) -> Frame {
    let (columns, lines, squeeze) = map_room(width, height, colours);
    let map = SeatMap::fit(&hall(), columns, lines, squeeze);
    let states: Vec<SeatState> = (0..200).map(|seat| [A, H, S][seat / 20 % 3]).collect();
    let counts = Counts { holds: 1_234, lapsed: 7, sales: 4_193_000, ..Counts::default() };
    let shows = [
        ShowLine { name: "Theatre", capacity: 300, held: 0, sold: 300, is_in_focus: false },
        ShowLine { name: "Hall", capacity: 200, held: 60, sold: 60, is_in_focus: true },
    ];
    let news = [
        News { tone: Tone::Plain, what: "Held", text: "2 seats, row A".into() },
        News { tone: Tone::Good, what: "Sold", text: "2 tickets for 90.00 EUR".into() },
    ];
    let scene = Scene {
        title: "The Midnight Ferry",
        phase: "on sale",
        left: Some(Duration::from_secs(75)),
        map: &map,
        states: &states,
        shows: &shows,
        counts: &counts,
        news: &news,
        address: "http://127.0.0.1:8080",
    };
    compose(&scene, width, height, colours)
}

fn text(frame: &Frame) -> String {
    (0..frame.height()).map(|y| frame.row(y) + "\n").collect()
}

#[test]
fn everything_is_on_a_screen_of_usual_size() {
    let text = text(&screen(110, 34, Colours::All));
    for expected in [
        "boxoffice  The Midnight Ferry",
        "on sale, 1:15 left",
        " stage ",
        "▀",
        "Hall",
        "30 % sold",
        "sold out",
        "1,234",
        "41,930.00 EUR",
        "● Sold  2 tickets for 90.00 EUR",
        "■ available",
        "http://127.0.0.1:8080",
    ] {
        assert!(text.contains(expected), "{expected:?} is missing in\n{text}");
    }
}

#[test]
fn without_colours_states_have_shapes() {
    let text = text(&screen(110, 34, Colours::None));
    for shape in ['■', '▒', '·'] {
        assert!(text.matches(shape).count() > 20, "{shape} is missing in\n{text}");
    }
    assert!(!text.contains('▀'));
}

#[test]
fn no_screen_is_too_small() {
    for width in (0..120).step_by(7) {
        for height in 0..40 {
            let frame = screen(width, height, Colours::Few);
            assert_eq!((frame.width(), frame.height()), (width, height));
        }
    }
    assert!(text(&screen(50, 16, Colours::Few)).contains("1,234"), "the numbers come before the map");
}

#[test]
fn a_sparkline_shows_the_latest_on_the_right() {
    assert_eq!(sparkline([0, 7, 14].into_iter(), 10), "▁▄█");
    assert_eq!(sparkline([9, 0, 14].into_iter(), 2), "▁█");
    assert_eq!(sparkline(std::iter::empty(), 5), "");
}
