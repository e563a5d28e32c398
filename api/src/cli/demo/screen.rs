//! The terminal while the view has it: another screen, no cursor, no echo. Whatever happens, it is given back.

use std::io::{self, IsTerminal as _, Write as _};

use super::view::Frame;
use crate::settings::Colours;

/// Another screen, no cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?25l";

/// The cursor, no style, the screen as it was.
const LEAVE: &str = "\x1b[?25h\x1b[0m\x1b[?1049l";

/// What is between these is shown at once, by terminals that know how.
const AT_ONCE: (&str, &str) = ("\x1b[?2026h", "\x1b[?2026l");

/// The terminal, as long as the view has it.
pub(super) struct Screen {
    colours: Colours,
    shown: Option<Frame>,
}

impl Screen {
    /// Takes the terminal, if there is one.
    pub(super) fn enter() -> Option<Self> {
        if !io::stdout().is_terminal() {
            return None;
        }
        terminal::size()?;
        terminal::quiet();
        restore_on_panic();
        write(ENTER);
        Some(Self { colours: crate::settings::colours(), shown: None })
    }

    /// How many letters and lines there are.
    pub(super) fn size() -> (usize, usize) {
        terminal::size().unwrap_or((80, 24))
    }

    /// How many colours there are.
    pub(super) fn colours(&self) -> Colours {
        self.colours
    }

    /// Shows a screenful; what is there already is not drawn again.
    pub(super) fn show(&mut self, frame: Frame) {
        let changes = frame.draw(self.shown.as_ref(), self.colours);
        if !changes.is_empty() {
            write(&format!("{}{changes}{}", AT_ONCE.0, AT_ONCE.1));
        }
        self.shown = Some(frame);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn restore() {
    write(LEAVE);
    terminal::restore();
}

fn write(text: &str) {
    let mut out = io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A panic of the view would be lost with its screen. Others are contained and go on behind it; they are logged.
fn restore_on_panic() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().name() == Some("main") {
            restore();
            before(panic);
        } else {
            tracing::error!(%panic, "a thread panicked");
        }
    }));
}

#[cfg(unix)]
mod terminal {
    use std::sync::{Mutex, PoisonError};

    use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

    /// How the terminal was.
    static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

    /// Letters and lines.
    pub(super) fn size() -> Option<(usize, usize)> {
        let size = tcgetwinsize(std::io::stdout()).ok()?;
        (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col.into(), size.ws_row.into()))
    }

    /// What is typed does not show; Ctrl-C still works.
    pub(super) fn quiet() {
        let Ok(mut modes) = tcgetattr(std::io::stdin()) else { return };
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(modes.clone());
        modes.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON);
        let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, &modes);
    }

    /// As it was. What was typed meanwhile is not for the shell.
    pub(super) fn restore() {
        if let Some(modes) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Flush, &modes);
        }
    }
}

#[cfg(not(unix))]
mod terminal {
    pub(super) fn size() -> Option<(usize, usize)> {
        None
    }

    pub(super) fn quiet() {}

    pub(super) fn restore() {}
}
