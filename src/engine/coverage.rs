//! Through which day the statements of an account are complete.

use super::facts::CoveredThrough;
use super::reading::{bank_account, rhythm};
use super::statements::Said;
use super::{EngineError, Office, policy_book, settle};
use crate::calendar::add_business_days;
use crate::config::Every;
use crate::iban::normalise_account;
use crate::money::{Currency, parse_minor};
use crate::policy::PolicyBook;
use crate::statement::chain::{
    self, AcceptedGap, Anchor, Content, Coverage, DaySlice, Number, Place,
};
use crate::store::statements::{BankAccountRow, DayRow, StatementRow};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The places of statements that have one, by row id.
pub fn places(statements: &[StatementRow], days: &[DayRow]) -> BTreeMap<i64, Place> {
    let mut slices: BTreeMap<i64, Vec<DaySlice>> = BTreeMap::new();
    for row in days {
        let count = u32::try_from(row.entry_count).unwrap_or_default();
        if let Some(content) = Content::from_stored(count, &row.digest) {
            let slice = DaySlice {
                day: row.day,
                start_minor: row.start_minor,
                end_minor: row.end_minor,
                content,
            };
            slices.entry(row.statement_id).or_default().push(slice);
        }
    }
    let place = |row: &StatementRow| {
        Some(Place {
            id: row.id,
            number: row.sequence.as_deref().and_then(Number::parse),
            first_day: row.first_day?,
            last_day: row.last_day?,
            opening_date: row.opening_date,
            opening_minor: row.opening_minor?,
            closing_minor: row.closing_minor?,
            by_value_date: row.by_value_date == 1,
            days: slices.get(&row.id).cloned().unwrap_or_default(),
        })
    };
    statements
        .iter()
        .filter_map(|row| Some((row.id, place(row)?)))
        .collect()
}

/// Does the statement stand: published, or known to add nothing?
pub fn stands(row: &StatementRow) -> bool {
    matches!(row.status.as_str(), "published" | "known")
}

/// How far the statements of an account reach.
pub async fn of_account(
    tx: &mut Tx,
    office: &Office,
    id: i64,
    iban: &str,
) -> Result<Coverage, StoreError> {
    let (statements, days) = tx.statements_of_account(id).await?;
    let places = places(&statements, &days);
    let standing: Vec<Place> = statements
        .iter()
        .filter(|row| stands(row))
        .filter_map(|row| places.get(&row.id).cloned())
        .collect();
    of_places(tx, office, (id, iban), &standing).await
}

/// How far these would reach if they all stood.
pub(super) async fn of_places(
    tx: &mut Tx,
    office: &Office,
    (id, iban): (i64, &str),
    standing: &[Place],
) -> Result<Coverage, StoreError> {
    let decisions = tx.coverage_decisions(id).await?;
    let anchor = decisions.iter().rev().find(|row| row.kind == "anchor");
    let anchor = anchor.map(|row| Anchor {
        day: row.day,
        opening_minor: row.amount_minor,
    });
    let accepted: Vec<AcceptedGap> = (decisions.iter().filter(|row| row.kind == "accept_gap"))
        .filter_map(|row| {
            Some(AcceptedGap {
                after_day: row.day,
                before_day: row.until_day?,
                difference_minor: i128::from(row.amount_minor),
            })
        })
        .collect();
    Ok(chain::coverage(
        standing,
        anchor.as_ref(),
        &accepted,
        &rhythm(office, iban),
    ))
}

/// For each currency the last day through which all its open accounts are complete; none where an
/// account has no statement yet.
pub async fn by_currency(
    tx: &mut Tx,
    office: &Office,
) -> Result<BTreeMap<String, Option<NaiveDate>>, StoreError> {
    let mut covered: BTreeMap<String, Option<NaiveDate>> = BTreeMap::new();
    for row in tx.bank_accounts().await? {
        let through = of_account(tx, office, row.id, &row.iban).await?.through;
        let closed_on = bank_account(office, &row.iban).and_then(|account| account.closed_on);
        // A closed account is complete for ever once its last statement is in.
        let through = if through.is_some() && through >= closed_on && closed_on.is_some() {
            Some(NaiveDate::MAX)
        } else {
            through
        };
        covered
            .entry(row.currency)
            .and_modify(|least| *least = (*least).min(through))
            .or_insert(through);
    }
    Ok(covered)
}

/// The same for the tolerance, which alone asks in the fold: a currency with an account that has no
/// statement yet is not covered at all, and where no policy has a tolerance nothing is computed.
pub async fn for_tolerance(
    tx: &mut Tx,
    office: &Office,
    book: &PolicyBook,
) -> Result<CoveredThrough, StoreError> {
    if book.tolerance_max() == 0 {
        return Ok(CoveredThrough::new());
    }
    let covered = by_currency(tx, office).await?;
    Ok(covered
        .into_iter()
        .filter_map(|(currency, through)| Some((currency, through?)))
        .collect())
}

