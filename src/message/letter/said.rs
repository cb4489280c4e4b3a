//! The words of a message, in the parts that a letter lays out.
//!
//! In: a message's content. Out: subject, paragraphs, and for each item its title, its rows and its
//! code. The words come from the same files as the mail's, so that both say the same; an item's rows
//! are the lines whose label and value are apart by two blanks or more.

use super::super::code::Modules;
use super::super::{Content, Page, View, payment, words};
use crate::text::Language;
use askama::Template as _;

/// Makes a type for each file of words about an item.
macro_rules! item_files {
    ($($file:ident $path:tt)+) => {
        $(
            #[derive(askama::Template)]
            #[template(path = $path)]
            struct $file<'a> {
                page: &'a Page<'a>,
                item: &'a View,
            }
        )+
    };
}

item_files! {
    ItemPl "layout/item-pl.txt"
    ItemEn "layout/item-en.txt"
}

/// Makes a type for each file of words that all messages share.
macro_rules! page_files {
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

page_files! {
    AfterPl "layout/after-pl.txt"
    AfterEn "layout/after-en.txt"
    AboutPl "layout/about-pl.txt"
    AboutEn "layout/about-en.txt"
}

/// What a letter says.
pub(super) struct Said {
    /// One line.
    pub(super) subject: String,
    /// Whom it is about.
    pub(super) about: String,
    /// Paragraphs before the items.
    pub(super) lead: Vec<String>,
    /// What it is about.
    pub(super) items: Vec<Item>,
    /// Paragraphs behind them that all messages share.
    pub(super) after: Vec<String>,
    /// Paragraphs at the end.
    pub(super) close: Vec<String>,
}

/// What a letter says about one fee.
pub(super) struct Item {
    /// What it is called.
    pub(super) title: String,
    /// Labels with their values, the amount first.
    pub(super) rows: Vec<(String, String)>,
    /// Sentences below them.
    pub(super) notes: Vec<String>,
    /// The account number as it stands in its row.
    pub(super) account: String,
    /// The code to pay by.
    pub(super) code: Option<Modules>,
}

impl Said {
    /// Fills in the words.
    pub(super) fn of(content: &Content) -> askama::Result<Said> {
        let views: Vec<View> = (0..)
            .zip(&content.items)
            .map(|(place, part)| View::of(content, place, part))
            .collect();
        let page = &Page::of(content, &views);
        let words = words::said(page)?;
        let (after, about) = match content.language {
            Language::Pl => (AfterPl { page }.render()?, AboutPl { page }.render()?),
            Language::En => (AfterEn { page }.render()?, AboutEn { page }.render()?),
        };
        let items = views.iter().zip(&content.items).map(|(item, part)| {
            let said = match content.language {
                Language::Pl => ItemPl { page, item }.render()?,
                Language::En => ItemEn { page, item }.render()?,
            };
            let has_code = item.picture.is_some();
            let code = payment(content, part).filter(|_| has_code);
            Ok(Item::of(
                &said,
                item,
                code.and_then(|text| Modules::of(&text)),
            ))
        });
        let items = items.collect::<askama::Result<_>>()?;
        let after = after.split("\n\n").map(str::trim);
        Ok(Said {
            subject: words.subject,
            about: about.trim().to_owned(),
            lead: words.lead,
            items,
            after: (after.filter(|paragraph| !paragraph.is_empty()))
                .map(str::to_owned)
                .collect(),
            close: words.close,
        })
    }
}

impl Item {
    /// Cuts what the file said into its lines. The title is the first of them, whatever it holds.
    fn of(said: &str, view: &View, code: Option<Modules>) -> Item {
        let mut item = Item {
            title: view.title.clone(),
            rows: Vec::new(),
            notes: Vec::new(),
            account: view.account.replace(' ', "\u{A0}"),
            code,
        };
        for line in said.lines().skip(1).map(str::trim) {
            match line.split_once(":  ") {
                Some((label, value)) => {
                    let value = value.trim();
                    // A number that is read aloud and typed stays on one line.
                    let is_account = value == view.account;
                    let value = if is_account { &item.account } else { value };
                    item.rows.push((label.to_owned(), value.to_owned()));
                }
                None if line.is_empty() => {}
                None => item.notes.push(line.to_owned()),
            }
        }
        item
    }
}
