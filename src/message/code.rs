//! A two-dimensional code, as modules for paper and as a picture for mail.
//!
//! PNG, because mail programs do not show SVG. Error correction L and four modules of margin, as the
//! recommendation of the Polish Bank Association and ISO/IEC 18004 want.

use fast_qr::{ECL, QRBuilder};

/// Pixels of a module: a code of 160 signs is then some 300 pixels wide, sharp on a phone's screen.
const MODULE: usize = 6;
/// Modules of white around it.
pub const MARGIN: usize = 4;

/// The modules of a code, without the margin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Modules {
    side: usize,
    dark: Vec<bool>,
}

impl Modules {
    /// The code of a text; none where the text is too long for one.
    pub fn of(text: &str) -> Option<Modules> {
        Modules::with(text, ECL::L)
    }

    /// The same with error correction M, which EPC069-12 wants.
    pub fn of_epc(text: &str) -> Option<Modules> {
        Modules::with(text, ECL::M)
    }

    fn with(text: &str, correction: ECL) -> Option<Modules> {
        let code = QRBuilder::new(text).ecl(correction).build().ok()?;
        let modules = code.data.iter().take(code.size * code.size);
        Some(Modules {
            side: code.size,
            dark: modules.map(|module| module.value()).collect(),
        })
    }

    /// How many there are in a row, and how many rows.
    pub fn side(&self) -> usize {
        self.side
    }

    /// Whether a module is dark; outside the code none is.
    pub fn is_dark(&self, column: usize, row: usize) -> bool {
        let is_inside = column < self.side && row < self.side;
        is_inside && self.dark.get(row * self.side + column) == Some(&true)
    }
}

/// The code of a text as a picture; none where the text is too long for one.
pub fn png(text: &str) -> Option<Vec<u8>> {
    let modules = Modules::of(text)?;
    let width = (modules.side + 2 * MARGIN) * MODULE;
    let is_dark = |x: usize, y: usize| {
        let (column, row) = (x.checked_sub(MARGIN)?, y.checked_sub(MARGIN)?);
        Some(modules.is_dark(column, row))
    };
    // One bit for a pixel, the leftmost in the highest; one is white.
    let mut rows = Vec::with_capacity(width * width.div_ceil(8));
    for y in 0..width {
        let mut row = vec![0u8; width.div_ceil(8)];
        for x in 0..width {
            if let Some(byte) = row.get_mut(x / 8)
                && !is_dark(x / MODULE, y / MODULE).unwrap_or(false)
            {
                *byte |= 0x80 >> (x % 8);
            }
        }
        rows.extend(row);
    }
    let side = u32::try_from(width).ok()?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    encoder.write_header().ok()?.write_image_data(&rows).ok()?;
    Some(bytes)
}
