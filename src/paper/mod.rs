//! Text on pages of A4, as PDF/A-2b.
//!
//! In: words, already in their language. Out: the bytes of a PDF, the same for the same input, with
//! both fonts in it. It never asks for the time and never reads a file; signs that the fonts lack are
//! printed as `?`, and what is too long for a line or a page is broken, never lost.
//!
//! A [`Document`] flows from page to page by itself: that is what statements, confirmations and
//! dossiers are made of. A letter, which has its places on the sheet, is laid out with the parts.
//!
//! | file | job |
//! |---|---|
//! | [`document`] | titles, paragraphs, rows and tables, one below the other |
//! | `font` | which signs there are, how wide they are, where lines break |
//! | `sheet` | marks on pages; what belongs together stays on one page |
//! | `draw` | pages become PDF/A |

pub mod document;
pub(crate) mod draw;
pub(crate) mod font;
pub(crate) mod sheet;

pub use document::{Column, Document};

use crate::text::Language;
use chrono::NaiveDate;

/// What a file says about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// What it is called.
    pub title: String,
    /// Who wrote it.
    pub author: String,
    /// In which language.
    pub language: Language,
    /// The day that it bears; a file has no other time.
    pub day: NaiveDate,
}

/// Why there are no pages: our mistake, never the data's.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// What the writer of PDF says.
    #[error("the pages cannot be written as PDF/A: {0}")]
    Pdf(String),
}
