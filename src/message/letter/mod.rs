//! A message as a letter on paper: PDF/A-2b on A4, for a window envelope of the size DL.
//!
//! In: the same content as for a mail, and what stands on an envelope. Out: the bytes of a PDF, the
//! same for the same input; printing and keeping it is somebody else's. The words are the mail's,
//! from the same files; what paper alone needs stands in the labels below. It never asks for the
//! time, never reads a file, and never leaves out a line of an address: one that does not fit its
//! window is refused. Signs that the fonts lack are printed as `?`.
//!
//! | file | job |
//! |---|---|
//! | `said` | the words of a message, in the parts of a letter |

mod said;

use super::code::{MARGIN, Modules};
use super::{Content, one_line};
use crate::paper::draw;
use crate::paper::font::{BODY, Fonts, NAME, SMALL, STRONG, SUBJECT, Style, TITLE};
use crate::paper::sheet::{A4_WIDTH, Mark, Pages, Strip};
use crate::paper::{About, PaperError};
use crate::text::Language;
use chrono::NaiveDate;
use said::{Item, Said};

/// What stands on an envelope, and which letter it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The institution's postal lines, below its name.
    pub sender: Vec<String>,
    /// Name and postal lines as far as known; the student's name where it is empty.
    pub recipient: Vec<String>,
    /// The day that the letter bears.
    pub written_on: NaiveDate,
    /// By what the office finds the message again; left out where it is empty.
    pub reference: String,
}

/// Why there is no letter.
#[derive(Debug, thiserror::Error)]
pub enum LetterError {
    /// Our mistake, never the data's.
    #[error("the words of the letter cannot be filled in")]
    Words(#[from] askama::Error),
    /// Somebody has to shorten it.
    #[error("an address of {lines} lines on paper does not fit its place of {lines_max}")]
    Address {
        /// So many it takes.
        lines: usize,
        /// So many there may be.
        lines_max: usize,
    },
    /// Our mistake, never the data's.
    #[error(transparent)]
    Paper(#[from] PaperError),
}

/// What paper says beyond the message.
struct Labels {
    reference: &'static str,
    code: &'static str,
    signature: &'static str,
}

const LABELS_PL: Labels = Labels {
    reference: "Nasz znak:",
    code: "Kod do zeskanowania w aplikacji banku",
    signature: "podpis osoby upoważnionej",
};
const LABELS_EN: Labels = Labels {
    reference: "Our reference:",
    code: "Code to scan in a Polish banking app",
    signature: "authorised signature",
};

impl Labels {
    fn of(language: Language) -> &'static Labels {
        match language {
            Language::Pl => &LABELS_PL,
            Language::En => &LABELS_EN,
        }
    }
}

// Places are in tenths of a point: 28.35 of them are a millimetre.

/// 25 mm, so that the letter can be filed.
const LEFT: u32 = 709;
/// 20 mm from the right edge.
const RIGHT: u32 = A4_WIDTH - 567;
const WIDTH: u32 = RIGHT - LEFT;
/// The sender begins 18 mm below the upper edge.
const SENDER_TOP: u32 = 510;
/// 78 mm, so that it stays clear of the date.
const SENDER_WIDTH: u32 = 2211;
/// They end above the fold, 99 mm below the upper edge.
const SENDER_LINES_MAX: usize = 14;
/// The window of Polish DL envelopes, 90 by 45 mm, ends 20 mm from the right and 15 mm from the
/// lower edge. An A4 sheet folded in three can slip 11 mm in it: from 51 to 84 mm below the sheet's
/// upper edge and from 113 to 187 mm behind its left one, it always shows.
const WINDOW_TOP: u32 = 1446;
const WINDOW_LEFT: u32 = 3203;
const WINDOW_WIDTH: u32 = 2098;
const WINDOW_LINES_MAX: usize = 6;
/// What the letter says begins 102 mm below the upper edge, under the fold.
const BODY_TOP: u32 = 2892;
/// Where to fold, 99 mm and 198 mm below the upper edge.
const FOLDS: [u32; 2] = [2806, 5613];
/// Behind paragraphs.
const GAP: u32 = 75;
/// Around the line above an item.
const RULE_SPACE: u32 = 80;
/// Labels of an item's rows end here, counted from the left.
const LABELS_WIDTH: u32 = 900;
/// A code with its margin is 35 mm wide at most.
const CODE_SIDE: u32 = 992;
/// The line for a signature, 60 mm.
const SIGNATURE_WIDTH: u32 = 1701;
/// White above it.
const SIGNATURE_SPACE: u32 = 560;

/// Writes a message as a letter.
///
/// # Errors
///
/// Where an address is too long for its place; anything else is our mistake.
pub fn pdf(content: &Content, envelope: &Envelope) -> Result<Vec<u8>, LetterError> {
    let fonts = Fonts::load()?;
    let said = Said::of(content)?;
    let letter = Letter {
        fonts: &fonts,
        labels: Labels::of(content.language),
        content,
        envelope,
        said: &said,
    };
    Ok(draw::write(&letter.pages()?, &fonts, &letter.metadata())?)
}

/// A letter while it is laid out.
struct Letter<'a> {
    fonts: &'a Fonts,
    labels: &'static Labels,
    content: &'a Content,
    envelope: &'a Envelope,
    said: &'a Said,
}

