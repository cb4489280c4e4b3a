//! Signing in by a link in a mail.

use super::words::Sayings;
use crate::engine::audit;
use crate::engine::login::{self, Known};
use crate::web::ground::sign_in::{Proven, enter as begin};
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "student/link.html")]
struct LinkPage {
    page: Page,
    t: &'static Sayings,
    /// Where the same is to be had in the other language.
    again: String,
    step: Step,
}

/// How far somebody has come.
enum Step {
    /// The address is asked for.
    Address,
    /// The mail is under way, or nobody has this address: the page is the same.
    Sent,
    /// The link was opened; it is used by a button, because programs that look into mails open it too.
    Opened(String),
    /// It works no more.
    Dead,
}

impl LinkPage {
    fn of(site: &Site, visit: &Visit, step: Step) -> LinkPage {
        let t = Sayings::of(visit.language);
        let page = Page::of(site, visit, t.link_title);
        LinkPage {
            again: match step {
                Step::Opened(_) => page.here.clone(),
                Step::Address | Step::Sent | Step::Dead => "/sign-in/link".to_owned(),
            },
            page,
            t,
            step,
        }
    }
}

/// `GET /sign-in/link`
pub async fn form(State(site): State<Site>, visit: Visit) -> Response {
    html(&LinkPage::of(&site, &visit, Step::Address))
}

/// Where to send it.
#[derive(Debug, Deserialize)]
pub struct Address {
    #[serde(default)]
    address: String,
}

/// `POST /sign-in/link`: answered before the address is looked up, so that neither the answer nor its
/// time says whether it is known.
pub async fn request(
    State(site): State<Site>,
    visit: Visit,
    Form(typed): Form<Address>,
) -> Response {
    let page = html(&LinkPage::of(&site, &visit, Step::Sent));
    tokio::spawn(async move {
        let sent = login::request(&visit.office, &typed.address, &visit.network).await;
        if let Err(error) = sent {
            eprintln!("kwestura: a link to sign in by: {error}");
        }
    });
    page
}

/// `GET /link/{token}`
pub async fn page(State(site): State<Site>, visit: Visit, Path(token): Path<String>) -> Response {
    html(&LinkPage::of(&site, &visit, Step::Opened(token)))
}

/// The link.
#[derive(Deserialize)]
pub struct Held {
    #[serde(default)]
    token: String,
}

/// `POST /link`
pub async fn enter(
    State(site): State<Site>,
    visit: Visit,
    Form(held): Form<Held>,
) -> Result<Response, Fault> {
    let Some((known, login)) = login::enter(&visit.office, &held.token).await? else {
        audit::tried(&visit.office, "link-refused", &visit.network).await?;
        let page = html(&LinkPage::of(&site, &visit, Step::Dead));
        return Ok((StatusCode::GONE, page).into_response());
    };
    let proven = Proven {
        way: "link",
        login,
        person_id: match known {
            Known::Student(person) => Some(person),
            Known::Stray | Known::Refused => None,
        },
        is_staff: false,
        ticket: None,
    };
    begin(&site, &visit, &proven, "/account").await
}
