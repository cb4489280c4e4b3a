//! What goes wrong, and the page that says so. What the program knows of it goes to the error stream;
//! the page says only what its reader can do.

use super::forms::local;
use super::said::in_language;
use super::words::Words;
use super::{Page, Site, Visit, html};
use crate::engine::{EngineError, secret};
use crate::store::StoreError;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, REFERER};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

/// Why a request is not answered as it was meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is not there, or whoever asks may not know that it is.
    NotFound,
    /// Whoever asks has to sign in first.
    SignIn,
    /// What writes came from another site.
    Elsewhere,
    /// Somebody else was faster: in words.
    Conflict(String),
    /// It cannot be done as it was asked for: in words that say what to do.
    Refused(String),
    /// Our side failed: for the log, not for the page.
    Failed(String),
    /// Any of these, with a way on: a path of ours, and what the link says.
    Led(Box<Fault>, String, &'static str),
}

impl From<EngineError> for Fault {
    fn from(error: EngineError) -> Fault {
        match error {
            EngineError::Refused(words) => Fault::Refused(words),
            EngineError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        Fault::Failed(error.to_string())
    }
}

impl From<askama::Error> for Fault {
    fn from(error: askama::Error) -> Fault {
        Fault::Failed(format!("a page cannot be drawn: {error}"))
    }
}

impl Fault {
    /// The same with a way on, so that nobody has to search for where they were.
    #[must_use]
    pub fn and(self, to: String, name: &'static str) -> Fault {
        Fault::Led(Box::new(self), to, name)
    }

    fn status(&self) -> StatusCode {
        match self {
            Fault::Led(fault, _, _) => fault.status(),
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::SignIn => StatusCode::UNAUTHORIZED,
            Fault::Elsewhere => StatusCode::FORBIDDEN,
            Fault::Conflict(_) => StatusCode::CONFLICT,
            Fault::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Fault::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl IntoResponse for Fault {
    /// Bare; [`in_words`] makes a page of it, in the reader's language.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[derive(Template)]
#[template(path = "ground/fault.html")]
struct FaultPage {
    page: Page,
    heading: &'static str,
    words: String,
    ways: Vec<(String, &'static str)>,
}

/// Makes pages of faults, and of what the framework refuses by itself.
pub async fn in_words(
    State(site): State<Site>,
    visit: Visit,
    request: Request,
    next: Next,
) -> Response {
    let is_page = *request.method() == Method::GET;
    let before = came_from(&request);
    let mut response = next.run(request).await;
    let status = response.status();
    let fault = response.extensions_mut().remove::<Fault>();
    let fault = match fault {
        Some(fault) => fault,
        None if status == StatusCode::PAYLOAD_TOO_LARGE && is_plain(&response) => {
            let words = Words::of(visit.language).too_long;
            Fault::Refused(words.to_owned())
        }
        // A form or an address that nobody gets by clicking, in the framework's own words.
        None if status.is_client_error() && is_plain(&response) => Fault::NotFound,
        None => return response,
    };
    if fault == Fault::SignIn {
        let to = visit.uri.path_and_query().map_or("/", |uri| uri.as_str());
        let to = if is_page { to } else { "/" };
        return Redirect::to(&super::sign_in::address(to)).into_response();
    }
    let status = fault.status();
    let page = fault_page(&site, &visit, fault, before);
    (status, html(&page)).into_response()
}

/// The page of ours with the form or the link that led here.
fn came_from(request: &Request) -> Option<String> {
    let said = request.headers().get(REFERER)?.to_str().ok()?;
    let behind_scheme = said.split_once("://")?.1;
    let path = behind_scheme
        .find('/')
        .and_then(|at| behind_scheme.get(at..))?;
    Some(local(path).to_owned()).filter(|path| path != "/" && **path != *request.uri())
}

/// Whether an answer is no page and nothing for a program.
fn is_plain(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE);
    kind.is_none_or(|kind| kind.as_bytes().starts_with(b"text/plain"))
}

fn fault_page(site: &Site, visit: &Visit, fault: Fault, before: Option<String>) -> FaultPage {
    let w = Words::of(visit.language);
    let mut ways = Vec::new();
    let fault = match fault {
        Fault::Led(fault, to, name) => {
            ways.push((to, name));
            *fault
        }
        fault => fault,
    };
    // What is missing looks the same from wherever somebody looks for it.
    if ways.is_empty() && !matches!(fault, Fault::NotFound | Fault::SignIn | Fault::Elsewhere) {
        ways.extend(before.map(|path| (path, w.back_there)));
    }
    ways.push(("/".to_owned(), w.back));
    let (heading, words) = match fault {
        Fault::NotFound | Fault::SignIn => (w.not_found, w.not_found_words.to_owned()),
        Fault::Elsewhere => (w.elsewhere, w.elsewhere_words.to_owned()),
        Fault::Conflict(words) => (w.conflict, words),
        Fault::Refused(words) => (w.refused, in_language(visit.language, &words)),
        Fault::Failed(why) => {
            let number = secret::bytes::<4>().unwrap_or_default();
            let number = secret::hexadecimal(&number);
            eprintln!("kwestura: fault {number}: {why}");
            (w.failed, format!("{} {number}", w.failed_words))
        }
        // A way on is told once.
        Fault::Led(fault, _, _) => return fault_page(site, visit, *fault, None),
    };
    FaultPage {
        page: Page::of(site, visit, heading),
        heading,
        words,
        ways,
    }
}
