//! A student: what is owed, what came in with its three dates, what settled what, what was said; and
//! decisions, each with its effect before it is made.

use super::confirmation;
use super::effect::Effect;
use super::timeline::{self, Known, Step};
use super::wish::{self, Asked, FormView, Wish, form, must_be_allowed, must_be_theirs};
use crate::engine::decide::{self, Listed};
use crate::engine::desk::{self, Wanted};
use crate::engine::students::{self, Student};
use crate::engine::why::{self, Why};
use crate::engine::{EngineError, account, accounts, outbox};
use crate::settlement::account::{Account, CreditLine, Receivable};
use crate::store::cases::CaseRow;
use crate::text::{Language, in_address};
use crate::web::ground::codes;
use crate::web::ground::figures::{self, amount, short};
use crate::web::ground::forms::{day, day_or_dash};
use crate::web::ground::words::words;
use crate::web::ground::{Fault, Page, Site, Visit, html};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use chrono::NaiveDate;
use serde::Deserialize;

words! {
    /// The words of the page.
    pub Words {
        album: "Album", "Album";
        id: "Identyfikator", "Id";
        address: "Adres", "Address";
        language: "Język", "Language";
        status: "Status", "Status";
        numbers: "Rachunki do wpłat", "Account numbers";
        retired: "wycofany", "retired";
        open: "Do zapłaty", "Open";
        on_account: "Nadpłata na koncie", "On account";
        as_of: "Stan na dzień", "As of";
        show: "Pokaż", "Show";
        fees: "Opłaty", "Fees";
        no_fees: "Nie ma opłat. Przychodzą z systemu studenckiego.", "No fees. They come from the student system.";
        fee: "Opłata", "Fee";
        due: "Termin", "Due";
        amount: "Kwota", "Amount";
        remaining: "Zostało", "Open";
        state: "Stan", "State";
        paid: "zapłacona", "paid";
        late: "po terminie", "late";
        days: "dni", "days";
        waits: "przed terminem", "not due yet";
        settled_by: "Z czego zapłacona", "What settles it";
        counts: "liczy się z dnia", "counts from";
        credits: "Wpłaty", "Credits";
        no_credits: "Nic jeszcze nie wpłynęło.", "Nothing has come in yet.";
        ordered: "Zlecono", "Ordered";
        booked: "Zaksięgowano", "Booked";
        value: "Data waluty", "Value";
        credited: "Wpłynęło", "Credited";
        settles: "Na opłaty", "Settles";
        reversed: "cofnięte", "taken back";
        messages: "Wiadomości", "Messages";
        no_messages: "Nic nie napisano.", "Nothing was written.";
        cases: "Sprawy", "Cases";
        no_cases: "Nie było spraw.", "No cases.";
        decisions: "Decyzje", "Decisions";
        no_decisions: "Nic nie zdecydowano.", "Nothing was decided.";
        waiting: "czeka na drugą osobę", "waits for a second person";
        revoked: "cofnięta", "taken back";
        take_back: "Cofnij decyzję", "Take back decision";
        because: "Dlaczego", "Why";
        confirmations: "Potwierdzenia z banku, nadesłane", "Confirmations of the bank that came";
        done: "Zapisano.", "Noted.";
        back: "Szukaj kogoś innego", "Look for somebody else";
    }
}

/// What is looked at.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    as_of: String,
    done: String,
}

#[derive(Template)]
#[template(path = "office/student.html")]
struct StudentPage {
    page: Page,
    w: &'static Words,
    student: Student,
    status: String,
    numbers: Vec<(String, String, bool)>,
    accounts: Vec<AccountView>,
    timeline: Vec<Step>,
    lines: &'static timeline::Words,
    messages: Vec<(i64, String, String, String)>,
    cases: Vec<(i64, String, String, String)>,
    decisions: Vec<DecisionView>,
    confirmations: Vec<(i64, String)>,
    as_of: NaiveDate,
    form: Option<FormView>,
    effect: Option<Effect>,
    refusal: Option<String>,
    done: bool,
}

struct AccountView {
    currency: String,
    open: String,
    on_account: String,
    fees: Vec<FeeView>,
    credits: Vec<CreditView>,
}

struct FeeView {
    id: String,
    kind: String,
    due: String,
    amount: String,
    open: String,
    paid_on: Option<String>,
    closed_by: Option<&'static str>,
    late_days: i64,
    parts: Vec<(String, String, String)>,
}

