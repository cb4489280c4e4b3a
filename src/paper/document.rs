//! A document that flows from page to page: titles, paragraphs, rows and tables, one below the other.

use super::font::{BODY, Fonts, NAME, SMALL, STRONG, SUBJECT, Style, TITLE};
use super::sheet::{A4_WIDTH, Pages, Strip};
use super::{About, PaperError, draw};

// Places are in tenths of a point: 28.35 of them are a millimetre.

/// 20 mm from either edge.
const LEFT: u32 = 567;
const WIDTH: u32 = A4_WIDTH - 2 * LEFT;
/// The first page begins 18 mm below the upper edge.
const TOP: u32 = 510;
/// Behind paragraphs.
const GAP: u32 = 75;
/// Labels end here, counted from the left.
const LABELS_WIDTH: u32 = 1_500;
/// White between two columns of a table.
const GUTTER: u32 = 110;
/// Above and below what stands in a table.
const PADDING: u32 = 20;

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column<'a> {
    /// What stands above it.
    pub head: &'a str,
    /// How wide it is, beside the shares of the others.
    pub share: u32,
    /// Whether it ends at its right edge, as amounts do.
    pub is_right: bool,
}

impl<'a> Column<'a> {
    /// Words.
    pub fn words(head: &'a str, share: u32) -> Column<'a> {
        Column {
            head,
            share,
            is_right: false,
        }
    }

    /// Amounts.
    pub fn amounts(head: &'a str, share: u32) -> Column<'a> {
        Column {
            head,
            share,
            is_right: true,
        }
    }
}

/// A document while it is written.
pub struct Document {
    fonts: Fonts,
    pages: Pages,
    about: About,
}

impl std::fmt::Debug for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Document");
        shown.field("about", &self.about).finish_non_exhaustive()
    }
}

impl Document {
    /// An empty one, with the institution's name and postal lines above it and its title below them.
    ///
    /// # Errors
    ///
    /// Our mistake, never the data's.
    pub fn begin(about: About, postal: &[String]) -> Result<Document, PaperError> {
        let mut document = Document {
            fonts: Fonts::load()?,
            pages: Pages::starting_at(TOP),
            about,
        };
        let (author, title) = (document.about.author.clone(), document.about.title.clone());
        let mut head = document.strips(NAME, &author);
        for line in postal {
            head.extend(document.strips(SMALL, line));
        }
        document.pages.put(head);
        document.pages.space(5 * GAP);
        document.put(SUBJECT, &title, GAP);
        Ok(document)
    }

    /// A paragraph.
    pub fn paragraph(&mut self, text: &str) {
        self.put(BODY, text, GAP);
    }

    /// What steps back.
    pub fn note(&mut self, text: &str) {
        self.put(SMALL, text, GAP);
    }

    /// What the next part is about; it stays with the first lines of it.
    pub fn heading(&mut self, text: &str) {
        if !self.pages.fits(8 * BODY.leading) {
            self.pages.turn();
        }
        self.pages.space(2 * GAP);
        self.put(TITLE, text, GAP / 2);
    }

    /// Labels with their values, one below the other.
    pub fn rows(&mut self, rows: &[(&str, String)]) {
        for (label, value) in rows {
            let width = WIDTH - LABELS_WIDTH;
            let lines = self.fonts.lines(STRONG, width, value).into_iter();
            // Whoever has the page read aloud hears the label first.
            let mut label = self.fonts.lines(SMALL, LABELS_WIDTH - GUTTER, label);
            let strips = lines.map(|line| {
                let mut strip = Strip::of(STRONG.leading);
                strip.text_on(LEFT, SMALL, STRONG, &std::mem::take(&mut label).join(" "));
                strip.text(LEFT + LABELS_WIDTH, STRONG, &line);
                strip
            });
            let strips = strips.collect();
            self.pages.put(strips);
        }
        self.pages.space(GAP);
    }

