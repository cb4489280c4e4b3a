//! What other systems write: students, fees, statements, and that somebody paid.
//!
//! Every write carries an `Idempotency-Key`: with the same key the same request is answered as before,
//! and another one is refused. What is written goes the way of a file or a student's word, so it is
//! checked as those are: all of it holds, or nothing.

use super::guard::{Asked, Body, Params};
use super::problem::Problem;
use super::written::{Claim, Claimed, Fees, Imported, Loaded, Roster};
use crate::config::Files;
use crate::engine::answered::{self, KEY_MAX, Known};
use crate::engine::hear::{self, NotHeard, Saying};
use crate::engine::import::Summary;
use crate::engine::roster::Upload;
use crate::engine::token::Scope;
use crate::engine::upload::{self, Handed};
use crate::engine::{Office, secret, settle};
use crate::roster::FileKind;
use axum::body::Bytes;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use chrono::DateTime;
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

/// The key under which a request is done once.
pub(super) struct Key(String);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let key = parts.headers.get("idempotency-key");
        let key = key.and_then(|key| key.to_str().ok()).unwrap_or_default();
        let is_key = !key.is_empty()
            && key.len() <= KEY_MAX
            && key.bytes().all(|sign| sign.is_ascii_graphic());
        if is_key {
            return Ok(Key(key.to_owned()));
        }
        Err(Problem::unreadable(format!(
            "Every write carries an `Idempotency-Key`: up to {KEY_MAX} visible signs of ASCII that no other write of yours has."
        )))
    }
}

/// Does something once for its key; `request` is all that makes it what it is.
async fn once(
    asked: &Asked,
    key: &Key,
    request: &[&[u8]],
    work: impl Future<Output = Result<(StatusCode, String), Problem>>,
) -> Result<Response, Problem> {
    let (office, caller) = (&asked.office, &asked.caller);
    let hash = secret::sha256_of(request);
    match answered::begin(office, caller, &key.0, &hash).await? {
        Known::Nothing => {}
        Known::Answer(status, text) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return Ok(as_json(status, text));
        }
        Known::Other => {
            let detail = "This `Idempotency-Key` was used for another request.";
            return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, detail));
        }
        Known::Working => {
            let detail = "The same request is still at work; ask again in a moment.";
            return Err(Problem::of(StatusCode::CONFLICT, detail));
        }
    }
    let (status, text) = match work.await {
        Ok(answer) => answer,
        Err(problem) => (problem.status(), problem.text()),
    };
    let kept = (!status.is_server_error()).then_some((status.as_u16(), text.as_str()));
    answered::end(office, caller, &key.0, kept).await?;
    Ok(as_json(status, text))
}

fn as_json(status: StatusCode, text: String) -> Response {
    let kind = if status.is_success() {
        "application/json"
    } else {
        "application/problem+json"
    };
    (status, [(CONTENT_TYPE, kind)], text).into_response()
}

fn written(status: StatusCode, body: &impl Serialize) -> Result<(StatusCode, String), Problem> {
    let text = serde_json::to_string(body);
    let text =
        text.map_err(|error| Problem::of(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()));
    Ok((status, text?))
}

/// The names of columns in somebody's files are no names of ours.
fn by_our_names(office: &Office) -> Office {
    let mut office = office.clone();
    office.config.files = Files::default();
    office
}

fn rows(all: &[impl Serialize]) -> Result<Vec<u8>, Problem> {
    if all.is_empty() {
        return Err(Problem::of(
            StatusCode::UNPROCESSABLE_ENTITY,
            "There is no row.",
        ));
    }
    serde_json::to_vec(all).map_err(|error| Problem::unreadable(error.to_string()))
}

/// Since when it is so: as it was told, or else from now on.
fn since(office: &Office, as_of: &str) -> String {
    if !as_of.is_empty() {
        return as_of.to_owned();
    }
    let now = DateTime::from_timestamp_millis(office.now.millis);
    now.unwrap_or_default().to_rfc3339()
}

/// Loads rows as if they came in a file, once for its key; what fees change is settled.
async fn load(
    asked: &Asked,
    key: &Key,
    kind: FileKind,
    (bytes, as_of): (&[u8], &str),
) -> Result<Response, Problem> {
    let office = by_our_names(&asked.office);
    let request = [kind.as_str().as_bytes(), bytes, as_of.as_bytes()];
    once(asked, key, &request, async {
        let since = since(&office, as_of);
        let upload = Upload {
            name: "request",
            bytes,
            as_of: Some(&since),
            opening: false,
            dry_run: false,
        };
        let loaded = upload::load(&office, kind, &upload).await?;
        if kind == FileKind::Fees {
            settle::run(&office, |_, _| {}).await?;
        }
        written(StatusCode::OK, &Loaded::of(&loaded.counts, loaded.notes))
    })
    .await
}

