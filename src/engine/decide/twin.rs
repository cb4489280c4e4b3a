//! The same decision a second time is none.

use super::request::Draft;
use super::{effect, whose};
use crate::store::decisions::{DecidedRow, NewDecision};
use crate::store::facts::{DecisionRow, PartRow};
use crate::store::{StoreError, Tx};

/// What of a draft was not decided before, and the numbers of what was.
pub(super) async fn without_twins(
    tx: &mut Tx,
    draft: &Draft,
) -> Result<(Vec<NewDecision>, Vec<i64>), StoreError> {
    let mut new = Vec::new();
    let mut known = Vec::new();
    for decision in &draft.decisions {
        match twin(tx, decision).await? {
            Some(number) => known.push(number),
            None => new.push(decision.clone()),
        }
    }
    Ok((new, known))
}

/// The standing decision that says the same. Of decisions that replace one another only the last
/// counts; others are the same if they act from the same day for the same reason.
async fn twin(tx: &mut Tx, new: &NewDecision) -> Result<Option<i64>, StoreError> {
    let kind = new.row.kind.as_str();
    let replaces = whose::KINDS.contains(&kind);
    let mut standing = match new.row.entry_id {
        Some(entry) if replaces => tx.decisions_on_entries(&[entry]).await?,
        _ => tx.decisions_of_kind(kind).await?,
    };
    standing.retain(|row| row.revoked_by.is_none());
    if replaces {
        standing.retain(|row| whose::KINDS.contains(&row.kind.as_str()));
    }
    if kind == "standing_rule" {
        standing.retain(|row| row.detail == new.row.detail);
    }
    let once = matches!(kind, "court" | "merge");
    if replaces || kind == "standing_rule" {
        standing.drain(..standing.len().saturating_sub(1));
    } else if !once {
        standing.retain(|row| row.acts_on == new.row.acts_on && row.why == new.why);
    }
    standing.retain(|row| says_the_same(row, &new.row));
    let ids: Vec<i64> = standing.iter().map(|row| row.id).collect();
    let parts = effect::parts(tx, &ids).await?;
    let same_parts = |id: &i64| {
        let parts = parts.get(id).map(Vec::as_slice).unwrap_or_default();
        parts.len() == new.parts.len() && parts.iter().zip(&new.parts).all(|(a, b)| same_part(a, b))
    };
    Ok(ids.into_iter().find(same_parts))
}

fn says_the_same(row: &DecidedRow, new: &DecisionRow) -> bool {
    row.kind == new.kind
        && row.person_id == new.person_id
        && row.other_person_id == new.other_person_id
        && row.receivable_id == new.receivable_id
        && (row.entry_id == new.entry_id || new.kind == "standing_rule")
        && row.other_entry_id == new.other_entry_id
        && row.amount_minor == new.amount_minor
        && row.day == new.day
        && row.detail == new.detail
}

fn same_part(a: &PartRow, b: &PartRow) -> bool {
    let key = |part: &PartRow| {
        (
            part.receivable_id,
            part.person_id,
            part.entry_id,
            part.amount_minor,
            part.due_on,
        )
    };
    key(a) == key(b)
}
