//! The calendar of statements: for each bank account the days of three months, with what is there,
//! what is missing and what is held back; and a person's word on what the bank does not have any more.

use crate::engine::days::{self, Account, Day, State};
use crate::engine::{EngineError, coverage};
use crate::statement::chain::Gap;
use crate::text::Language;
use crate::web::ground::figures::{self, short};
use crate::web::ground::forms::day;
use crate::web::ground::said::in_language;
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, as_refused, html};
use askama::Template;
use axum::extract::{Form, Query, State as Shared};
use axum::response::{IntoResponse as _, Redirect, Response};
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
        gaps: "Luki", "Gaps";
        between: "między", "between";
        and: "a", "and";
        missing_numbers: "brakujące numery:", "numbers missing:";
        difference: "różnica", "difference";
        gap_words: "Najpierw poproś bank o brakujące wyciągi. Przyjęta luka przestaje wstrzymywać to, co po niej.", "Ask the bank for the missing statements first. A gap that is accepted holds nothing up any more.";
        accept: "Przyjmij lukę", "Accept the gap";
        anchor: "Saldo, od którego rachunek się liczy", "The balance from which the account counts";
        anchor_words: "Gdy księgi zaczynają się w środku: od którego dnia, i ile było na rachunku przed jego pierwszą pozycją.", "Where the books begin in the middle: from which day, and what stood on the account before its first line.";
        anchor_day: "Pierwszy dzień", "First day";
        anchor_amount: "Saldo przed nim", "Balance before it";
        anchor_do: "Zapisz saldo", "Note the balance";
        why: "Dlaczego", "Why";
        no_day: "Podaj datę w postaci 2026-11-30.", "Give a date like 2026-11-30.";
        done: "Zapisano.", "Noted.";
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
    /// Set where a word was just noted.
    done: String,
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
    may_write: bool,
    typed: Word,
    refusal: Option<String>,
    done: bool,
}

struct AccountView {
    name: String,
    iban: String,
    number: String,
    gaps: Vec<GapView>,
    through: Option<String>,
    months: Vec<MonthView>,
}

struct GapView {
    after: NaiveDate,
    before: NaiveDate,
    words: String,
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
    Ok(html(&drawn(&site, &visit, &looked).await?))
}

async fn drawn(site: &Site, visit: &Visit, looked: &Looked) -> Result<DaysPage, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    let today = visit.office.now.today;
    let wanted = day(&looked.until).unwrap_or(today);
    let last_month = first_of(wanted.min(today));
    let months: Vec<NaiveDate> = (0..MONTHS)
        .rev()
        .filter_map(|back| last_month.checked_sub_months(Months::new(back)))
        .collect();
    let first = months.first().copied().unwrap_or(last_month);
    let behind = last_month.checked_add_months(Months::new(1));
    let last = behind.and_then(|day| day.pred_opt()).unwrap_or(today);
    let accounts = days::of(&visit.office, first, last).await?;
    Ok(DaysPage {
        page: Page::of(site, visit, w.title),
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
        may_write: visit.may_decide(),
        typed: Word::default(),
        refusal: None,
        done: !looked.done.is_empty(),
    })
}

/// What is said about an account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Word {
    account: String,
    /// The last day before a gap, and the first behind it.
    after: String,
    before: String,
    /// The first day that counts, and what stood before it.
    day: String,
    amount: String,
    why: String,
}

impl Word {
    /// As it was typed into the form of a gap.
    fn why_of_gap(&self, account: &AccountView, gap: &GapView) -> &str {
        if self.account == account.iban && self.after == gap.after.to_string() {
            &self.why
        } else {
            ""
        }
    }

    /// As it was typed into the form of the first balance of an account.
    fn of_anchor(&self, account: &AccountView) -> Option<&Word> {
        Some(self).filter(|word| word.account == account.iban && word.after.is_empty())
    }
}

/// `POST /statements/calendar/gap`: accepts that statements are missing.
pub async fn accept_gap(
    Shared(site): Shared<Site>,
    visit: Visit,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let result = match (day(&word.after), day(&word.before)) {
        (Some(after), Some(before)) => {
            let said = visit.said(&word.why);
            coverage::accept_gap(&visit.office, &word.account, (after, before), said).await
        }
        _ => Err(EngineError::refused(Words::of(visit.language).no_day)),
    };
    noted((&site, &visit), "gap-accepted", (word, result.map(drop))).await
}

/// `POST /statements/calendar/anchor`: what stood on an account before the first day that counts.
pub async fn anchor(
    Shared(site): Shared<Site>,
    visit: Visit,
    Form(word): Form<Word>,
) -> Result<Response, Fault> {
    let result = match day(&word.day) {
        Some(from) => {
            let said = visit.said(&word.why);
            coverage::anchor(&visit.office, &word.account, from, &word.amount, said).await
        }
        None => Err(EngineError::refused(Words::of(visit.language).no_day)),
    };
    noted((&site, &visit), "anchored", (word, result.map(drop))).await
}

/// The word as it was noted, or the page with why it was not.
async fn noted(
    (site, visit): (&Site, &Visit),
    what: &str,
    (word, result): (Word, Result<(), EngineError>),
) -> Result<Response, Fault> {
    match result {
        Ok(()) => {
            visit.did(what, &word.account, &word.why).await?;
            Ok(Redirect::to("/statements/calendar?done=1").into_response())
        }
        Err(EngineError::Refused(words)) => {
            let mut page = drawn(site, visit, &Looked::default()).await?;
            // Where a form was sent there is nothing to be read.
            "/statements/calendar".clone_into(&mut page.page.here);
            page.refusal = Some(in_language(visit.language, &words));
            page.typed = word;
            Ok(as_refused(&page))
        }
        Err(error) => Err(error.into()),
    }
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
        iban: one.iban.clone(),
        number: figures::account(&one.iban),
        gaps: (one.coverage.gaps.iter().filter(|gap| !gap.accepted))
            .map(|gap| gap_view(gap, &one.currency, language, w))
            .collect(),
        through: one.coverage.through.map(|day| short(language, day)),
        months: months.collect(),
    }
}

fn gap_view(gap: &Gap, code: &str, language: Language, w: &'static Words) -> GapView {
    let money = |minor| figures::amount(language, minor, code);
    let between = format!(
        "{} {} ({}) {} {} ({})",
        w.between,
        short(language, gap.after_day),
        money(gap.closing_minor),
        w.and,
        short(language, gap.before_day),
        money(gap.opening_minor),
    );
    let missing = gap.missing_numbers.as_ref().map(|numbers| {
        let (first, last) = (numbers.start(), numbers.end());
        let w = w.missing_numbers;
        if first == last {
            format!("{w} {first}")
        } else {
            format!("{w} {first}–{last}")
        }
    });
    let difference = i64::try_from(gap.difference_minor()).ok();
    let difference = difference.map(|minor| format!("{} {}", w.difference, money(minor)));
    let words: Vec<String> = [Some(between), missing, difference]
        .into_iter()
        .flatten()
        .collect();
    GapView {
        after: gap.after_day,
        before: gap.before_day,
        words: words.join(", "),
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
