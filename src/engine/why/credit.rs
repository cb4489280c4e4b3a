//! Why a credit is whose it is, and where its money went.

use super::super::called::{self, Called, names, readings};
use super::super::facts::{self, CoveredThrough};
use super::super::{EngineError, Office, coverage, policy_book};
use super::fee::{CreditDates, dates};
use super::instant;
use crate::policy::PolicyBook;
use crate::settlement::fold::fold;
use crate::store::entries::EntryRow;
use crate::store::identification::IdentificationRow;
use crate::store::roster::newest;
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A credit, or another line of a statement. The order of the fields is that of the output.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreditWhy {
    /// Name, amount and dates.
    #[serde(flatten)]
    pub credit: CreditDates,
    /// ISO 4217 code.
    pub currency: String,
    /// The other party.
    pub payer_name: Option<String>,
    /// The other party's account.
    pub payer_account: Option<String>,
    /// The credited virtual account, as the bank shows it.
    pub virtual_account: Option<String>,
    /// Remittance information.
    pub remittance: String,
    /// Whose it is, or what it is; several where it was split.
    pub identified: Vec<Identified>,
    /// What it was taken for before, oldest first.
    pub before: Vec<Identified>,
    /// Lines by which the bank took it back.
    pub reversals: Vec<Reversed>,
    /// What it settles.
    pub went: Vec<Went>,
    /// Minor units.
    pub on_account_minor: i64,
    /// Kept aside for a refund that has not left yet, minor units.
    pub reserved_minor: i64,
    /// Sent back, minor units.
    pub refunded_minor: i64,
    /// Taken back by the bank, minor units.
    pub reversed_minor: i64,
    /// Taken back by the bank after it had been sent back, minor units.
    pub to_recover_minor: i64,
}

/// What an entry, or a part of it, was concluded to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Identified {
    /// `student`, `review`, `not_student`, `reversal`, `refund`, `refund_returned`, `sweep`,
    /// `charge`, `other`.
    pub outcome: String,
    /// Whose.
    pub student: Option<String>,
    /// Minor units.
    pub amount_minor: i64,
    /// `virtual_account`, `standing_rule`, `decision` ….
    pub rule: String,
    /// In words.
    pub reason: String,
    /// The virtual account that told.
    pub number: Option<String>,
    /// The credit that a reversal undoes.
    pub other: Option<String>,
    /// When it was concluded.
    pub recorded_at: String,
}

/// A line by which the bank took a credit back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reversed {
    /// What people call it.
    pub id: String,
    /// The day.
    pub on: NaiveDate,
    /// Minor units.
    pub amount_minor: i64,
}

/// A part of a receivable that the credit settles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Went {
    /// The student system's id.
    pub student: String,
    /// The fee, instalment or interest.
    pub external_id: String,
    /// Minor units.
    pub amount_minor: i64,
    /// The rule.
    pub rule: &'static str,
    /// The day of the event that applied it.
    pub effective_on: NaiveDate,
    /// The day that decides lateness and interest.
    pub counts_from: NaiveDate,
}

/// Explains what is called so.
pub async fn credit(
    tx: &mut Tx,
    office: &Office,
    name: &str,
    as_of: NaiveDate,
) -> Result<CreditWhy, EngineError> {
    let found = called::credit(tx, name).await?;
    let mut why = match &found {
        Called::Entry(entry) => of_entry(tx, office, entry).await?,
        Called::Opening(row) => CreditWhy {
            currency: row.currency.clone(),
            identified: vec![Identified {
                outcome: "student".to_owned(),
                student: student_names(tx, [row.person_id])
                    .await?
                    .remove(&row.person_id),
                amount_minor: row.amount_minor,
                rule: "opening".to_owned(),
                reason: "loaded as money on account".to_owned(),
                number: None,
                other: None,
                recorded_at: String::new(),
            }],
            ..blank(CreditDates {
                id: row.external_id.clone(),
                bank_account: String::new(),
                bank_reference: None,
                amount_minor: row.amount_minor,
                order_date: None,
                booking_date: None,
                value_date: None,
                crediting_date: row.credited_on,
                crediting_date_source: "opening",
            })
        },
    };
    let owners: Vec<i64> = match &found {
        Called::Opening(row) => vec![row.person_id],
        Called::Entry(entry) => {
            let rows = tx.identifications(&[entry.id]).await?;
            rows.into_iter().filter_map(|row| row.person_id).collect()
        }
    };
    let book = policy_book(tx, &office.config, i64::MAX).await?;
    let covered = coverage::for_tolerance(tx, office, &book).await?;
    money(tx, &mut why, found.id(), &owners, &book, &covered, as_of).await?;
    Ok(why)
}

fn blank(credit: CreditDates) -> CreditWhy {
    CreditWhy {
        credit,
        currency: String::new(),
        payer_name: None,
        payer_account: None,
        virtual_account: None,
        remittance: String::new(),
        identified: Vec::new(),
        before: Vec::new(),
        reversals: Vec::new(),
        went: Vec::new(),
        on_account_minor: 0,
        reserved_minor: 0,
        refunded_minor: 0,
        reversed_minor: 0,
        to_recover_minor: 0,
    }
}

