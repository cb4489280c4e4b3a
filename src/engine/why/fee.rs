//! Why a fee stands as it does.

use super::super::called::names_of_credits;
use super::super::facts::{self, with_merged};
use super::super::{EngineError, Office, coverage, policy_book};
use super::{instant, valid_from};
use crate::settlement::facts::{Credit, Facts};
use crate::settlement::fold::fold;
use crate::settlement::state::{Closing, Item, ItemNo, Part, State};
use crate::store::books::JournalRow;
use crate::store::facts::ReceivableRow;
use crate::store::policy::PolicyRow;
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A fee, an instalment or interest, and what settles it. The order of the fields is that of the
/// output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeeWhy {
    /// Its id.
    pub external_id: String,
    /// The student system's id.
    pub student: String,
    /// Kind of fee.
    pub kind: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The amount that is valid, minor units.
    pub amount_minor: i64,
    /// Minor units.
    pub open_minor: i64,
    /// From this day it takes part.
    pub visible_from: NaiveDate,
    /// The due date as written.
    pub nominal_due_on: NaiveDate,
    /// The day until which it is to be credited.
    pub due_on: NaiveDate,
    /// The day the last part counts.
    pub settled_on: Option<NaiveDate>,
    /// How it was closed short.
    pub closed_by: Option<&'static str>,
    /// What nobody will pay.
    pub given_up: Vec<GivenUp>,
    /// What settles it now.
    pub allocations: Vec<AllocationWhy>,
    /// What was booked before and holds no more.
    pub superseded: Vec<Superseded>,
}

/// A part of a fee that nobody will pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GivenUp {
    /// `waiver`, `write_off`, `plan`.
    pub how: Option<&'static str>,
    /// Minor units.
    pub amount_minor: i64,
    /// The day.
    pub on: NaiveDate,
}

/// A part of a credit that settles a part of the fee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllocationWhy {
    /// Minor units.
    pub amount_minor: i64,
    /// The rule.
    pub rule: &'static str,
    /// The event that applied it.
    pub cause: &'static str,
    /// The day of that event.
    pub effective_on: NaiveDate,
    /// The day that decides lateness and interest.
    pub counts_from: NaiveDate,
    /// The version of the rules in force on that day.
    pub policy_version: String,
    /// Since when it holds; nothing where it has from the beginning.
    pub policy_valid_from: Option<NaiveDate>,
    /// What was open when the rule chose, in its order.
    pub candidates: Vec<Candidate>,
    /// The credit.
    pub credit: CreditDates,
}

/// Something that was open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Its id.
    pub external_id: String,
    /// Its due date.
    pub due_on: NaiveDate,
}

/// A credit with its dates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreditDates {
    /// What people call it.
    pub id: String,
    /// The institution's account.
    pub bank_account: String,
    /// The bank's reference.
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
    /// Which of them it is.
    pub crediting_date_source: &'static str,
}

/// A row of the journal that holds no more, or that took something off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// `replaced` where the facts now say otherwise, `released` where an event took money off.
    pub state: &'static str,
    /// The credit.
    pub credit: String,
    /// Minor units; negative takes off.
    pub amount_minor: i64,
    /// The rule.
    pub rule: String,
    /// The event.
    pub cause: String,
    /// The day of the event.
    pub effective_on: NaiveDate,
    /// The day that decided lateness.
    pub counts_from: NaiveDate,
    /// The accounting day.
    pub posted_on: NaiveDate,
    /// When it was written.
    pub recorded_at: String,
}

/// Explains what is called so, if it is a fee, an instalment or interest.
pub async fn fee(
    tx: &mut Tx,
    office: &Office,
    name: &str,
    as_of: NaiveDate,
) -> Result<Option<FeeWhy>, EngineError> {
    let Some((row, item_id)) = find(tx, name.trim()).await? else {
        return Ok(None);
    };
    let book = policy_book(tx, &office.config, i64::MAX).await?;
    let covered = coverage::for_tolerance(tx, office, &book).await?;
    let policies = tx.policies(i64::MAX).await?;
    for group in facts::load(tx, &[row.person_id], i64::MAX, &covered).await? {
        let (facts, state) = fold(&group.facts, &book, as_of);
        let Some(no) = state.items.find(|item| item.id == item_id && item.visible) else {
            continue;
        };
        let journal = journal_of(tx, row.person_id, &item_id).await?;
        let parts = state.items[no].parts.iter();
        let credits = parts.map(|part| facts.credits[part.credit].entry);
        let credits: BTreeSet<i64> = credits
            .chain(journal.iter().map(|row| row.credit_id))
            .collect();
        let names = names_of_credits(tx, &credits).await?;
        let mut why = explained(&facts, &state, no, &policies, &names, as_of);
        why.superseded = superseded(office, &journal, &names);
        return Ok(Some(why));
    }
    Err(EngineError::refused(format!(
        "{name} takes part in no account on {as_of}; name a later day with --as-of"
    )))
}

