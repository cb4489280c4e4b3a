//! The statements of a bank account day by day: what is there, what is missing, what is held back.

use super::coverage::{self, stands};
use super::reading::{bank_account, rhythm};
use super::statements::name;
use super::{EngineError, Office};
use crate::statement::chain::Coverage;
use crate::store::statements::{BankAccountRow, StatementRow};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;

/// How a day of an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// A statement stands that has the day.
    Covered,
    /// A statement that has the day waits for a person, or for others.
    Held,
    /// It lies between two statements that do not follow one another.
    Gap,
    /// The same, and a person accepted it.
    AcceptedGap,
    /// Its statement should be here by now.
    Missing,
    /// Nothing is expected of it: no bank day, before the first statement, or still to come.
    Quiet,
}

/// A day of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub day: NaiveDate,
    /// How it stands.
    pub state: State,
    /// The statements that have it, by name, those that stand first: several are an overlap.
    pub statements: Vec<String>,
}

/// An account, day by day.
#[derive(Debug, Clone)]
pub struct Account {
    /// Its number.
    pub iban: String,
    /// What the office calls it.
    pub name: String,
    /// ISO 4217 code of its currency.
    pub currency: String,
    /// How far its statements reach.
    pub coverage: Coverage,
    /// The days, oldest first.
    pub days: Vec<Day>,
}

/// Every account that has statements, from one day to another.
pub async fn of(
    office: &Office,
    first: NaiveDate,
    last: NaiveDate,
) -> Result<Vec<Account>, EngineError> {
    let mut tx = office.db.read().await?;
    let mut accounts = Vec::new();
    for row in tx.bank_accounts().await? {
        accounts.push(account(office, &mut tx, row, (first, last)).await?);
    }
    tx.rollback().await?;
    Ok(accounts)
}

async fn account(
    office: &Office,
    tx: &mut Tx,
    row: BankAccountRow,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<Account, StoreError> {
    let coverage = coverage::of_account(tx, office, row.id, &row.iban).await?;
    let (mut rows, _) = tx.statements_of_account(row.id).await?;
    rows.retain(|row| stands(row) || is_held(row));
    rows.sort_by_key(|row| (is_held(row), row.file_sha256.clone(), row.place_in_file));
    let rhythm = rhythm(office, &row.iban);
    let standing = rows.iter().filter(|row| stands(row));
    let last_known = standing.filter_map(|row| row.last_day).max();
    let expected = coverage::expected(office, &row.iban);
    let days = first.iter_days().take_while(|day| *day <= last).map(|day| {
        let having = || rows.iter().filter(move |row| has(row, day));
        let is_due = last_known.is_some_and(|last| last < day) && day <= expected;
        let missing = || missing(&coverage, day, is_due).filter(|_| (rhythm.bank_day)(day));
        let state = if having().any(is_held) {
            State::Held
        } else if having().next().is_some() {
            State::Covered
        } else {
            missing().unwrap_or(State::Quiet)
        };
        Day {
            day,
            state,
            statements: having().map(name).collect(),
        }
    });
    let known = bank_account(office, &row.iban);
    Ok(Account {
        days: days.collect(),
        name: known.map_or_else(|| row.iban.clone(), |known| known.name.clone()),
        coverage,
        iban: row.iban,
        currency: row.currency,
    })
}

fn is_held(row: &StatementRow) -> bool {
    matches!(row.status.as_str(), "waiting" | "quarantined" | "recording")
}

fn has(row: &StatementRow, day: NaiveDate) -> bool {
    let last = row.last_day;
    let first = row.first_day.or(last);
    first.is_some_and(|first| first <= day) && last.is_some_and(|last| day <= last)
}

/// Why a day without a statement should have one.
fn missing(coverage: &Coverage, day: NaiveDate, is_due: bool) -> Option<State> {
    let mut gaps = coverage.gaps.iter();
    match gaps.find(|gap| gap.after_day < day && day < gap.before_day) {
        Some(gap) if gap.accepted => Some(State::AcceptedGap),
        Some(_) => Some(State::Gap),
        None => is_due.then_some(State::Missing),
    }
}
