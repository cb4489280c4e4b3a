//! A student: what is owed, what came in with its three dates, what settled what, what was said; and
//! decisions, each with its effect before it is made.

use super::confirmation;
use super::effect::{self, Effect};
use super::wish::{self, Wish};
use crate::engine::decide::{self, Listed, Said};
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
use crate::web::ground::said::in_language;
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

/// What is looked at, and what somebody wants to decide.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Looked {
    as_of: String,
    done: String,
    #[serde(flatten)]
    wish: Wish,
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

/// The form of a decision.
pub struct FormView {
    /// Its words.
    pub w: &'static wish::Words,
    /// What can be decided.
    pub kinds: Vec<(&'static str, &'static str)>,
    /// About which fee.
    pub fees: Vec<(String, String)>,
    /// About which credit, for whoever decides about refunds.
    pub credits: Vec<(String, String)>,
    /// What is filled in.
    pub wish: Wish,
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
    drawn(&site, &visit, student, (looked, None)).await
}

/// The page with what was asked for, and why it cannot be so.
async fn refused(
    site: &Site,
    visit: &Visit,
    student: Student,
    (wish, words): (Wish, &str),
) -> Result<Response, Fault> {
    let looked = Looked {
        wish,
        ..Looked::default()
    };
    let refusal = Some(in_language(visit.language, words));
    let mut page = drawn(site, visit, student, (looked, refusal)).await?;
    *page.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    Ok(page)
}

async fn drawn(
    site: &Site,
    visit: &Visit,
    student: Student,
    (looked, refusal): (Looked, Option<String>),
) -> Result<Response, Fault> {
    let office = &visit.office;
    visit.viewed(&student.external_id).await?;
    let (language, w) = (visit.language, Words::of(visit.language));
    let as_of = day(&looked.as_of).unwrap_or(office.now.today);
    let found = account::of_student(office, &student.external_id, as_of, i64::MAX).await?;
    let (effect, refusal) = match refusal {
        Some(words) => (None, Some(words)),
        None => effect(visit, &student, &looked.wish, &found).await?,
    };
    let may_write = visit.may_decide();
    let credits = credits(visit, &student.external_id).await?;
    let form = may_write.then(|| form(visit, looked.wish, &found, credits));
    let mut page = Page::of(site, visit, &student.full_name());
    if visit.uri.path().ends_with("/decide") || visit.uri.path().ends_with("/undo") {
        page.here = format!("/students/{}", in_address(&student.external_id));
    }
    let page = StudentPage {
        page,
        w,
        numbers: numbers(visit, &student).await?,
        messages: messages(visit, &student.external_id).await?,
        cases: cases(visit, &student).await?,
        decisions: decisions(visit, (&student, &found), w).await?,
        confirmations: confirmation::of_student(site, visit, &student).await?,
        status: codes::status(language, &student.status).to_owned(),
        form,
        accounts: found
            .iter()
            .map(|one| account_view(one, language))
            .collect(),
        student,
        as_of,
        effect,
        refusal,
        done: !looked.done.is_empty(),
    };
    Ok(html(&page))
}

