//! Who did and looked at what, and whether the chain holds.

use crate::engine::audit::{self, Chain};
use crate::engine::staff::Role;
use crate::web::ground::codes;
use crate::web::ground::figures::instant;
use crate::web::ground::forms::filled;
use crate::web::ground::words::{Words as FrameWords, words};
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

words! {
    /// The words of the page.
    pub Words {
        title: "Dziennik", "Audit";
        lead: "Kto co zrobił i kogo oglądał. Wpisów nie da się zmienić: każdy jest opieczętowany razem z poprzednim.", "Who did what and looked at whom. No entry can be changed: each is sealed together with the one before.";
        holds: "Łańcuch się zgadza", "The chain holds";
        broken: "Łańcuch jest przerwany na miejscu", "The chain is broken at place";
        sealed: "opieczętowanych", "sealed";
        of: "z", "of";
        last: "Ostatnia pieczęć", "Last seal";
        about: "O kim lub o czym", "About";
        filter: "Filtruj", "Filter";
        when: "Kiedy", "When";
        who: "Kto", "Who";
        what: "Co", "What";
        detail: "Szczegóły", "Details";
        empty: "Nie ma wpisów.", "No entries.";
        more: "Starsze", "Older";
    }
}

const PAGE: i64 = 100;

/// What of the log is looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    about: String,
    before: Option<i64>,
}

#[derive(Template)]
#[template(path = "office/audit.html")]
struct AuditPage {
    page: Page,
    w: &'static Words,
    chain: Chain,
    about: String,
    rows: Vec<(String, String, String, String, String, String)>,
    next: Option<i64>,
}

/// `GET /audit`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(filter): Query<Filter>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let found = audit::list(&visit.office, filter.before, filled(&filter.about), PAGE).await?;
    let chain = audit::check(&visit.office).await?;
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count == PAGE);
    let next = found.last().filter(|_| is_full).map(|row| row.id);
    let frame = FrameWords::of(visit.language);
    let zone = visit.office.config.institution.time_zone;
    let rows = found.into_iter().map(|row| {
        let when = instant(visit.language, row.at, zone);
        let mut roles = Role::STAFF.into_iter().chain([Role::Student]);
        let role = roles.find(|role| role.name() == row.role);
        let role = role.map_or("", |role| frame.role(role));
        let what = codes::deed(visit.language, &row.what);
        (
            when,
            row.who,
            role.to_owned(),
            what.to_owned(),
            row.about,
            row.detail,
        )
    });
    Ok(html(&AuditPage {
        page: Page::of(&site, &visit, w.title),
        w,
        chain,
        about: filter.about,
        rows: rows.collect(),
        next,
    }))
}
