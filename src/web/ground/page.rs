//! What stands around every page.

use super::super::office::{ADMINISTERS, MONEY, PEOPLE, RULES, WATCHES};
use super::counted::Seen;
use super::figures::instant;
use super::words::Words;
use super::{Site, Visit, assets};
use crate::engine::staff::Role;
use crate::text::Language;
use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

/// The frame of a page.
#[derive(Debug, Clone)]
pub struct Page {
    /// The words of the frame.
    pub w: &'static Words,
    /// The page's own name.
    pub title: String,
    /// The institution.
    pub institution: String,
    /// `pl` or `en`.
    pub code: &'static str,
    /// The other language.
    pub other_code: &'static str,
    /// Who is signed in.
    pub user: Option<User>,
    /// Whether its reader works with keys of one letter, and can switch them off.
    pub keys: bool,
    /// Where one can go from here.
    pub places: Vec<Place>,
    /// Path and query of this page.
    pub here: String,
    /// What this page follows while it is open.
    pub live: Option<String>,
    /// When the figures of the page were counted, where something has happened since.
    pub older: Option<String>,
    /// Others are being counted.
    pub counting: bool,
    /// Today, in words.
    pub today: String,
    /// Goes behind the names of files, so that a new version is fetched anew.
    pub version: &'static str,
}

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct User {
    /// Given and family name.
    pub name: String,
    /// Their role in words.
    pub role: &'static str,
}

/// An entry of the navigation.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    /// Its path.
    pub path: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether this is where one is.
    pub is_here: bool,
}

impl Page {
    /// The frame for whoever asks.
    pub fn of(site: &Site, visit: &Visit, title: &str) -> Page {
        let w = Words::of(visit.language);
        let role = visit.session.as_ref().map(|session| session.role);
        let path = visit.uri.path();
        let places = places(w, role).into_iter().map(|(place, name)| Place {
            path: place,
            name,
            is_here: path == place || path.starts_with(&format!("{place}/")),
        });
        let here = visit.uri.path_and_query().map_or("/", |uri| uri.as_str());
        Page {
            w,
            title: title.to_owned(),
            institution: site.config.institution.name.clone(),
            code: visit.language.code(),
            other_code: match visit.language {
                Language::Pl => "en",
                Language::En => "pl",
            },
            user: visit.session.as_ref().map(|session| User {
                name: session.name.clone(),
                role: w.role(session.role),
            }),
            keys: role.is_some_and(|role| role != Role::Student),
            places: places.collect(),
            live: role
                .filter(|role| PEOPLE.contains(role))
                .map(|_| live(path)),
            here: here.to_owned(),
            older: None,
            counting: false,
            today: visit.language.day(visit.office.now.today),
            version: assets::version(),
        }
    }

    /// The frame of figures that are kept.
    pub fn of_figures<T>(site: &Site, visit: &Visit, title: &str, seen: &Seen<T>) -> Page {
        let zone = site.config.institution.time_zone;
        let older = seen.older.map(|at| instant(visit.language, at, zone));
        Page {
            older,
            counting: seen.counting,
            ..Page::of(site, visit, title)
        }
    }
}

/// What a page follows: the page of a case, and what its forms answer with, who has that.
fn live(path: &str) -> String {
    let case = path.strip_prefix("/cases/");
    let id = case.and_then(|rest| rest.split('/').next());
    match id.and_then(|id| id.parse::<i64>().ok()) {
        Some(id) => format!("/live?case={id}"),
        None => "/live".to_owned(),
    }
}

/// Where a role can go, in the order of a day's work.
fn places(w: &'static Words, role: Option<Role>) -> Vec<(&'static str, &'static str)> {
    let Some(role) = role else {
        return Vec::new();
    };
    let all = [
        ("/today", w.today, MONEY),
        ("/review", w.review, MONEY),
        ("/credits", w.credits, MONEY),
        ("/cases", w.cases, PEOPLE),
        ("/students", w.students, PEOPLE),
        ("/statements", w.statements, MONEY),
        ("/fees", w.fees, MONEY),
        ("/reminders", w.reminders, MONEY),
        ("/messages", w.messages, MONEY),
        ("/refunds", w.refunds, MONEY),
        ("/decisions", w.decisions, MONEY),
        ("/audit", w.audit, WATCHES),
        ("/staff", w.staff, ADMINISTERS),
        ("/settings", w.settings, RULES),
    ];
    all.into_iter()
        .filter(|(_, _, roles)| roles.contains(&role))
        .map(|(path, name, _)| (path, name))
        .collect()
}

/// A page that says why something cannot be so, with what was typed.
pub fn as_refused(page: &impl Template) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, html(page)).into_response()
}

/// A page as an answer.
pub fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => super::Fault::from(error).into_response(),
    }
}
