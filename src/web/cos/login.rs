//! A login without a student: who signed in, what they wrote, and whose it is from now on.
//!
//! The login is that of the case, never of a form; the student is looked at before anything is linked.

use super::case::seen;
use crate::engine::{EngineError, login, students};
use crate::store::logins::StrayRow;
use crate::web::ground::figures::instant;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

words! {
    /// The words.
    pub Words {
        title: "Czyj to login", "Whose this login is";
        back: "Sprawa", "Case";
        login: "Login", "Login";
        name: "Nazwisko według logowania", "Name, as the sign-in tells it";
        email: "Adres według logowania", "Address, as the sign-in tells it";
        since: "Pierwszy raz", "First seen";
        wrote: "Pisze", "Writes";
        claimed: "Logowanie mówi teraz, że to", "The sign-in says now that this is";
        over: "Tego loginu nikt już nie szuka: ma studenta albo sprawa się skończyła.", "Nobody looks for this login any more: it has a student, or the case is over.";
        who: "Kto to jest", "Who it is";
        who_words: "Numer z systemu studenckiego albo album. Sprawdź tożsamość, zanim połączysz: ten login zobaczy konto tej osoby.", "The student system's id, or an album. Be sure who it is before you link: this login will see this person's account.";
        show: "Pokaż", "Show";
        none: "Nie ma takiego studenta, albo jest ich kilku.", "There is no such student, or there are several.";
        student: "Student", "Student";
        address: "Adres uczelniany", "University address";
        has: "Ma już login", "Has a login already";
        why: "Jak sprawdzono", "How this was checked";
        link: "Połącz i napisz do studenta", "Link it and write to the student";
    }
}

#[derive(Template)]
#[template(path = "cos/login.html")]
struct LoginPage {
    page: Page,
    w: &'static Words,
    case: i64,
    login: String,
    stray: Option<StrayRow>,
    since: String,
    typed: String,
    found: Option<students::Student>,
    linked: Vec<String>,
    refusal: Option<String>,
}

/// Who it may be.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Linking {
    student: String,
    why: String,
}

/// `GET /cases/{id}/login`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Query(linking): Query<Linking>,
) -> Result<Response, Fault> {
    shown(&site, &visit, id, linking, None).await
}

async fn shown(
    site: &Site,
    visit: &Visit,
    id: i64,
    linking: Linking,
    refusal: Option<String>,
) -> Result<Response, Fault> {
    let login = login_of(visit, id, false).await?;
    let w = Words::of(visit.language);
    let (known, strays) = login::list(&visit.office).await?;
    let stray = strays
        .into_iter()
        .find(|stray| login::subject(stray) == login);
    let typed = linking.student.trim().to_owned();
    let is_asked = stray.is_some() && !typed.is_empty();
    let found = if is_asked {
        students::one(&visit.office, &typed).await?
    } else {
        None
    };
    let refusal = refusal.or_else(|| (is_asked && found.is_none()).then(|| w.none.to_owned()));
    let mut linked = Vec::new();
    if let Some(student) = &found {
        visit.viewed(&student.external_id).await?;
        let theirs = known
            .iter()
            .filter(|row| row.student == student.external_id);
        linked = theirs
            .map(|row| format!("{}:{}", row.provider, row.login))
            .collect();
    }
    let zone = visit.office.config.institution.time_zone;
    let first = stray
        .as_ref()
        .map(|stray| instant(visit.language, stray.first_seen_at, zone));
    Ok(html(&LoginPage {
        page: Page::of(site, visit, w.title),
        w,
        case: id,
        login,
        stray,
        since: first.unwrap_or_default(),
        typed,
        found,
        linked,
        refusal,
    }))
}

/// `POST /cases/{id}/login`
pub async fn link(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(linking): Form<Linking>,
) -> Result<Response, Fault> {
    let login = login_of(&visit, id, true).await?;
    let said = visit.said(&linking.why);
    match login::link(&visit.office, &login, &linking.student, said).await {
        Ok(()) => {}
        Err(EngineError::Refused(words)) => {
            let words = in_language(visit.language, &words);
            return shown(&site, &visit, id, linking, Some(words)).await;
        }
        Err(error) => return Err(error.into()),
    }
    visit
        .did("login-linked", linking.student.trim(), &login)
        .await?;
    Ok(Redirect::to(&format!("/cases/{id}?done=1")).into_response())
}

/// The login that a case is about; any other case has no such page, and one that is over takes no answer.
async fn login_of(visit: &Visit, id: i64, writes: bool) -> Result<String, Fault> {
    let (case, _) = seen(visit, id).await?;
    if case.kind == "sign_in" && (case.is_open() || !writes) {
        Ok(case.subject)
    } else {
        Err(Fault::NotFound)
    }
}
