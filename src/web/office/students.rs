//! Students: looked for by album, name, account number or fee.

use crate::engine::students::{self, Student};
use crate::engine::why::{self, Why};
use crate::engine::{EngineError, accounts};
use crate::web::ground::codes;
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
        begin: "Wpisz, kogo szukasz.", "Type whom you look for.";
        empty: "Nikogo takiego nie ma. Sprawdź album albo wpisz tylko nazwisko.", "Nobody is called so. Check the album, or type the family name alone.";
        name: "Imię i nazwisko", "Name";
        album: "Album", "Album";
        id: "Identyfikator", "Id";
        status: "Status", "Status";
        more: "Następni", "Next";
    }
}

/// So many on a page.
const PAGE: usize = 100;

/// Whom somebody looks for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
    /// Behind this student.
    after: String,
}

#[derive(Template)]
#[template(path = "office/students.html")]
struct StudentsPage {
    page: Page,
    w: &'static Words,
    q: String,
    found: Vec<Student>,
    next: Option<String>,
}

/// `GET /students`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(search): Query<Search>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let mut found = find(&visit, &search, PAGE + 1).await?;
    let has_more = PAGE < found.len();
    found.truncate(PAGE);
    let last = found.last().filter(|_| has_more);
    Ok(html(&StudentsPage {
        page: Page::of(&site, &visit, w.title),
        w,
        q: search.q,
        next: last.map(|one| one.external_id.clone()),
        found,
    }))
}

/// `GET /students.csv`, `.xlsx`: all that are found.
pub async fn csv(visit: Visit, Query(search): Query<Search>) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let found = find(&visit, &search, usize::MAX).await?;
    let head = [w.id, w.album, w.name, w.status];
    let rows: Vec<Vec<String>> = (found.into_iter())
        .map(|one| {
            let name = one.full_name();
            vec![one.external_id, one.album, name, one.status]
        })
        .collect();
    export::file(&visit, "students", &head, &rows).await
}

/// Those who are found, with their status in the reader's language.
async fn find(visit: &Visit, search: &Search, limit: usize) -> Result<Vec<Student>, Fault> {
    let mut found = searched(visit, search, limit).await?;
    for one in &mut found {
        one.status = codes::status(visit.language, &one.status).to_owned();
    }
    Ok(found)
}

async fn searched(visit: &Visit, search: &Search, limit: usize) -> Result<Vec<Student>, Fault> {
    let office = &visit.office;
    let Some(wanted) = filled(&search.q) else {
        return Ok(Vec::new());
    };
    let found = students::found(office, wanted, &search.after, limit).await?;
    if !found.is_empty() {
        return Ok(found);
    }
    let digits: String = wanted.chars().filter(char::is_ascii_digit).collect();
    let of_number = if digits.len() == 26 {
        accounts::whose(office, &digits).await?
    } else {
        None
    };
    let student = match of_number {
        Some(student) => Some(student),
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
