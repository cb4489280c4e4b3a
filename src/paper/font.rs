//! The fonts of paper: which signs there are, how wide they are, where lines break.
//!
//! In: text. Out: lines of signs that the fonts have, each no wider than asked for. Widths are tenths
//! of a point, rounded up. Noto Sans, cut to Latin, Cyrillic, punctuation and signs of currency; the
//! licence stands beside the files. Pairs are not kerned.

use super::PaperError;
use skrifa::raw::TableProvider as _;
use skrifa::raw::tables::hmtx::Hmtx;
use skrifa::{FontRef, GlyphId, MetadataProvider as _, charmap::Charmap};

const REGULAR: &[u8] = include_bytes!("fonts/NotoSans-Regular.ttf");
const BOLD: &[u8] = include_bytes!("fonts/NotoSans-Bold.ttf");
/// Units of the fonts in an em.
pub(crate) const EM: u16 = 1000;
/// Stands for a sign that the fonts do not have.
const MISSING: char = '?';
const NBSP: char = '\u{A0}';

/// Which font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// For nearly all.
    Regular,
    /// For what is looked for first.
    Bold,
}

/// How a line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// In which font.
    pub(crate) face: Face,
    /// Of which size, tenths of a point.
    pub(crate) size: u16,
    /// How far it is from line to line.
    pub(crate) leading: u32,
    /// Whether it steps back.
    pub(crate) is_grey: bool,
}

const fn style(face: Face, size: u16, leading: u32, is_grey: bool) -> Style {
    Style {
        face,
        size,
        leading,
        is_grey,
    }
}

/// Running text.
pub(crate) const BODY: Style = style(Face::Regular, 100, 142, false);
/// What is paid, and to where.
pub(crate) const STRONG: Style = style(Face::Bold, 100, 142, false);
/// Labels, notes, the sender.
pub(crate) const SMALL: Style = style(Face::Regular, 85, 116, true);
/// The institution's name.
pub(crate) const NAME: Style = style(Face::Bold, 115, 156, false);
/// What a fee is called.
pub(crate) const TITLE: Style = style(Face::Bold, 110, 152, false);
/// What a page is about.
pub(crate) const SUBJECT: Style = style(Face::Bold, 130, 178, false);

impl Style {
    /// From the top of a line to what its letters stand on, so that capitals are in the middle.
    pub(crate) fn baseline(self) -> u32 {
        u32::midpoint(self.leading, u32::from(self.size) * 7 / 10)
    }
}

/// A sign of a text as a font draws it.
pub(crate) struct Sign {
    /// Its number in the font.
    pub(crate) glyph: u32,
    /// How wide it is, in units of the font.
    pub(crate) advance: u16,
}

/// One font.
struct Font {
    bytes: &'static [u8],
    glyphs: Charmap<'static>,
    metrics: Hmtx<'static>,
}

impl Font {
    fn load(bytes: &'static [u8]) -> Result<Font, PaperError> {
        let broken = |error: skrifa::raw::ReadError| PaperError::Pdf(error.to_string());
        let font = FontRef::new(bytes).map_err(broken)?;
        Ok(Font {
            bytes,
            glyphs: font.charmap(),
            metrics: font.hmtx().map_err(broken)?,
        })
    }

    fn glyph(&self, sign: char) -> Option<GlyphId> {
        self.glyphs.map(sign)
    }
}

/// Both.
pub(crate) struct Fonts {
    regular: Font,
    bold: Font,
}

impl Fonts {
    /// They are part of the program.
    pub(crate) fn load() -> Result<Fonts, PaperError> {
        Ok(Fonts {
            regular: Font::load(REGULAR)?,
            bold: Font::load(BOLD)?,
        })
    }

    fn face(&self, face: Face) -> &Font {
        match face {
            Face::Regular => &self.regular,
            Face::Bold => &self.bold,
        }
    }

