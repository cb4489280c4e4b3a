//! The review queue, as the identifications and the readings that hold imply it.

use super::super::credits::words_of;
use super::Report;
use crate::engine::facts::readings_to_come;
use crate::store::waiting::ConcludedRow;
use crate::store::{StoreError, Tx};
use std::collections::BTreeMap;

/// Entries at once.
const CHUNK: usize = 5_000;

/// Names every entry that waits and is not in the queue as it should be, and every one that is in it and
/// waits for nobody.
pub(super) async fn check(tx: &mut Tx, report: &mut Report) -> Result<(), StoreError> {
    let rows = tx.all_waiting().await?.into_iter();
    let mut stored: BTreeMap<i64, ConcludedRow> = rows.map(|row| (row.entry_id, row)).collect();
    let reasons = tx.in_review().await?.into_iter();
    let reasons: Vec<(i64, String)> = reasons.map(|row| (row.entry_id, row.reason)).collect();
    for chunk in reasons.chunks(CHUNK) {
        let ids: Vec<i64> = chunk.iter().map(|(id, _)| *id).collect();
        let entries = readings_to_come(tx.sighted(&ids).await?);
        for (id, reason) in chunk {
            // Where no words are folded it is found by reading it.
            let is_folded = stored.get(id).is_none_or(|row| row.words.is_some());
            let waits = entries.get(id).map(|entry| ConcludedRow {
                words: is_folded.then(|| words_of(entry)),
                entry_id: *id,
                coming: entry.recording(),
                crediting_date: entry.crediting_date,
                public_id: entry.public_id.clone(),
                reason: reason.clone(),
            });
            let wrong = match (stored.remove(id), waits) {
                (Some(row), Some(waits)) if row == waits => continue,
                (None, None) => continue,
                (Some(_), Some(_)) => "it is not as its entry and its identification have it",
                (Some(_), None) => "no statement holds it any more",
                (None, Some(_)) => "it is missing",
            };
            report.add("waiting_entry", format!("entry {id}"), wrong);
        }
    }
    for id in stored.into_keys() {
        report.add(
            "waiting_entry",
            format!("entry {id}"),
            "it is not in review",
        );
    }
    Ok(())
}