async fn of_entry(tx: &mut Tx, office: &Office, entry: &EntryRow) -> Result<CreditWhy, StoreError> {
    let history = tx.identification_history(&[entry.id]).await?;
    let attached = tx.reversals_of(&[entry.id]).await?;
    let attached: Vec<i64> = attached.iter().map(|row| row.entry_id).collect();
    let others = history.iter().filter_map(|row| row.other_entry_id);
    let others: Vec<i64> = others.chain(attached.iter().copied()).collect();
    let lines = readings(tx, &others).await?;
    let names = names(tx, lines.values().chain([entry])).await?;
    let students = student_names(tx, history.iter().filter_map(|row| row.person_id)).await?;
    let identified = |row: &IdentificationRow| Identified {
        outcome: row.outcome.clone(),
        student: row.person_id.and_then(|id| students.get(&id)).cloned(),
        amount_minor: row.amount_minor,
        rule: row.rule.clone(),
        reason: row.reason.clone(),
        number: row.nrb.clone(),
        other: row.other_entry_id.and_then(|id| names.get(&id)).cloned(),
        recorded_at: instant(office, row.recorded_at),
    };
    let last = history.iter().map(|row| row.seq).max();
    let (now, before): (Vec<_>, Vec<_>) = history.iter().partition(|row| Some(row.seq) == last);
    let reversals = attached.iter().filter_map(|id| {
        let line = lines.get(id)?;
        Some(Reversed {
            id: names.get(id)?.clone(),
            on: line.crediting_date,
            amount_minor: line.amount_minor.saturating_neg(),
        })
    });
    Ok(CreditWhy {
        currency: entry.currency.clone(),
        payer_name: entry.counterparty_name.clone(),
        payer_account: entry.counterparty_account.clone(),
        virtual_account: entry.virtual_account.clone(),
        remittance: entry.remittance.clone(),
        identified: now.into_iter().map(identified).collect(),
        before: before.into_iter().map(identified).collect(),
        reversals: reversals.collect(),
        ..blank(CreditDates {
            id: names.get(&entry.id).cloned().unwrap_or_default(),
            bank_account: entry.bank_account.clone(),
            bank_reference: entry.bank_reference.clone(),
            amount_minor: entry.amount_minor,
            order_date: entry.order_date,
            booking_date: entry.booking_date,
            value_date: entry.value_date,
            crediting_date: entry.crediting_date,
            crediting_date_source: facts::source(&entry.crediting_source).as_str(),
        })
    })
}

async fn student_names(
    tx: &mut Tx,
    persons: impl IntoIterator<Item = i64>,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let persons: BTreeSet<i64> = persons.into_iter().collect();
    let persons: Vec<i64> = persons.into_iter().collect();
    let rows = newest(tx.students_by_id(&persons).await?);
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.external_id))
        .collect())
}

/// Where the money went: what the folds of the owners say of the credit.
async fn money(
    tx: &mut Tx,
    why: &mut CreditWhy,
    id: i64,
    owners: &[i64],
    book: &PolicyBook,
    covered: &CoveredThrough,
    as_of: NaiveDate,
) -> Result<(), StoreError> {
    if owners.is_empty() {
        return Ok(());
    }
    let names: BTreeMap<i64, String> = [(id, why.credit.id.clone())].into();
    let whole = why.credit.amount_minor;
    for group in facts::load(tx, owners, i64::MAX, covered).await? {
        let (facts, state) = fold(&group.facts, book, as_of);
        for (no, credit) in facts
            .credits
            .iter()
            .filter(|(_, credit)| credit.entry == id)
        {
            // The day that counts may be one that a person set, or that of a first booking.
            why.credit = dates(credit, &names);
            why.credit.amount_minor = whole;
            let purse = &state.purses[no];
            why.on_account_minor += state.on_account_minor(no);
            why.reserved_minor += purse.reserved_minor;
            why.refunded_minor += purse.refunded_minor;
            why.reversed_minor += purse.reversed_minor;
            why.to_recover_minor += purse.to_recover_minor;
            for (_, item) in state.items.iter() {
                let parts = item.parts.iter().filter(|part| part.credit == no);
                why.went.extend(parts.map(|part| {
                    Went {
                        student: facts.persons[facts.survivor(item.person, as_of)]
                            .external_id
                            .clone(),
                        external_id: item.id.clone(),
                        amount_minor: part.amount_minor,
                        rule: part.rule.as_str(),
                        effective_on: part.effective_on,
                        counts_from: part.counts_from,
                    }
                }));
            }
        }
    }
    why.went.sort_by(|a, b| {
        (a.effective_on, &a.student, &a.external_id).cmp(&(
            b.effective_on,
            &b.student,
            &b.external_id,
        ))
    });
    Ok(())
}
