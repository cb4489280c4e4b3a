//! Decisions as people read them: names in place of row ids.

use super::super::account::find;
use super::super::called::names_of_credits;
use super::super::{EngineError, Office, identify};
use super::effect;
use crate::store::decisions::DecidedRow;
use crate::store::facts::PartRow;
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// Its number.
    pub decision: i64,
    /// `waive`, `extend`, `assign` ….
    pub kind: String,
    /// `fact`, `waits` for a second person, or `revoked`.
    pub state: &'static str,
    /// From this day it acts.
    pub acts_on: NaiveDate,
    /// The fee.
    pub fee: Option<String>,
    /// The credit, or the bank's line.
    pub credit: Option<String>,
    /// The credit that a reversal undoes.
    pub other_credit: Option<String>,
    /// The student.
    pub student: Option<String>,
    /// The record that goes on after a merge.
    pub into: Option<String>,
    /// Minor units.
    pub amount_minor: Option<i64>,
    /// ISO 4217 code of the amounts.
    pub currency: Option<String>,
    /// The day that was decided.
    pub day: Option<NaiveDate>,
    /// An account, or a word.
    pub detail: Option<String>,
    /// What it divides into.
    pub parts: Vec<ListedPart>,
    /// Who.
    pub by: String,
    /// Why.
    pub why: String,
    /// The second person.
    pub approved_by: Option<String>,
    /// Who took it back.
    pub revoked_by: Option<String>,
}

/// A part of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListedPart {
    /// A fee.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<String>,
    /// A student.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub student: Option<String>,
    /// A credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credit: Option<String>,
    /// A day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<NaiveDate>,
    /// Minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_minor: Option<i64>,
}

/// All decisions, oldest first; only one, or only those that wait, where that is asked for.
pub async fn list(
    office: &Office,
    only: Option<i64>,
    waiting: bool,
) -> Result<Vec<Listed>, EngineError> {
    let mut tx = office.db.read().await?;
    let mut rows = match only {
        Some(number) => vec![super::stored(&mut tx, number).await?.0],
        None => tx.decisions().await?,
    };
    rows.retain(|row| !waiting || state(row) == "waits");
    let listed = named(&mut tx, rows).await?;
    tx.rollback().await?;
    Ok(listed)
}

/// What was decided about a student and their fees, with the records that were merged; oldest first.
pub async fn of_student(office: &Office, student: &str) -> Result<Vec<Listed>, EngineError> {
    let mut tx = office.db.read().await?;
    let person = find(&mut tx, student).await?;
    let survivors = identify::survivors(&mut tx).await?;
    let home = survivors.get(&person).copied().unwrap_or(person);
    let merged = survivors.iter().filter(|(_, survivor)| **survivor == home);
    let persons: Vec<i64> = merged.map(|(&from, _)| from).chain([home]).collect();
    let rows = tx.decisions_of(&persons).await?;
    let listed = named(&mut tx, rows).await?;
    tx.rollback().await?;
    Ok(listed)
}

fn state(row: &DecidedRow) -> &'static str {
    match (&row.revoked_by, row.is_fact()) {
        (Some(_), _) => "revoked",
        (None, true) => "fact",
        (None, false) => "waits",
    }
}

/// What stands for row ids.
struct Names {
    fees: BTreeMap<i64, (String, String)>,
    students: BTreeMap<i64, String>,
    credits: BTreeMap<i64, String>,
    currencies: BTreeMap<i64, String>,
}

impl Names {
    async fn load(
        tx: &mut Tx,
        rows: &[DecidedRow],
        parts: &BTreeMap<i64, Vec<PartRow>>,
    ) -> Result<Names, StoreError> {
        let parts = || parts.values().flatten();
        let fees = rows.iter().filter_map(|row| row.receivable_id);
        let fees: BTreeSet<i64> = fees
            .chain(parts().filter_map(|part| part.receivable_id))
            .collect();
        let students = rows
            .iter()
            .flat_map(|row| [row.person_id, row.other_person_id]);
        let students: BTreeSet<i64> = students
            .chain(parts().map(|part| part.person_id))
            .flatten()
            .collect();
        let credits = rows
            .iter()
            .flat_map(|row| [row.entry_id, row.other_entry_id]);
        let credits: BTreeSet<i64> = credits
            .chain(parts().map(|part| part.entry_id))
            .flatten()
            .collect();
        let of = |ids: &BTreeSet<i64>| ids.iter().copied().collect::<Vec<i64>>();
        let fees = tx.fees_by_id(&of(&fees)).await?;
        let students = tx.students_by_id(&of(&students)).await?;
        let entries: Vec<i64> = credits.iter().copied().filter(|&id| id > 0).collect();
        let loaded: Vec<i64> = credits.iter().filter(|&&id| id < 0).map(|id| -id).collect();
        let lines = tx.entries(&entries).await?;
        let loaded = tx.opening_by_id(&loaded).await?;
        let lines = lines.into_iter().map(|line| (line.id, line.currency));
        let loaded = loaded.into_iter().map(|row| (-row.id, row.currency));
        Ok(Names {
            fees: fees
                .into_iter()
                .map(|row| (row.id, (row.external_id, row.currency)))
                .collect(),
            students: students
                .into_iter()
                .map(|row| (row.id, row.external_id))
                .collect(),
            credits: names_of_credits(tx, &credits).await?,
            currencies: lines.chain(loaded).collect(),
        })
    }

    fn fee(&self, id: Option<i64>) -> Option<String> {
        Some(self.fees.get(&id?)?.0.clone())
    }

    fn student(&self, id: Option<i64>) -> Option<String> {
        self.students.get(&id?).cloned()
    }

    /// A credit whose statement was withdrawn has no name any more.
    fn credit(&self, id: Option<i64>) -> Option<String> {
        let name = self.credits.get(&id?);
        Some(name.cloned().unwrap_or_else(|| "(withdrawn)".to_owned()))
    }

    fn currency(&self, row: &DecidedRow, parts: &[PartRow]) -> Option<String> {
        let fee = row.receivable_id.and_then(|id| self.fees.get(&id));
        let credit = row.entry_id.or(parts.iter().find_map(|part| part.entry_id));
        let credit = credit.and_then(|id| self.currencies.get(&id));
        fee.map(|fee| &fee.1).or(credit).cloned()
    }
}

async fn named(tx: &mut Tx, rows: Vec<DecidedRow>) -> Result<Vec<Listed>, StoreError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let parts = effect::parts(tx, &ids).await?;
    let names = Names::load(tx, &rows, &parts).await?;
    let listed = rows.into_iter().map(|row| {
        let parts = parts.get(&row.id).map(Vec::as_slice).unwrap_or_default();
        let listed_part = |part: &PartRow| ListedPart {
            fee: names.fee(part.receivable_id),
            student: names.student(part.person_id),
            credit: names.credit(part.entry_id),
            day: part.due_on,
            amount_minor: part.amount_minor,
        };
        Listed {
            decision: row.id,
            state: state(&row),
            acts_on: row.acts_on,
            fee: names.fee(row.receivable_id),
            credit: names.credit(row.entry_id),
            other_credit: names.credit(row.other_entry_id),
            student: names.student(row.person_id),
            into: names.student(row.other_person_id),
            amount_minor: row.amount_minor,
            currency: names.currency(&row, parts),
            day: row.day,
            parts: parts.iter().map(listed_part).collect(),
            detail: (!row.detail.is_empty()).then_some(row.detail),
            kind: row.kind,
            by: row.by_whom,
            why: row.why,
            approved_by: row.approved_by,
            revoked_by: row.revoked_by,
        }
    });
    Ok(listed.collect())
}
