//! What was last said about an entry, and how it is taken back.

use super::effect::{self, Decision};
use super::list::{Listed, list};
use super::request::refused;
use super::{Answer, fact, keep_or_undo, stored, take_back, whose};
use crate::engine::{EngineError, Office, called};
use crate::store::{StoreError, Tx};

/// The word about an entry that [`undo`] would take back.
pub async fn last_word(office: &Office, entry: &str) -> Result<Option<Listed>, EngineError> {
    let mut tx = office.db.read().await?;
    let line = called::entry(&mut tx, entry).await?;
    let last = words(&mut tx, line.id).await?.first().copied();
    tx.rollback().await?;
    match last {
        Some(number) => Ok(list(office, Some(number), false).await?.pop()),
        None => Ok(None),
    }
}

/// Takes back what was last decided about whose an entry is, or what it is for, and the rule made with
/// it; or that it was handed over.
pub async fn undo(
    office: &Office,
    entry: &str,
    by: &str,
    why: &str,
    preview_only: bool,
) -> Result<Answer, EngineError> {
    let mut tx = office.db.write().await?;
    let line = called::entry(&mut tx, entry).await?;
    let numbers = words(&mut tx, line.id).await?;
    if numbers.is_empty() {
        return refused(format!(
            "nobody decided whose {entry} is; there is nothing to undo"
        ));
    }
    let answer = take_back(&mut tx, office, &numbers, by, why).await?;
    keep_or_undo(office, tx, answer, preview_only).await
}

/// The same for somebody who saw that decision `seen` was the last word; nothing where it is not any
/// more, so that nobody takes back a word that they have not seen.
pub async fn undo_as_seen(
    office: &Office,
    entry: &str,
    seen: i64,
    (by, why): (&str, &str),
) -> Result<Option<Answer>, EngineError> {
    let mut tx = office.db.write().await?;
    let line = called::entry(&mut tx, entry).await?;
    let before = words(&mut tx, line.id).await?;
    lock(&mut tx, &before).await?;
    // Asked again under the lock: somebody may have decided in between.
    let numbers = words(&mut tx, line.id).await?;
    if numbers.first() != Some(&seen) || numbers != before {
        tx.rollback().await?;
        return Ok(None);
    }
    let answer = take_back(&mut tx, office, &numbers, by, why).await?;
    keep_or_undo(office, tx, answer, false).await.map(Some)
}

/// The last word about an entry that stands, and the rules made with it.
async fn words(tx: &mut Tx, entry: i64) -> Result<Vec<i64>, StoreError> {
    let all = tx.decisions_on_entries(&[entry]).await?;
    let standing = || all.iter().rev().filter(|row| row.revoked_by.is_none());
    let is_word = |kind: &str| {
        whose::KINDS.contains(&kind) || kind == whose::HAND_OVER || kind == "designate"
    };
    let Some(last) = standing().find(|row| is_word(&row.kind)) else {
        return Ok(Vec::new());
    };
    let with_it = standing().filter(|row| row.kind == "standing_rule" && row.id > last.id);
    let mut numbers: Vec<i64> = with_it.map(|row| row.id).collect();
    numbers.insert(0, last.id);
    Ok(numbers)
}

async fn lock(tx: &mut Tx, numbers: &[i64]) -> Result<(), EngineError> {
    let mut rows = Vec::new();
    for &number in numbers {
        let (decided, parts) = stored(tx, number).await?;
        rows.push((fact(&decided), parts));
    }
    let decisions: Vec<Decision<'_>> = rows
        .iter()
        .map(|(row, parts)| (row, parts.as_slice()))
        .collect();
    effect::lock(tx, &decisions).await?;
    Ok(())
}
