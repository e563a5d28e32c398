//! Which texts are CSS colours: they end up in style sheets and drawings, where anything else could do harm.

/// The notations that have arguments.
const FUNCTIONS: [&str; 10] = ["rgb", "rgba", "hsl", "hsla", "hwb", "lab", "lch", "oklab", "oklch", "color"];

/// Whether it is a colour by its form: `#87A9CD`, `red` or `rgb(10, 20, 30)`.
pub(super) fn is_color(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix('#') {
        return matches!(digits.len(), 3 | 4 | 6 | 8)
            && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    }
    match text.strip_suffix(')').and_then(|call| call.split_once('(')) {
        Some((function, arguments)) => {
            FUNCTIONS.contains(&function.to_ascii_lowercase().as_str())
                && arguments.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" ,.%+-/".contains(&byte))
        }
        None => !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphabetic()),
    }
}

#[cfg(test)]
mod tests {
    use super::is_color;

    #[test]
    fn colours_are_recognised_by_their_form() {
        for text in
            ["#87A9CD", "#fff", "#ffff", "#12345678", "red", "rgb(1, 2, 3)", "HSLA(120deg 50% 50% / 0.5)"]
        {
            assert!(is_color(text), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_colour() {
        for text in
            ["", "#", "#12", "#ggg", "red;x:y", "url(a)", "rgb(1", "rgb(url(a))", "rgb(1);", "a b", "ré"]
        {
            assert!(!is_color(text), "{text}");
        }
    }
}
