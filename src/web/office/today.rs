//! Today: in ten seconds the office sees whether the bank is reconciled, what came in, and what needs
//! a person.

use super::chart::{self, Chart};
use super::trends::{self, Trends};
use crate::cases::Queue;
use crate::engine::Office;
use crate::engine::today::{self, Account, Today};
use crate::text::{Forms, Language};
use crate::web::ground::codes;
use crate::web::ground::counted::counting;
use crate::web::ground::figures::{amount, short};
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, figures, html};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use chrono::NaiveDate;
use std::collections::BTreeMap;

words! {
    /// The words of the page.
    pub Words {
        title: "Dzisiaj", "Today";
        all_well: "Wszystko się zgadza", "All is well";
        all_well_words: "Wyciągi są kompletne i nic nie czeka na człowieka.", "The statements are complete and nothing waits for a person.";
        bank: "Bank", "Bank";
        complete_through: "Kompletny do", "Complete through";
        nothing_yet: "Nie ma jeszcze wyciągu", "No statement yet";
        balance: "Saldo", "Balance";
        adds_up: "zgadza się", "adds up";
        late: "spóźniony", "late";
        gap: "luka", "gap";
        expected: "Oczekiwany do", "Expected through";
        came_in: "Wpływy", "Money in";
        today: "dzisiaj", "today";
        last_day: "ostatni dzień", "last day";
        no_money: "Nic nie wpłynęło.", "Nothing came in.";
        of_students: "studentów", "of students";
        in_review: "do wyjaśnienia", "in review";
        not_students: "nie studentów", "not students'";
        other: "pozostałe", "other";
        credits: "Wpłaty", "Credits";
        amount: "Kwota", "Amount";
        day: "Dzień", "Day";
        open: "Do zapłaty", "Open";
        overdue: "Po terminie", "Overdue";
        came_week: "Wpłynęło od studentów w 7 dni", "Came from students in 7 days";
        fell_week: "Przeterminowane w ostatnich 7 dniach", "Fell overdue in the last 7 days";
        not_due: "przed terminem", "not due yet";
        week: "do 7 dni", "up to 7 days";
        month: "8–30 dni", "8–30 days";
        quarter: "31–90 dni", "31–90 days";
        longer: "ponad 90 dni", "over 90 days";
        ageing: "Zaległości według wieku", "Open money by age";
        since_due: "Od terminu", "Since due";
        fees: "Opłaty", "Fees";
        students: "Studenci", "Students";
        needs: "Czeka na człowieka", "Needs a person";
        nothing_waits: "Nic. Dobrego dnia.", "Nothing. Have a good day.";
        review: "Wpłaty do wyjaśnienia", "Credits in review";
        statements: "Wyciągi wstrzymane", "Statements held back";
        bursar_cases: "Sprawy kwestury", "Cases of the office";
        cos_cases: "Sprawy COS", "Cases of COS";
        of_which_late: "po terminie", "past their deadline";
        second: "Decyzje czekające na drugą osobę", "Decisions waiting for a second person";
        mass_mail: "Przypomnienia czekające na drugą osobę", "Reminders waiting for a second person";
        uncertain: "Wiadomości o niepewnym losie", "Messages with an uncertain fate";
        failed: "Wiadomości, które nie wyszły", "Messages that failed";
        messages: "Wiadomości", "Messages";
        due_messages: "Gotowe do wysłania", "Ready to leave";
        held: "Studenci wstrzymani przez blokady", "Students held back by interlocks";
        next_run: "Następny przebieg i wstrzymani", "The next run, and who is held back";
        no_messages: "Nic nie czeka na wysłanie.", "Nothing waits to be sent.";
        chart: "Wpływy dzień po dniu i terminy płatności", "Money in by day, and due dates";
        chart_words: "Pełne słupki: pieniądze zaksięgowane danego dnia. Słupki w tle: opłaty z terminem w tym dniu.", "Filled bars: money credited on the day. Bars behind: fees due on that day.";
        credited: "Wpłynęło", "Credited";
        due: "Termin", "Due";
        as_table: "Jako tabela", "As a table";
    }
}

