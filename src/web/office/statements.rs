//! Statements: what is held back and what stands, and one with its lines.

use crate::engine::EngineError;
use crate::engine::quarantine;
use crate::engine::raw;
use crate::engine::statements::{self, Listed};
use crate::text::{Language, in_address};
use crate::web::ground::codes;
use crate::web::ground::figures::{self, amount, short};
use crate::web::ground::forms::{day_or_dash, filled};
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, as_refused, export, html};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;
use std::cmp::Reverse;
use std::collections::BTreeSet;

words! {
    /// The words of the pages.
    pub Words {
        title: "Wyciągi", "Statements";
        lead: "Najpierw te, które czekają na człowieka.", "Those that need a person come first.";
        status: "Stan", "Status";
        all: "Wszystkie", "All";
        filter: "Filtruj", "Filter";
        account: "Rachunek", "Account";
        period: "Okres", "Period";
        entries: "Pozycje", "Entries";
        opening: "Saldo początkowe", "Opening balance";
        closing: "Saldo końcowe", "Closing balance";
        file: "Plik", "File";
        why: "Dlaczego", "Why";
        empty: "Nie ma takich wyciągów.", "There are no such statements.";
        more_rows: "Następne", "Next";
        earlier_rows: "Poprzednie", "Previous";
        account_hint: "Rachunek (końcówka)", "Account (its end)";
        back: "Wszystkie wyciągi", "All statements";
        line: "Wiersz", "Line";
        credited: "Wpłynęło", "Credited";
        amount: "Kwota", "Amount";
        other: "Druga strona", "Other party";
        text: "Tytuł", "Text";
        whose: "Czyja", "Whose";
        upload: "Wczytaj wyciągi", "Import statements";
        upload_hint: "Wybierz pliki z banku albo przeciągnij je tutaj; najpierw zobaczysz, co się stanie.", "Choose the bank's files or drop them here; you see first what would happen.";
        choose: "Pliki", "Files";
        show: "Pokaż, co się stanie", "Show what would happen";
        calendar: "Kalendarz", "Calendar";
        accept: "Przyjmij", "Accept";
        supersede: "Zastąp nim inny", "Let it replace another";
        which: "Który (pusty: ten, któremu przeczy)", "Which (empty: the one it contradicts)";
        reread: "Odczytaj ponownie", "Read again";
        profile: "Profil banku (pusty: z konfiguracji)", "Bank profile (empty: as configured)";
        restore: "Przywróć", "Take back in";
        more: "Więcej możliwości", "More ways";
        reject: "Odrzuć", "Reject";
        raw: "Jak w pliku banku, wiersz", "As in the bank's file, line";
        no_raw: "W tym pliku wpisy nie mają własnych wierszy albo pliku już nie ma.", "In this file entries have no lines of their own, or the file is not kept any more.";
        withdraw: "Wycofaj", "Withdraw";
        reason: "Powód", "Reason";
        published: "stoi", "stands";
        known: "już znany", "known already";
        waiting: "czeka", "waits";
        quarantined: "kwarantanna", "quarantine";
        superseded: "zastąpiony", "superseded";
        withdrawn: "wycofany", "withdrawn";
        rejected: "odrzucony", "rejected";
        in_review: "do wyjaśnienia", "in review";
        seen: "było wcześniej", "seen before";
    }
}

impl Words {
    pub(super) fn status<'a>(&self, status: &'a str) -> &'a str
    where
        'static: 'a,
    {
        match status {
            "published" => self.published,
            "known" => self.known,
            "waiting" => self.waiting,
            "quarantined" => self.quarantined,
            "superseded" => self.superseded,
            "withdrawn" => self.withdrawn,
            "rejected" => self.rejected,
            other => other,
        }
    }
}

/// So many on a page.
const PAGE: usize = 100;
const STATUSES: [&str; 7] = [
    "published",
    "known",
    "waiting",
    "quarantined",
    "superseded",
    "withdrawn",
    "rejected",
];

