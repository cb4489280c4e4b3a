//! Signing in and out, and the choice of a language.
//!
//! Every way of signing in ends in [`enter`] with a login that it has proven; passwords of staff are
//! one such way.

use super::forms::{filled, local};
use super::words::Words;
use super::{Fault, Page, Site, Visit, cookies, html};
use crate::engine::audit;
use crate::engine::sessions::{self, Whose};
use crate::engine::staff::{self, Attempt, Role, Typed};
use crate::text::Language;
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

/// What a way of signing in has proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// By which way: `password`, `cas` …
    pub way: &'static str,
    /// Whose session begins.
    pub login: String,
    /// The student, where it is no member of staff and the login is linked to one.
    pub person_id: Option<i64>,
    /// Whether the login is that of a member of staff.
    pub is_staff: bool,
    /// What a single sign-on calls the session.
    pub ticket: Option<String>,
}

/// Begins the session of somebody who has proven who they are, and leads on to a page of ours.
pub async fn enter(
    site: &Site,
    visit: &Visit,
    proven: &Proven,
    to: &str,
) -> Result<Response, Fault> {
    let whose = if proven.is_staff {
        Whose::Staff(&proven.login)
    } else {
        Whose::Student {
            login: &proven.login,
            person_id: proven.person_id,
        }
    };
    let (ticket, before) = (proven.ticket.as_deref(), visit.token.as_deref());
    let token = sessions::begin(&visit.office, whose, ticket, before).await?;
    if let Some(session) = sessions::find(&visit.office, &token).await? {
        audit::did(&visit.office, &session, "signed-in", "", proven.way).await?;
    }
    let mut response = Redirect::to(local(to)).into_response();
    let cookie = cookies::set_session(site, &token);
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}

/// Where to sign in, so as to get to a page.
pub(super) fn address(to: &str) -> String {
    match local(to) {
        "/" => "/sign-in".to_owned(),
        to => format!("/sign-in?to={}", crate::text::in_address(to)),
    }
}

/// `GET /`: the first page of whoever asks.
pub async fn home(State(site): State<Site>, visit: Visit) -> Result<Redirect, Fault> {
    match &visit.session {
        None => return Ok(Redirect::to("/sign-in")),
        Some(session) if session.role == Role::Student => return Ok(Redirect::to("/account")),
        Some(_) => {}
    }
    let page = Page::of(&site, &visit, "");
    let first = page.places.first().ok_or(Fault::NotFound)?;
    Ok(Redirect::to(first.path))
}

/// Where to after signing in.
#[derive(Debug, Deserialize)]
pub struct To {
    #[serde(default)]
    to: String,
}

impl To {
    /// A page of ours, whatever stands in the address.
    pub(super) fn path(&self) -> &str {
        local(&self.to)
    }
}

#[derive(Template)]
#[template(path = "ground/sign_in.html")]
struct SignIn {
    page: Page,
    to: String,
    login: String,
    wrong: Option<&'static str>,
    has_sso: bool,
}

impl SignIn {
    fn of(site: &Site, visit: &Visit, to: &str) -> SignIn {
        let w = Words::of(visit.language);
        SignIn {
            page: Page::of(site, visit, w.sign_in),
            to: local(to).to_owned(),
            login: String::new(),
            wrong: None,
            has_sso: site.config.sign_in.sso.is_some(),
        }
    }
}

/// `GET /sign-in`
pub async fn page(State(site): State<Site>, visit: Visit, Query(to): Query<To>) -> Response {
    if visit.session.is_some() {
        return Redirect::to(local(&to.to)).into_response();
    }
    html(&SignIn::of(&site, &visit, &to.to))
}

/// What is typed to sign in.
#[derive(Deserialize)]
pub struct Credentials {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
}

/// `POST /sign-in`
pub async fn with_password(
    State(site): State<Site>,
    visit: Visit,
    Form(typed): Form<Credentials>,
) -> Result<Response, Fault> {
    let w = Words::of(visit.language);
    let login = typed.login.trim();
    let attempt = staff::attempt(
        &visit.office,
        Typed {
            login,
            password: &typed.password,
            code: &typed.code,
            network: &visit.network,
        },
    );
    let (status, words) = match attempt.await? {
        Attempt::Known(known) => {
            let proven = Proven {
                way: "password",
                login: known.login,
                person_id: None,
                is_staff: true,
                ticket: None,
            };
            return enter(&site, &visit, &proven, &typed.to).await;
        }
        Attempt::Wrong => (StatusCode::UNAUTHORIZED, w.wrong),
        Attempt::TooMany => (StatusCode::TOO_MANY_REQUESTS, w.too_many),
    };
    audit::tried(&visit.office, "sign-in-refused", &visit.network).await?;
    let again = SignIn {
        login: login.to_owned(),
        wrong: Some(words),
        ..SignIn::of(&site, &visit, &typed.to)
    };
    Ok((status, html(&again)).into_response())
}

/// `POST /sign-out`
pub async fn out(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    sessions::end(&visit.office, visit.signed_in()?).await?;
    visit.did("signed-out", "", "").await?;
    Ok(ended(&site))
}

/// `POST /sign-out-everywhere`
pub async fn out_everywhere(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    sessions::end_everywhere(&visit.office, visit.signed_in()?).await?;
    visit.did("signed-out", "", "everywhere").await?;
    Ok(ended(&site))
}

fn ended(site: &Site) -> Response {
    let mut response = Redirect::to("/sign-in").into_response();
    let cookie = cookies::end_session(site);
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// A choice of language, and where it was made.
#[derive(Debug, Deserialize)]
pub struct Chosen {
    language: String,
    #[serde(default)]
    to: String,
}

/// `POST /language`
pub async fn language(State(site): State<Site>, Form(chosen): Form<Chosen>) -> Response {
    let language = filled(&chosen.language).map_or(Language::Pl, Language::of);
    let mut response = Redirect::to(local(&chosen.to)).into_response();
    let cookie = cookies::set_language(&site, language);
    response
        .headers_mut()
        .extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    response
}
