//! The cases, the most urgent first.

use super::many::{self, Asked};
use super::own_queue;
use super::words::Words;
use crate::cases::{Kind, Queue};
use crate::engine::desk::{self, Wanted};
use crate::store::cases::CaseRow;
use crate::text::Language;
use crate::web::ground::figures::short;
use crate::web::ground::forms::filled;
use crate::web::ground::said::in_language;
use crate::web::ground::{Fault, Page, Site, Visit, export, html};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

/// What of the cases is looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    queue: String,
    kind: String,
    mine: String,
    all: String,
    /// Behind this case.
    after: Option<i64>,
}

impl Filter {
    fn wanted(&self, visit: &Visit) -> Wanted {
        Wanted {
            queue: own_queue(visit).or_else(|| Queue::of(&self.queue)),
            owner: filled(&self.mine).map(|_| visit.by().to_owned()),
            student: None,
            kinds: Kind::of(&self.kind).into_iter().collect(),
            all: !self.all.is_empty(),
        }
    }
}

#[derive(Template)]
#[template(path = "cos/cases.html")]
struct CasesPage {
    page: Page,
    w: &'static Words,
    filter: Filter,
    both: bool,
    kinds: Vec<(&'static str, &'static str)>,
    rows: Vec<Row>,
    /// What can be done with several; nothing for whoever only reads.
    actions: Vec<(&'static str, &'static str)>,
    /// Nothing is typed of a step yet.
    asked: Asked,
    all: usize,
    next: Option<i64>,
}

struct Row {
    id: i64,
    is_open: bool,
    kind: String,
    subject: String,
    until: String,
    is_late: bool,
    /// Until when it sleeps, or that it is back.
    waits: Option<String>,
    owner: String,
    state: String,
    known: Vec<String>,
}

/// So many on a page.
const PAGE: usize = 100;

/// `GET /cases`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let wanted = filter.wanted(&visit);
    let looked = desk::look(&visit.office, &wanted, filter.after, PAGE).await?;
    let own = own_queue(&visit);
    let kinds = Kind::ALL.into_iter();
    let kinds = kinds.filter(|kind| own.is_none_or(|queue| kind.queue() == queue));
    let today = visit.office.now.today;
    let next = looked.rows.last().filter(|_| looked.has_more);
    let next = next.map(|row| row.id);
    Ok(html(&CasesPage {
        page: Page::of(&site, &visit, w.title),
        w,
        both: own.is_none(),
        kinds: kinds
            .map(|kind| (kind.name(), w.kind(kind.name())))
            .collect(),
        all: looked.all,
        asked: Asked::default(),
        actions: if visit.may_decide() {
            many::actions(w)
        } else {
            Vec::new()
        },
        next,
        rows: (looked.rows.into_iter())
            .map(|row| Row {
                id: row.id,
                is_open: row.is_open(),
                kind: w.kind(&row.kind).to_owned(),
                until: short(visit.language, row.deadline),
                is_late: row.is_late(today),
                waits: match row.waits_until {
                    Some(_) if row.is_back(today) => Some(w.is_back.to_owned()),
                    Some(until) if row.is_open() => {
                        Some(format!("{} {}", w.sleeps, short(visit.language, until)))
                    }
                    _ => None,
                },
                state: w.state(&row.state).to_owned(),
                known: known(visit.language, &row),
                subject: row.student.unwrap_or(row.subject),
                owner: row.owner,
            })
            .collect(),
        filter,
    }))
}

fn known(language: Language, row: &CaseRow) -> Vec<String> {
    let lines = desk::evidence(row);
    lines
        .iter()
        .map(|line| in_language(language, line))
        .collect()
}

/// `GET /cases.csv`
pub async fn csv(visit: Visit, Query(filter): Query<Filter>) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let head = [
        "id", w.kind, w.about, w.student, w.until, w.owner, w.state, w.known,
    ];
    let rows = desk::list(&visit.office, &filter.wanted(&visit)).await?;
    let rows: Vec<Vec<String>> = (rows.iter())
        .map(|row| {
            vec![
                row.id.to_string(),
                w.kind(&row.kind).to_owned(),
                row.subject.clone(),
                row.student.clone().unwrap_or_default(),
                row.deadline.to_string(),
                row.owner.clone(),
                w.state(&row.state).to_owned(),
                known(visit.language, row).join("; "),
            ]
        })
        .collect();
    export::file(&visit, "cases", &head, &rows).await
}
