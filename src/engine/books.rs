//! The books as other systems read them: fees, credits and changes of settlements, page by page.
//!
//! A page is what stands behind a key, so that reading on never misses or repeats a row, whatever is
//! added meanwhile.

use super::{EngineError, Office, called};
use crate::store::Tx;
use crate::store::api::{CreditRow, PositionRow, SettlementRow};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a page, at most.
pub const PAGE_MAX: i64 = 1_000;

/// Changes of settlements behind a cursor, each with the name of its credit.
pub async fn settlements(
    office: &Office,
    after: i64,
    limit: i64,
) -> Result<Vec<(SettlementRow, String)>, EngineError> {
    // A transaction that may lock, although nothing is written.
    let mut tx = office.db.write().await?;
    tx.no_settlement_under_way().await?;
    let rows = tx.settlements_after(after, limit).await?;
    let credits = rows.iter().map(|row| row.credit_id).collect();
    let named = names(&mut tx, &credits).await?;
    tx.rollback().await?;
    let name = |row: &SettlementRow| named.get(&row.credit_id).cloned().unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| (row.clone(), name(&row)))
        .collect())
}

/// Fees, instalments and interest behind one of them.
pub async fn receivables(
    office: &Office,
    after: &str,
    limit: i64,
) -> Result<Vec<PositionRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.receivables_after(after, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Credits of students behind one of them, each with its name.
pub async fn credits(
    office: &Office,
    after: (i64, i64),
    limit: i64,
) -> Result<Vec<(CreditRow, String)>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.credits_after(after, limit).await?;
    let credits = rows.iter().map(|row| row.entry_id).collect();
    let named = names(&mut tx, &credits).await?;
    tx.rollback().await?;
    let name = |row: &CreditRow| named.get(&row.entry_id).cloned().unwrap_or_default();
    Ok(rows
        .into_iter()
        .map(|row| (row.clone(), name(&row)))
        .collect())
}

async fn names(tx: &mut Tx, credits: &BTreeSet<i64>) -> Result<BTreeMap<i64, String>, EngineError> {
    Ok(called::names_of_credits(tx, credits).await?)
}