/// Which statements are looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    status: String,
    /// The account, or its last digits.
    account: String,
    /// Behind this statement.
    after: String,
    /// Set where that one needed a person when it was shown: it may have been settled since.
    held: String,
}

impl Filter {
    /// Those that need a person first, then the newest.
    async fn rows(&self, visit: &Visit) -> Result<Vec<Listed>, Fault> {
        let wanted: Vec<&str> = STATUSES
            .into_iter()
            .filter(|one| *one == self.status)
            .collect();
        let mut listed = statements::list(&visit.office, &wanted).await?;
        let account: String = self.account.split_whitespace().collect();
        listed.retain(|one| one.row.account.ends_with(&account));
        listed.sort_by_key(|one| key(one, needs_a_person(one)));
        Ok(listed)
    }

    /// How many of these stand before the next page. A statement that is among them no more is looked
    /// for where it stood.
    async fn seen(&self, visit: &Visit, listed: &[Listed]) -> Result<usize, Fault> {
        let is_last = |one: &Listed| statements::name(&one.row) == self.after;
        if self.after.is_empty() {
            return Ok(0);
        }
        if let Some(at) = listed.iter().position(is_last) {
            return Ok(at + 1);
        }
        let all = statements::list(&visit.office, &[]).await?;
        let Some((place, last)) = all.iter().enumerate().find(|(_, one)| is_last(one)) else {
            return Ok(0);
        };
        let held = !self.held.is_empty();
        let before: BTreeSet<String> = (all.iter().enumerate())
            .filter(|(at, one)| (key(one, needs_a_person(one)), *at) <= (key(last, held), place))
            .map(|(_, one)| statements::name(&one.row))
            .collect();
        let seen = listed
            .iter()
            .take_while(|one| before.contains(&statements::name(&one.row)));
        Ok(seen.count())
    }
}

struct Row {
    name: String,
    account: String,
    period: String,
    entries: i64,
    closing: String,
    status: String,
    tone: &'static str,
    reason: String,
    file: String,
}

impl Row {
    /// The file without its folders: an inbox's are the same for all.
    fn file_name(&self) -> &str {
        self.file.rsplit('/').next().unwrap_or(&self.file)
    }
}

#[derive(Template)]
#[template(path = "office/statements.html")]
struct StatementsPage {
    page: Page,
    w: &'static Words,
    filter: Filter,
    statuses: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    next: Option<String>,
    held: bool,
    may_write: bool,
}

/// `GET /statements`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let listed = filter.rows(&visit).await?;
    let seen = filter.seen(&visit, &listed).await?;
    let mut behind = listed.iter().skip(seen);
    let rows: Vec<&Listed> = behind.by_ref().take(PAGE).collect();
    let next = rows.last().filter(|_| behind.next().is_some());
    let held = next.is_some_and(|one| needs_a_person(one));
    let next = next.map(|one| statements::name(&one.row));
    Ok(html(&StatementsPage {
        page: Page::of(&site, &visit, w.title),
        w,
        filter,
        statuses: STATUSES
            .into_iter()
            .map(|one| (one, w.status(one)))
            .collect(),
        rows: (rows.into_iter())
            .map(|one| row(one, visit.language, w))
            .collect(),
        next,
        held,
        may_write: visit.may_decide(),
    }))
}

/// `GET /statements.csv`, `.xlsx`
pub async fn csv(visit: Visit, Query(filter): Query<Filter>) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let head = [
        "id", w.account, w.period, "", w.entries, w.opening, w.closing, "", w.status, w.why, w.file,
    ];
    let listed = filter.rows(&visit).await?;
    let rows: Vec<Vec<String>> = (listed.into_iter())
        .map(|one| {
            let row = one.row;
            let day = |day: Option<NaiveDate>| day.map(|day| day.to_string()).unwrap_or_default();
            let money = |minor: Option<i64>| {
                let money = minor.map(|minor| figures::plain(minor, &row.currency));
                money.unwrap_or_default()
            };
            vec![
                statements::name(&row),
                row.account.clone(),
                day(row.first_day),
                day(row.last_day),
                row.entry_count.to_string(),
                money(row.opening_minor),
                money(row.closing_minor),
                row.currency.clone(),
                w.status(&row.status).to_owned(),
                in_language(visit.language, &row.reason),
                row.file.clone(),
            ]
        })
        .collect();
    export::file(&visit, "statements", &head, &rows).await
}