impl Letter<'_> {
    fn pages(&self) -> Result<Vec<Vec<Mark>>, LetterError> {
        let mut pages = Pages::starting_at(BODY_TOP);
        self.head(&mut pages)?;
        self.body(&mut pages);
        self.foot(&mut pages);
        Ok(pages.done())
    }

    /// What stands above the fold of the first page.
    fn head(&self, pages: &mut Pages) -> Result<(), LetterError> {
        let mut sender = self.block(NAME, SENDER_WIDTH, &[self.content.institution.as_str()]);
        sender.extend(self.block(SMALL, SENDER_WIDTH, &self.envelope.sender));
        place(pages, LEFT, SENDER_TOP, sender, SENDER_LINES_MAX)?;

        let mut recipient = self.block(BODY, WINDOW_WIDTH, &self.envelope.recipient);
        if recipient.is_empty() {
            recipient = self.block(BODY, WINDOW_WIDTH, &[self.content.name.as_str()]);
        }
        place(pages, WINDOW_LEFT, WINDOW_TOP, recipient, WINDOW_LINES_MAX)?;

        // Right above the window, and never in it.
        let mut date = self.block(BODY, WINDOW_WIDTH, &[self.date()]);
        date.extend(self.reference().map(|line| self.line(SMALL, &line)));
        place(pages, WINDOW_LEFT, SENDER_TOP, date, WINDOW_LINES_MAX)?;

        for y in FOLDS {
            pages.mark(Mark::rule([0, y, 113, 4]));
        }
        Ok(())
    }

    /// All that flows from page to page.
    fn body(&self, pages: &mut Pages) {
        let said = self.said;
        pages.put(self.paragraph(SUBJECT, &said.subject));
        pages.space(15);
        pages.put(self.paragraph(SMALL, &said.about));
        pages.space(GAP + 40);
        for paragraph in &said.lead {
            pages.put(self.paragraph(BODY, paragraph));
            pages.space(GAP);
        }
        for (number, item) in (1..).zip(&said.items) {
            let mut strips = self.item(item);
            if number == said.items.len() {
                // The last one ends with the line that the others begin with.
                strips.push(ruled());
            }
            pages.put(strips);
        }
        pages.space(GAP / 2);
        let mut paragraphs: Vec<_> = (said.after.iter().chain(&said.close))
            .map(|paragraph| self.paragraph(BODY, paragraph))
            .collect();
        // A signature never stands on a page of its own.
        let mut last = paragraphs.pop().unwrap_or_default();
        for paragraph in paragraphs {
            pages.put(paragraph);
            pages.space(GAP);
        }
        last.extend(self.signature());
        pages.put(last);
    }

    /// Which page it is, where there are more than one.
    fn foot(&self, pages: &mut Pages) {
        let count = pages.count();
        if count < 2 {
            return;
        }
        let reference = self.reference();
        pages.on_each(|number| {
            let mut foot = Strip::of(SMALL.leading);
            if let Some(line) = &reference {
                foot.text(LEFT, SMALL, &self.line(SMALL, line).1);
            }
            let number = format!("{number}/{count}");
            let width = self.fonts.width(SMALL, &number);
            foot.text(RIGHT.saturating_sub(width), SMALL, &number);
            foot
        });
    }

    /// A fee: what to pay, to where, until when, and the code beside it.
    fn item(&self, item: &Item) -> Vec<Strip> {
        let code_width = if item.code.is_some() {
            CODE_SIDE + 2 * GAP
        } else {
            0
        };
        let width = WIDTH.saturating_sub(code_width);
        let mut strips = vec![ruled()];
        for line in self.fonts.lines(TITLE, width, &item.title) {
            strips.push(Strip::line(LEFT, TITLE, &line));
        }
        strips.push(Strip::of(25));
        for (number, (label, value)) in item.rows.iter().enumerate() {
            let is_strong = number == 0 || *value == item.account;
            let style = if is_strong { STRONG } else { BODY };
            strips.extend(self.row(label, value, style, width));
        }
        for note in &item.notes {
            strips.push(Strip::of(30));
            for line in self.fonts.lines(SMALL, width, note) {
                strips.push(Strip::line(LEFT, SMALL, &line));
            }
        }
        if let Some(code) = &item.code {
            self.put_beside(code, &mut strips);
        }
        strips.push(Strip::of(GAP));
        strips
    }

    /// A label and its value; a long value goes on below itself.
    fn row(&self, label: &str, value: &str, style: Style, width: u32) -> Vec<Strip> {
        let lines = self
            .fonts
            .lines(style, width.saturating_sub(LABELS_WIDTH), value);
        let mut strips: Vec<Strip> = (lines.iter())
            .map(|line| Strip::line(LEFT + LABELS_WIDTH, style, line))
            .collect();
        if let Some(first) = strips.first_mut() {
            first.text_on(LEFT, SMALL, style, label);
        }
        strips
    }

    /// Puts a code with its words at the right, from the top of the strips; they grow to its height.
    fn put_beside(&self, code: &Modules, strips: &mut Vec<Strip>) {
        let around = u32::try_from(code.side() + 2 * MARGIN).unwrap_or(u32::MAX);
        let module = (CODE_SIDE / around).max(1);
        let margin = u32::try_from(MARGIN).unwrap_or_default() * module;
        let side = around.saturating_mul(module);
        let left = RIGHT.saturating_sub(side);
        // The margin of white begins at the rule.
        let top = RULE_SPACE / 2;
        let mut words = (top + side).saturating_sub(margin / 2);
        if let Some(first) = strips.first_mut() {
            first.add(dark_boxes(code, left, top, margin, module));
            for line in self.fonts.lines(SMALL, side, self.labels.code) {
                let inset = side.saturating_sub(self.fonts.width(SMALL, &line)) / 2;
                first.text_below(left + inset, words, SMALL, &line);
                words += SMALL.leading;
            }
        }
        let height: u32 = strips.iter().map(Strip::height).sum();
        strips.push(Strip::of(words.saturating_sub(height)));
    }

    /// Who wrote it and where to ask at the left, the line to sign on at the right.
    fn signature(&self) -> Vec<Strip> {
        let left = RIGHT.saturating_sub(SIGNATURE_WIDTH);
        let label = self.labels.signature;
        let inset = SIGNATURE_WIDTH.saturating_sub(self.fonts.width(SMALL, label)) / 2;
        let mut lines = self.block(STRONG, SENDER_WIDTH, &[self.content.institution.as_str()]);
        lines.extend(self.block(SMALL, SENDER_WIDTH, &self.content.contact));
        let mut strips = vec![Strip::of(SIGNATURE_SPACE)];
        if let Some(above) = strips.first_mut() {
            above.add(Mark::rule([left, SIGNATURE_SPACE, SIGNATURE_WIDTH, 5]));
            above.text_below(left + inset, SIGNATURE_SPACE + 10, SMALL, label);
        }
        let mut height = 0;
        for (style, line) in lines {
            strips.push(Strip::line(LEFT, style, &line));
            height += style.leading;
        }
        strips.push(Strip::of((SMALL.leading + 10).saturating_sub(height)));
        strips
    }

    /// The lines of a block, broken where they are too long, with their style.
    fn block(&self, style: Style, width: u32, lines: &[impl AsRef<str>]) -> Vec<(Style, String)> {
        let lines = lines.iter().map(|line| one_line(line.as_ref()));
        lines
            .flat_map(|line| self.fonts.lines(style, width, &line))
            .map(|line| (style, line))
            .collect()
    }

    /// One line, cut where it is too long.
    fn line(&self, style: Style, line: &str) -> (Style, String) {
        let mut lines = self.fonts.lines(style, WINDOW_WIDTH, line).into_iter();
        (style, lines.next().unwrap_or_default())
    }

    fn paragraph(&self, style: Style, text: &str) -> Vec<Strip> {
        let lines = self.fonts.lines(style, WIDTH, text).into_iter();
        lines.map(|line| Strip::line(LEFT, style, &line)).collect()
    }

    fn date(&self) -> String {
        self.content.language.day(self.envelope.written_on)
    }

    fn reference(&self) -> Option<String> {
        let reference = one_line(&self.envelope.reference);
        (!reference.is_empty()).then(|| format!("{} {reference}", self.labels.reference))
    }

    fn metadata(&self) -> About {
        About {
            title: self.fonts.visible(&self.said.subject),
            author: self.fonts.visible(&one_line(&self.content.institution)),
            language: self.content.language,
            day: self.envelope.written_on,
        }
    }
}

