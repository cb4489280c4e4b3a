//! The page of a student, and of somebody whom nobody here knows yet.

use super::view::{AccountView, Shown, WordView};
use super::words::Sayings;
use crate::engine::lookup::Lookup;
use crate::engine::{Moment, login};
use crate::text::Language;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Form, Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "student/account.html")]
struct AccountPage {
    page: Page,
    t: &'static Sayings,
    name: String,
    album: String,
    recipient: String,
    accounts: Vec<AccountView>,
    said: Vec<WordView>,
    thanks: bool,
}

/// What the page is opened with.
#[derive(Debug, Deserialize)]
pub struct Opened {
    /// Something was just said.
    #[serde(default)]
    said: String,
}

/// `GET /account`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Query(opened): Query<Opened>,
) -> Result<Response, Fault> {
    let Some(lookup) = own(&site, &visit).await? else {
        return unknown(&site, &visit).await;
    };
    let t = Sayings::of(visit.language);
    let shown = Shown {
        language: visit.language,
    };
    let accounts = lookup.accounts.iter();
    Ok(html(&AccountPage {
        page: Page::of(&site, &visit, t.title),
        t,
        accounts: accounts
            .map(|account| shown.account(account, &lookup))
            .collect(),
        said: lookup
            .said
            .iter()
            .map(|word| shown.word(word, &lookup))
            .collect(),
        name: lookup.name,
        album: lookup.album,
        recipient: lookup.recipient,
        thanks: !opened.said.is_empty(),
    }))
}

/// What the student who is signed in may know; none where nobody knows whom the login is.
pub(super) async fn own(site: &Site, visit: &Visit) -> Result<Option<Lookup>, Fault> {
    match visit.signed_in()?.person_id {
        Some(person) => Ok(site.lookups.student(&visit.office, person).await?),
        None => Ok(None),
    }
}

#[derive(Template)]
#[template(path = "student/unknown.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a sentence of the page"
)]
struct UnknownPage {
    page: Page,
    t: &'static Sayings,
    login: String,
    last: Option<String>,
    next: String,
    from: String,
    may_ask: bool,
    is_asked: bool,
    is_refused: bool,
    is_known: bool,
    contact: Vec<String>,
}

/// An instant in words: the day, and the hour in the institution's time zone.
fn instant(visit: &Visit, millis: i64) -> String {
    let zone = visit.office.config.institution.time_zone;
    let at = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
    let hour = at.with_timezone(&zone).format("%H:%M");
    let day = visit.language.day(Moment::of(millis, zone).today);
    match visit.language {
        Language::Pl => format!("{day}, godz. {hour}"),
        Language::En => format!("{day}, {hour}"),
    }
}

async fn unknown(site: &Site, visit: &Visit) -> Result<Response, Fault> {
    let t = Sayings::of(visit.language);
    let login = visit.signed_in()?.login.clone();
    let waiting = login::waiting(&visit.office, &login).await?;
    let words = |millis: Option<i64>| millis.map(|millis| instant(visit, millis));
    let institution = &visit.office.config.institution;
    Ok(html(&UnknownPage {
        page: Page::of(site, visit, t.unknown),
        t,
        last: words(
            waiting
                .as_ref()
                .and_then(|waiting| waiting.last_transfer_at),
        ),
        next: words(waiting.as_ref().map(|waiting| waiting.next_transfer_at)).unwrap_or_default(),
        from: words(waiting.as_ref().map(|waiting| waiting.may_ask_from)).unwrap_or_default(),
        may_ask: waiting.as_ref().is_some_and(|waiting| waiting.may_ask),
        is_asked: waiting
            .as_ref()
            .is_some_and(|waiting| waiting.asked_at.is_some()),
        is_refused: waiting.as_ref().is_some_and(|waiting| waiting.is_refused),
        is_known: waiting.is_none(),
        contact: institution.contact.clone(),
        login,
    }))
}

/// What somebody writes to the office who is nobody here.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    words: String,
}

/// `POST /account/ask`
pub async fn ask(visit: Visit, Form(asked): Form<Asked>) -> Result<Redirect, Fault> {
    let session = visit.signed_in()?;
    if session.person_id.is_none() {
        login::ask(&visit.office, &session.login, &asked.words).await?;
        visit.did("asked-for-link", "", "").await?;
    }
    Ok(Redirect::to("/account"))
}
