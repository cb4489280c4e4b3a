//! Accounts of students: one, one by album, many at once.

use super::guard::{Asked, Body};
use super::problem::Problem;
use super::types::{Student, Students, Wanted};
use crate::engine::lookup::{Lookup, STUDENTS_MAX};
use crate::engine::token::Scope;
use crate::store::roster::newest;
use crate::web::Site;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeSet;

/// The account of a student.
#[utoipa::path(
    get, path = "/api/v1/students/{student}/account", tag = "accounts",
    params(("student" = String, Path, description = "The student system's id")),
    responses(
        (status = 200, description = "The account", body = Student),
        (status = 304, description = "What `If-None-Match` names"),
        (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `accounts`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such student", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn one(
    State(site): State<Site>,
    asked: Asked,
    student: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(student) = student.map_err(|error| Problem::unreadable(error.body_text()))?;
    let used = (Scope::Accounts, "read-account", student.as_str(), "");
    let reading = async { Ok(site.lookups.one(&asked.office, &student).await?) };
    let found = asked.reads(used, reading).await?;
    answer(&asked, found.as_deref())
}

fn answer(asked: &Asked, found: Option<&Lookup>) -> Result<Response, Problem> {
    asked.answer(&Student::of(found.ok_or_else(Problem::not_found)?))
}

/// The account of the student who has an album number now.
#[utoipa::path(
    get, path = "/api/v1/albums/{album}/account", tag = "accounts",
    params(("album" = String, Path, description = "The newest album number of a student")),
    responses(
        (status = 200, description = "The account", body = Student),
        (status = 304, description = "What `If-None-Match` names"),
        (status = 400, description = "The path cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `albums`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No student, or several, have this album now", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn by_album(
    State(site): State<Site>,
    asked: Asked,
    album: Result<Path<String>, PathRejection>,
) -> Result<Response, Problem> {
    let Path(album) = album.map_err(|error| Problem::unreadable(error.body_text()))?;
    asked
        .may(Scope::Albums, "read-account-by-album", &album)
        .await?;
    let mut tx = asked.office.db.read().await?;
    let mut rows = newest(tx.students_by_album(std::slice::from_ref(&album)).await?);
    tx.rollback().await?;
    rows.retain(|row| row.album == album);
    match rows.as_slice() {
        [only] => {
            let found = site.lookups.student(&asked.office, only.id).await?;
            answer(&asked, found.as_ref())
        }
        _ => Err(Problem::not_found()),
    }
}

/// Signs of an id as the log keeps it: what is longer is nobody's.
const ID_SIGNS: usize = 64;

/// The accounts of many students at once.
#[utoipa::path(
    post, path = "/api/v1/accounts", tag = "accounts",
    description = "The accounts of up to a thousand students at once. It writes nothing.",
    request_body = Wanted,
    responses(
        (status = 200, description = "The accounts, by id", body = Students),
        (status = 304, description = "What `If-None-Match` names"),
        (status = 400, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `accounts`", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not called JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The body is no such list, or a longer one", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn many(
    State(site): State<Site>,
    asked: Asked,
    Body(wanted): Body<Wanted>,
) -> Result<Response, Problem> {
    if STUDENTS_MAX < wanted.students.len() {
        let detail = format!("Ask about {STUDENTS_MAX} students at most.");
        return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let ids: BTreeSet<String> = wanted.students.into_iter().collect();
    let ids: Vec<String> = ids.into_iter().collect();
    if ids.iter().any(|id| id.contains('\0')) {
        let detail = "No id has the sign 0 in it.";
        return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let about = format!("{} students", ids.len());
    let reading = async { Ok(site.lookups.named(&asked.office, &ids, written).await?) };
    // Who looked at which student is in the log, also where they are a thousand.
    let short = ids.iter().map(|id| id.chars().take(ID_SIGNS).collect());
    let asked_about = short.collect::<Vec<String>>().join(" ");
    let used = (
        Scope::Accounts,
        "read-accounts",
        about.as_str(),
        asked_about.as_str(),
    );
    let (students, known) = asked.reads(used, reading).await?;
    asked.answer(&Written {
        students: students.into_iter().collect::<Result<_, _>>()?,
        unknown: (ids.iter())
            .filter(|id| !known.contains(*id))
            .cloned()
            .collect(),
    })
}

/// [`Students`] whose accounts are JSON already. A thousand of them are some megabytes: each is written
/// where it was folded, beside the others.
#[derive(Serialize)]
struct Written {
    students: Vec<Box<RawValue>>,
    unknown: Vec<String>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "whoever finishes a lookup is given it"
)]
fn written(found: Lookup) -> Result<Box<RawValue>, serde_json::Error> {
    to_raw_value(&Student::of(&found))
}
