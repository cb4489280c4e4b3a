//! What a student handed in to show that they paid: opened by the office as a file, never as a page.

use crate::engine::students::Student;
use crate::engine::{hear, lookup};
use crate::text::in_address;
use crate::web::ground::{Fault, Visit};
use axum::extract::Path;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};

/// The confirmations of a student: the numbers of what was said, with the names of the files.
pub(super) async fn of_student(
    visit: &Visit,
    student: &Student,
) -> Result<Vec<(i64, String)>, Fault> {
    let lookup = lookup::by_external(&visit.office, &student.external_id).await?;
    let said = lookup.said.into_iter();
    Ok(said
        .filter_map(|word| Some((word.id, word.attachment?)))
        .collect())
}

/// `GET /students/{id}/confirmations/{number}`: of this student, or none. Its kind is what its first
/// bytes were when it came, and a browser may only keep it.
pub async fn open(
    visit: Visit,
    Path((id, number)): Path<(String, i64)>,
) -> Result<Response, Fault> {
    let student = super::student::known(&visit, &id).await?;
    let theirs = of_student(&visit, &student).await?;
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