const CREDITS: Forms = Forms {
    one: "wpłata",
    few: "wpłaty",
    many: "wpłat",
};
const CREDITS_EN: Forms = Forms {
    one: "credit",
    few: "credits",
    many: "credits",
};

#[derive(Template)]
#[template(path = "office/today.html")]
struct TodayPage {
    page: Page,
    w: &'static Words,
    accounts: Vec<AccountView>,
    needs: Vec<Need>,
    money: Vec<Money>,
    came: Vec<Came>,
    ready: Vec<(String, i64)>,
    held: usize,
    held_by: Vec<(String, usize)>,
    charts: Vec<ChartView>,
    trends: Trends,
    is_well: bool,
}

struct AccountView {
    name: String,
    number: String,
    through: Option<String>,
    expected: String,
    balance: Option<String>,
    is_complete: bool,
    has_gap: bool,
}

struct Need {
    name: &'static str,
    count: i64,
    late: i64,
    to: &'static str,
}

struct Money {
    open: String,
    overdue: String,
    students: i64,
    /// What came from students within a week, and what fell overdue in it.
    came: String,
    fell: String,
}

struct Came {
    when: String,
    day: String,
    total: String,
    count: String,
    by_outcome: Vec<(&'static str, i64, String)>,
}

struct ChartView {
    chart: Chart,
    currency: String,
    rows: Vec<(String, String, String)>,
    ages: Vec<Age>,
}

struct Age {
    name: &'static str,
    count: i64,
    amount: String,
    share: i64,
    is_late: bool,
}

/// `GET /today`
pub async fn page(State(site): State<Site>, visit: Visit) -> Result<Response, Fault> {
    let (language, w) = (visit.language, Words::of(visit.language));
    let look = async |office: Office| today::look(&office).await;
    let figures = &site.figures;
    let kept = figures
        .today
        .see(&visit.office, figures.patience, look)
        .await?;
    let Some(kept) = kept else {
        return Ok(counting(&site, &visit, w.title));
    };
    let seen = &*kept.figures;
    let needs = needs(seen, w);
    let complete = seen.accounts.iter().all(Account::is_complete) && seen.alerts.is_empty();
    let page = TodayPage {
        page: Page::of_figures(&site, &visit, w.title, &kept),
        w,
        is_well: needs.is_empty() && complete && !seen.accounts.is_empty(),
        accounts: seen
            .accounts
            .iter()
            .map(|one| account(one, language))
            .collect(),
        needs,
        money: money(seen, language),
        came: came(seen, language, w),
        ready: ready(seen, language),
        held: seen.held_students,
        held_by: (seen.held_by.iter())
            .map(|(name, count)| (codes::interlock(language, name).to_owned(), *count))
            .collect(),
        charts: charts(seen, language, w),
        trends: trends::of(seen, language),
    };
    Ok(html(&page))
}

fn account(one: &Account, language: Language) -> AccountView {
    let covered = &one.covered;
    let code = covered.currency.to_string();
    let balance = covered.coverage.closing_minor;
    AccountView {
        name: one.name.clone(),
        number: figures::account(&covered.iban),
        through: covered.coverage.through.map(|day| short(language, day)),
        expected: short(language, one.expected),
        balance: balance.map(|minor| amount(language, minor, &code)),
        is_complete: one.is_complete(),
        has_gap: one.has_gap(),
    }
}

/// By urgency: what is past its deadline, what holds everything up, what waits for one word of today,
/// and then what is worked off piece by piece.
fn needs(seen: &Today, w: &'static Words) -> Vec<Need> {
    let cases = |queue: Queue| {
        let here = seen
            .cases
            .iter()
            .filter(move |row| row.queue == queue.name());
        let late = here.clone().filter(|row| row.deadline < seen.today).count();
        (count(here.count()), count(late))
    };
    let messages = |state: &str| -> i64 {
        let rows = seen.messages.iter().filter(|row| row.state == state);
        rows.map(|row| row.count).sum()
    };
    let ((bursar, bursar_late), (cos, cos_late)) = (cases(Queue::Bursar), cases(Queue::Cos));
    let all = [
        (w.statements, seen.held_statements, 0, "/statements"),
        (w.mass_mail, i64::from(seen.mass_mail), 0, "/reminders"),
        (w.second, count(seen.second), 0, "/decisions"),
        (
            w.uncertain,
            messages("uncertain"),
            0,
            "/messages?state=uncertain",
        ),
        (w.failed, messages("failed"), 0, "/messages?state=failed"),
        (w.review, count(seen.in_review), 0, "/review"),
        (w.bursar_cases, bursar, bursar_late, "/cases?queue=bursar"),
        (w.cos_cases, cos, cos_late, "/cases?queue=cos"),
    ];
    let all = all.map(|(name, count, late, to)| Need {
        name,
        count,
        late,
        to,
    });
    let mut needs: Vec<Need> = all.into_iter().filter(|need| need.count > 0).collect();
    needs.sort_by_key(|need| need.late == 0);
    needs
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What is open and overdue, by currency.
fn money(seen: &Today, language: Language) -> Vec<Money> {
    let mut by_currency: BTreeMap<&str, [i64; 4]> = BTreeMap::new();
    for row in &seen.open {
        let [open, overdue, students, fell] = by_currency.entry(&row.currency).or_default();
        *open += row.amount_minor;
        if row.bucket > 0 {
            *overdue += row.amount_minor;
            *students += row.persons;
        }
        // The youngest bucket behind the due date is a week wide.
        if row.bucket == 1 {
            *fell += row.amount_minor;
        }
    }
    let mut rows: Vec<_> = by_currency.into_iter().collect();
    rows.sort_by_key(|(code, _)| zloty_first(code));
    rows.into_iter()
        .map(|(code, [open, overdue, students, fell])| Money {
            open: amount(language, open, code),
            overdue: amount(language, overdue, code),
            students,
            came: amount(language, came_within_a_week(seen, code), code),
            fell: amount(language, fell, code),
        })
        .collect()
}

fn came_within_a_week(seen: &Today, code: &str) -> i64 {
    let is_of_week = |day: NaiveDate| (seen.today - day).num_days() < 7;
    let rows = seen.credited.iter();
    rows.filter(|row| row.currency == code && row.outcome == "student" && is_of_week(row.day))
        .map(|row| row.amount_minor)
        .sum()
}

/// Today, and the last day before it on which money came.
fn came(seen: &Today, language: Language, w: &'static Words) -> Vec<Came> {
    let before = seen
        .credited
        .iter()
        .map(|row| row.day)
        .filter(|day| *day < seen.today);
    let days = [(w.today, Some(seen.today)), (w.last_day, before.max())];
    let days = days
        .into_iter()
        .filter_map(|(name, day)| Some((name, day?)));
    days.flat_map(|(name, day)| came_on(seen, (name, day), language, w))
        .collect()
}

fn came_on(
    seen: &Today,
    (name, day): (&str, NaiveDate),
    language: Language,
    w: &'static Words,
) -> Vec<Came> {
    let mut by_currency: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for row in seen.credited.iter().filter(|row| row.day == day) {
        by_currency.entry(&row.currency).or_default().push(row);
    }
    let came = by_currency.into_iter().map(|(code, rows)| Came {
        when: name.to_owned(),
        day: short(language, day),
        total: amount(
            language,
            rows.iter().map(|row| row.amount_minor).sum(),
            code,
        ),
        count: counted(language, rows.iter().map(|row| row.count).sum()),
        by_outcome: rows
            .iter()
            .map(|row| {
                let money = amount(language, row.amount_minor, code);
                (outcome(&row.outcome, w), row.count, money)
            })
            .collect(),
    });
    came.collect()
}

fn counted(language: Language, number: i64) -> String {
    let number = u64::try_from(number).unwrap_or_default();
    match language {
        Language::Pl => language.count(number, &CREDITS),
        Language::En => language.count(number, &CREDITS_EN),
    }
}

fn outcome(name: &str, w: &'static Words) -> &'static str {
    match name {
        "student" => w.of_students,
        "review" => w.in_review,
        "not_student" => w.not_students,
        _ => w.other,
    }
}

fn ready(seen: &Today, language: Language) -> Vec<(String, i64)> {
    let w = super::messages::Words::of(language);
    let due = seen.messages.iter().filter(|row| row.state == "due");
    due.map(|row| (w.named(&row.template).to_owned(), row.count))
        .collect()
}

/// A chart for each currency in which money moved or is open.
fn charts(seen: &Today, language: Language, w: &'static Words) -> Vec<ChartView> {
    let open = seen.open.iter().map(|row| row.currency.as_str());
    let codes = seen.credited.iter().map(|row| row.currency.as_str());
    let codes = codes
        .chain(open)
        .chain(seen.due.iter().map(|row| row.currency.as_str()));
    let mut codes: Vec<&str> = codes.collect();
    codes.sort_by_key(|code| zloty_first(code));
    codes.dedup();
    let charts = codes
        .into_iter()
        .map(|code| chart_of(seen, code, language, w));
    charts.collect()
}

/// The order of currencies on the page.
fn zloty_first(code: &str) -> (bool, String) {
    (code != "PLN", code.to_owned())
}

fn chart_of(seen: &Today, code: &str, language: Language, w: &'static Words) -> ChartView {
    let mut days: BTreeMap<NaiveDate, (i64, i64)> = BTreeMap::new();
    for &day in &seen.days {
        days.insert(day, (0, 0));
    }
    for row in seen.credited.iter().filter(|row| row.currency == code) {
        days.entry(row.day).or_default().0 += row.amount_minor;
    }
    for row in seen.due.iter().filter(|row| row.currency == code) {
        days.entry(row.day).or_default().1 += row.amount_minor;
    }
    let last = days.keys().next_back().copied().unwrap_or(seen.today);
    for day in seen.today.iter_days().take_while(|day| *day <= last) {
        days.entry(day).or_default();
    }
    let all: Vec<chart::Day> = (days.iter())
        .map(|(&day, &(first, second))| chart::Day { day, first, second })
        .collect();
    let moved = all.iter().filter(|day| day.first > 0 || day.second > 0);
    ChartView {
        rows: moved
            .map(|day| {
                let money = |minor| amount(language, minor, code);
                (
                    short(language, day.day),
                    money(day.first),
                    money(day.second),
                )
            })
            .collect(),
        chart: chart::of_days(&all, thousands),
        ages: ages(seen, code, language, w),
        currency: code.to_owned(),
    }
}

/// An amount of the axis in thousands of the whole unit, or in whole units where it is small.
fn thousands(minor: i64) -> String {
    let whole = minor / 100;
    match whole {
        0 => "0".to_owned(),
        whole if whole % 1_000_000 == 0 => format!("{} M", whole / 1_000_000),
        whole if whole % 1_000 == 0 => format!("{} k", whole / 1_000),
        whole => whole.to_string(),
    }
}

/// What is open by age, with the length of a bar in hundredths of the longest.
fn ages(seen: &Today, code: &str, language: Language, w: &'static Words) -> Vec<Age> {
    let names = [w.not_due, w.week, w.month, w.quarter, w.longer];
    let find = |bucket: i64| {
        let mut rows = seen.open.iter().filter(|row| row.currency == code);
        let row = rows.find(|row| row.bucket == bucket);
        row.map_or((0, 0), |row| (row.count, row.amount_minor))
    };
    let most = (0..5)
        .map(|bucket| find(bucket).1)
        .max()
        .unwrap_or(0)
        .max(1);
    let rows = (0..).zip(names).map(|(bucket, name)| {
        let (count, minor) = find(bucket);
        Age {
            name,
            count,
            amount: amount(language, minor, code),
            share: i64::try_from(i128::from(minor) * 100 / i128::from(most)).unwrap_or(0),
            is_late: bucket > 0,
        }
    });
    rows.collect()
}
