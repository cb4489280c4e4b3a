//! Who asks: a token, what it may, and that it was used.

use super::problem::Problem;
use crate::engine::token::{self, Caller, Scope};
use crate::engine::uses::{Noting, Uses};
use crate::engine::{Office, secret};
use crate::store::audit::AuditUse;
use crate::web::Site;
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A request of another system.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) office: Office,
    pub(super) caller: Caller,
    uses: Uses,
    /// Whether what the token was used for is noted for the audit log, or on its way there.
    is_noted: Arc<AtomicBool>,
    /// What the caller has already, by its tag.
    if_none_match: Option<String>,
}

impl Asked {
    /// Refuses what the token may not; what it was used for is noted for the audit log before anything is
    /// written.
    pub(super) async fn may(&self, scope: Scope, what: &str, about: &str) -> Result<(), Problem> {
        if self.caller.may(scope) {
            return Ok(self.noting(what, about, "").done().await?);
        }
        self.denied(scope, what, about).await
    }

    async fn denied(&self, scope: Scope, what: &str, about: &str) -> Result<(), Problem> {
        self.noting("denied", about, what).done().await?;
        let detail = format!("This token lacks the scope `{}`.", scope.name());
        Err(Problem::of(StatusCode::FORBIDDEN, detail))
    }

    /// The same for what is only read: it is read meanwhile, and answered when the use is noted,
    /// with the students whom it was about where they were many.
    pub(super) async fn reads<T>(
        &self,
        (scope, what, about, students): (Scope, &str, &str, &str),
        reading: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        if !self.caller.may(scope) {
            self.denied(scope, what, about).await?;
        }
        let noting = self.noting(what, about, students);
        let read = reading.await;
        noting.done().await?;
        read
    }

    fn noting(&self, what: &str, about: &str, detail: &str) -> Noting {
        self.is_noted.store(true, Ordering::Relaxed);
        let used = AuditUse(
            self.office.now.millis,
            self.caller.name.clone(),
            what.to_owned(),
            about.to_owned(),
            detail.to_owned(),
        );
        self.uses.note(&self.office.db, used)
    }

    /// An answer with its tag; nothing but that where the caller has it already.
    pub(super) fn answer(&self, body: &impl Serialize) -> Result<Response, Problem> {
        let body = serde_json::to_string(body)?;
        let hash = secret::sha256(&body);
        let tag = format!("\"{}\"", hash.get(..32).unwrap_or_default());
        let is_known = self.if_none_match.as_ref().is_some_and(|known| {
            known
                .split(',')
                .any(|known| known.trim().trim_start_matches("W/") == tag)
        });
        let headers = [(ETAG, tag), (CACHE_CONTROL, "private, no-cache".to_owned())];
        if is_known {
            return Ok((StatusCode::NOT_MODIFIED, headers).into_response());
        }
        let kind = [(CONTENT_TYPE, "application/json")];
        Ok((headers, kind, body).into_response())
    }
}

impl<S: Sync> FromRequestParts<S> for Asked {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let asked = parts.extensions.get::<Asked>().cloned();
        asked.ok_or_else(unauthorised)
    }
}

/// Signs of an address as the log keeps it.
const PATH_SIGNS: usize = 200;

fn unauthorised() -> Problem {
    let detail = "Send a token that works: `Authorization: Bearer kwestura_...`.";
    Problem::of(StatusCode::UNAUTHORIZED, detail)
}

/// Finds out who asks; whoever has no token that works is told so, whatever they asked for.
pub(super) async fn caller(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let office = site.office();
    let Some(held) = bearer(request.headers()) else {
        return unauthorised().into_response();
    };
    let caller = match token::find(&office, held).await {
        Ok(Some(caller)) => caller,
        Ok(None) => return unauthorised().into_response(),
        Err(error) => return Problem::from(error).into_response(),
    };
    let if_none_match = request.headers().get(IF_NONE_MATCH);
    let if_none_match = if_none_match.and_then(|value| value.to_str().ok());
    let asked = Asked {
        if_none_match: if_none_match.map(str::to_owned),
        uses: site.uses.clone(),
        is_noted: Arc::default(),
        office,
        caller,
    };
    let path: String = request.uri().path().chars().take(PATH_SIGNS).collect();
    request.extensions_mut().insert(asked.clone());
    // PostgreSQL keeps no text with that sign, and nothing is called so.
    let address = request.uri().path_and_query();
    let response = if address.is_some_and(|address| address.as_str().contains("%00")) {
        Problem::unreadable("No name has the sign 0 in it.").into_response()
    } else {
        next.run(request).await
    };
    if asked.is_noted.load(Ordering::Relaxed) {
        return response;
    }
    // The request could not be read; the token was used all the same.
    let status = response.status();
    let noted = asked.noting("refused", &path, status.as_str()).done().await;
    noted.map_or_else(|error| Problem::from(error).into_response(), |()| response)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value: &HeaderValue = headers.get(AUTHORIZATION)?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// What stands behind `?` in an address.
pub(super) struct Params<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        match found {
            Ok(Query(params)) => Ok(Params(params)),
            Err(error) => Err(Problem::unreadable(error.body_text())),
        }
    }
}

/// The body of a request.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let found: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        match found {
            Ok(Json(body)) => Ok(Body(body)),
            Err(error) => Err(Problem::of(error.status(), error.body_text())),
        }
    }
}