/// `POST /students/{id}/decide`
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
    let request = match wish.request(&student.external_id, w) {
        Ok(request) => request,
        Err(words) => return refused(&site, &visit, student, (wish, words)).await,
    };
    match decide::decide(office, &request, &said(&visit, &wish), false).await {
        Ok(_) => {}
        Err(EngineError::Refused(words)) => {
            return refused(&site, &visit, student, (wish, &words)).await;
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
            return refused(&site, &visit, student, (Wish::default(), &words)).await;
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

/// The words of a decision.
pub fn said(visit: &Visit, wish: &Wish) -> Said {
    Said {
        by: visit.by().to_owned(),
        why: wish.why.clone(),
        on: None,
    }
}

/// A fee of somebody else is not there.
pub fn must_be_theirs(wish: &Wish, found: &[Account]) -> Result<(), Fault> {
    let mut fees = found.iter().flat_map(|account| &account.receivables);
    if wish.fee.is_empty() || fees.any(|fee| fee.external_id == wish.fee) {
        Ok(())
    } else {
        Err(Fault::NotFound)
    }
}

/// What is the office's alone is not there for others.
pub fn must_be_allowed(visit: &Visit, wish: &Wish) -> Result<(), Fault> {
    let w = wish::Words::of(visit.language);
    let mut kinds = Wish::kinds(w, visit.is_bursar()).into_iter();
    if wish.is_empty() || kinds.any(|(kind, _)| kind == wish.kind) {
        Ok(())
    } else {
        Err(Fault::NotFound)
    }
}

/// The form, filled in as far as somebody has.
pub fn form(
    visit: &Visit,
    wish: Wish,
    found: &[Account],
    credits: Vec<(String, String)>,
) -> FormView {
    let w = wish::Words::of(visit.language);
    let fees = found.iter().flat_map(|account| {
        let open = account.receivables.iter().filter(|fee| fee.open_minor > 0);
        open.map(|fee| {
            let money = amount(visit.language, fee.open_minor, &account.currency);
            (
                fee.external_id.clone(),
                format!("{}: {money}", fee.external_id),
            )
        })
    });
    FormView {
        w,
        kinds: (Wish::kinds(w, visit.is_bursar()).into_iter())
            .filter(|(kind, _)| *kind != "refund" || !credits.is_empty())
            .collect(),
        credits,
        fees: fees.collect(),
        wish,
    }
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

/// What a wish would change, or why it cannot be.
async fn effect(
    visit: &Visit,
    student: &Student,
    wish: &Wish,
    found: &[Account],
) -> Result<(Option<Effect>, Option<String>), Fault> {
    if wish.is_empty() || !visit.may_decide() {
        return Ok((None, None));
    }
    must_be_theirs(wish, found)?;
    must_be_allowed(visit, wish)?;
    must_be_refundable(visit, wish, &student.external_id).await?;
    let request = match wish.request(&student.external_id, wish::Words::of(visit.language)) {
        Ok(request) => request,
        Err(words) => return Ok((None, Some(words.to_owned()))),
    };
    match decide::decide(&visit.office, &request, &said(visit, wish), true).await {
        Ok(answer) => Ok((Some(effect::of(&answer, visit.language)), None)),
        Err(EngineError::Refused(words)) => Ok((None, Some(in_language(visit.language, &words)))),
        Err(error) => Err(error.into()),
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

/// The messages to a student, by the id of the student system: number, day, which, and how it stands.
pub async fn messages(
    visit: &Visit,
    student: &str,
) -> Result<Vec<(i64, String, String, String)>, Fault> {
    let w = super::messages::Words::of(visit.language);
    let listed = outbox::to_student(&visit.office, student).await?;
    let shown = listed.into_iter().map(|one| {
        let day = one.row.sent_on.unwrap_or(one.row.as_of);
        let day = short(visit.language, day);
        (
            one.row.id,
            day,
            w.named(&one.row.template).to_owned(),
            w.named(&one.row.state).to_owned(),
        )
    });
    Ok(shown.collect())
}

async fn cases(
    visit: &Visit,
    student: &Student,
) -> Result<Vec<(i64, String, String, String)>, Fault> {
    let wanted = Wanted {
        student: Some(student.external_id.clone()),
        queue: crate::web::cos::own_queue(visit),
        all: true,
        ..Wanted::default()
    };
    let rows = desk::list(&visit.office, &wanted).await?;
    let words = crate::web::cos::words::Words::of(visit.language);
    let shown = rows.into_iter().map(|row: CaseRow| {
        let until = short(visit.language, row.deadline);
        (
            row.id,
            words.kind(&row.kind).to_owned(),
            words.state(&row.state).to_owned(),
            until,
        )
    });
    Ok(shown.collect())
}

async fn decisions(
    visit: &Visit,
    (student, found): (&Student, &[Account]),
    w: &'static Words,
) -> Result<Vec<DecisionView>, Fault> {
    let id = &student.external_id;
    let all = decide::list(&visit.office, None, false).await?.into_iter();
    let theirs = all.filter(|row| is_of(row, id, found));
    let shown = theirs.map(|row| DecisionView {
        number: row.decision,
        may_take_back: row.state != "revoked" && may_take_back(visit, &row.kind),
        about: row.fee.or(row.credit).unwrap_or_default(),
        kind: codes::decision(visit.language, &row.kind).to_owned(),
        by: row.by,
        why: row.why,
        state: match row.state {
            "waits" => w.waiting,
            "revoked" => w.revoked,
            _ => "",
        },
    });
    Ok(shown.collect())
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
