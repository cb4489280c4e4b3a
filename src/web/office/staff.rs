//! Who works here: accounts are added, renewed, disabled and signed out. A password is shown once, to
//! whoever made it.

use crate::engine::staff::{self, Role, Secrets, Staff};
use crate::engine::{EngineError, sessions};
use crate::web::ground::forms::filled;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, as_refused, html};
use askama::Template;
use axum::extract::{Form, Path, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::Deserialize;

words! {
    /// The words of the pages.
    pub Words {
        title: "Pracownicy", "Staff";
        lead: "Kto loguje się do kwestury i COS. Hasło widać raz, zaraz po utworzeniu.", "Who signs in here. A password is shown once, when it is made.";
        login: "Login", "Login";
        name: "Imię i nazwisko", "Name";
        role: "Rola", "Role";
        second: "Kod z telefonu", "Code of a phone";
        yes: "tak", "yes";
        no: "nie", "no";
        without: "Bez kodu z telefonu", "Without a code of a phone";
        state: "Stan", "State";
        active: "może się logować", "may sign in";
        disabled: "zablokowany", "disabled";
        add: "Dodaj konto", "Add an account";
        renew: "Nowe hasło…", "New password…";
        renew_words: "Stare hasło i aplikacja z kodami przestają działać od razu, a otwarte sesje się kończą.", "The old password and the app with the codes end at once, and so do open sessions.";
        renew_do: "Nadaj nowe hasło", "Give a new password";
        sign_out: "Wyloguj", "Sign out";
        disable: "Zablokuj", "Disable";
        enable: "Odblokuj", "Let in again";
        own: "to Ty", "you";
        secrets: "Pokaż to tej osobie teraz", "Show this to that person now";
        once: "Nikt nie zobaczy tego drugi raz. Hasło działa od razu.", "Nobody sees this a second time. The password works at once.";
        password: "Hasło", "Password";
        totp: "Sekret dla aplikacji z kodami", "Secret for the app with codes";
        back: "Wszyscy pracownicy", "All staff";
        not_own: "Własnego konta nie można tu zmienić; poproś innego administratora.", "Your own account cannot be changed here; ask another administrator.";
    }
}

#[derive(Template)]
#[template(path = "office/staff.html")]
struct StaffPage {
    page: Page,
    w: &'static Words,
    rows: Vec<(Staff, &'static str, bool)>,
    roles: Vec<(&'static str, &'static str)>,
    /// What was typed of a new account.
    typed: Word,
    /// Why there is none.
    refusal: Option<String>,
}

/// `GET /staff`
pub async fn page(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    Ok(html(&drawn(&site, &visit).await?))
}

async fn drawn(site: &Site, visit: &Visit) -> Result<StaffPage, Fault> {
    let page = Page::of(site, visit, Words::of(visit.language).title);
    let all = staff::list(&visit.office).await?.into_iter();
    let rows = all.map(|one| {
        let role = page.w.role(one.role);
        let is_own = one.login == visit.by();
        (one, role, is_own)
    });
    Ok(StaffPage {
        w: Words::of(visit.language),
        rows: rows.collect(),
        roles: Role::STAFF
            .map(|role| (role.name(), page.w.role(role)))
            .into(),
        typed: Word::default(),
        refusal: None,
        page,
    })
}

#[derive(Template)]
#[template(path = "office/secrets.html")]
struct SecretsPage {
    page: Page,
    w: &'static Words,
    login: String,
    password: String,
    totp: Option<(String, String)>,
}

fn shown(site: &Site, visit: &Visit, login: &str, secrets: Secrets) -> Response {
    let w = Words::of(visit.language);
    let address = secrets.otpauth(login);
    html(&SecretsPage {
        page: Page::of(site, visit, w.title),
        w,
        login: login.to_owned(),
        totp: secrets.totp.zip(address),
        password: secrets.password,
    })
}

/// A new account, or new secrets of one.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    login: String,
    name: String,
    role: String,
    /// Set where no code of a phone is to be asked for.
    without: String,
}

/// `POST /staff`
pub async fn add(
    State(site): State<Site>,
    visit: Visit,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let role = Role::of_staff(&word.role).ok_or(Fault::NotFound)?;
    let login = word.login.trim();
    let who = (login, word.name.as_str(), role);
    let second = filled(&word.without).is_none();
    match staff::add(&visit.office, who, None, second).await {
        Ok(secrets) => {
            visit.did("staff-added", login, role.name()).await?;
            Ok(shown(&site, &visit, login, secrets))
        }
        Err(EngineError::Refused(words)) => {
            let mut page = drawn(&site, &visit).await?;
            page.refusal = Some(in_language(visit.language, &words));
            page.typed = word;
            Ok(as_refused(&page))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /staff/{name}/renew`
pub async fn renew(
    State(site): State<Site>,
    visit: Visit,
    Path(login): Path<String>,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let login = another(&visit, &login).await?;
    let second = filled(&word.without).is_none();
    let secrets = staff::renew(&visit.office, &login, None, second).await?;
    visit.did("staff-renewed", &login, "").await?;
    Ok(shown(&site, &visit, &login, secrets))
}

/// `POST /staff/{name}/disable`
pub async fn disable(visit: Visit, Path(login): Path<String>) -> Result<Response, Fault> {
    let login = another(&visit, &login).await?;
    staff::disable(&visit.office, &login, true).await?;
    done(&visit, "staff-disabled", &login).await
}

/// `POST /staff/{name}/enable`
pub async fn enable(visit: Visit, Path(login): Path<String>) -> Result<Response, Fault> {
    let login = another(&visit, &login).await?;
    staff::disable(&visit.office, &login, false).await?;
    done(&visit, "staff-enabled", &login).await
}

/// `POST /staff/{name}/sign-out`
pub async fn sign_out(visit: Visit, Path(login): Path<String>) -> Result<Response, Fault> {
    let login = another(&visit, &login).await?;
    sessions::end_of_staff(&visit.office, &login).await?;
    done(&visit, "staff-signed-out", &login).await
}

/// Somebody else's account: nobody locks themselves out.
async fn another(visit: &Visit, login: &str) -> Result<String, Fault> {
    let all: Result<Vec<Staff>, EngineError> = staff::list(&visit.office).await;
    let mut all = all?.into_iter();
    let found = all.find(|one| one.login == login).ok_or(Fault::NotFound)?;
    if found.login == visit.by() {
        let words = Words::of(visit.language).not_own;
        return Err(Fault::Refused(words.to_owned()));
    }
    Ok(found.login)
}

async fn done(visit: &Visit, what: &str, login: &str) -> Result<Response, Fault> {
    visit.did(what, login, "").await?;
    Ok(Redirect::to("/staff").into_response())
}
