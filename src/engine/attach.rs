//! Which credits the reversals of an account undo: all of them are attached together, so that the
//! result does not depend on which was read first.

use super::facts::best_readings;
use super::identify::{Concluded, Conclusion, Decided, write};
use super::ids::Ids;
use super::{EngineError, Office, policy_book};
use crate::identify::reversal::{self, Line};
use crate::store::Tx;
use crate::store::entries::EntryRow;
use std::collections::{BTreeMap, BTreeSet};

/// Attaches the reversals of an account again, if one of the `touched` entries is a reversal or may
/// be what a reversal undoes; all of them where `touched` is none. Tells how many conclusions
/// changed.
pub async fn reversals(
    tx: &mut Tx,
    office: &Office,
    bank_account_id: i64,
    touched: Option<&Ids>,
) -> Result<usize, EngineError> {
    let (reversals, concluded) = conclusions(tx, office, bank_account_id, touched).await?;
    write(tx, office, &reversals, &concluded).await
}

/// The reversals of an account and what follows of each; nothing where `touched` concerns none.
pub(super) async fn conclusions(
    tx: &mut Tx,
    office: &Office,
    bank_account_id: i64,
    touched: Option<&Ids>,
) -> Result<Concluded, EngineError> {
    let takes = |entry: &EntryRow| entry.reversal == 1 && entry.amount_minor < 0;
    let reversals = with_sightings(tx, Wanted::ReversalsOf(bank_account_id)).await?;
    let taking: Vec<i64> = reversals
        .values()
        .filter(|entry| takes(entry))
        .map(|entry| entry.id)
        .collect();
    if taking.is_empty() {
        return Ok(Concluded::default());
    }
    let lines: Vec<Line> = taking
        .iter()
        .filter_map(|id| reversals.get(id))
        .map(line)
        .collect();
    let ids = tx.credits_alike(bank_account_id, &keys(&lines)).await?;
    let credits = with_sightings(tx, Wanted::Entries(ids)).await?;
    let concerns = |id: &i64| reversals.contains_key(id) || credits.contains_key(id);
    if touched.is_some_and(|touched| !touched.iter().any(|id| concerns(&id))) {
        return Ok(Concluded::default());
    }
    let book = policy_book(tx, &office.config, i64::MAX).await?;
    let days = |day| book.on(day).0.allocation.reversal_days;
    let decided = Decided::load(tx, &taking).await?;
    // Money that is told in parts is taken back from the parts, and only a person knows which.
    let ids: Vec<i64> = credits.keys().copied().collect();
    let detailed = tx.detailed(&ids).await?;
    let credits: Vec<Line> = credits
        .values()
        .filter(|entry| entry.is_credit() && !detailed.contains(&entry.id))
        .map(line)
        .collect();
    let open: Vec<Line> = lines
        .into_iter()
        .filter(|line| !decided.by_entry.contains_key(&line.id))
        .collect();
    let attached = reversal::attach(&credits, &open, days);

    let mut concluded = BTreeMap::new();
    for id in taking {
        let Some(entry) = reversals.get(&id) else {
            continue;
        };
        let conclusions = match attached.get(&id) {
            Some(Some(credit)) => vec![Conclusion {
                other_entry: Some(*credit),
                ..Conclusion::plain("reversal", entry.amount_minor, "reversal")
            }],
            Some(None) => vec![Conclusion {
                reason: "the bank took back a credit, and it is not clear which".to_owned(),
                ..Conclusion::plain("review", entry.amount_minor, "reversal")
            }],
            None => decided.of(id, entry).unwrap_or_default(),
        };
        concluded.insert(id, conclusions);
    }
    Ok((reversals, concluded))
}

enum Wanted {
    ReversalsOf(i64),
    Entries(Vec<i64>),
}

/// Entries as their best reading has them.
async fn with_sightings(
    tx: &mut Tx,
    wanted: Wanted,
) -> Result<BTreeMap<i64, EntryRow>, EngineError> {
    let mut rows = match wanted {
        Wanted::ReversalsOf(account) => tx.reversals_of_account(account).await?,
        Wanted::Entries(ids) => tx.entries(&ids).await?,
    };
    let ids: Vec<i64> = rows.iter().map(EntryRow::entry).collect();
    rows.extend(tx.entries(&ids).await?);
    rows.extend(tx.sightings(&ids).await?);
    Ok(best_readings(&rows))
}

/// Whatever may name the credit of a reversal: references, words of the text, accounts.
fn keys(reversals: &[Line]) -> Vec<String> {
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for line in reversals {
        keys.extend(line.references.iter().cloned());
        keys.extend(reversal::words(line).map(str::to_owned));
        keys.extend(line.counterparty.clone());
        keys.extend(line.virtual_account.clone());
    }
    keys.into_iter().collect()
}

fn line(entry: &EntryRow) -> Line {
    let references = [
        &entry.bank_reference,
        &entry.customer_reference,
        &entry.end_to_end_id,
    ];
    Line {
        day: entry.crediting_date,
        amount_minor: entry.amount_minor.abs(),
        references: references.into_iter().flatten().cloned().collect(),
        counterparty: entry.counterparty_account.clone(),
        virtual_account: entry.virtual_account.clone(),
        remittance: entry.remittance.clone(),
        id: entry.id,
    }
}