/// Those that need a person first, then the newest.
fn key(one: &Listed, held: bool) -> (bool, Reverse<Option<NaiveDate>>) {
    (!held, Reverse(one.row.last_day))
}

fn needs_a_person(one: &Listed) -> bool {
    matches!(one.row.status.as_str(), "waiting" | "quarantined")
}

fn row(one: &Listed, language: Language, w: &'static Words) -> Row {
    let row = &one.row;
    let money = |minor: Option<i64>| minor.map(|minor| amount(language, minor, &row.currency));
    Row {
        name: statements::name(row),
        account: figures::account(&row.account),
        period: match (row.first_day, row.last_day) {
            (Some(first), Some(last)) if first != last => {
                format!("{} – {}", short(language, first), short(language, last))
            }
            (_, last) => day_or_dash(language, last),
        },
        entries: row.entry_count,
        closing: money(row.closing_minor).unwrap_or_default(),
        status: w.status(&row.status).to_owned(),
        tone: match row.status.as_str() {
            "published" => "good",
            "quarantined" => "bad",
            "waiting" => "warn",
            _ => "",
        },
        reason: in_language(language, &row.reason),
        file: row.file.clone(),
    }
}

#[derive(Template)]
#[template(path = "office/statement.html")]
struct StatementPage {
    page: Page,
    w: &'static Words,
    row: Row,
    opening: String,
    lines: Vec<LineView>,
    /// Of one line what the bank wrote.
    raw: Option<(u64, Option<String>)>,
    /// Behind how many lines this page begins.
    first: usize,
    /// Behind how many lines the page before begins, and the next.
    previous: Option<usize>,
    next: Option<usize>,
    decisions: Vec<(String, String, String)>,
    is_held: bool,
    /// What can be said of it by a button: the word, its name, and how it looks.
    ways: Vec<(&'static str, &'static str, &'static str)>,
    typed: Word,
    refusal: Option<String>,
}

struct LineView {
    line: i64,
    credited: String,
    amount: String,
    other: String,
    text: String,
    whose: Vec<String>,
    seen: bool,
}

/// Which lines of a statement are looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Lines {
    /// Those behind so many.
    behind: String,
    /// The line of which the bank's own words are shown.
    raw: String,
}

/// `GET /statements/{name}`
pub async fn one(
    State(site): State<Site>,
    visit: Visit,
    Path(name): Path<String>,
    Query(lines_asked): Query<Lines>,
) -> Result<Response, Fault> {
    let page = drawn(&site, &visit, &name, &lines_asked).await?;
    Ok(html(&page))
}

