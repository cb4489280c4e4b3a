//! Why: what settles a fee, or where a credit's money went, with the rule, the rules' version, the
//! candidates, the dates, and what was booked before and is superseded.

mod credit;
mod fee;

pub use credit::{CreditWhy, Identified, Reversed, Went, credit};
pub use fee::{AllocationWhy, Candidate, CreditDates, FeeWhy, GivenUp, Superseded, fee};

use super::account::find;
use super::called::names_of_credits;
use super::facts::with_merged;
use super::{EngineError, Office};
use crate::store::Tx;
use crate::store::policy::PolicyRow;
use chrono::{DateTime, NaiveDate, SecondsFormat};
use serde::Serialize;
use std::collections::BTreeSet;

/// An explanation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Why {
    /// Of a fee, an instalment or interest.
    Fee(Box<FeeWhy>),
    /// Of a credit, or another line of a statement.
    Credit(Box<CreditWhy>),
    /// Of a student: all credits.
    Student(StudentWhy),
}

/// A student's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StudentWhy {
    /// The student system's id.
    pub student: String,
    /// Credits, by crediting date and name.
    pub credits: Vec<CreditWhy>,
}

/// Explains what is called so: a fee, an instalment, interest, a credit, or all of a student's
/// credits.
pub async fn why(office: &Office, name: &str, as_of: NaiveDate) -> Result<Why, EngineError> {
    let mut tx = office.db.read().await?;
    let answer = explained(&mut tx, office, name, as_of).await;
    tx.rollback().await?;
    answer
}

async fn explained(
    tx: &mut Tx,
    office: &Office,
    name: &str,
    as_of: NaiveDate,
) -> Result<Why, EngineError> {
    if let Some(fee) = fee(tx, office, name, as_of).await? {
        return Ok(Why::Fee(Box::new(fee)));
    }
    match credit(tx, office, name, as_of).await {
        Ok(credit) => return Ok(Why::Credit(Box::new(credit))),
        Err(EngineError::Refused(_)) => {}
        Err(failed) => return Err(failed),
    }
    match find(tx, name).await {
        Ok(person) => Ok(Why::Student(student(tx, office, person, as_of).await?)),
        Err(EngineError::Refused(_)) => Err(EngineError::refused(format!(
            "no fee, credit or student is called {name}; `kwestura account STUDENT` lists fees, `kwestura review list` credits"
        ))),
        Err(failed) => Err(failed),
    }
}

/// All credits of a student, those of merged records included.
async fn student(
    tx: &mut Tx,
    office: &Office,
    person: i64,
    as_of: NaiveDate,
) -> Result<StudentWhy, EngineError> {
    let persons = with_merged(tx, &[person], i64::MAX).await?;
    let facts = tx.facts_of(&persons, i64::MAX).await?;
    let own = facts.persons.iter().find(|row| row.id == person);
    let credits = facts.shares.iter().map(|share| share.entry_id);
    let credits: BTreeSet<i64> = credits
        .chain(facts.opening.iter().map(|row| -row.id))
        .collect();
    let names = names_of_credits(tx, &credits).await?;
    let mut answer = StudentWhy {
        student: own.map(|row| row.external_id.clone()).unwrap_or_default(),
        credits: Vec::new(),
    };
    for name in names.values() {
        let credit = credit(tx, office, name, as_of).await?;
        if credit.credit.crediting_date <= as_of {
            answer.credits.push(credit);
        }
    }
    let key = |row: &CreditWhy| (row.credit.crediting_date, row.credit.id.clone());
    answer.credits.sort_by_key(key);
    Ok(answer)
}

/// Since when a version of the rules holds; nothing where it has held from the beginning.
fn valid_from(policies: &[PolicyRow], version: &str, day: NaiveDate) -> Option<NaiveDate> {
    let of_version = policies.iter().filter(|row| row.version == version);
    of_version
        .filter_map(|row| row.valid_from)
        .filter(|&from| from <= day)
        .max()
}

/// An instant for people and machines, in the institution's time zone.
fn instant(office: &Office, millis: i64) -> String {
    let zone = office.config.institution.time_zone;
    let instant = DateTime::from_timestamp_millis(millis).unwrap_or_default();
    instant
        .with_timezone(&zone)
        .to_rfc3339_opts(SecondsFormat::Secs, false)
}
