//! The files of words, and how a message is put together from them.

use super::{Page, Picture, Rendered, Template};
use crate::text::Language;
use askama::Template as _;

/// Makes a type for each file of words.
macro_rules! files {
    ($($file:ident $path:tt)+) => {
        $(
            #[derive(askama::Template)]
            #[template(path = $path)]
            struct $file<'a> {
                page: &'a Page<'a>,
            }
        )+
    };
}

files! {
    NoticePl "notice/pl.txt"
    NoticeEn "notice/en.txt"
    OrderNowPl "order_now/pl.txt"
    OrderNowEn "order_now/en.txt"
    ReminderPl "reminder/pl.txt"
    ReminderEn "reminder/en.txt"
    SecondPl "second/pl.txt"
    SecondEn "second/en.txt"
    DemandPl "demand/pl.txt"
    DemandEn "demand/en.txt"
    CorrectionPl "correction/pl.txt"
    CorrectionEn "correction/en.txt"
}

/// Makes a type for each layout: the words of one message between what all messages share.
macro_rules! layouts {
    ($($file:ident $path:tt)+) => {
        $(
            #[derive(askama::Template)]
            #[template(path = $path)]
            struct $file<'a> {
                page: &'a Page<'a>,
                words: &'a Words,
            }
        )+
    };
}

layouts! {
    TextPl "layout/pl.txt"
    TextEn "layout/en.txt"
    HtmlPl "layout/pl.html"
    HtmlEn "layout/en.html"
}

/// A file of words, filled in.
pub(super) struct Words {
    /// One line.
    pub(super) subject: String,
    /// Paragraphs before the items.
    pub(super) lead: Vec<String>,
    /// Paragraphs behind them.
    pub(super) close: Vec<String>,
}

impl Words {
    /// Cuts what a file said into its parts.
    pub(super) fn of(said: &str) -> Words {
        let (subject, body) = said.trim_start().split_once('\n').unwrap_or((said, ""));
        let (lead, close) = body.split_once("\n---").unwrap_or((body, ""));
        Words {
            subject: super::one_line(subject),
            lead: paragraphs(lead),
            close: paragraphs(close),
        }
    }
}

/// Paragraphs are apart by an empty line; inside one, lines run on.
fn paragraphs(text: &str) -> Vec<String> {
    let paragraphs = text.split("\n\n").map(super::one_line);
    paragraphs
        .filter(|paragraph| !paragraph.is_empty())
        .collect()
}

/// Fills in the words of a message.
pub(super) fn said(page: &Page<'_>) -> askama::Result<Words> {
    use Language::{En, Pl};
    let said = match (page.content.template, page.content.language) {
        (Template::Notice, Pl) => NoticePl { page }.render(),
        (Template::Notice, En) => NoticeEn { page }.render(),
        (Template::OrderNow, Pl) => OrderNowPl { page }.render(),
        (Template::OrderNow, En) => OrderNowEn { page }.render(),
        (Template::Reminder, Pl) => ReminderPl { page }.render(),
        (Template::Reminder, En) => ReminderEn { page }.render(),
        (Template::Second, Pl) => SecondPl { page }.render(),
        (Template::Second, En) => SecondEn { page }.render(),
        (Template::Demand, Pl) => DemandPl { page }.render(),
        (Template::Demand, En) => DemandEn { page }.render(),
        (Template::Correction, Pl) => CorrectionPl { page }.render(),
        (Template::Correction, En) => CorrectionEn { page }.render(),
    }?;
    Ok(Words::of(&said))
}

/// Puts a message together.
pub(super) fn put(page: &Page<'_>, pictures: Vec<Picture>) -> askama::Result<Rendered> {
    let words = &said(page)?;
    let (text, html) = match page.content.language {
        Language::Pl => (
            TextPl { page, words }.render()?,
            HtmlPl { page, words }.render()?,
        ),
        Language::En => (
            TextEn { page, words }.render()?,
            HtmlEn { page, words }.render()?,
        ),
    };
    Ok(Rendered {
        subject: words.subject.clone(),
        text: tidy(&text),
        html,
        pictures,
    })
}

/// No blanks at the ends of lines, and no two empty lines beside each other: the files of words are
/// laid out for those who write them.
pub(super) fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut was_empty = true;
    for line in text.lines().map(str::trim_end) {
        if !(line.is_empty() && was_empty) {
            tidy.push_str(line);
            tidy.push('\n');
        }
        was_empty = line.is_empty();
    }
    tidy.truncate(tidy.trim_end().len());
    tidy.push('\n');
    tidy
}
