//! The calendar of a student's due dates, for programs that read it at a secret address (RFC 5545).

use super::account::own;
use super::words::Sayings;
use crate::engine::lookup::{Account, Fee, Lookup};
use crate::engine::{papers, secret};
use crate::text::Language;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::{DateTime, Days, NaiveDate};

#[derive(Template)]
#[template(path = "student/calendar.html")]
struct CalendarPage {
    page: Page,
    t: &'static Sayings,
    address: String,
}

/// `POST /account/calendar`: a new address, shown this once; the one before works no more.
pub async fn begin(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    let lookup = own(&site, &visit).await?.ok_or(Fault::NotFound)?;
    let token = papers::new_calendar(&visit.office, lookup.person).await?;
    visit.did("new-calendar", &lookup.student, "").await?;
    let t = Sayings::of(visit.language);
    let base = site.config.sign_in.address.as_deref().unwrap_or_default();
    Ok(html(&CalendarPage {
        page: Page::of(&site, &visit, t.calendar),
        t,
        address: format!("{}/calendar/{token}", base.trim_end_matches('/')),
    }))
}

/// `POST /account/calendar/end`
pub async fn end(State(site): State<Site>, visit: Visit) -> Result<Redirect, Fault> {
    let lookup = own(&site, &visit).await?.ok_or(Fault::NotFound)?;
    papers::end_calendar(&visit.office, lookup.person).await?;
    visit.did("ended-calendar", &lookup.student, "").await?;
    Ok(Redirect::to("/account"))
}

/// `GET /calendar/{token}`
pub async fn read(
    State(site): State<Site>,
    visit: Visit,
    Path(token): Path<String>,
) -> Result<Response, Fault> {
    let person = papers::whose_calendar(&visit.office, &token).await?;
    let person = person.ok_or(Fault::NotFound)?;
    let lookup = site.lookups.student(&visit.office, person).await?;
    let calendar = calendar(&lookup.ok_or(Fault::NotFound)?, visit.office.now.millis);
    let kind = [(CONTENT_TYPE, "text/calendar; charset=utf-8")];
    Ok((kind, calendar).into_response())
}

/// Every fee that is still to be paid, on its due date. In the student's own language: whoever reads
/// it is a program.
fn calendar(lookup: &Lookup, now: i64) -> String {
    let language = lookup.language;
    let stamp = DateTime::from_timestamp_millis(now).unwrap_or_default();
    let stamp = stamp.format("%Y%m%dT%H%M%SZ").to_string();
    let name = match language {
        Language::Pl => "Opłaty na uczelni",
        Language::En => "Fees at the university",
    };
    let mut lines = vec![
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Kwestura//fees//EN".to_owned(),
        "CALSCALE:GREGORIAN".to_owned(),
        format!("X-WR-CALNAME:{name}"),
    ];
    for account in &lookup.accounts {
        for fee in account.fees.iter().filter(|fee| fee.state.is_open()) {
            lines.extend(event(language, account, fee, &stamp));
        }
    }
    lines.push("END:VCALENDAR".to_owned());
    lines.iter().map(|line| folded(line)).collect()
}

fn event(language: Language, account: &Account, fee: &Fee, stamp: &str) -> Vec<String> {
    let day = |day: NaiveDate| day.format("%Y%m%d").to_string();
    let amount = language.amount(fee.left_minor(), account.currency);
    let words = match language {
        Language::Pl => format!("Termin: {}, {amount}", fee.title.of(language)),
        Language::En => format!("Due: {}, {amount}", fee.title.of(language)),
    };
    let about = match language {
        Language::Pl => {
            "Liczy się dzień uznania rachunku uczelni, więc przelew trzeba zlecić wcześniej."
        }
        Language::En => {
            "What counts is the day the university's account is credited, so order the transfer before."
        }
    };
    let hash = secret::sha256(&fee.id);
    let next = fee
        .due_on
        .checked_add_days(Days::new(1))
        .unwrap_or(fee.due_on);
    vec![
        "BEGIN:VEVENT".to_owned(),
        // The id of a fee may say more than a calendar should.
        format!("UID:{}@kwestura", hash.get(..32).unwrap_or_default()),
        format!("DTSTAMP:{stamp}"),
        format!("DTSTART;VALUE=DATE:{}", day(fee.due_on)),
        format!("DTEND;VALUE=DATE:{}", day(next)),
        format!("SUMMARY:{}", escaped(&words)),
        format!("DESCRIPTION:{}", escaped(about)),
        "TRANSP:TRANSPARENT".to_owned(),
        "END:VEVENT".to_owned(),
    ]
}

/// A text (RFC 5545, 3.3.11): one line, whatever it holds.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for sign in text.chars() {
        match sign {
            '\\' | ';' | ',' => escaped.extend(['\\', sign]),
            sign if sign.is_control() => escaped.push(' '),
            sign => escaped.push(sign),
        }
    }
    escaped
}

/// A line in pieces of 75 bytes at most (RFC 5545, 3.1), none of which parts a sign.
fn folded(line: &str) -> String {
    let mut folded = String::new();
    let mut width = 0;
    for sign in line.chars() {
        if width + sign.len_utf8() > 75 {
            folded.push_str("\r\n ");
            width = 1;
        }
        folded.push(sign);
        width += sign.len_utf8();
    }
    folded + "\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_its_line_and_no_line_is_too_long() {
        assert_eq!(
            escaped("a;b,c\\d\r\nBEGIN:VALARM"),
            "a\\;b\\,c\\\\d  BEGIN:VALARM"
        );
        let long = folded(&format!("SUMMARY:{}", "ż".repeat(100)));
        let lines: Vec<&str> = long.trim_end_matches("\r\n").split("\r\n").collect();
        assert!(
            lines.len() > 2 && lines.iter().all(|line| line.len() <= 75),
            "{lines:?}"
        );
        assert!(lines.iter().skip(1).all(|line| line.starts_with(' ')));
        let whole: String = lines
            .iter()
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        assert_eq!(whole, format!("SUMMARY:{}", "ż".repeat(100)));
    }
}