/// The fee, and the item that is meant: the fee itself, `<id>:<n>` or `<id>:interest`.
async fn find(tx: &mut Tx, name: &str) -> Result<Option<(ReceivableRow, String)>, StoreError> {
    let mut whole = name;
    loop {
        let row = tx
            .fees_by_external(&[whole.to_owned()])
            .await?
            .into_iter()
            .next();
        if let Some(row) = row {
            return Ok(Some((row, name.to_owned())));
        }
        match whole.rsplit_once(':') {
            Some((shorter, _)) => whole = shorter,
            None => return Ok(None),
        }
    }
}

async fn journal_of(tx: &mut Tx, person: i64, item: &str) -> Result<Vec<JournalRow>, StoreError> {
    let persons = with_merged(tx, &[person], i64::MAX).await?;
    let mut rows = tx.journal_of(&persons).await?;
    rows.retain(|row| row.item == item);
    Ok(rows)
}

fn explained(
    facts: &Facts,
    state: &State,
    no: ItemNo,
    policies: &[PolicyRow],
    names: &BTreeMap<i64, String>,
    as_of: NaiveDate,
) -> FeeWhy {
    let item = &state.items[no];
    let student = facts.survivor(item.person, as_of);
    let mut parts: Vec<&Part> = item.parts.iter().collect();
    parts.sort_by_key(|part| part.turn);
    FeeWhy {
        external_id: item.id.clone(),
        student: facts.persons[student].external_id.clone(),
        kind: item.kind.clone(),
        currency: facts.currency.to_string(),
        amount_minor: item.amount_minor,
        open_minor: item.open_minor(),
        visible_from: item.visible_from,
        nominal_due_on: item.nominal_due_on,
        due_on: item.due_on,
        settled_on: item.settled_on(),
        closed_by: item.closed.and_then(Closing::as_str),
        given_up: given_up(item),
        allocations: parts
            .into_iter()
            .filter_map(|part| allocation(facts, state, no, part, policies, names))
            .collect(),
        superseded: Vec::new(),
    }
}

fn given_up(item: &Item) -> Vec<GivenUp> {
    let shorts = item.shorts.iter().map(|short| GivenUp {
        how: short.how.as_str(),
        amount_minor: short.amount_minor,
        on: short.on,
    });
    shorts.collect()
}

/// A part with the posting that made it.
fn allocation(
    facts: &Facts,
    state: &State,
    no: ItemNo,
    part: &Part,
    policies: &[PolicyRow],
    names: &BTreeMap<i64, String>,
) -> Option<AllocationWhy> {
    let posting = state.postings.iter().rev().find(|posting| {
        posting.amount_minor > 0
            && posting.credit == part.credit
            && posting.item == no
            && posting.effective_on == part.effective_on
            && posting.counts_from == part.counts_from
            && posting.rule == part.rule
    })?;
    let candidates = posting.candidates.iter().map(|&no| Candidate {
        external_id: state.items[no].id.clone(),
        due_on: state.items[no].due_on,
    });
    Some(AllocationWhy {
        amount_minor: part.amount_minor,
        rule: part.rule.as_str(),
        cause: posting.cause.as_str(),
        effective_on: part.effective_on,
        counts_from: part.counts_from,
        policy_version: posting.policy_version.clone(),
        policy_valid_from: valid_from(policies, &posting.policy_version, part.effective_on),
        candidates: candidates.collect(),
        credit: dates(&facts.credits[part.credit], names),
    })
}

/// A credit's dates as settlement takes them.
pub(super) fn dates(credit: &Credit, names: &BTreeMap<i64, String>) -> CreditDates {
    let reference = &credit.bank_reference;
    CreditDates {
        id: names.get(&credit.entry).cloned().unwrap_or_default(),
        bank_account: credit.key.bank_account.clone(),
        bank_reference: (!reference.is_empty()).then(|| reference.clone()),
        amount_minor: credit.amount_minor,
        order_date: credit.order_date,
        booking_date: credit.booking_date,
        value_date: credit.value_date,
        crediting_date: credit.crediting_date,
        crediting_date_source: credit.source.as_str(),
    }
}

/// Rows that cancel each other were booked when the facts said otherwise; releases stand.
fn superseded(
    office: &Office,
    journal: &[JournalRow],
    names: &BTreeMap<i64, String>,
) -> Vec<Superseded> {
    let key = |row: &JournalRow| {
        (
            (row.credit_id, row.part, row.effective_on, row.counts_from),
            (
                row.cause.clone(),
                row.rule.clone(),
                row.policy_version.clone(),
            ),
        )
    };
    let mut sums = BTreeMap::new();
    for row in journal {
        *sums.entry(key(row)).or_insert(0i64) += row.amount_minor;
    }
    let state = |row: &JournalRow| match (sums.get(&key(row)), row.rule.as_str()) {
        (Some(0), _) => Some("replaced"),
        (_, "release") => Some("released"),
        _ => None,
    };
    let rows = journal.iter().filter_map(|row| {
        Some(Superseded {
            state: state(row)?,
            credit: names
                .get(&row.credit_id)
                .cloned()
                .unwrap_or_else(|| "(withdrawn)".to_owned()),
            amount_minor: row.amount_minor,
            rule: row.rule.clone(),
            cause: row.cause.clone(),
            effective_on: row.effective_on,
            counts_from: row.counts_from,
            posted_on: row.posted_on,
            recorded_at: instant(office, row.recorded_at),
        })
    });
    rows.collect()
}
