//! An entry that several statements sighted, as one reading.

use super::source;
use crate::settlement::facts::DateSource;
use crate::store::entries::EntryRow;
use crate::store::review::PlaceRow;
use std::collections::BTreeMap;

/// Of every entry the reading that holds, all its live sightings considered. An entry whose
/// statements were all withdrawn is not there.
pub fn best_readings(rows: Vec<EntryRow>) -> BTreeMap<i64, EntryRow> {
    let mut sightings: BTreeMap<i64, Vec<EntryRow>> = BTreeMap::new();
    for row in rows.into_iter().filter(EntryRow::is_live) {
        sightings.entry(row.entry()).or_default().push(row);
    }
    let best = sightings.into_iter().filter_map(|(entry, mut rows)| {
        rows.sort_by(|a, b| {
            rank(&a.crediting_source, &a.file_sha256)
                .cmp(&rank(&b.crediting_source, &b.file_sha256))
        });
        rows.dedup_by_key(|row| row.id);
        let mut rows = rows.into_iter();
        let mut best = rows.next()?;
        best.id = entry;
        best.same_as = None;
        for row in rows {
            fill_in(&mut best, &row);
        }
        Some((entry, best))
    });
    best.collect()
}

/// The same, and entries of which a statement that is being recorded has the first line, as that has it.
pub fn readings_to_come(lines: Vec<EntryRow>) -> BTreeMap<i64, EntryRow> {
    let coming = lines
        .iter()
        .filter(|line| line.recording().is_some() && line.same_as.is_none());
    let coming: Vec<EntryRow> = coming.cloned().collect();
    let mut entries = best_readings(lines);
    entries.extend(coming.into_iter().map(|line| (line.id, line)));
    entries
}

/// Of every entry the place of the reading that holds, as [`best_readings`] has it.
pub fn best_places(rows: Vec<PlaceRow>) -> BTreeMap<i64, PlaceRow> {
    let mut best: BTreeMap<i64, PlaceRow> = BTreeMap::new();
    for row in rows {
        let is_better = |held: &PlaceRow| {
            rank(&row.crediting_source, &row.file_sha256)
                < rank(&held.crediting_source, &held.file_sha256)
        };
        if best.get(&row.entry).is_none_or(is_better) {
            best.insert(row.entry, row);
        }
    }
    best
}

/// Which of several sightings holds: the least.
fn rank<'a>(crediting_source: &str, file_sha256: &'a str) -> (DateSource, &'a str) {
    (source(crediting_source), file_sha256)
}

/// A field that one sighting leaves empty is taken from the next.
fn fill_in(best: &mut EntryRow, other: &EntryRow) {
    fn take<T: Clone>(best: &mut Option<T>, other: Option<&T>) {
        if best.is_none() {
            *best = other.cloned();
        }
    }
    take(&mut best.booking_date, other.booking_date.as_ref());
    take(&mut best.value_date, other.value_date.as_ref());
    take(&mut best.order_date, other.order_date.as_ref());
    if best.bank_reference.is_none() {
        best.bank_reference.clone_from(&other.bank_reference);
        best.reliable = other.reliable;
    }
    take(&mut best.end_to_end_id, other.end_to_end_id.as_ref());
    take(&mut best.virtual_account, other.virtual_account.as_ref());
    take(
        &mut best.counterparty_account,
        other.counterparty_account.as_ref(),
    );
    take(
        &mut best.counterparty_name,
        other.counterparty_name.as_ref(),
    );
    if best.remittance.is_empty() {
        best.remittance.clone_from(&other.remittance);
    }
}
