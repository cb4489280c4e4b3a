//! The calendar of statements: for each bank account the days of three months, with what is there,
//! what is missing and what is held back.

use crate::engine::days::{self, Account, Day, State};
use crate::text::Language;
use crate::web::ground::figures::{self, short};
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Query, State as Shared};
use axum::response::Response;
use chrono::{Datelike as _, Months, NaiveDate};
use serde::Deserialize;

words! {
    /// The words of the page.
    pub Words {
        title: "Kalendarz wyciągów", "Calendar of statements";
        lead: "Każdy dzień bankowy każdego rachunku.", "Every bank day of every account.";
        back: "Wszystkie wyciągi", "All statements";
        earlier: "Wcześniej", "Earlier";
        later: "Później", "Later";
        complete: "Kompletny do", "Complete through";
        nothing: "Nie ma jeszcze wyciągów. Wczytaj pierwszy na stronie wyciągów.", "There are no statements yet. Import the first on the page of statements.";
        covered: "wyciąg stoi", "statement stands";
        several: "kilka wyciągów", "several statements";
        held: "czeka na człowieka", "needs a person";
        gap: "luka", "gap";
        accepted: "luka przyjęta", "gap accepted";
        missing: "brakuje", "missing";
        quiet: "nic nie przychodzi", "nothing expected";
        mon: "pn", "Mo"; tue: "wt", "Tu"; wed: "śr", "We"; thu: "cz", "Th"; fri: "pt", "Fr"; sat: "so", "Sa"; sun: "nd", "Su";
    }
}

impl Words {
    fn state(&self, day: &Day) -> &'static str {
        match day.state {
            State::Covered if day.statements.len() > 1 => self.several,
            State::Covered => self.covered,
            State::Held => self.held,
            State::Gap => self.gap,
            State::AcceptedGap => self.accepted,
            State::Missing => self.missing,
            State::Quiet => self.quiet,
        }
    }
}

/// How many months stand beside each other.
const MONTHS: u32 = 3;

/// Which months are looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    /// A day in the last of them.
    until: String,
}

#[derive(Template)]
#[template(path = "office/days.html")]
struct DaysPage {
    page: Page,
    w: &'static Words,
    week: [&'static str; 7],
    accounts: Vec<AccountView>,
    earlier: Option<NaiveDate>,
    later: Option<NaiveDate>,
}

struct AccountView {
    name: String,
    number: String,
    through: Option<String>,
    months: Vec<MonthView>,
}

struct MonthView {
    name: String,
    weeks: Vec<Vec<Option<Cell>>>,
}

struct Cell {
    day: u32,
    tone: &'static str,
    words: String,
    to: Option<String>,
    count: usize,
}

/// `GET /statements/calendar`
pub async fn page(
    Shared(site): Shared<Site>,
    visit: Visit,
    Query(looked): Query<Looked>,
) -> Result<Response, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    let today = visit.office.now.today;
    let wanted = crate::web::ground::forms::day(&looked.until).unwrap_or(today);
    let last_month = first_of(wanted.min(today));
    let months: Vec<NaiveDate> = (0..MONTHS)
        .rev()
        .filter_map(|back| last_month.checked_sub_months(Months::new(back)))
        .collect();
    let first = months.first().copied().unwrap_or(last_month);
    let behind = last_month.checked_add_months(Months::new(1));
    let last = behind.and_then(|day| day.pred_opt()).unwrap_or(today);
    let accounts = days::of(&visit.office, first, last).await?;
    Ok(html(&DaysPage {
        page: Page::of(&site, &visit, w.title),
        w,
        week: [w.mon, w.tue, w.wed, w.thu, w.fri, w.sat, w.sun],
        accounts: (accounts.iter())
            .map(|one| account(one, &months, language, w))
            .collect(),
        earlier: first.pred_opt(),
        later: behind
            .and_then(|day| day.checked_add_months(Months::new(MONTHS - 1)))
            .filter(|_| last < today)
            .map(|day| day.min(today)),
    }))
}

fn first_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn account(
    one: &Account,
    months: &[NaiveDate],
    language: Language,
    w: &'static Words,
) -> AccountView {
    let months = months.iter().map(|first| {
        let days = one.days.iter().filter(|day| first_of(day.day) == *first);
        // Weeks begin on Monday.
        let ahead = first.weekday().num_days_from_monday() as usize;
        let mut cells: Vec<Option<Cell>> = std::iter::repeat_with(|| None).take(ahead).collect();
        cells.extend(days.map(|day| Some(cell(day, language, w))));
        let mut weeks: Vec<Vec<Option<Cell>>> = Vec::new();
        while !cells.is_empty() {
            let rest = cells.split_off(cells.len().min(7));
            cells.resize_with(7, || None);
            weeks.push(std::mem::replace(&mut cells, rest));
        }
        MonthView {
            name: first.format("%m.%Y").to_string(),
            weeks,
        }
    });
    AccountView {
        name: one.name.clone(),
        number: figures::account(&one.iban),
        through: one.coverage.through.map(|day| short(language, day)),
        months: months.collect(),
    }
}

fn cell(day: &Day, language: Language, w: &'static Words) -> Cell {
    let tone = match day.state {
        State::Covered => "good",
        State::Held => "warn",
        State::Gap | State::Missing => "bad",
        State::AcceptedGap => "muted",
        State::Quiet => "",
    };
    Cell {
        day: day.day.day(),
        tone,
        words: format!("{}: {}", short(language, day.day), w.state(day)),
        to: match day.state {
            // Where something is held back it comes last, and is what one wants to see.
            State::Held => day.statements.last().cloned(),
            _ => day.statements.first().cloned(),
        },
        count: day.statements.len(),
    }
}
