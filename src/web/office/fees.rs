//! Fees by term and kind, and files of the student system that are handed in, with what they would
//! change before anything is.

use crate::engine::terms::{self, Kinds, Sums, Term};
use crate::engine::upload::{self, Kind, Rows, Upload};
use crate::engine::{EngineError, Office};
use crate::text::Language;
use crate::web::ground::counted::counting;
use crate::web::ground::figures::{amount, plain};
use crate::web::ground::forms::filled;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, export, handed, html};
use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};

words! {
    /// The words of the pages.
    pub Words {
        title: "Opłaty", "Fees";
        lead: "Według semestru, w którym wypada termin, i rodzaju.", "By the term in which they fall due, and by kind.";
        winter: "Semestr zimowy", "Winter term";
        summer: "Semestr letni", "Summer term";
        kind: "Rodzaj", "Kind";
        count: "Opłat", "Fees";
        issued: "Naliczono", "Issued";
        collected: "Zapłacono", "Collected";
        waived: "Umorzono", "Waived";
        open: "Do zapłaty", "Open";
        overdue: "Po terminie", "Overdue";
        share: "Ściągnięto", "Share collected";
        all: "Razem", "All";
        interest: "odsetki", "interest";
        empty: "Nie ma jeszcze opłat. Wczytaj plik z systemu studenckiego.", "There are no fees yet. Import a file of the student system.";
        upload: "Wczytaj z systemu studenckiego", "Import from the student system";
        upload_hint: "CSV albo JSON; najpierw zobaczysz, co się zmieni.", "CSV or JSON; you see first what would change.";
        what: "Co", "What";
        students: "Studenci", "Students";
        fees: "Opłaty", "Fees";
        accounts: "Numery rachunków", "Account numbers";
        as_of: "Kiedy zrobiono eksport (jeśli plik tego nie mówi)", "When the export was made (where the file does not say)";
        file: "Plik", "File";
        show: "Pokaż, co się zmieni", "Show what would change";
        preview: "Niczego jeszcze nie zapisano. Zobacz, co się zmieni, i potwierdź.", "Nothing is recorded yet. See what would change, and confirm.";
        mistakes: "Plik ma błędy; niczego nie da się wczytać", "The file has mistakes; nothing of it can be imported";
        rows: "Wierszy", "Rows";
        new: "nowych", "new";
        changed: "zmienionych", "changed";
        unchanged: "bez zmian", "unchanged";
        older: "starszych niż znane", "older than what is known";
        notes: "Uwagi", "Notes";
        import: "Wczytaj", "Import";
        cancel: "Nie wczytuj", "Do not import";
        done: "Wczytano", "Imported";
        back: "Wszystkie opłaty", "All fees";
    }
}

impl Words {
    fn of_kind(&self, kind: Kind) -> &'static str {
        match kind {
            Kind::Students => self.students,
            Kind::Fees | Kind::Statements => self.fees,
            Kind::Accounts => self.accounts,
        }
    }
}

/// What is handed in here.
const KINDS: [Kind; 3] = [Kind::Fees, Kind::Students, Kind::Accounts];

#[derive(Template)]
#[template(path = "office/fees.html")]
struct FeesPage {
    page: Page,
    w: &'static Words,
    terms: Vec<TermView>,
    kinds: Vec<(&'static str, &'static str)>,
    may_write: bool,
}

struct TermView {
    name: String,
    currency: String,
    rows: Vec<Row>,
    all: Row,
}

struct Row {
    kind: String,
    count: i64,
    issued: String,
    collected: String,
    waived: String,
    open: String,
    overdue: String,
    percent: Option<i64>,
}

/// `GET /fees`
pub async fn page(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    let sum = async |office: Office| terms::sums(&office).await;
    let figures = &site.figures;
    let kept = figures
        .fees
        .see(&visit.office, figures.patience, sum)
        .await?;
    let Some(kept) = kept else {
        return Ok(counting(&site, &visit, w.title));
    };
    let terms = kept.figures.iter().rev();
    Ok(html(&FeesPage {
        page: Page::of_figures(&site, &visit, w.title, &kept),
        w,
        terms: terms
            .map(|((term, currency), kinds)| term_view(*term, currency, kinds, language))
            .collect(),
        kinds: KINDS.map(|kind| (kind.name(), w.of_kind(kind))).into(),
        may_write: visit.may_decide(),
    }))
}

pub(super) fn term_name(term: Term, w: &'static Words) -> String {
    let half = if term.is_summer { w.summer } else { w.winter };
    format!("{half} {}", term.academic_year())
}

fn kind_name(kind: &str, w: &'static Words) -> String {
    let name = if kind == "interest" { w.interest } else { kind };
    name.to_owned()
}

