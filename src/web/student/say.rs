//! "I paid", "this is wrong", more time, instalments: a form, and what becomes of it.

use super::account::own;
use super::words::Sayings;
use crate::engine::hear::{self, Attachment, NotHeard, Saying};
use crate::engine::lookup::{self, Fee, Lookup};
use crate::text::Language;
use crate::web::ground::forms::{day, filled};
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::multipart::MultipartError;
use axum::extract::{Form, Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "student/say.html")]
struct SayPage {
    page: Page,
    t: &'static Sayings,
    what: String,
    heading: &'static str,
    fee: String,
    fees: Vec<(String, String)>,
    /// Whether something else can be said, about a fee that is settled.
    has_fees: bool,
    today: String,
    paid_on: String,
    amount: String,
    words: String,
    wrong: Option<&'static str>,
}

/// What is said about which fee.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    fee: String,
    #[serde(default)]
    words: String,
}

/// All that was typed, to be shown again.
#[derive(Debug, Default)]
struct Again {
    fee: String,
    words: String,
    paid_on: String,
    amount: String,
}

fn heading(t: &'static Sayings, what: &str) -> Option<&'static str> {
    Some(match what {
        "paid" => t.say_paid,
        "wrong" => t.say_wrong,
        "time" => t.say_time,
        "instalments" => t.say_instalments,
        _ => return None,
    })
}

/// `GET /account/say/{what}`
pub async fn form(
    State(site): State<Site>,
    visit: Visit,
    Path(what): Path<String>,
    Query(typed): Query<Typed>,
) -> Result<Response, Fault> {
    let again = Again {
        fee: typed.fee,
        ..Again::default()
    };
    shown(&site, &visit, &what, again, None).await
}

/// `GET /account/say/paid`: a path of its own, because what is sent there is.
pub async fn paid_form(
    site: State<Site>,
    visit: Visit,
    typed: Query<Typed>,
) -> Result<Response, Fault> {
    form(site, visit, Path("paid".to_owned()), typed).await
}

async fn shown(
    site: &Site,
    visit: &Visit,
    what: &str,
    again: Again,
    wrong: Option<&'static str>,
) -> Result<Response, Fault> {
    let t = Sayings::of(visit.language);
    let heading = heading(t, what).ok_or(Fault::NotFound)?;
    let lookup = own(site, visit).await?.ok_or(Fault::NotFound)?;
    let page = html(&SayPage {
        page: Page::of(site, visit, heading),
        t,
        what: what.to_owned(),
        heading,
        fees: fees_about(what, &lookup, visit.language),
        has_fees: !fees_about("wrong", &lookup, visit.language).is_empty(),
        fee: again.fee,
        today: visit.office.now.today.to_string(),
        paid_on: again.paid_on,
        amount: again.amount,
        words: again.words,
        wrong,
    });
    Ok(match wrong {
        Some(_) => (StatusCode::UNPROCESSABLE_ENTITY, page).into_response(),
        None => page,
    })
}

/// The fees about which this can be said, with their titles. A plan is one fee, and so is a fee with its
/// interest, unless the interest alone is left.
fn fees_about(what: &str, lookup: &Lookup, language: Language) -> Vec<(String, String)> {
    let is_about = |fee: &&Fee| match what {
        "wrong" => fee.can_be_wrong(),
        "paid" => fee.state.is_open(),
        _ => fee.state.is_open() && !fee.is_interest(),
    };
    let mut about: Vec<(String, String)> = Vec::new();
    let fees = || lookup.accounts.iter().flat_map(|account| &account.fees);
    for fee in fees().filter(is_about) {
        if about.iter().any(|(id, _)| *id == fee.of) {
            continue;
        }
        let whole = fees().find(|whole| whole.id == fee.of);
        let whole =
            whole.filter(|whole| is_about(whole) || whole.state == lookup::State::InInstalments);
        let title = whole.unwrap_or(fee).title.of(language);
        about.push((fee.of.clone(), title.to_owned()));
    }
    about
}

/// `POST /account/say/{what}`
pub async fn said(
    State(site): State<Site>,
    visit: Visit,
    Path(what): Path<String>,
    Form(typed): Form<Typed>,
) -> Result<Response, Fault> {
    let saying = match what.as_str() {
        "wrong" => Saying::Wrong,
        "time" => Saying::MoreTime,
        "instalments" => Saying::Instalments,
        _ => return Err(Fault::NotFound),
    };
    let again = Again {
        fee: typed.fee,
        words: typed.words,
        ..Again::default()
    };
    heard(&site, &visit, &what, saying, again).await
}

/// `POST /account/say/paid`
pub async fn paid(
    State(site): State<Site>,
    visit: Visit,
    mut form: Multipart,
) -> Result<Response, Fault> {
    let mut again = Again::default();
    let confirmation = match received(&mut form, &mut again).await {
        Ok(confirmation) => confirmation,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let wrong = Sayings::of(visit.language).not_large;
            return shown(&site, &visit, "paid", again, Some(wrong)).await;
        }
        Err(_) => return Err(Fault::NotFound),
    };
    let Some(on) = day(&again.paid_on) else {
        let wrong = Sayings::of(visit.language).not_day;
        return shown(&site, &visit, "paid", again, Some(wrong)).await;
    };
    let saying = Saying::Paid {
        on,
        amount: filled(&again.amount).map(str::to_owned),
        confirmation,
    };
    heard(&site, &visit, "paid", saying, again).await
}

/// Reads what is typed into the form, and the file; what came before the form became too long is kept.
async fn received(
    form: &mut Multipart,
    again: &mut Again,
) -> Result<Option<Attachment>, MultipartError> {
    let mut confirmation = None;
    while let Some(field) = form.next_field().await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "confirmation" {
            let file = field.file_name().unwrap_or_default().to_owned();
            let content = field.bytes().await?;
            confirmation = (!content.is_empty()).then(|| Attachment {
                name: file,
                content: content.to_vec(),
            });
            continue;
        }
        let text = field.text().await?;
        match name.as_str() {
            "fee" => again.fee = text,
            "paid_on" => again.paid_on = text,
            "amount" => again.amount = text,
            "words" => again.words = text,
            _ => {}
        }
    }
    Ok(confirmation)
}

async fn heard(
    site: &Site,
    visit: &Visit,
    what: &str,
    saying: Saying,
    again: Again,
) -> Result<Response, Fault> {
    let t = Sayings::of(visit.language);
    let person = visit.signed_in()?.person_id.ok_or(Fault::NotFound)?;
    let heard = hear::hear(&visit.office, person, &again.fee, &saying, &again.words).await?;
    let wrong = match heard {
        Ok(number) => {
            visit
                .did(&format!("said-{what}"), &again.fee, &number.to_string())
                .await?;
            return Ok(Redirect::to("/account?said=1#said").into_response());
        }
        Err(NotHeard::NoSuchFee) => t.not_fee,
        Err(NotHeard::NothingOpen) => t.not_open,
        Err(NotHeard::SaidAlready) => t.not_twice,
        Err(NotHeard::Day) => t.not_day,
        Err(NotHeard::Amount) => t.not_amount,
        Err(NotHeard::Words) => t.not_words,
        Err(NotHeard::TooLarge) => t.not_large,
        Err(NotHeard::Kind) => t.not_kind,
    };
    shown(site, visit, what, again, Some(wrong)).await
}
