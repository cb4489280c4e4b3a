//! Pages become PDF/A-2b.
//!
//! In: marks on pages, and what a reader's window shows about the file. Out: bytes that have been
//! checked against the standard while they were written, the same for the same input. It lays out
//! nothing.

use super::font::{EM, Face, Fonts};
use super::sheet::{A4_HEIGHT, A4_WIDTH, Mark};
use super::{About, PaperError};
use chrono::Datelike as _;
use krilla::SerializeSettings;
use krilla::color::luma;
use krilla::configure::{Archival, ConfigurationBuilder};
use krilla::document::Document;
use krilla::geom::{PathBuilder, Point, Rect, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::{Location, Surface};
use krilla::text::{Font, Glyph, GlyphId};
use std::ops::Range;

/// The grey of what steps back; still nine times darker than paper.
const GREY: u8 = 75;

/// Writes the file.
pub(crate) fn write(
    pages: &[Vec<Mark>],
    fonts: &Fonts,
    about: &About,
) -> Result<Vec<u8>, PaperError> {
    let wrong = |what: &str| PaperError::Pdf(what.to_owned());
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A2_B)
        .finish()
        .map_err(|error| PaperError::Pdf(format!("{error:?}")))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration,
        enable_tagging: false,
        ..SerializeSettings::default()
    });
    let font = |face| Font::new(fonts.bytes(face).into(), 0).ok_or_else(|| wrong("a font"));
    let pen = Pen {
        fonts,
        regular: font(Face::Regular)?,
        bold: font(Face::Bold)?,
    };
    for marks in pages {
        let size = PageSettings::from_wh(POINTS.0, POINTS.1).ok_or_else(|| wrong("its size"))?;
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        // From here on, the unit is the tenth of a point.
        surface.push_transform(&Transform::from_scale(0.1, 0.1));
        for mark in marks {
            pen.draw(&mut surface, mark);
        }
        surface.pop();
        surface.finish();
        page.finish();
    }
    document.set_metadata(metadata(about));
    document.finish().map_err(|error| match error {
        krilla::error::KrillaError::Validation(found) => PaperError::Pdf(format!("{found:?}")),
        error => PaperError::Pdf(error.to_string()),
    })
}

/// A4 in points: the same as in tenths, without arithmetic on floats.
const POINTS: (f32, f32) = (595.3, 841.9);
const _: () = assert!(A4_WIDTH == 5953 && A4_HEIGHT == 8419);

fn metadata(about: &About) -> Metadata {
    let small = |number: u32| u8::try_from(number).unwrap_or(1);
    let midnight = DateTime::new(u16::try_from(about.day.year()).unwrap_or_default())
        .month(small(about.day.month()))
        .day(small(about.day.day()))
        .hour(0)
        .minute(0)
        .second(0)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(about.title.clone())
        .authors(vec![about.author.clone()])
        .creator("kwestura".to_owned())
        .language(about.language.code().to_owned())
        .creation_date(midnight)
}

/// Draws marks.
struct Pen<'a> {
    fonts: &'a Fonts,
    regular: Font,
    bold: Font,
}

impl Pen<'_> {
    fn draw(&self, surface: &mut Surface<'_>, mark: &Mark) {
        match mark {
            Mark::Text {
                x,
                y,
                face,
                size,
                is_grey,
                text,
            } => {
                let font = match face {
                    Face::Regular => &self.regular,
                    Face::Bold => &self.bold,
                };
                surface.set_fill(Some(ink(if *is_grey { GREY } else { 0 })));
                let (text, signs) = self.signs(*face, text);
                let start = Point::from_xy(float(*x), float(*y));
                let size = f32::from(*size);
                surface.draw_glyphs(start, &signs, font.clone(), &text, size, false);
            }
            Mark::Boxes(boxes) => {
                let mut path = PathBuilder::new();
                for [x, y, width, height] in boxes.iter().map(|place| place.map(float)) {
                    if let Some(place) = Rect::from_xywh(x, y, width, height) {
                        path.push_rect(place);
                    }
                }
                surface.set_fill(Some(ink(0)));
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
        }
    }

    /// The signs of a line. Once lines are broken, a blank that held together is like any other, and
    /// whoever copies it gets a plain one.
    fn signs(&self, face: Face, text: &str) -> (String, Vec<Placed>) {
        let text = text.replace('\u{A0}', " ");
        let signs = text.char_indices().map(|(at, sign)| {
            let drawn = self.fonts.sign(face, sign);
            Placed {
                glyph: GlyphId::new(drawn.glyph),
                range: at..at + sign.len_utf8(),
                advance: drawn.advance,
            }
        });
        let signs = signs.collect();
        (text, signs)
    }
}

fn ink(lightness: u8) -> Fill {
    Fill {
        paint: luma::Color::new(lightness).into(),
        ..Fill::default()
    }
}

/// Every place on a page is far below the end of its range.
fn float(place: u32) -> f32 {
    f32::from(u16::try_from(place).unwrap_or(u16::MAX))
}

/// A sign on a line.
struct Placed {
    glyph: GlyphId,
    range: Range<usize>,
    advance: u16,
}

impl Glyph for Placed {
    fn glyph_id(&self) -> GlyphId {
        self.glyph
    }

    fn text_range(&self) -> Range<usize> {
        self.range.clone()
    }

    #[expect(
        clippy::float_arithmetic,
        reason = "the writer of PDF asks for a width in floats; lines were broken by whole numbers"
    )]
    fn x_advance(&self, size: f32) -> f32 {
        f32::from(self.advance) * size / f32::from(EM)
    }

    fn x_offset(&self, _: f32) -> f32 {
        0.0
    }

    fn y_offset(&self, _: f32) -> f32 {
        0.0
    }

    fn y_advance(&self, _: f32) -> f32 {
        0.0
    }

    fn location(&self) -> Option<Location> {
        None
    }
}
