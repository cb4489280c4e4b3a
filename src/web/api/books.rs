//! The books: fees, credits, changes of settlements behind a cursor, and how far the statements reach.

use super::guard::{Asked, Params};
use super::problem::Problem;
use super::types::{
    Coverage, CoveredAccount, Credit, Credits, Receivable, Receivables, Settlement, Settlements,
};
use crate::engine::books::{self, PAGE_MAX};
use crate::engine::coverage as engine_coverage;
use crate::engine::token::Scope;
use axum::response::Response;
use serde::Deserialize;
use std::time::Duration;
use tokio::time::sleep;
use utoipa::IntoParams;

/// A long poll looks again so often …
const AGAIN: Duration = Duration::from_secs(1);
/// … for so many seconds at most.
const WAIT_SECONDS_MAX: u64 = 30;

/// A page.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// The `next` of the page before; from the beginning without it.
    #[serde(default)]
    after: Option<String>,
    /// So many rows, 1000 at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<i64>,
}

/// A page of what changed.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Since {
    /// The `next` of the page before; from the beginning without it.
    #[serde(default)]
    #[param(minimum = 0)]
    after: Option<i64>,
    /// So many rows, 1000 at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 1000, default = 100)]
    limit: Option<i64>,
    /// Where nothing is new, wait so many seconds for it.
    #[serde(default)]
    #[param(minimum = 0, maximum = 30, default = 0)]
    wait: Option<u64>,
}

fn limit(limit: Option<i64>) -> Result<i64, Problem> {
    let limit = limit.unwrap_or(100);
    if (1..=PAGE_MAX).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::unreadable(format!("`limit` is 1 to {PAGE_MAX}.")))
    }
}

/// Whether a page may have another behind it.
fn is_full(rows: usize, limit: i64) -> bool {
    i64::try_from(rows).is_ok_and(|rows| rows == limit)
}

/// Fees, instalments and interest as they are booked.
#[utoipa::path(
    get, path = "/api/v1/receivables", tag = "books", params(Page),
    responses(
        (status = 200, description = "A page of them, by id", body = Receivables),
        (status = 304, description = "What `If-None-Match` names"),
        (status = 400, description = "A parameter cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `books`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn receivables(
    asked: Asked,
    Params(page): Params<Page>,
) -> Result<Response, Problem> {
    let limit = limit(page.limit)?;
    asked.may(Scope::Books, "read-receivables", "").await?;
    let after = page.after.unwrap_or_default();
    if after.contains('\0') {
        return Err(Problem::unreadable(
            "`after` is the `next` of the page before.",
        ));
    }
    let rows = books::receivables(&asked.office, &after, limit).await?;
    let next = rows.last().map(|row| row.item.clone());
    asked.answer(&Receivables {
        next: next.filter(|_| is_full(rows.len(), limit)),
        receivables: rows.into_iter().map(Receivable::of).collect(),
    })
}

/// Credits of students.
#[utoipa::path(
    get, path = "/api/v1/credits", tag = "books", params(Page),
    responses(
        (status = 200, description = "A page of them, in the order in which they came", body = Credits),
        (status = 304, description = "What `If-None-Match` names"),
        (status = 400, description = "A parameter cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `books`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn credits(asked: Asked, Params(page): Params<Page>) -> Result<Response, Problem> {
    let limit = limit(page.limit)?;
    let after = match page.after.as_deref() {
        None => Some((0, 0)),
        Some(after) => after
            .split_once('.')
            .and_then(|(entry, part)| Some((entry.parse().ok()?, part.parse().ok()?))),
    };
    let unreadable = || Problem::unreadable("`after` is the `next` of the page before.");
    let after = after.ok_or_else(unreadable)?;
    asked.may(Scope::Books, "read-credits", "").await?;
    let rows = books::credits(&asked.office, after, limit).await?;
    let next = rows
        .last()
        .map(|(row, _)| format!("{}.{}", row.entry_id, row.part));
    asked.answer(&Credits {
        next: next.filter(|_| is_full(rows.len(), limit)),
        credits: rows.into_iter().map(Credit::of).collect(),
    })
}

/// What settles what: every change since a cursor.
#[utoipa::path(
    get, path = "/api/v1/settlements", tag = "books", params(Since),
    description = "Every change of what settles what since a cursor, in the order in which it was booked. With `wait` the answer comes when something is new, or the time is over.",
    responses(
        (status = 200, description = "A page of them", body = Settlements),
        (status = 304, description = "What `If-None-Match` names"),
        (status = 400, description = "A parameter cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `books`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn settlements(
    asked: Asked,
    Params(since): Params<Since>,
) -> Result<Response, Problem> {
    let limit = limit(since.limit)?;
    let (after, wait) = (since.after.unwrap_or(0), since.wait.unwrap_or(0));
    if after < 0 || WAIT_SECONDS_MAX < wait {
        let detail = format!("`after` is 0 or more, `wait` {WAIT_SECONDS_MAX} seconds at most.");
        return Err(Problem::unreadable(detail));
    }
    asked.may(Scope::Books, "read-settlements", "").await?;
    let mut rows = books::settlements(&asked.office, after, limit).await?;
    for _ in 0..wait {
        if !rows.is_empty() {
            break;
        }
        sleep(AGAIN).await;
        rows = books::settlements(&asked.office, after, limit).await?;
    }
    asked.answer(&Settlements {
        next: rows.last().map_or(after, |(row, _)| row.seq),
        settlements: rows.into_iter().map(Settlement::of).collect(),
    })
}

/// How far the statements reach.
#[utoipa::path(
    get, path = "/api/v1/coverage", tag = "books",
    responses(
        (status = 200, description = "Of every account", body = Coverage),
        (status = 304, description = "What `If-None-Match` names"),
        (status = 401, description = "No token that works", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token lacks the scope `books`", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = []))
)]
pub(super) async fn coverage(asked: Asked) -> Result<Response, Problem> {
    asked.may(Scope::Books, "read-coverage", "").await?;
    let all = engine_coverage::all(&asked.office).await?.into_iter();
    let accounts = all.map(|covered| CoveredAccount {
        currency: covered.currency.to_string(),
        through: covered.coverage.through,
        iban: covered.iban,
    });
    asked.answer(&Coverage {
        accounts: accounts.collect(),
    })
}
