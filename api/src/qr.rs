//! QR codes as SVG.

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::problem::Problem;

/// The size of one module, in units of the picture.
const MODULE: u32 = 4;

/// A QR code on white, with its quiet zone, named for those who cannot see it.
///
/// # Errors
/// The text is too long for a QR code.
pub fn svg(text: &str, title: &str) -> Result<String, Problem> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).map_err(Problem::internal)?;
    let drawing = code
        .render::<svg::Color<'_>>()
        .module_dimensions(MODULE, MODULE)
        .quiet_zone(true)
        .dark_color(svg::Color("#000000"))
        .light_color(svg::Color("#ffffff"))
        .build();
    let drawing = drawing.split_once("<svg ").map_or("", |(_, rest)| rest);
    let (attributes, content) = drawing.split_once('>').unwrap_or(("", ""));
    let title = title.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    Ok(format!(r#"<svg role="img" aria-label="{title}" {attributes}><title>{title}</title>{content}"#))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_an_accessible_picture() {
        let drawing = super::svg("BO1.ABC", "Ticket <A&B>").unwrap();
        assert!(drawing.starts_with("<svg role=\"img\""), "{drawing:.80}");
        assert!(drawing.trim_end().ends_with("</svg>"));
        assert!(drawing.contains("<title>Ticket &lt;A&amp;B></title>"));
        let (tag, _) = drawing.split_once("><").unwrap();
        for attribute in ["viewBox=", "shape-rendering=", "xmlns=", " width=", " height="] {
            assert_eq!(tag.matches(attribute).count(), 1, "{attribute} in {tag}");
        }
    }
}
