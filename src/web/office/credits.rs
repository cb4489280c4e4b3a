//! All credits, whatever became of them: what is looked for stands in the address.

use super::noted;
use crate::engine::credits::{self, Credit, Looked, Wanted};
use crate::text::{Language, in_address};
use crate::web::ground::codes;
use crate::web::ground::figures::{amount, plain, short};
use crate::web::ground::forms::{day, query};
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, export, html};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use std::collections::BTreeMap;

words! {
    /// The words of the page.
    pub Words {
        title: "Wpłaty", "Credits";
        lead: "Wszystko, co wpłynęło, od najnowszych wyciągów wstecz: także to, co dawno rozliczono.", "Everything that came in, backwards from the newest statements: what was settled long ago too.";
        search: "Szukaj", "Search";
        search_hint: "nadawca, tytuł, rachunek, numer operacji, kwota", "payer, text, account, reference, amount";
        whose: "Czyja", "Whose";
        all: "Wszystkie", "All";
        through: "Do dnia", "Through";
        filter: "Filtruj", "Filter";
        credited: "Wpłynęło", "Credited";
        amount: "Kwota", "Amount";
        payer: "Nadawca", "Payer";
        text: "Tytuł", "Text";
        account: "Rachunek", "Account";
        reference: "Nr operacji", "Reference";
        in_review: "do wyjaśnienia", "in review";
        student: "studenta", "a student's";
        empty: "Nic jeszcze nie wpłynęło. Wpłaty przychodzą z wyciągami.", "Nothing has come in yet. Credits come with statements.";
        empty_filtered: "Nie ma takiej wpłaty.", "There is no such credit.";
        searched: "Przeszukano wstecz do dnia", "Searched backwards through";
        further: "Szukaj dalej", "Search on";
        more: "Starsze", "Older";
    }
}

/// So many on a page.
const PAGE: usize = 50;
/// So many in a file.
const FILE_MAX: usize = 100_000;
/// What can be concluded of a credit, and be looked for.
const OUTCOMES: [&str; 5] = [
    "student",
    "review",
    "not_student",
    "refund_returned",
    "other",
];

/// What is looked for.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// Words that stand in the entry.
    q: String,
    /// What is concluded of it.
    whose: String,
    /// Credited on this day or before.
    through: String,
    /// Behind this line.
    before: Option<i64>,
}

impl Filter {
    fn wanted(&self) -> Wanted {
        let outcome = OUTCOMES.into_iter().find(|one| *one == self.whose);
        Wanted {
            words: self.q.clone(),
            outcome: outcome.unwrap_or_default().to_owned(),
            through: day(&self.through),
        }
    }

    /// As it stands in an address, behind a question mark.
    fn in_address(&self) -> String {
        query(&[
            ("q", &self.q),
            ("whose", &self.whose),
            ("through", &self.through),
        ])
    }

    fn is_empty(&self) -> bool {
        self.wanted() == Wanted::default() && self.before.is_none()
    }
}

#[derive(Template)]
#[template(path = "office/credits.html")]
struct CreditsPage {
    page: Page,
    w: &'static Words,
    address: String,
    outcomes: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    next: Option<i64>,
    searched: Option<String>,
    is_filtered: bool,
    filter: Filter,
}

struct Row {
    to: String,
    credited: String,
    amount: String,
    payer: String,
    text: String,
    whose: Vec<(String, Option<String>)>,
}

/// `GET /credits`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    let looked = credits::look(&visit.office, &filter.wanted(), filter.before, PAGE).await?;
    for student in looked.students.values() {
        visit.viewed(student).await?;
    }
    let rows = looked.rows.iter();
    let rows = rows.map(|one| row(one, &looked, language, w)).collect();
    let named = |one| (one, outcome(one, language, w));
    Ok(html(&CreditsPage {
        page: Page::of(&site, &visit, w.title),
        w,
        address: filter.in_address(),
        outcomes: OUTCOMES.map(named).into(),
        rows,
        next: looked.next,
        searched: looked.searched.map(|day| short(language, day)),
        is_filtered: !filter.is_empty(),
        filter,
    }))
}

fn row(one: &Credit, looked: &Looked, language: Language, w: &'static Words) -> Row {
    let entry = &one.entry;
    let waits = one.concluded.iter().any(|row| row.outcome == "review");
    Row {
        to: if waits {
            format!("/review/{}", in_address(&one.name))
        } else {
            noted::why(&one.name)
        },
        credited: short(language, entry.crediting_date),
        amount: amount(language, entry.amount_minor, &entry.currency),
        payer: entry.counterparty_name.clone().unwrap_or_default(),
        text: entry.remittance.clone(),
        whose: whose(one, &looked.students, language, w),
    }
}

/// The students whose it is, or what else is concluded; a student has a page.
fn whose(
    one: &Credit,
    students: &BTreeMap<i64, String>,
    language: Language,
    w: &'static Words,
) -> Vec<(String, Option<String>)> {
    let concluded = one.concluded.iter().map(|row| {
        let student = row.person_id.and_then(|id| students.get(&id));
        match student {
            Some(student) => {
                let to = format!("/students/{}", in_address(student));
                (student.clone(), Some(to))
            }
            None => (outcome(&row.outcome, language, w).to_owned(), None),
        }
    });
    concluded.collect()
}

fn outcome<'a>(name: &'a str, language: Language, w: &'static Words) -> &'a str
where
    'static: 'a,
{
    match name {
        "review" => w.in_review,
        "student" => w.student,
        other => codes::outcome(language, other),
    }
}

/// `GET /credits.csv`, `.xlsx`
pub async fn csv(visit: Visit, Query(filter): Query<Filter>) -> Result<Response, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    let head = [
        "id",
        w.credited,
        w.amount,
        "",
        w.payer,
        w.account,
        w.text,
        w.reference,
        w.whose,
    ];
    let wanted = filter.wanted();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut before = filter.before;
    loop {
        let rest = FILE_MAX.saturating_sub(rows.len());
        let looked = credits::look(&visit.office, &wanted, before, rest).await?;
        for one in &looked.rows {
            let entry = &one.entry;
            let whose = whose(one, &looked.students, language, w).into_iter();
            rows.push(vec![
                one.name.clone(),
                entry.crediting_date.to_string(),
                plain(entry.amount_minor, &entry.currency),
                entry.currency.clone(),
                entry.counterparty_name.clone().unwrap_or_default(),
                entry.counterparty_account.clone().unwrap_or_default(),
                entry.remittance.clone(),
                entry.bank_reference.clone().unwrap_or_default(),
                whose.map(|(name, _)| name).collect::<Vec<_>>().join(", "),
            ]);
        }
        before = looked.next;
        if before.is_none() || FILE_MAX <= rows.len() {
            break;
        }
    }
    export::file(&visit, "credits", &head, &rows).await
}
