//! Whom a decision touches, and what is concluded again when it becomes a fact or ceases to be one.

use super::super::called::readings;
use super::super::{EngineError, Office, attach, escalate, identify};
use crate::store::facts::{DecisionRow, PartRow};
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// A decision with its parts.
pub(super) type Decision<'a> = (&'a DecisionRow, &'a [PartRow]);

/// The students whose accounts a decision can change, as far as is known before it acts.
pub(super) async fn persons(
    tx: &mut Tx,
    decisions: &[Decision<'_>],
) -> Result<BTreeSet<i64>, StoreError> {
    let mut persons = BTreeSet::new();
    let mut fees = Vec::new();
    let mut credits = Vec::new();
    for (row, parts) in decisions {
        persons.extend([row.person_id, row.other_person_id].into_iter().flatten());
        fees.extend(row.receivable_id);
        credits.extend([row.entry_id, row.other_entry_id].into_iter().flatten());
        for part in *parts {
            persons.extend(part.person_id);
            fees.extend(part.receivable_id);
            credits.extend(part.entry_id);
        }
    }
    let fees = tx.fees_by_id(&fees).await?;
    persons.extend(fees.iter().map(|fee| fee.person_id));
    let (entries, opening): (Vec<i64>, Vec<i64>) = credits.iter().partition(|&&id| id > 0);
    let opening: Vec<i64> = opening.iter().map(|id| -id).collect();
    let loaded = tx.opening_by_id(&opening).await?;
    persons.extend(loaded.iter().map(|row| row.person_id));
    let history = tx.identification_history(&entries).await?;
    persons.extend(history.iter().filter_map(|row| row.person_id));
    Ok(persons)
}

/// Lets nobody else record, settle or decide about the same accounts until the transaction ends.
/// Accounts of the bank come before students, as they do when a statement is recorded. What may be about
/// entries that nobody has named, some of them being recorded right now, is about all accounts: a refund
/// finds its payment, a rule its credits, and the numbers of a merged student are on any of them.
pub(super) async fn lock(
    tx: &mut Tx,
    decisions: &[Decision<'_>],
) -> Result<BTreeSet<i64>, StoreError> {
    let reach_all = ["refund", "standing_rule", "merge"];
    if decisions
        .iter()
        .any(|(row, _)| reach_all.contains(&row.kind.as_str()))
    {
        tx.lock_bank_accounts().await?;
    } else {
        let entries: Vec<i64> = decisions
            .iter()
            .flat_map(|(row, _)| [row.entry_id, row.other_entry_id])
            .flatten()
            .filter(|&id| id > 0)
            .collect();
        let lines = readings(tx, &entries).await?;
        let accounts: BTreeSet<i64> = lines.values().map(|line| line.bank_account_id).collect();
        for account in accounts {
            tx.lock_bank_account(account).await?;
        }
    }
    let persons = persons(tx, decisions).await?;
    let ids: Vec<i64> = persons.iter().copied().collect();
    tx.lock_persons(&ids).await?;
    Ok(persons)
}

/// Concludes again what rests on a decision, and marks the students it touches.
pub(super) async fn conclude(
    tx: &mut Tx,
    office: &Office,
    decisions: &[Decision<'_>],
    persons: &BTreeSet<i64>,
) -> Result<(), EngineError> {
    for (row, _) in decisions {
        match row.kind.as_str() {
            super::whose::HAND_OVER => {}
            "assign" | "split" | "ignore" | "attach_reversal" => {
                entry_again(tx, office, row.entry_id).await?;
            }
            "standing_rule" => {
                let credits = tx
                    .credits_from_accounts(std::slice::from_ref(&row.detail))
                    .await?;
                let entries = identify::first_lines(tx, credits).await?;
                identify::entries(tx, office, entries).await?;
            }
            // The bank's debit may stand already, or no longer be ours to explain.
            "refund" => {
                let lines = tx
                    .entries_with_accounts(std::slice::from_ref(&row.detail))
                    .await?;
                identify::entries(tx, office, lines).await?;
            }
            "merge" => merge_again(tx, office, row).await?,
            _ => {}
        }
    }
    tx.mark(persons.iter().copied()).await?;
    let entries = decisions.iter().filter_map(|(row, _)| row.entry_id);
    escalate::about_handed(tx, office, &entries.collect::<Vec<_>>()).await
}

async fn entry_again(tx: &mut Tx, office: &Office, entry: Option<i64>) -> Result<(), EngineError> {
    let Some(id) = entry else { return Ok(()) };
    let Some(line) = readings(tx, &[id]).await?.remove(&id) else {
        return Ok(());
    };
    if line.takes_back() {
        // Which credit a reversal undoes is told for all of the account together.
        attach::reversals(tx, office, line.bank_account_id).await?;
    } else {
        identify::entries(tx, office, [id]).await?;
    }
    Ok(())
}

/// A text that named the other record contradicts no more, or contradicts again.
async fn merge_again(tx: &mut Tx, office: &Office, row: &DecisionRow) -> Result<(), EngineError> {
    let both: Vec<i64> = [row.person_id, row.other_person_id]
        .into_iter()
        .flatten()
        .collect();
    let numbers = tx.numbers_of(&both).await?;
    let numbers: Vec<String> = numbers.into_iter().map(|row| row.nrb).collect();
    identify::numbers_changed(tx, office, &numbers).await?;
    let entries: BTreeSet<i64> = tx.entries_ever_of(&both).await?.into_iter().collect();
    identify::entries(tx, office, entries).await?;
    Ok(())
}

/// The parts of stored decisions, by decision.
pub(super) async fn parts(
    tx: &mut Tx,
    ids: &[i64],
) -> Result<BTreeMap<i64, Vec<PartRow>>, StoreError> {
    let mut parts: BTreeMap<i64, Vec<PartRow>> = BTreeMap::new();
    for part in tx.decision_parts(ids).await? {
        parts.entry(part.decision_id).or_default().push(part);
    }
    Ok(parts)
}
