//! Signing in by the university's single sign-on, for staff and students alike.
//!
//! A browser leaves with an errand in a cookie and comes back with what the provider gave it. What that
//! proves is a login: that of an account of staff that was linked to it by hand, or else a student's.
//! Without its errand nobody comes in, so nobody can be led in as somebody else; whom a portal sends
//! here by itself is sent on their way first.

use super::sign_in::{Proven, To, enter};
use super::words::Words;
use super::{Fault, Page, Site, Visit, cookies, html};
use crate::engine::login::{self, Claims, Known, Provider};
use crate::engine::staff::Linked;
use crate::engine::{audit, secret, sessions, staff};
use crate::sso::{self, Brought, Errand, NotProven, Way};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, SET_COOKIE};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

/// Where the provider sends browsers back to, and where its server says that a session is over.
pub(super) const BACK: &str = "/sign-in/sso/back";

/// [`BACK`] as browsers know it: from the settings, never from a request.
fn back(site: &Site) -> Option<String> {
    let address = site.config.sign_in.address.as_deref()?;
    Some(format!("{}{BACK}", address.trim_end_matches('/')))
}

/// The way over the provider; where none is set, there is no such page.
fn way<'a>(site: &'a Site, back: Option<&'a String>) -> Result<Way<'a>, Fault> {
    let sso = site.config.sign_in.sso.as_deref();
    let (sso, back) = sso.zip(back).ok_or(Fault::NotFound)?;
    Ok(Way {
        sso,
        back,
        secret: site.sso_secret.as_ref(),
        known: &site.sso_known,
    })
}

/// `GET /sign-in/sso`
pub async fn leave(
    State(site): State<Site>,
    visit: Visit,
    Query(to): Query<To>,
) -> Result<Response, Fault> {
    let back = back(&site);
    let way = way(&site, back.as_ref())?;
    let seed = secret::token()?;
    let mut response = match way.out(&Errand::of(&*seed), visit.office.now.millis).await {
        Ok(provider) => Redirect::to(&provider).into_response(),
        Err(why) => return Ok(not_proven(&site, &visit, &why)),
    };
    let cookie = cookies::set_errand(&site, &seed, to.path());
    let headers = response.headers_mut();
    headers.extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    Ok(response)
}

/// What a browser brings back in its address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Returned {
    ticket: String,
    code: String,
    state: String,
    iss: String,
    error: String,
}

/// `GET /sign-in/sso/back`
pub async fn come_back(
    State(site): State<Site>,
    visit: Visit,
    headers: axum::http::HeaderMap,
    Query(returned): Query<Returned>,
) -> Result<Response, Fault> {
    let back = back(&site);
    let way = way(&site, back.as_ref())?;
    let Some((seed, to)) = cookies::errand(&site, &headers) else {
        return Ok(Redirect::to("/sign-in/sso").into_response());
    };
    let brought = Brought {
        ticket: returned.ticket,
        code: returned.code,
        state: returned.state,
        iss: returned.iss,
        error: returned.error,
    };
    let now = visit.office.now.millis;
    let proven = match way.back(&Errand::of(seed), &brought, now).await {
        Ok(proven) => proven,
        Err(why) => {
            audit::tried(&visit.office, "sign-in-refused", &visit.network).await?;
            return Ok(over(&site, not_proven(&site, &visit, &why)));
        }
    };
    Ok(over(
        &site,
        came(&site, &visit, way.name(), proven, &to).await?,
    ))
}

/// Somebody is proven: begins their session.
async fn came(
    site: &Site,
    visit: &Visit,
    way: &'static str,
    proven: sso::Proven,
    to: &str,
) -> Result<Response, Fault> {
    let ticket = proven.session;
    match staff::of_sso(&visit.office, &proven.login).await? {
        Linked::To(member) => {
            let proven = Proven {
                way,
                login: member.login,
                person_id: None,
                is_staff: true,
                ticket,
            };
            return enter(site, visit, &proven, to).await;
        }
        Linked::Disabled => {
            let why = NotProven::Refused("the account is disabled".to_owned());
            return Ok(not_proven(site, visit, &why));
        }
        Linked::No => {}
    }
    let claims = Claims {
        provider: Provider::of(way).unwrap_or(Provider::Cas),
        login: proven.login,
        student: proven.student,
        email: proven.email,
        name: proven.name,
    };
    let person_id = match login::known(&visit.office, &claims).await? {
        Known::Student(person) => Some(person),
        Known::Stray | Known::Refused => None,
    };
    let proven = Proven {
        way,
        login: claims.login,
        person_id,
        is_staff: false,
        ticket,
    };
    let to = if to == "/" { "/account" } else { to };
    enter(site, visit, &proven, to).await
}

/// An errand is done once.
fn over(site: &Site, mut response: Response) -> Response {
    if let Some(cookie) = cookies::end_errand(site) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

#[derive(Template)]
#[template(path = "ground/sso.html")]
struct SsoPage {
    page: Page,
    is_down: bool,
}

fn not_proven(site: &Site, visit: &Visit, why: &NotProven) -> Response {
    let w = Words::of(visit.language);
    let is_down = matches!(why, NotProven::Down(_));
    if is_down {
        eprintln!("kwestura: {why}");
    }
    let page = html(&SsoPage {
        page: Page::of(site, visit, w.sso),
        is_down,
    });
    let status = if is_down {
        StatusCode::BAD_GATEWAY
    } else {
        StatusCode::UNAUTHORIZED
    };
    (status, page).into_response()
}

/// What the provider's server says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Said {
    #[serde(rename = "logoutRequest")]
    cas: String,
    #[serde(rename = "logout_token")]
    openid: String,
}

/// `POST /sign-in/sso/back`: single log-out. The provider's server comes without cookie and origin;
/// what it can end is named by a ticket that nobody can guess, or by what the provider signed. The
/// answer is the same whether there was such a session.
pub async fn log_out(State(site): State<Site>, Form(said): Form<Said>) -> Result<Response, Fault> {
    let (back, office) = (back(&site), site.office());
    let way = way(&site, back.as_ref())?;
    let said = [said.cas, said.openid]
        .into_iter()
        .find(|text| !text.is_empty());
    match way
        .ended(&said.unwrap_or_default(), office.now.millis)
        .await
    {
        Ok(Some(session)) => {
            sessions::end_of_ticket(&office, &session).await?;
            Ok(StatusCode::OK.into_response())
        }
        Ok(None) | Err(NotProven::Refused(_)) => {
            let kind = [(CONTENT_TYPE, "application/json")];
            let why = r#"{"error":"invalid_request"}"#;
            Ok((StatusCode::BAD_REQUEST, kind, why).into_response())
        }
        Err(NotProven::Down(why)) => Err(Fault::Failed(format!("single log-out: {why}"))),
    }
}