/// A line across the page, with white below it.
fn ruled() -> Strip {
    Strip::ruled([LEFT, WIDTH], RULE_SPACE)
}

/// Puts lines at a fixed place of the first page.
fn place(
    pages: &mut Pages,
    x: u32,
    mut y: u32,
    lines: Vec<(Style, String)>,
    lines_max: usize,
) -> Result<(), LetterError> {
    if lines.len() > lines_max {
        return Err(LetterError::Address {
            lines: lines.len(),
            lines_max,
        });
    }
    for (style, line) in lines {
        for mark in Strip::line(x, style, &line).marks_from(y) {
            pages.mark(mark);
        }
        y += style.leading;
    }
    Ok(())
}

/// The dark modules of a code; those beside each other in a row are one box.
fn dark_boxes(code: &Modules, left: u32, top: u32, margin: u32, module: u32) -> Mark {
    let mut boxes = Vec::new();
    for (y, row) in (top + margin..)
        .step_by(module as usize)
        .zip(0..code.side())
    {
        let mut run = 0;
        for (x, column) in (left + margin..)
            .step_by(module as usize)
            .zip(0..=code.side())
        {
            if code.is_dark(column, row) {
                run += module;
            } else if run > 0 {
                boxes.push([x - run, y, run, module]);
                run = 0;
            }
        }
    }
    Mark::Boxes(boxes)
}

#[cfg(test)]
mod tests;
