//! Why a statement must not be posted as it is: it is not ours, or no final one; what its reader found,
//! that it does not add up, or that it contradicts a reference that stands.

use super::fresh::Fresh;
use super::reading::{self, Read};
use super::{EngineError, Office};
use crate::money::{Currency, format_plain};
use crate::statement::entry::StatementKind;
use crate::store::Tx;
use std::collections::{BTreeMap, BTreeSet};

/// Why a statement is not ours to post.
pub(super) fn not_ours(office: &Office, read: &Read) -> Option<String> {
    let statement = &read.outline;
    if statement.kind != StatementKind::Final {
        return Some(format!(
            "{} is no final statement and is never posted",
            read.outline.format
        ));
    }
    let Some(account) = reading::bank_account(office, &statement.account) else {
        return Some(format!(
            "the account {} is not in kwestura.toml; add a [[bank_account]] if it is the institution's",
            if statement.account.is_empty() {
                "(none)"
            } else {
                &statement.account
            }
        ));
    };
    if account.currency.as_str() != statement.currency {
        return Some(format!(
            "the statement is in {} and kwestura.toml says that {} is in {}",
            statement.currency, account.iban, account.currency
        ));
    }
    None
}

/// Why a statement must not be posted as it is.
pub async fn of(
    office: &Office,
    tx: &mut Tx,
    bank_account_id: i64,
    fresh: &Fresh,
) -> Result<Option<String>, EngineError> {
    let read = fresh.read();
    let statement = &read.outline;
    let money = |minor: i128| match (i64::try_from(minor), Currency::parse(&statement.currency)) {
        (Ok(minor), Some(currency)) => format!("{} {currency}", format_plain(minor, currency)),
        _ => minor.to_string(),
    };
    if let Some(fault) = statement.faults.first() {
        return Ok(Some(format!("line {}: {}", fault.line, fault.message)));
    }
    if let Err(unplaceable) = &read.place {
        return Ok(Some(format!("line {}: {unplaceable}", statement.line)));
    }
    match statement.difference_minor() {
        Some(0) => {}
        Some(difference) => {
            return Ok(Some(format!(
                "line {}: it does not add up: opening and entries give {} more than the closing balance",
                statement.line,
                money(difference)
            )));
        }
        None => {
            return Ok(Some(format!(
                "line {}: a balance is missing",
                statement.line
            )));
        }
    }
    contradicted_reference(office, tx, bank_account_id, fresh).await
}

/// A reliable reference that stands already, in the same direction, with another amount.
async fn contradicted_reference(
    office: &Office,
    tx: &mut Tx,
    bank_account_id: i64,
    fresh: &Fresh,
) -> Result<Option<String>, EngineError> {
    let reliable = fresh.read().profile.reliable_reference;
    if !reliable || !tx.has_reliable_references(bank_account_id).await? {
        return Ok(None);
    }
    let mut coming = fresh.lines(office).await?;
    while let Some(lines) = coming.next().await? {
        let references: BTreeSet<&String> = (lines.iter())
            .filter_map(|line| line.bank_reference.as_ref())
            .collect();
        let references: Vec<String> = references.into_iter().cloned().collect();
        let mut amounts: BTreeMap<(String, bool, bool), BTreeSet<i64>> = BTreeMap::new();
        for row in tx.referred(bank_account_id, &references).await? {
            let key = (row.bank_reference, row.amount_minor > 0, row.reversal == 1);
            amounts.entry(key).or_default().insert(row.amount_minor);
        }
        // A batch repeats its reference with the amounts of its parts, so only single lines speak.
        let contradicts = lines.iter().filter(|line| line.alone).find(|line| {
            let key = (
                line.bank_reference.clone().unwrap_or_default(),
                line.amount_minor > 0,
                line.reversal,
            );
            amounts
                .get(&key)
                .is_some_and(|amounts| amounts.len() == 1 && !amounts.contains(&line.amount_minor))
        });
        if let Some(line) = contradicts {
            return Ok(Some(format!(
                "line {}: the bank's reference {} stands already with another amount",
                line.at,
                line.bank_reference.as_deref().unwrap_or_default()
            )));
        }
    }
    Ok(None)
}