struct CreditView {
    amount: String,
    reference: String,
    ordered: String,
    booked: String,
    value: String,
    credited: String,
    settles: String,
    on_account: Option<String>,
    reversed: Option<String>,
}

struct DecisionView {
    number: i64,
    kind: String,
    about: String,
    /// The day that was decided: until when it is held, or due.
    until: String,
    by: String,
    why: String,
    state: &'static str,
    may_take_back: bool,
}

/// `GET /students/{id}`
pub async fn page(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Query(looked): Query<Looked>,
) -> Result<Response, Fault> {
    let student = known(&visit, &id).await?;
    drawn((&site, &visit), student, (&looked, Asked::default())).await
}

/// The page with what was asked for, and what it would change or why it cannot be so.
async fn again(here: (&Site, &Visit), student: Student, asked: Asked) -> Result<Response, Fault> {
    let is_refused = asked.refusal.is_some();
    let mut page = drawn(here, student, (&Looked::default(), asked)).await?;
    if is_refused {
        *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    }
    Ok(page)
}

async fn drawn(
    (site, visit): (&Site, &Visit),
    student: Student,
    (looked, asked): (&Looked, Asked),
) -> Result<Response, Fault> {
    let office = &visit.office;
    visit.viewed(&student.external_id).await?;
    let (language, w) = (visit.language, Words::of(visit.language));
    let as_of = day(&looked.as_of).unwrap_or(office.now.today);
    let found = account::of_student(office, &student.external_id, as_of, i64::MAX).await?;
    let may_write = visit.may_decide();
    let credits = credits(visit, &student.external_id).await?;
    let form = may_write.then(|| form(visit, asked.wish, &found, credits));
    let decided = decided(visit, &student, &found).await?;
    let messages = outbox::to_student(office, &student.external_id).await?;
    let cases = cases(visit, &student).await?;
    let known = Known {
        accounts: &found,
        decided: &decided,
        written: &messages,
        cases: &cases,
    };
    let mut page = Page::of(site, visit, &student.full_name());
    if visit.uri.path().ends_with("/decide") || visit.uri.path().ends_with("/undo") {
        page.here = format!("/students/{}", in_address(&student.external_id));
    }
    let page = StudentPage {
        page,
        w,
        numbers: numbers(visit, &student).await?,
        timeline: timeline::of(known, as_of, language),
        lines: timeline::Words::of(language),
        messages: written(&messages, language),
        cases: case_views(&cases, language),
        decisions: (decided.iter())
            .map(|row| decision_view(row, visit, w))
            .collect(),
        confirmations: confirmation::of_student(site, visit, &student).await?,
        status: codes::status(language, &student.status).to_owned(),
        form,
        accounts: found
            .iter()
            .map(|one| account_view(one, language))
            .collect(),
        student,
        as_of,
        effect: asked.effect,
        refusal: asked.refusal,
        done: !looked.done.is_empty(),
    };
    Ok(html(&page))
}

/// `POST /students/{id}/decide`: decides, or shows first what that would change.
pub async fn decide(
    State(site): State<Site>,
    visit: Visit,
    Path(id): Path<String>,
    Form(wish): Form<Wish>,
) -> Result<Response, Fault> {
    let student = known(&visit, &id).await?;
    let office = &visit.office;
    let today = office.now.today;
    let found = account::of_student(office, &student.external_id, today, i64::MAX).await?;
    must_be_theirs(&wish, &found)?;
    must_be_allowed(&visit, &wish)?;
    must_be_refundable(&visit, &wish, &student.external_id).await?;
    let w = wish::Words::of(visit.language);
    let here = (&site, &visit);
    let request = wish.request(&student.external_id, w);
    let (request, said) = match request.and_then(|request| Ok((request, wish.said(visit.by(), w)?)))
    {
        Ok(asked) => asked,
        Err(words) => return again(here, student, Asked::refused(&visit, wish, words)).await,
    };
    let is_preview = wish.is_preview();
    match decide::decide(office, &request, &said, is_preview).await {
        Ok(answer) if is_preview => {
            let asked = Asked::with_effect(&visit, wish, &answer).await?;
            return again(here, student, asked).await;
        }
        Ok(_) => {}
        Err(EngineError::Refused(words)) => {
            return again(here, student, Asked::refused(&visit, wish, &words)).await;
        }
        Err(error) => return Err(error.into()),
    }
    let about = &student.external_id;
    visit
        .did(&wish.kind, about, &format!("{} {}", wish.fee, wish.why))
        .await?;
    Ok(Redirect::to(&format!("/students/{}?done=1", in_address(about))).into_response())
}