/// The day through which the statements of an account should reach today.
pub fn expected(office: &Office, iban: &str) -> NaiveDate {
    let every = bank_account(office, iban).map_or(Every::Day, |known| known.statements);
    let days = i32::try_from(every.business_days()).unwrap_or(1);
    add_business_days(office.now.today, -days)
}

/// An account with its coverage.
#[derive(Debug, Clone)]
pub struct Covered {
    /// The account.
    pub iban: String,
    /// Its currency.
    pub currency: Currency,
    /// How far its statements reach.
    pub coverage: Coverage,
}

/// The accounts with statements, by IBAN, each with its coverage.
pub async fn all(office: &Office) -> Result<Vec<Covered>, EngineError> {
    let mut tx = office.db.read().await?;
    let all = all_in(&mut tx, office).await?;
    tx.rollback().await?;
    Ok(all)
}

/// The same, inside a transaction.
pub async fn all_in(tx: &mut Tx, office: &Office) -> Result<Vec<Covered>, StoreError> {
    let mut all = Vec::new();
    for row in tx.bank_accounts().await? {
        all.push(Covered {
            currency: currency(&row)?,
            coverage: of_account(tx, office, row.id, &row.iban).await?,
            iban: row.iban,
        });
    }
    Ok(all)
}

fn currency(row: &BankAccountRow) -> Result<Currency, StoreError> {
    Currency::parse(&row.currency).ok_or_else(|| StoreError::Inconsistent {
        table: "bank_account",
        what: format!("{}: `{}` is no currency", row.iban, row.currency),
    })
}

/// Finds an account that has statements, by its IBAN or the last digits of it.
pub async fn find(tx: &mut Tx, wanted: &str) -> Result<BankAccountRow, EngineError> {
    let digits = normalise_account(wanted);
    let mut rows = tx.bank_accounts().await?;
    rows.retain(|row| digits.len() >= 4 && row.iban.ends_with(&digits));
    match (rows.pop(), rows.is_empty()) {
        (Some(row), true) => Ok(row),
        (Some(_), false) => Err(EngineError::refused(format!(
            "several accounts end with {wanted}; write the whole IBAN"
        ))),
        (None, _) => Err(EngineError::refused(format!(
            "no account {wanted} has statements; `kwestura coverage` shows those that have"
        ))),
    }
}

/// A person says what stood on an account before the first statement that counts.
pub async fn anchor(
    office: &Office,
    account: &str,
    day: NaiveDate,
    amount: &str,
    said: Said<'_>,
) -> Result<(Covered, settle::Settled), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, account).await?;
    tx.lock_bank_account(row.id).await?;
    let minor = parse_minor(amount, currency(&row)?)
        .map_err(|error| EngineError::refused(format!("the amount {amount}: {error}")))?;
    let (by, why, now) = (said.by, said.why, office.now.millis);
    tx.add_coverage_decision(row.id, "anchor", day, None, minor, by, why, now)
        .await?;
    moved(office, tx, &row).await
}

/// A person accepts that statements are missing between two days. The difference is that of the gap
/// as it is shown; should it change, the gap is open again.
pub async fn accept_gap(
    office: &Office,
    account: &str,
    (after, before): (NaiveDate, NaiveDate),
    said: Said<'_>,
) -> Result<(Covered, settle::Settled), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, account).await?;
    tx.lock_bank_account(row.id).await?;
    let gaps = of_account(&mut tx, office, row.id, &row.iban).await?.gaps;
    let found = gaps
        .iter()
        .find(|gap| (gap.after_day, gap.before_day) == (after, before));
    let Some(gap) = found else {
        return Err(EngineError::refused(format!(
            "{} has no gap after {after} and before {before}; `kwestura coverage` shows its gaps",
            row.iban
        )));
    };
    if gap.accepted {
        return Err(EngineError::refused("this gap was accepted already"));
    }
    let difference = i64::try_from(gap.difference_minor())
        .map_err(|_| EngineError::refused("the difference of this gap is too large to be noted"))?;
    let (by, why, now) = (said.by, said.why, office.now.millis);
    tx.add_coverage_decision(
        row.id,
        "accept_gap",
        after,
        Some(before),
        difference,
        by,
        why,
        now,
    )
    .await?;
    moved(office, tx, &row).await
}

/// Coverage may reach further now: whoever is short by so little that the tolerance may speak is
/// settled again.
async fn moved(
    office: &Office,
    mut tx: Tx,
    row: &BankAccountRow,
) -> Result<(Covered, settle::Settled), EngineError> {
    let coverage = of_account(&mut tx, office, row.id, &row.iban).await?;
    let tolerance = policy_book(&mut tx, &office.config, i64::MAX)
        .await?
        .tolerance_max();
    if let Some(through) = coverage.through.filter(|_| tolerance > 0) {
        let short = tx.persons_short_by(tolerance, through).await?;
        tx.mark(short).await?;
    }
    tx.commit().await?;
    let covered = Covered {
        iban: row.iban.clone(),
        currency: currency(row)?,
        coverage,
    };
    Ok((covered, settle::run(office, |_, _| {}).await?))
}