    /// The file of a font.
    pub(crate) fn bytes(&self, face: Face) -> &'static [u8] {
        self.face(face).bytes
    }

    /// A sign as it is drawn.
    pub(crate) fn sign(&self, face: Face, sign: char) -> Sign {
        let font = self.face(face);
        let glyph = font.glyph(sign).or_else(|| font.glyph(MISSING));
        let advance = glyph.and_then(|glyph| font.metrics.advance(glyph));
        Sign {
            glyph: glyph.map(GlyphId::to_u32).unwrap_or_default(),
            advance: advance.unwrap_or_default(),
        }
    }

    /// How wide a text is on one line.
    pub(crate) fn width(&self, style: Style, text: &str) -> u32 {
        let signs = text.chars().map(|sign| self.sign(style.face, sign));
        let units: u64 = signs.map(|sign| u64::from(sign.advance)).sum();
        let width = (units * u64::from(style.size)).div_ceil(u64::from(EM));
        u32::try_from(width).unwrap_or(u32::MAX)
    }

    /// A text in signs that can be seen: all blanks are plain or hold together, what only steers
    /// (control characters, marks of direction, joiners) is left out, and a sign that the fonts lack
    /// is a question mark.
    pub(crate) fn visible(&self, text: &str) -> String {
        let signs = text.chars().filter_map(|sign| match sign {
            NBSP | '\u{2007}' | '\u{202F}' => Some(NBSP),
            '\u{2011}' => Some('-'),
            sign if sign.is_whitespace() || sign.is_control() => Some(' '),
            sign if only_steers(sign) => None,
            sign => Some(self.regular.glyph(sign).map_or(MISSING, |_| sign)),
        });
        signs.collect()
    }

    /// Breaks a text into lines; a word that is too wide for any is broken where the line ends.
    pub(crate) fn lines(&self, style: Style, width: u32, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in together(&self.visible(text)) {
            let longer = if line.is_empty() {
                word.clone()
            } else {
                format!("{line} {word}")
            };
            if self.width(style, &longer) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            line = self.broken(style, width, &word, &mut lines);
        }
        if !line.is_empty() {
            lines.push(line);
        }
        lines
    }

    /// Puts away full lines of a word that is too wide, and gives back what is left of it.
    fn broken(&self, style: Style, width: u32, word: &str, lines: &mut Vec<String>) -> String {
        let mut line = String::new();
        let mut used = 0;
        for sign in word.chars() {
            let more = self.width(style, sign.encode_utf8(&mut [0; 4]));
            if used + more > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(sign);
            used += more;
        }
        line
    }
}

/// Soft hyphens, joiners, marks of direction, choices of a sign's form.
fn only_steers(sign: char) -> bool {
    matches!(
        sign,
        '\u{AD}' | '\u{61C}' | '\u{FEFF}' | '\u{FE00}'..='\u{FE0F}'
    ) || matches!(sign, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}')
}

/// The words of a text; those that no line break may part are one.
pub(crate) fn together(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = "";
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(last) if sticks(previous, word) => {
                last.push(NBSP);
                last.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
        previous = word;
    }
    words
}

/// Whether two words stay together: a number with what it counts or with its next group, a currency
/// with its amount, and a word of one letter with the next, as Polish wants it.
fn sticks(left: &str, right: &str) -> bool {
    let is_currency = |word: &str| {
        let word = word.trim_end_matches(|sign: char| sign.is_ascii_punctuation());
        word == "zł" || word.len() == 3 && word.bytes().all(|sign| sign.is_ascii_uppercase())
    };
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|sign| sign.is_ascii_digit());
    let is_letter = left.chars().count() == 1 && left.chars().all(char::is_alphabetic);
    is_letter
        || is_digits(left) && left.len() <= 3
        || left.ends_with(|sign: char| sign.is_ascii_digit()) && is_currency(right)
        || is_currency(left) && right.starts_with(|sign: char| sign.is_ascii_digit())
}