fn term_view(term: Term, currency: &str, kinds: &Kinds, language: Language) -> TermView {
    let w = Words::of(language);
    let mut all = Sums::default();
    for sums in kinds.values() {
        all.add(sums);
    }
    let rows = kinds.iter();
    TermView {
        name: term_name(term, w),
        currency: currency.to_owned(),
        rows: rows
            .map(|(kind, sums)| row(kind_name(kind, w), sums, currency, language))
            .collect(),
        all: row(w.all.to_owned(), &all, currency, language),
    }
}

fn row(kind: String, sums: &Sums, currency: &str, language: Language) -> Row {
    let money = |minor| amount(language, minor, currency);
    Row {
        kind,
        count: sums.count,
        issued: money(sums.issued_minor),
        collected: money(sums.collected_minor),
        waived: money(sums.waived_minor),
        open: money(sums.open_minor),
        overdue: money(sums.overdue_minor),
        percent: sums.collected_percent(),
    }
}

/// `GET /fees.csv`
pub async fn csv(visit: Visit) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let sums = terms::sums(&visit.office).await?;
    let head = [
        w.title,
        w.kind,
        "",
        w.count,
        w.issued,
        w.collected,
        w.waived,
        w.open,
        w.overdue,
    ];
    let rows = sums.iter().rev().flat_map(|((term, currency), kinds)| {
        kinds.iter().map(move |(kind, sums)| {
            let money = |minor| plain(minor, currency);
            vec![
                term_name(*term, w),
                kind_name(kind, w),
                currency.clone(),
                sums.count.to_string(),
                money(sums.issued_minor),
                money(sums.collected_minor),
                money(sums.waived_minor),
                money(sums.open_minor),
                money(sums.overdue_minor),
            ]
        })
    });
    let rows: Vec<Vec<String>> = rows.collect();
    export::file(&visit, "fees", &head, &rows).await
}

/// `POST /fees/upload`
pub async fn hand_in(visit: Visit, form: Multipart) -> Result<Response, Fault> {
    let (fields, files) = handed::read(&visit, form).await?;
    let field = |name: &str| fields.get(name).map(String::as_str).and_then(filled);
    let kind = field("kind").and_then(Kind::of);
    let kind = kind
        .filter(|kind| KINDS.contains(kind))
        .ok_or(Fault::NotFound)?;
    let what = (kind, field("as_of"));
    let token = upload::keep(&visit.office, visit.by(), what, &files).await?;
    Ok(Redirect::to(&format!("/fees/upload/{token}")).into_response())
}

#[derive(Template)]
#[template(path = "office/load.html")]
struct LoadPage {
    page: Page,
    w: &'static Words,
    token: String,
    what: &'static str,
    file: String,
    rows: Option<Rows>,
    mistakes: Vec<String>,
    is_done: bool,
}

/// `GET /fees/upload/{token}`
pub async fn preview(
    State(site): State<Site>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let found = of_visit(&visit, &token).await?;
    let w = Words::of(visit.language);
    let (rows, refusal) = match &found.result {
        Some(result) => (Some(Rows::of_json(result)?), String::new()),
        None => match upload::rows(&visit.office, &found, true).await {
            Ok(rows) => (Some(rows), String::new()),
            Err(EngineError::Refused(words)) => (None, words),
            Err(error) => return Err(error.into()),
        },
    };
    let mistakes = refusal.lines().filter(|line| !line.trim().is_empty());
    Ok(html(&LoadPage {
        page: Page::of(&site, &visit, w.upload),
        w,
        token,
        what: w.of_kind(found.kind),
        file: found
            .files
            .first()
            .map_or_else(String::new, |file| file.name.clone()),
        rows,
        mistakes: mistakes
            .map(|line| in_language(visit.language, line))
            .collect(),
        is_done: found.result.is_some(),
    }))
}

/// `POST /fees/upload/{token}`
pub async fn import(visit: Visit, Path(token): Path<String>) -> Result<Response, Fault> {
    let found = of_visit(&visit, &token).await?;
    if found.result.is_none() {
        let names: Vec<&str> = found.files.iter().map(|file| file.name.as_str()).collect();
        let names = names.join(", ");
        visit.did("imported", found.kind.name(), &names).await?;
        let (office, token) = (visit.office.clone(), token.clone());
        // A browser that goes away leaves nothing half done.
        let done = tokio::spawn(async move {
            let rows = upload::rows(&office, &found, false).await?;
            upload::done(&office, &token, &rows.to_json()).await
        });
        done.await
            .map_err(|died| Fault::Failed(format!("a load died: {died}")))??;
    }
    Ok(Redirect::to(&format!("/fees/upload/{token}")).into_response())
}

async fn of_visit(visit: &Visit, token: &str) -> Result<Upload, Fault> {
    let found = upload::find(&visit.office, visit.by(), token).await?;
    let found = found.filter(|found| KINDS.contains(&found.kind));
    found.ok_or(Fault::NotFound)
}