async fn drawn(
    site: &Site,
    visit: &Visit,
    name: &str,
    lines_asked: &Lines,
) -> Result<StatementPage, Fault> {
    let first: usize = lines_asked.behind.parse().unwrap_or_default();
    let end = first.saturating_add(PAGE);
    let shown = match statements::show_some(&visit.office, name, first..end).await {
        Ok(shown) => shown,
        Err(EngineError::Refused(_)) => return Err(Fault::NotFound),
        Err(error) => return Err(error.into()),
    };
    let (language, w) = (visit.language, Words::of(visit.language));
    for student in shown.students.values() {
        visit.viewed(student).await?;
    }
    let lines = shown.lines.iter().map(|line| {
        let entry = &line.entry;
        let whose = line.identified.iter().map(|one| match one.person_id {
            Some(id) => shown.students.get(&id).cloned().unwrap_or_default(),
            None if one.outcome == "review" => w.in_review.to_owned(),
            None => codes::outcome(language, &one.outcome).to_owned(),
        });
        LineView {
            line: entry.line,
            credited: short(language, entry.crediting_date),
            amount: amount(language, entry.amount_minor, &entry.currency),
            other: entry.counterparty_name.clone().unwrap_or_default(),
            text: entry.remittance.clone(),
            whose: whose.collect(),
            seen: line.seen_before,
        }
    });
    let raw = match lines_asked.raw.parse() {
        Ok(line) => Some((line, raw::lines(&visit.office, name, line).await?)),
        Err(_) => None,
    };
    let stored = &shown.listed.row;
    let decisions = shown.decisions.iter();
    let decisions = decisions.map(|(row, _)| {
        let kind = codes::statement_word(language, &row.kind).to_owned();
        (kind, row.by_whom.clone(), row.why.clone())
    });
    let opening = stored
        .opening_minor
        .map(|minor| amount(language, minor, &stored.currency));
    let row = row(&shown.listed, language, w);
    Ok(StatementPage {
        page: Page::of(site, visit, &row.name),
        w,
        opening: opening.unwrap_or_default(),
        lines: lines.collect(),
        raw,
        first,
        previous: (0 < first).then(|| first.saturating_sub(PAGE)),
        next: (end < shown.written).then_some(end),
        decisions: decisions.collect(),
        is_held: needs_a_person(&shown.listed),
        ways: if visit.may_decide() {
            ways(&stored.status, w)
        } else {
            Vec::new()
        },
        row,
        typed: Word::default(),
        refusal: None,
    })
}

fn ways(status: &str, w: &'static Words) -> Vec<(&'static str, &'static str, &'static str)> {
    match status {
        "waiting" | "quarantined" => vec![
            ("accept", w.accept, "primary"),
            ("reject", w.reject, "danger"),
        ],
        "published" => vec![("withdraw", w.withdraw, "danger")],
        "withdrawn" => vec![("restore", w.restore, "primary")],
        _ => Vec::new(),
    }
}

/// What is said about a statement.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    what: String,
    why: String,
    /// Whose place it takes.
    old: String,
    /// By which it is read again.
    profile: String,
}

/// `POST /statements/{name}/judge`
pub async fn judge(
    State(site): State<Site>,
    visit: Visit,
    Path(name): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let said = visit.said(&word.why);
    let office = &visit.office;
    let result = match word.what.as_str() {
        "accept" => quarantine::accept(office, &name, said).await.map(drop),
        "reject" => quarantine::reject(office, &name, said).await.map(drop),
        "supersede" => {
            let olds: Vec<String> = word.old.split_whitespace().map(str::to_owned).collect();
            let result = quarantine::supersede(office, &name, &olds, said).await;
            result.map(drop)
        }
        "reread" => {
            let profile = filled(&word.profile);
            let result = quarantine::reread(office, &name, profile, said).await;
            result.map(drop)
        }
        "restore" => statements::restore(office, &name, said).await.map(drop),
        "withdraw" => statements::withdraw(office, &name, said).await.map(drop),
        _ => return Err(Fault::NotFound),
    };
    match result {
        Ok(()) => {}
        Err(EngineError::Refused(words)) => {
            let mut page = drawn(&site, &visit, &name, &Lines::default()).await?;
            // Where a form was sent there is nothing to be read.
            page.page.here = format!("/statements/{}", in_address(&name));
            page.refusal = Some(in_language(visit.language, &words));
            page.typed = word;
            return Ok(as_refused(&page));
        }
        Err(error) => return Err(error.into()),
    }
    visit
        .did(&format!("statement-{}", word.what), &name, &word.why)
        .await?;
    Ok(Redirect::to(&format!("/statements/{}", in_address(&name))).into_response())
}