/// Why a decision is taken back.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Regret {
    why: String,
}

/// `POST /students/{id}/decisions/{number}/undo`: of this student, and of a kind that whoever asks
/// decides about.
pub async fn take_back(
    State(site): State<Site>,
    visit: Visit,
    Path((id, number)): Path<(String, i64)>,
    Form(regret): Form<Regret>,
) -> Result<Response, Fault> {
    let student = known(&visit, &id).await?;
    let found = match decide::list(&visit.office, Some(number), false).await {
        Ok(found) => found.into_iter().next(),
        Err(EngineError::Refused(_)) => None,
        Err(error) => return Err(error.into()),
    };
    let about = student.external_id.clone();
    let today = visit.office.now.today;
    let accounts = account::of_student(&visit.office, &about, today, i64::MAX).await?;
    found
        .filter(|one| is_of(one, &about, &accounts) && may_take_back(&visit, &one.kind))
        .ok_or(Fault::NotFound)?;
    match decide::revoke(&visit.office, number, visit.by(), &regret.why, false).await {
        Ok(_) => {}
        Err(EngineError::Refused(words)) => {
            let asked = Asked::refused(&visit, Wish::default(), &words);
            return again((&site, &visit), student, asked).await;
        }
        Err(error) => return Err(error.into()),
    }
    visit
        .did("undone", &about, &format!("{number} {}", regret.why))
        .await?;
    Ok(Redirect::to(&format!("/students/{}?done=1", in_address(&about))).into_response())
}

