//! The interface for other systems: `/api/v1`, JSON, described by `OpenAPI` 3.1 at
//! `/api/v1/openapi.json`.
//!
//! | rule | |
//! |---|---|
//! | who asks | `Authorization: Bearer kwestura_…`; a token may what its scopes say, and every use is in the audit log |
//! | amounts | an object of the amount as text, the same in minor units, and the currency |
//! | days | ISO 8601 |
//! | pages | `?after=` the `next` of the page before; none where nothing stands behind |
//! | faults | `application/problem+json` (RFC 9457) |
//! | writes | an `Idempotency-Key`: the same request is done once, and answered as before |
//! | unchanged | an `ETag`; with `If-None-Match` the answer is 304 |
//!
//! It reads and writes through the engine what the pages do. Nothing is decided here.

mod accounts;
mod books;
mod document;
mod guard;
mod problem;
mod types;
mod viewer;
mod writes;
mod written;

use super::Site;
use super::ground::handed;
use crate::store::api::SettlementRow;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};
use axum::{Router, middleware};

/// What is asked is a list of a thousand ids at most.
const BODY_BYTES_MAX: usize = 256 * 1024;

/// Changes of settlements, as the interface tells them.
pub(crate) fn settlements_text(rows: Vec<(SettlementRow, String)>, next: i64) -> String {
    let page = types::Settlements {
        settlements: rows.into_iter().map(types::Settlement::of).collect(),
        next,
    };
    serde_json::to_string(&page).unwrap_or_default()
}

/// The interface of an institution.
pub(super) fn router(site: Site) -> Router {
    let asked = Router::new()
        .route("/api/v1/students/{student}/account", get(accounts::one))
        .route("/api/v1/albums/{album}/account", get(accounts::by_album))
        .route("/api/v1/accounts", post(accounts::many))
        .route("/api/v1/receivables", get(books::receivables))
        .route("/api/v1/credits", get(books::credits))
        .route("/api/v1/settlements", get(books::settlements))
        .route("/api/v1/coverage", get(books::coverage))
        .route(
            "/api/v1/students",
            post(writes::students).layer(handed::limit()),
        )
        .route("/api/v1/fees", post(writes::fees).layer(handed::limit()))
        .route(
            "/api/v1/statements",
            post(writes::statements).layer(handed::limit()),
        )
        .route("/api/v1/claims", post(writes::claims))
        .layer(from_fn_with_state(site.clone(), guard::caller));
    Router::new()
        .merge(asked)
        .route("/api/v1/openapi.json", get(document::document))
        .route("/api/v1", get(document::page))
        .method_not_allowed_fallback(problem::method)
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn(problem::dressed))
        .with_state(site)
}