    /// A table; its head is repeated on each page.
    pub fn table(&mut self, columns: &[Column<'_>], rows: &[Vec<String>]) {
        let places = places(columns);
        let heads: Vec<String> = columns
            .iter()
            .map(|column| column.head.to_owned())
            .collect();
        let head = self.cells(SMALL, &places, columns, &heads);
        let first = rows
            .first()
            .map(|row| self.cells(BODY, &places, columns, row));
        if !self
            .pages
            .fits(height(&head) + height(&first.unwrap_or_default()))
        {
            self.pages.turn();
        }
        self.pages.put(head.clone());
        for row in rows {
            let row = self.cells(BODY, &places, columns, row);
            if !self.pages.fits(height(&row)) {
                self.pages.turn();
                self.pages.put(head.clone());
            }
            self.pages.put(row);
        }
        self.pages.put(vec![Strip::ruled([LEFT, WIDTH], GAP)]);
    }

    /// The file.
    ///
    /// # Errors
    ///
    /// Our mistake, never the data's.
    pub fn write(mut self) -> Result<Vec<u8>, PaperError> {
        let (fonts, count) = (&self.fonts, self.pages.count());
        let title = fonts.lines(SMALL, WIDTH / 2, &self.about.title);
        self.pages.on_each(|number| {
            let mut foot = Strip::of(SMALL.leading);
            foot.text(LEFT, SMALL, title.first().map_or("", String::as_str));
            let number = format!("{number}/{count}");
            let x = (LEFT + WIDTH).saturating_sub(fonts.width(SMALL, &number));
            foot.text(x, SMALL, &number);
            foot
        });
        let about = About {
            title: fonts.visible(&self.about.title),
            author: fonts.visible(&self.about.author),
            ..self.about
        };
        draw::write(&self.pages.done(), fonts, &about)
    }

    fn put(&mut self, style: Style, text: &str, gap: u32) {
        let strips = self.strips(style, text);
        self.pages.put(strips);
        self.pages.space(gap);
    }

    fn strips(&self, style: Style, text: &str) -> Vec<Strip> {
        let lines = self.fonts.lines(style, WIDTH, text).into_iter();
        lines.map(|line| Strip::line(LEFT, style, &line)).collect()
    }

    /// A row of a table, below a rule: a strip for each line of its longest cell.
    fn cells(
        &self,
        style: Style,
        places: &[[u32; 2]],
        columns: &[Column<'_>],
        cells: &[String],
    ) -> Vec<Strip> {
        let mut strips = vec![Strip::of(style.leading)];
        for ((cell, [x, width]), column) in cells.iter().zip(places).zip(columns) {
            for (number, line) in self.fonts.lines(style, *width, cell).iter().enumerate() {
                let free = width.saturating_sub(self.fonts.width(style, line));
                let indent = if column.is_right { free } else { 0 };
                if strips.len() <= number {
                    strips.push(Strip::of(style.leading));
                }
                if let Some(strip) = strips.get_mut(number) {
                    strip.text(x + indent, style, line);
                }
            }
        }
        strips.insert(0, Strip::ruled([LEFT, WIDTH], PADDING));
        strips.push(Strip::of(PADDING));
        strips
    }
}

fn height(strips: &[Strip]) -> u32 {
    strips.iter().map(Strip::height).sum()
}

/// Where each column begins, and how wide its text may be.
fn places(columns: &[Column<'_>]) -> Vec<[u32; 2]> {
    let all: u32 = columns.iter().map(|column| column.share).sum();
    let mut x = LEFT;
    let place = |column: &Column<'_>| {
        let width = WIDTH * column.share / all.max(1);
        let place = [x, width.saturating_sub(GUTTER)];
        x += width;
        place
    };
    let mut places: Vec<[u32; 2]> = columns.iter().map(place).collect();
    // The last one goes up to the edge.
    if let Some([_, width]) = places.last_mut() {
        *width += GUTTER;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Language;
    use chrono::NaiveDate;

    const PANGRAM: &str = "zażółć gęślą jaźń ZAŻÓŁĆ GĘŚLĄ JAŹŃ";

    fn about() -> About {
        About {
            title: "Zestawienie konta".to_owned(),
            author: "Politechnika Przykładowa".to_owned(),
            language: Language::Pl,
            day: NaiveDate::from_ymd_opt(2026, 10, 15).unwrap(),
        }
    }

    fn texts(pdf: &[u8]) -> Vec<String> {
        let document = lopdf::Document::load_mem(pdf).unwrap();
        let pages = document.get_pages().into_keys();
        let text = |page| document.extract_text(&[page]).unwrap();
        pages
            .map(|page| text(page).split_whitespace().collect::<Vec<_>>().join(" "))
            .collect()
    }

    fn written(rows: usize) -> Vec<u8> {
        let mut document = Document::begin(about(), &["ul. Szkolna 1".to_owned()]).unwrap();
        document.paragraph(PANGRAM);
        document.rows(&[
            ("Student", "Łucja Źdźbło".to_owned()),
            ("Nic", String::new()),
        ]);
        document.heading("Opłaty");
        let columns = [Column::words("Za co", 3), Column::amounts("Kwota", 1)];
        let row =
            |number: usize| vec![format!("czesne nr-{number}"), "1\u{a0}950,00 zł".to_owned()];
        document.table(&columns, &(1..=rows).map(row).collect::<Vec<_>>());
        document.note("Koniec.");
        document.write().unwrap()
    }

    #[test]
    fn all_that_was_put_in_is_read_from_it_and_the_same_again() {
        let pdf = written(2);
        assert_eq!(pdf, written(2));
        let pages = texts(&pdf);
        let [page] = pages.as_slice() else {
            panic!("{} pages", pages.len());
        };
        for expected in [
            "Politechnika Przykładowa",
            "ul. Szkolna 1",
            "Zestawienie konta",
            PANGRAM,
            "Łucja Źdźbło",
            "Za co Kwota",
            "czesne nr-2",
            "1 950,00 zł",
            "Koniec.",
            "1/1",
        ] {
            assert!(page.contains(expected), "{expected} in {page}");
        }
    }

    #[test]
    fn a_long_table_has_its_head_on_each_page_and_loses_no_row() {
        let pages = texts(&written(150));
        assert!(pages.len() > 2, "{}", pages.len());
        for (page, number) in pages.iter().zip(1..) {
            let is_last = number == pages.len();
            assert!(is_last || page.contains("Za co Kwota"), "{page}");
            assert!(
                page.contains(&format!("{number}/{}", pages.len())),
                "{page}"
            );
        }
        let all = pages.join(" ");
        for number in 1..=150 {
            assert_eq!(all.matches(&format!("nr-{number} ")).count(), 1, "{number}");
        }
    }

    #[test]
    fn whatever_is_too_long_is_broken() {
        let mut document = Document::begin(about(), &[]).unwrap();
        document.heading(&"W".repeat(300));
        let columns = [Column::words("", 1), Column::words("b", 1)];
        document.table(&columns, &[vec!["Ż".repeat(3_000), "x".to_owned()]]);
        document.table(&[], &[]);
        let all = texts(&document.write().unwrap()).join("");
        assert_eq!(
            (all.matches('W').count(), all.matches('Ż').count()),
            (300, 3_000)
        );
    }
}
