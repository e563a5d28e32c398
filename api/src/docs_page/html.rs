//! Markup that cannot be broken by what it shows: only literals are markup, everything else is escaped.

/// A piece of a page.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Markup. A literal, so that nothing from outside can be any.
    pub(super) fn markup(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text, between tags or in a quoted attribute.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                _ => self.0.push(letter),
            }
        }
        self
    }

    /// A sentence, in which what stands in backticks is code.
    pub(super) fn prose(&mut self, text: &str) -> &mut Self {
        let mut parts = text.split('`');
        if let Some(first) = parts.next() {
            self.text(first);
        }
        while let Some(code) = parts.next() {
            match parts.next() {
                Some(after) => self.code(code).text(after),
                // A backtick without its partner is one.
                None => self.markup("`").text(code),
            };
        }
        self
    }

    /// Text as code.
    pub(super) fn code(&mut self, text: &str) -> &mut Self {
        self.markup("<code>").text(text).markup("</code>")
    }

    /// A path or a name as code, which may be broken after its parts where there is little room.
    pub(super) fn parts(&mut self, text: &str) -> &mut Self {
        let separator = if text.contains('/') { '/' } else { '_' };
        self.markup("<code>");
        for part in text.split_inclusive(separator) {
            self.text(part).markup("<wbr>");
        }
        self.markup("</code>")
    }

    /// Another piece.
    pub(super) fn piece(&mut self, piece: &Self) -> &mut Self {
        self.0.push_str(&piece.0);
        self
    }

    /// The text of the page.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prose(text: &str) -> String {
        let mut html = Html::new();
        html.prose(text);
        html.into_text()
    }

    #[test]
    fn whatever_is_shown_is_escaped() {
        let nasty = r#"<script>alert("1&2")</script>'"#;
        let escaped = "&lt;script&gt;alert(&quot;1&amp;2&quot;)&lt;/script&gt;&#39;";
        let mut html = Html::new();
        html.text(nasty);
        assert_eq!(html.into_text(), escaped);
        assert_eq!(prose(nasty), escaped);
        assert_eq!(prose("`<b>`"), "<code>&lt;b&gt;</code>");
    }

    #[test]
    fn backticks_are_code() {
        assert_eq!(prose("a `b` c"), "a <code>b</code> c");
        assert_eq!(prose("`a`, `b`."), "<code>a</code>, <code>b</code>.");
        assert_eq!(prose("one ` alone"), "one ` alone");
    }
}
