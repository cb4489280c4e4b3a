//! What a student handed in to show that they paid: opened by the office as a file, never as a page.

use crate::engine::hear;
use crate::engine::students::Student;
use crate::text::in_address;
use crate::web::ground::{Fault, Site, Visit};
use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// The confirmations of a student: the numbers of what was said, with the names of the files.
pub(super) async fn of_student(
    site: &Site,
    visit: &Visit,
    student: &Student,
) -> Result<Vec<(i64, String)>, Fault> {
    let id = [student.external_id.clone()];
    let (found, _) = site
        .lookups
        .named(&visit.office, &id, |found| found.said)
        .await?;
    Ok(found
        .into_iter()
        .flatten()
        .filter_map(|word| Some((word.id, word.attachment?)))
        .collect())
}

/// `GET /students/{id}/confirmations/{number}`: of this student, or none. Its kind is what its first
/// bytes were when it came, and a browser may only keep it.
pub async fn open(
    State(site): State<Site>,
    visit: Visit,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, Fault> {
    let student = super::student::known(&visit, &id).await?;
    let theirs = of_student(&site, &visit, &student).await?;
    if !theirs.iter().any(|(known, _)| *known == number) {
        return Err(Fault::NotFound);
    }
    let found = hear::attachment(&visit.office, number).await?;
    let (name, kind, content) = found.ok_or(Fault::NotFound)?;
    visit
        .did(
            "opened-confirmation",
            &student.external_id,
            &number.to_string(),
        )
        .await?;
    let headers = [
        (CONTENT_TYPE, kind),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename*=UTF-8''{}", in_address(&name)),
        ),
    ];
    Ok((headers, content).into_response())
}
