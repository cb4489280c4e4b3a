//! Students: looked for by album, name, account number or fee.

use crate::engine::students::{self, Student};
use crate::engine::why::{self, Why};
use crate::engine::{EngineError, accounts};
use crate::web::ground::forms::filled;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, export, html};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

words! {
    /// The words of the page.
    pub Words {
        title: "Studenci", "Students";
        lead: "Album, nazwisko, numer rachunku albo numer opłaty. Polskich liter nie trzeba.", "Album, name, account number or fee. Polish letters are not needed.";
        search: "Szukaj", "Search";
        empty: "Nikogo takiego nie ma. Sprawdź album albo wpisz tylko nazwisko.", "Nobody is called so. Check the album, or type the family name alone.";
        begin: "Wpisz, kogo szukasz.", "Type whom you look for.";
        name: "Imię i nazwisko", "Name";
        album: "Album", "Album";
        id: "Identyfikator", "Id";
        status: "Status", "Status";
        more: "Pokazano pierwszych 100; doprecyzuj, kogo szukasz.", "The first 100 are shown; say more exactly whom you look for.";
    }
}

const SHOWN_MAX: usize = 100;

/// Whom somebody looks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
}

#[derive(Template)]
#[template(path = "office/students.html")]
struct StudentsPage {
    page: Page,
    w: &'static Words,
    q: String,
    found: Vec<Student>,
    is_cut: bool,
}

/// `GET /students`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(search): Query<Search>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let mut found = match filled(&search.q) {
        Some(wanted) => find(&visit, wanted).await?,
        None => Vec::new(),
    };
    let is_cut = found.len() > SHOWN_MAX;
    found.truncate(SHOWN_MAX);
    Ok(html(&StudentsPage {
        page: Page::of(&site, &visit, w.title),
        w,
        q: search.q,
        found,
        is_cut,
    }))
}

/// `GET /students.csv`, `.xlsx`: all that are found.
pub async fn csv(visit: Visit, Query(search): Query<Search>) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let found = match filled(&search.q) {
        Some(wanted) => find(&visit, wanted).await?,
        None => Vec::new(),
    };
    let head = [w.id, w.album, w.name, w.status];
    let rows: Vec<Vec<String>> = (found.into_iter())
        .map(|one| {
            let name = one.full_name();
            vec![one.external_id, one.album, name, one.status]
        })
        .collect();
    export::file(&visit, "students", &head, &rows).await
}

async fn find(visit: &Visit, wanted: &str) -> Result<Vec<Student>, Fault> {
    let office = &visit.office;
    let found = students::list(office, Some(wanted)).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    let digits: String = wanted.chars().filter(char::is_ascii_digit).collect();
    let of_number = if digits.len() == 26 {
        let numbers = accounts::list(office, None).await?.into_iter();
        numbers
            .map(|one| (one.nrb, one.student))
            .find(|(nrb, _)| *nrb == digits)
    } else {
        None
    };
    let student = match of_number {
        Some((_, student)) => Some(student),
        None => match why::why(office, wanted, office.now.today).await {
            Ok(Why::Fee(fee)) => Some(fee.student),
            Ok(_) | Err(EngineError::Refused(_)) => None,
            Err(error) => return Err(error.into()),
        },
    };
    Ok(match student {
        Some(student) => students::one(office, &student).await?.into_iter().collect(),
        None => Vec::new(),
    })
}
