//! The account as a reader sees it on a day.
//!
//! In: facts and policy. Out: one [`Account`] per student, which says what is owed, what came in,
//! what settled what and since when. What becomes visible or is credited after `as_of` is not
//! listed; lateness and interest of what is still open run through `as_of`.

use super::facts::{Facts, PersonNo};
use super::fold::fold;
use super::interest;
use super::state::{Closing, Item, ItemNo, Rule, State};
use crate::policy::PolicyBook;
use chrono::NaiveDate;
use serde::Serialize;

/// One student's account in one currency. The order of the fields is that of the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The student system's id.
    pub student: String,
    /// The newest album number.
    pub album: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Money that settles nothing yet, minor units.
    pub on_account_minor: i64,
    /// Σ open of what is listed, minor units.
    pub open_minor: i64,
    /// What is owed: by due date, then visibility, then id.
    pub receivables: Vec<Receivable>,
    /// What came in: by crediting date, then content.
    pub credits: Vec<CreditLine>,
}

/// A fee, an instalment (`<id>:<n>`) or interest (`<id>:interest`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receivable {
    /// The student system's id.
    pub external_id: String,
    /// Kind of fee.
    pub kind: String,
    /// The amount that is valid, minor units.
    pub amount_minor: i64,
    /// What is still to be paid, minor units.
    pub open_minor: i64,
    /// The due date as written.
    pub nominal_due_on: NaiveDate,
    /// The day until which it is to be credited.
    pub due_on: NaiveDate,
    /// From this day it takes part.
    pub visible_from: NaiveDate,
    /// The day the last part counts.
    pub settled_on: Option<NaiveDate>,
    /// How it was closed short: `waiver`, `write_off`, `correction`, `plan`.
    pub closed_by: Option<&'static str>,
    /// Days past `due_on`.
    pub late_days: i64,
    /// Interest for delay, through `as_of` where something is open.
    pub interest_minor: i64,
    /// What settles it now.
    pub allocations: Vec<Allocation>,
}

/// A part of a credit that settles a part of a receivable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Allocation {
    /// Minor units.
    pub amount_minor: i64,
    /// The day of the event that applied it.
    pub effective_on: NaiveDate,
    /// The day that decides lateness and interest.
    pub counts_from: NaiveDate,
    /// The rule.
    pub rule: &'static str,
    /// The bank's reference of the credit; null where there is none.
    pub bank_reference: Option<String>,
    /// The credit's crediting date.
    pub crediting_date: NaiveDate,
}

/// A transfer with its three dates and the one that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreditLine {
    /// The institution's account.
    pub bank_account: String,
    /// The bank's reference; null where there is none.
    pub bank_reference: Option<String>,
    /// Minor units.
    pub amount_minor: i64,
    /// When the payer ordered it.
    pub order_date: Option<NaiveDate>,
    /// When the bank booked it.
    pub booking_date: Option<NaiveDate>,
    /// The bank's value date.
    pub value_date: Option<NaiveDate>,
    /// The day that counts.
    pub crediting_date: NaiveDate,
    /// Where it comes from.
    pub crediting_date_source: &'static str,
    /// What of it settles receivables, minor units.
    pub allocated_minor: i64,
    /// What of it lies on account, minor units.
    pub on_account_minor: i64,
    /// What the bank took back, minor units.
    pub reversed_minor: i64,
}

/// The accounts of the students in `facts` on a day, by student. Where there is nothing to list,
/// there is no account.
pub fn accounts(facts: &Facts, book: &PolicyBook, as_of: NaiveDate) -> Vec<Account> {
    let (facts, state) = fold(facts, book, as_of);
    let mut survivors: Vec<PersonNo> = Vec::new();
    for no in facts.persons.numbers().map(|no| facts.survivor(no, as_of)) {
        if !survivors.contains(&no) {
            survivors.push(no);
        }
    }
    let accounts = survivors
        .into_iter()
        .map(|no| account(&facts, &state, book, as_of, no));
    let mut accounts: Vec<Account> = accounts
        .filter(|account| !account.receivables.is_empty() || !account.credits.is_empty())
        .collect();
    accounts.sort_by(|a, b| a.student.cmp(&b.student));
    accounts
}