/// Students as the student system has them.
#[utoipa::path(
    post, path = "/api/v1/students", tag = "writes", request_body = Roster,
    params(("Idempotency-Key" = String, Header, description = "Of this write alone", min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    description = "Each row as in a file of students: new ones are added, known ones changed, and nobody who is left out is touched. All rows hold, or none.",
    responses(
        (status = 200, description = "What came of it", body = Loaded),
        (status = 400, description = "The request cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `records`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same request is at work", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The request is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Every row that is wrong and why; or the key is of another request", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn students(
    asked: Asked,
    key: Key,
    Body(roster): Body<Roster>,
) -> Result<Response, Problem> {
    asked.may(Scope::Records, "wrote-students", "").await?;
    let as_of = roster.as_of.as_deref().unwrap_or_default();
    let rows = rows(&roster.students)?;
    load(&asked, &key, FileKind::Students, (&rows, as_of)).await
}

/// Fees as the student system has them.
#[utoipa::path(
    post, path = "/api/v1/fees", tag = "writes", request_body = Fees,
    params(("Idempotency-Key" = String, Header, description = "Of this write alone", min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    description = "Each row as in a file of fees. All rows hold, or none.",
    responses(
        (status = 200, description = "What came of it", body = Loaded),
        (status = 400, description = "The request cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `records`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same request is at work", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The request is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "Every row that is wrong and why; or the key is of another request", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn fees(
    asked: Asked,
    key: Key,
    Body(announced): Body<Fees>,
) -> Result<Response, Problem> {
    asked.may(Scope::Records, "wrote-fees", "").await?;
    let as_of = announced.as_of.as_deref().unwrap_or_default();
    let rows = rows(&announced.fees)?;
    load(&asked, &key, FileKind::Fees, (&rows, as_of)).await
}

/// What a file is called.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct FileName {
    /// What the file is called where people see it.
    #[param(min_length = 1, max_length = 120)]
    name: String,
}

/// A file of statements as the bank wrote it.
#[utoipa::path(
    post, path = "/api/v1/statements", tag = "writes",
    params(FileName, ("Idempotency-Key" = String, Header, description = "Of this write alone", min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    description = "MT940 or camt.053, also packed; 32 MiB at most, longer files go to the inbox. It is recorded and settled before the answer comes. What cannot stand is held back for a person and counted, and the answer is still 200.",
    responses(
        (status = 200, description = "What came of it", body = Imported),
        (status = 400, description = "The request cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `records`", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same request is at work", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The file is too long", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot be taken; or the key is of another request", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn statements(
    asked: Asked,
    key: Key,
    Params(file): Params<FileName>,
    content: Bytes,
) -> Result<Response, Problem> {
    asked.may(Scope::Records, "wrote-statements", "").await?;
    let name: String = file
        .name
        .chars()
        .filter(|sign| !sign.is_control())
        .take(120)
        .collect();
    if name.trim().is_empty() || content.is_empty() {
        let detail = "A file has a name and something in it.";
        return Err(Problem::of(StatusCode::UNPROCESSABLE_ENTITY, detail));
    }
    let request = [&b"statements"[..], name.as_bytes(), &content];
    let work = async {
        let handed = Handed {
            name: name.clone(),
            bytes: content.to_vec(),
        };
        let import = upload::import(&asked.office, &[handed]).await?;
        let summary = Summary::of_json(&import.to_json())?;
        written(StatusCode::OK, &Imported::of(summary))
    };
    // An import is much to hold.
    once(&asked, &key, &request, Box::pin(work)).await
}

/// A student paid, and the money is under way.
#[utoipa::path(
    post, path = "/api/v1/claims", tag = "writes", request_body = Claim,
    params(("Idempotency-Key" = String, Header, description = "Of this write alone", min_length = 1, max_length = 200, pattern = "^[!-~]+$")),
    description = "The same as \"I paid\" on the student's page: reminders about the fee wait for the money, with an end.",
    responses(
        (status = 201, description = "It is noted", body = Claimed),
        (status = 400, description = "The request cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `claims`", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such student, or no such fee of theirs", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The same request is at work", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The request is too long", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is no JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "It cannot be so; or the key is of another request", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn claims(
    asked: Asked,
    key: Key,
    Body(claim): Body<Claim>,
) -> Result<Response, Problem> {
    asked
        .may(Scope::Claims, "wrote-claim", &claim.student)
        .await?;
    let bytes =
        serde_json::to_vec(&claim).map_err(|error| Problem::unreadable(error.to_string()))?;
    once(&asked, &key, &[&b"claims"[..], &bytes], async {
        let mut tx = asked.office.db.read().await?;
        let found = tx
            .persons_by_external(std::slice::from_ref(&claim.student))
            .await?;
        tx.rollback().await?;
        let person = found
            .first()
            .map(|row| row.id)
            .ok_or_else(Problem::not_found)?;
        let saying = Saying::Paid {
            on: claim.paid_on,
            amount: claim.amount.clone(),
            confirmation: None,
        };
        let words = claim.words.as_deref().unwrap_or_default();
        match hear::hear(&asked.office, person, &claim.fee, &saying, words).await? {
            Ok(number) => written(StatusCode::CREATED, &Claimed { number }),
            Err(NotHeard::NoSuchFee) => Err(Problem::not_found()),
            Err(why) => Err(Problem::of(
                StatusCode::UNPROCESSABLE_ENTITY,
                not_heard(why),
            )),
        }
    })
    .await
}

fn not_heard(why: NotHeard) -> &'static str {
    match why {
        NotHeard::NothingOpen => "Nothing is to be paid for this fee.",
        NotHeard::SaidAlready => "This was said already, and waits for the statements.",
        NotHeard::Day => "`paid_on` is a day to come, or too long ago.",
        NotHeard::Amount => "`amount` is none; write it like 1950.00.",
        NotHeard::Words => "`words` are too many.",
        NotHeard::NoSuchFee | NotHeard::TooLarge | NotHeard::Kind => "It cannot be taken.",
    }
}
