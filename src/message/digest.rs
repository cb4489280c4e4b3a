//! What the office is told of its cases: one message a day for each desk, and the urgent at once.
//!
//! It names students by the student system's id alone: a mail to an office is read by many.

use super::words::{Words, tidy};
use super::{Rendered, one_line};
use crate::cases::{Kind, Queue};
use crate::text::{Forms, Language};
use askama::Template as _;
use chrono::NaiveDate;

/// A message to a desk, before it has words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// In which language.
    pub language: Language,
    /// Who writes.
    pub institution: String,
    /// To whom.
    pub queue: Queue,
    /// Of which day.
    pub today: NaiveDate,
    /// Only what is urgent, told at once.
    pub is_urgent: bool,
    /// Where the pages are; none where nobody said.
    pub pages: Option<String>,
    /// The open cases, the most urgent first.
    pub cases: Vec<Case>,
}

/// An open case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub kind: Kind,
    /// Its subject.
    pub subject: String,
    /// Until when somebody should have acted.
    pub deadline: NaiveDate,
    /// Who works on it; empty where nobody does yet.
    pub owner: String,
    /// Whether nobody was told of it before.
    pub is_new: bool,
}

/// Gives it words.
///
/// # Errors
///
/// Where a file of words cannot be filled in: our mistake, never the data's.
pub fn render(digest: &Digest) -> askama::Result<Rendered> {
    let lines: Vec<Line> = digest
        .cases
        .iter()
        .map(|case| Line::of(digest, case))
        .collect();
    let count =
        |test: &dyn Fn(&Case) -> bool| digest.cases.iter().filter(|case| test(case)).count();
    let page = &Page {
        institution: one_line(&digest.institution),
        desk: desk(digest.language, digest.queue),
        today: digest.language.day(digest.today),
        is_urgent: digest.is_urgent,
        count: counted(digest.language, lines.len()),
        overdue: count(&|case| case.deadline < digest.today),
        fresh: count(&|case| case.is_new),
        has_pages: digest.pages.is_some(),
        lines,
    };
    let text = match digest.language {
        Language::Pl => TextPl { page }.render()?,
        Language::En => TextEn { page }.render()?,
    };
    // The head of the page names the subject.
    let words = &Words::of(&text);
    let html = match digest.language {
        Language::Pl => HtmlPl { page, words }.render()?,
        Language::En => HtmlEn { page, words }.render()?,
    };
    let (subject, body) = text.split_once('\n').unwrap_or((&text, ""));
    Ok(Rendered {
        subject: one_line(subject),
        text: tidy(body),
        html,
        pictures: Vec::new(),
    })
}

struct Page {
    institution: String,
    desk: &'static str,
    today: String,
    is_urgent: bool,
    count: String,
    overdue: usize,
    fresh: usize,
    has_pages: bool,
    lines: Vec<Line>,
}

struct Line {
    id: i64,
    /// Its page, for whoever is signed in.
    link: Option<String>,
    what: &'static str,
    subject: String,
    deadline: String,
    is_overdue: bool,
    is_new: bool,
    owner: String,
}

impl Line {
    fn of(digest: &Digest, case: &Case) -> Line {
        Line {
            id: case.id,
            link: (digest.pages.as_deref())
                .map(|pages| format!("{}/cases/{}", pages.trim_end_matches('/'), case.id)),
            what: what(digest.language, case.kind),
            subject: one_line(&case.subject),
            deadline: digest.language.day(case.deadline),
            is_overdue: case.deadline < digest.today,
            is_new: case.is_new,
            owner: one_line(&case.owner),
        }
    }
}

#[derive(askama::Template)]
#[template(path = "digest/pl.txt")]
struct TextPl<'a> {
    page: &'a Page,
}

#[derive(askama::Template)]
#[template(path = "digest/en.txt")]
struct TextEn<'a> {
    page: &'a Page,
}

#[derive(askama::Template)]
#[template(path = "digest/pl.html")]
struct HtmlPl<'a> {
    page: &'a Page,
    words: &'a Words,
}

#[derive(askama::Template)]
#[template(path = "digest/en.html")]
struct HtmlEn<'a> {
    page: &'a Page,
    words: &'a Words,
}

fn desk(language: Language, queue: Queue) -> &'static str {
    match (language, queue) {
        (_, Queue::Cos) => "COS",
        (Language::Pl, Queue::Bursar) => "Kwestura",
        (Language::En, Queue::Bursar) => "Bursar's office",
    }
}

fn counted(language: Language, count: usize) -> String {
    let forms = match language {
        Language::Pl => Forms {
            one: "otwarta sprawa",
            few: "otwarte sprawy",
            many: "otwartych spraw",
        },
        Language::En => Forms {
            one: "open case",
            few: "open cases",
            many: "open cases",
        },
    };
    language.count(u64::try_from(count).unwrap_or(u64::MAX), &forms)
}

/// What a case is about, in a few words.
pub fn what(language: Language, kind: Kind) -> &'static str {
    let (pl, en) = match kind {
        Kind::EndOfLadder => ("wezwanie bezskuteczne", "demand without result"),
        Kind::Unidentified => ("wpłata do rozpoznania", "credit to be identified"),
        Kind::Disagreement => ("rachunek i tytuł się różnią", "account and text disagree"),
        Kind::Allocation => ("wątpliwe rozliczenie", "allocation in doubt"),
        Kind::Reversal => ("zwrot bez pary", "reversal without its credit"),
        Kind::Recovery => ("zwrot do odzyskania", "refund to recover"),
        Kind::ClaimNotFound => ("zgłoszona wpłata nie dotarła", "claimed payment not found"),
        Kind::Dispute => ("spór o opłatę", "disputed fee"),
        Kind::Deferral => ("wniosek o odroczenie", "request for more time"),
        Kind::Instalments => ("wniosek o raty", "request for instalments"),
        Kind::Letter => ("list do wysłania", "letter to be posted"),
        Kind::Address => ("poczta nie dociera", "mail does not arrive"),
        Kind::Delivery => ("doręczenie niepewne", "delivery uncertain"),
        Kind::Statements => ("brak wyciągów", "statements missing"),
        Kind::OtherCurrency => ("wpłata w innej walucie", "money in another currency"),
        Kind::NoAccount => ("brak numeru rachunku", "no account number"),
        Kind::Court => ("sprawa w sądzie", "before a court"),
        Kind::PaidAfterCourt => ("wpłata po oddaniu do sądu", "paid after the court got it"),
        Kind::IdleMoney => ("nadpłata bez ruchu", "money idle on account"),
        Kind::SignIn => ("login bez studenta", "login without a student"),
        Kind::HandedOver => ("czyja to wpłata", "whose credit is it"),
    };
    match language {
        Language::Pl => pl,
        Language::En => en,
    }
}
