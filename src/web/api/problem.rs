//! Faults as other systems read them (RFC 9457), and what every answer says.

use crate::engine::{EngineError, secret};
use crate::store::StoreError;
use axum::extract::Request;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was not answered.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(description = "Why a request was not answered (RFC 9457).")]
pub struct Problem {
    /// What kind of problem; the status says it all.
    #[schema(example = "about:blank")]
    r#type: &'static str,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What to do about it.
    detail: String,
}

impl Problem {
    pub(super) fn of(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
        }
    }

    /// The HTTP status.
    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// As it is sent.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// There is none, or the caller may not know that there is.
    pub(super) fn not_found() -> Problem {
        Problem::of(StatusCode::NOT_FOUND, "There is nothing here by that name.")
    }

    /// The request cannot be understood.
    pub(super) fn unreadable(detail: impl Into<String>) -> Problem {
        Problem::of(StatusCode::BAD_REQUEST, detail)
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Problem {
        match error {
            EngineError::Refused(words) => Problem::of(StatusCode::UNPROCESSABLE_ENTITY, words),
            EngineError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let number = secret::bytes::<4>().unwrap_or_default();
        let number = secret::hexadecimal(&number);
        eprintln!("kwestura: fault {number}: {error}");
        let detail = format!("Our side failed; the log has the details under {number}.");
        Problem::of(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }
}

impl From<serde_json::Error> for Problem {
    /// What we say cannot be written as JSON.
    fn from(error: serde_json::Error) -> Problem {
        Problem::of(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, body) = (self.status(), self.text());
        let kind = [(CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, kind, body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// A method that a path does not have.
pub(super) async fn method() -> Problem {
    Problem::of(
        StatusCode::METHOD_NOT_ALLOWED,
        "This path has other methods.",
    )
}

/// What every answer says; and what the framework refuses by itself becomes a problem.
pub(super) async fn dressed(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let status = response.status();
    let is_said = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/"));
    if status.is_client_error() && !is_said {
        let allowed = response.headers().get(axum::http::header::ALLOW).cloned();
        let detail = match status {
            StatusCode::PAYLOAD_TOO_LARGE => "The request is too long.",
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "Send JSON, as application/json.",
            _ => "The request cannot be understood; /api/v1/openapi.json describes what can.",
        };
        response = Problem::of(status, detail).into_response();
        if let Some(allowed) = allowed {
            response
                .headers_mut()
                .insert(axum::http::header::ALLOW, allowed);
        }
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let year = HeaderValue::from_static("max-age=31536000");
    headers.insert(STRICT_TRANSPORT_SECURITY, year);
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}