/// Whether a decision names a student, or a fee of theirs.
fn is_of(row: &Listed, student: &str, found: &[Account]) -> bool {
    let parts = row.parts.iter().filter_map(|part| part.student.as_deref());
    let mut named = parts
        .chain(row.student.as_deref())
        .chain(row.into.as_deref());
    let mut fees = found.iter().flat_map(|account| &account.receivables);
    // Of a plan the instalments stand in the place of the fee.
    let is_fee = |fee: &Receivable| {
        let named = row.fee.as_deref();
        let rest = named.and_then(|named| fee.external_id.strip_prefix(named));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    named.any(|named| named == student) || fees.any(is_fee)
}

fn may_take_back(visit: &Visit, kind: &str) -> bool {
    let kinds = Wish::kinds(wish::Words::of(visit.language), visit.is_bursar());
    visit.may_decide() && kinds.iter().any(|(name, _)| *name == kind)
}

/// The student, or what is not there.
pub(super) async fn known(visit: &Visit, id: &str) -> Result<Student, Fault> {
    students::one(&visit.office, id)
        .await?
        .ok_or(Fault::NotFound)
}

/// Credits of which something lies on account, for whoever may send it back.
async fn credits(visit: &Visit, student: &str) -> Result<Vec<(String, String)>, Fault> {
    if !visit.is_bursar() {
        return Ok(Vec::new());
    }
    let office = &visit.office;
    let Why::Student(found) = why::why(office, student, office.now.today).await? else {
        return Ok(Vec::new());
    };
    let idle = found.credits.iter().filter_map(|one| {
        let money = amount(visit.language, one.on_account_minor, &one.currency);
        let name = format!("{}: {money}", one.credit.id);
        (one.on_account_minor > 0).then(|| (one.credit.id.clone(), name))
    });
    Ok(idle.collect())
}

/// A credit of somebody else is not there, nor one of which nothing lies on account.
async fn must_be_refundable(visit: &Visit, wish: &Wish, student: &str) -> Result<(), Fault> {
    let is_there = wish.credit.is_empty()
        || (credits(visit, student).await?.iter()).any(|(id, _)| *id == wish.credit);
    if is_there {
        Ok(())
    } else {
        Err(Fault::NotFound)
    }
}

async fn numbers(visit: &Visit, student: &Student) -> Result<Vec<(String, String, bool)>, Fault> {
    let numbers = accounts::list(&visit.office, Some(&student.external_id)).await?;
    let shown = numbers.into_iter().map(|one| {
        let number = figures::account(&one.nrb);
        (number, one.category, one.retired_on.is_some())
    });
    Ok(shown.collect())
}

/// Messages to a student: number, day, which, and how it stands.
pub fn written(
    listed: &[outbox::Listed],
    language: Language,
) -> Vec<(i64, String, String, String)> {
    let w = super::messages::Words::of(language);
    let shown = listed.iter().map(|one| {
        let row = &one.row;
        (
            row.id,
            short(language, row.sent_on.unwrap_or(row.as_of)),
            w.named(&row.template).to_owned(),
            w.named(&row.state).to_owned(),
        )
    });
    shown.collect()
}

/// The student's cases, those of the own desk where somebody sees one alone.
async fn cases(visit: &Visit, student: &Student) -> Result<Vec<CaseRow>, Fault> {
    let wanted = Wanted {
        student: Some(student.external_id.clone()),
        queue: crate::web::cos::own_queue(visit),
        all: true,
        ..Wanted::default()
    };
    Ok(desk::list(&visit.office, &wanted).await?)
}

/// Cases: number, kind, how it stands, and by when.
fn case_views(rows: &[CaseRow], language: Language) -> Vec<(i64, String, String, String)> {
    let words = crate::web::cos::words::Words::of(language);
    let shown = rows.iter().map(|row| {
        (
            row.id,
            words.kind(&row.kind).to_owned(),
            words.state(&row.state).to_owned(),
            short(language, row.deadline),
        )
    });
    shown.collect()
}

/// Decisions that name the student, or a fee of theirs.
async fn decided(
    visit: &Visit,
    student: &Student,
    found: &[Account],
) -> Result<Vec<Listed>, Fault> {
    let mut all = decide::of_student(&visit.office, &student.external_id).await?;
    all.retain(|row| is_of(row, &student.external_id, found));
    Ok(all)
}

fn decision_view(row: &Listed, visit: &Visit, w: &'static Words) -> DecisionView {
    let about = row.fee.clone().or_else(|| row.credit.clone());
    let until = row.day.map(|day| short(visit.language, day));
    DecisionView {
        number: row.decision,
        may_take_back: row.state != "revoked" && may_take_back(visit, &row.kind),
        about: about.unwrap_or_default(),
        until: until.unwrap_or_default(),
        kind: codes::decision(visit.language, &row.kind).to_owned(),
        by: row.by.clone(),
        why: row.why.clone(),
        state: match row.state {
            "waits" => w.waiting,
            "revoked" => w.revoked,
            _ => "",
        },
    }
}

fn account_view(account: &Account, language: Language) -> AccountView {
    let code = &account.currency;
    let money = |minor| amount(language, minor, code);
    AccountView {
        currency: code.clone(),
        open: money(account.open_minor),
        on_account: money(account.on_account_minor),
        fees: account
            .receivables
            .iter()
            .map(|fee| fee_view(fee, code, language))
            .collect(),
        credits: account
            .credits
            .iter()
            .map(|credit| credit_view(credit, code, language))
            .collect(),
    }
}

fn fee_view(fee: &Receivable, code: &str, language: Language) -> FeeView {
    let parts = fee.allocations.iter().map(|part| {
        (
            amount(language, part.amount_minor, code),
            short(language, part.counts_from),
            part.bank_reference.clone().unwrap_or_default(),
        )
    });
    FeeView {
        id: fee.external_id.clone(),
        kind: fee.kind.clone(),
        due: short(language, fee.due_on),
        amount: amount(language, fee.amount_minor, code),
        open: amount(language, fee.open_minor, code),
        paid_on: fee.settled_on.map(|day| short(language, day)),
        closed_by: fee.closed_by.map(|how| codes::closing(language, how)),
        late_days: fee.late_days,
        parts: parts.collect(),
    }
}

fn credit_view(credit: &CreditLine, code: &str, language: Language) -> CreditView {
    let some = |minor: i64| (minor > 0).then(|| amount(language, minor, code));
    CreditView {
        amount: amount(language, credit.amount_minor, code),
        reference: credit.bank_reference.clone().unwrap_or_default(),
        ordered: day_or_dash(language, credit.order_date),
        booked: day_or_dash(language, credit.booking_date),
        value: day_or_dash(language, credit.value_date),
        credited: short(language, credit.crediting_date),
        settles: amount(language, credit.allocated_minor, code),
        on_account: some(credit.on_account_minor),
        reversed: some(credit.reversed_minor),
    }
}
