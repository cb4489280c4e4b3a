//! What students are told about getting in: a link to sign in by, and that a login works now.
//!
//! These say nothing about money, and nobody but the student's own address gets them.

use super::words::Words;
use super::{Rendered, one_line};
use crate::text::Language;
use askama::Template as _;

/// A message about getting in, before it has words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// In which language.
    pub language: Language,
    /// Who writes.
    pub institution: String,
    /// Where to ask, a line each.
    pub contact: Vec<String>,
    /// Where it leads: the link, or the page to sign in on.
    pub address: String,
    /// What it is about.
    pub about: About,
}

/// What it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A link that signs in once, for so many minutes.
    Link {
        /// From when the mail is made.
        minutes: i64,
    },
    /// The login is linked to the student now.
    Linked,
}

/// Gives it words.
///
/// # Errors
///
/// Where a file of words cannot be filled in: our mistake, never the data's.
pub fn render(entry: &Entry) -> askama::Result<Rendered> {
    let page = &Page {
        institution: one_line(&entry.institution),
        contact: entry.contact.iter().map(|line| one_line(line)).collect(),
        address: one_line(&entry.address),
        minutes: match entry.about {
            About::Link { minutes } => minutes,
            About::Linked => 0,
        },
        code: entry.language.code(),
        button: match (entry.about, entry.language) {
            (About::Link { .. }, Language::Pl) => "Zaloguj mnie",
            (About::Link { .. }, Language::En) => "Sign me in",
            (About::Linked, Language::Pl) => "Moje opłaty",
            (About::Linked, Language::En) => "My fees",
        },
    };
    let said = match (entry.about, entry.language) {
        (About::Link { .. }, Language::Pl) => LinkPl { page }.render()?,
        (About::Link { .. }, Language::En) => LinkEn { page }.render()?,
        (About::Linked, Language::Pl) => LinkedPl { page }.render()?,
        (About::Linked, Language::En) => LinkedEn { page }.render()?,
    };
    let words = &Words::of(&said);
    Ok(Rendered {
        subject: words.subject.clone(),
        text: super::words::tidy(&Text { page, words }.render()?),
        html: Html { page, words }.render()?,
        pictures: Vec::new(),
    })
}

struct Page {
    institution: String,
    contact: Vec<String>,
    address: String,
    minutes: i64,
    code: &'static str,
    button: &'static str,
}

/// Makes a type for each file of words.
macro_rules! files {
    ($($file:ident $path:tt)+) => {
        $(
            #[derive(askama::Template)]
            #[template(path = $path)]
            struct $file<'a> {
                page: &'a Page,
            }
        )+
    };
}

files! {
    LinkPl "entry/link-pl.txt"
    LinkEn "entry/link-en.txt"
    LinkedPl "entry/linked-pl.txt"
    LinkedEn "entry/linked-en.txt"
}

#[derive(askama::Template)]
#[template(path = "entry/layout.txt")]
struct Text<'a> {
    page: &'a Page,
    words: &'a Words,
}

#[derive(askama::Template)]
#[template(path = "entry/layout.html")]
struct Html<'a> {
    page: &'a Page,
    words: &'a Words,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(language: Language, about: About) -> Entry {
        Entry {
            language,
            institution: "Akademia\r\nBcc: x@example.org".to_owned(),
            contact: vec!["cos@example.edu".to_owned()],
            address: "https://fees.example.edu/link/abc".to_owned(),
            about,
        }
    }

    #[test]
    fn a_link_stands_in_text_and_button_and_says_how_long_it_works() {
        for (language, minutes) in [(Language::Pl, "15 minut"), (Language::En, "15 minutes")] {
            let rendered = render(&entry(language, About::Link { minutes: 15 })).unwrap();
            assert!(!rendered.subject.contains(['\r', '\n']) && !rendered.subject.is_empty());
            assert!(
                rendered
                    .text
                    .contains("\nhttps://fees.example.edu/link/abc\n"),
                "{}",
                rendered.text
            );
            assert!(
                rendered
                    .html
                    .contains("href=\"https://fees.example.edu/link/abc\"")
            );
            assert!(
                rendered.text.contains(minutes) && rendered.html.contains(minutes),
                "{}",
                rendered.text
            );
            let linked = render(&entry(language, About::Linked)).unwrap();
            assert!(!linked.text.contains(minutes));
            assert_ne!(linked.subject, rendered.subject);
        }
    }
}