fn account(
    facts: &Facts,
    state: &State,
    book: &PolicyBook,
    as_of: NaiveDate,
    student: PersonNo,
) -> Account {
    let here = |person: PersonNo| facts.survivor(person, as_of) == student;
    let listed = |item: &Item| item.visible && item.visible_from <= as_of && here(item.person);
    let mut items: Vec<ItemNo> = state
        .items
        .iter()
        .filter(|(_, item)| listed(item))
        .map(|(no, _)| no)
        .collect();
    items.sort_by(|&a, &b| state.items[a].age().cmp(&state.items[b].age()));
    let receivables: Vec<Receivable> = items
        .into_iter()
        .map(|no| receivable(facts, state, book, as_of, no))
        .collect();

    let mut credits: Vec<_> = (facts.credits.iter())
        .filter(|(no, credit)| state.purses[*no].arrived && here(credit.person))
        .collect();
    credits.sort_by(|(_, a), (_, b)| (a.crediting_date, &a.key).cmp(&(b.crediting_date, &b.key)));
    let credits: Vec<CreditLine> = (credits.into_iter())
        .map(|(no, credit)| CreditLine {
            bank_account: credit.key.bank_account.clone(),
            bank_reference: some(&credit.bank_reference),
            amount_minor: credit.amount_minor,
            order_date: credit.order_date,
            booking_date: credit.booking_date,
            value_date: credit.value_date,
            crediting_date: credit.crediting_date,
            crediting_date_source: credit.source.as_str(),
            allocated_minor: state.allocated_minor(no),
            on_account_minor: state.on_account_minor(no),
            reversed_minor: state.purses[no].reversed_minor,
        })
        .collect();
    Account {
        student: facts.persons[student].external_id.clone(),
        album: facts.persons[student].album.clone(),
        currency: facts.currency.to_string(),
        on_account_minor: credits.iter().map(|credit| credit.on_account_minor).sum(),
        open_minor: receivables
            .iter()
            .map(|receivable| receivable.open_minor)
            .sum(),
        receivables,
        credits,
    }
}

fn receivable(
    facts: &Facts,
    state: &State,
    book: &PolicyBook,
    as_of: NaiveDate,
    no: ItemNo,
) -> Receivable {
    let item = &state.items[no];
    let mut parts: Vec<_> = item.parts.iter().collect();
    parts.sort_by_key(|part| part.turn);
    let allocations = parts.into_iter().map(|part| Allocation {
        amount_minor: part.amount_minor,
        effective_on: part.effective_on,
        counts_from: part.counts_from,
        rule: Rule::as_str(part.rule),
        bank_reference: some(&facts.credits[part.credit].bank_reference),
        crediting_date: facts.credits[part.credit].crediting_date,
    });
    Receivable {
        external_id: item.id.clone(),
        kind: item.kind.clone(),
        amount_minor: item.amount_minor,
        open_minor: item.open_minor(),
        nominal_due_on: item.nominal_due_on,
        due_on: item.due_on,
        visible_from: item.visible_from,
        settled_on: item.settled_on(),
        closed_by: item.closed.and_then(Closing::as_str),
        late_days: late_days(item, as_of),
        interest_minor: interest::accrued(facts, state, book, no, as_of),
        allocations: allocations.collect(),
    }
}

/// Days from the due date to the day the last part counts, else to the day the rest was given up,
/// else to `as_of`; none where the amount was corrected away.
pub fn late_days(item: &Item, as_of: NaiveDate) -> i64 {
    let given_up = item.shorts.iter().map(|short| short.on).max();
    let end = match item.closed {
        Some(Closing::Correction) => return 0,
        Some(Closing::Paid) => item.settled_on(),
        Some(_) => given_up,
        None => Some(as_of),
    };
    end.map_or(0, |end| (end - item.due_on).num_days().max(0))
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
