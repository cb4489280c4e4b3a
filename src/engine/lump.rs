//! Money that one statement holds as a lump sum and another as its transactions.
//!
//! It is one money, whichever came first: as long as one of the parts stands, the lump is told in
//! them and is nobody's credit. A person who decided about the lump decided about the money, so
//! parts that come after that wait.

use super::called;
use super::pairing::Coming;
use crate::store::entries::EntryRow;
use crate::store::held::HeldRow;
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use std::collections::{BTreeMap, BTreeSet};

/// A line that is being written, by its place, or an entry that others hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The line at this place.
    Line(usize),
    /// This entry.
    Entry(i64),
}

impl Side {
    /// The entry, if others hold it.
    pub fn entry(self) -> Option<i64> {
        match self {
            Side::Entry(id) => Some(id),
            Side::Line(_) => None,
        }
    }
}

/// A lump and its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lump {
    /// The whole.
    pub whole: Side,
    /// What adds up to it.
    pub parts: Vec<Side>,
}

/// Lumps and parts that stand together already.
#[derive(Debug, Clone, Default)]
pub struct Told {
    wholes: BTreeSet<i64>,
    parts: BTreeSet<i64>,
}

impl Told {
    /// Whether an entry is a part of a lump that stands too.
    pub fn is_part(&self, entry: i64) -> bool {
        self.parts.contains(&entry)
    }
}

/// Entries that others hold, with the lumps of which they are parts and the parts in which they are
/// told, as far as those stand. Parts, and what came in batches, come last.
pub async fn with_lumps(
    tx: &mut Tx,
    rows: Vec<HeldRow>,
) -> Result<(Vec<HeldRow>, Told), StoreError> {
    let mut by_root: BTreeMap<i64, HeldRow> = BTreeMap::new();
    for row in rows {
        by_root.entry(row.entry()).or_insert(row);
    }
    let pairs = loop {
        let roots: Vec<i64> = by_root.keys().copied().collect();
        let pairs = tx.lump_parts_around(&roots).await?;
        let beside: BTreeSet<i64> = (pairs.iter().flat_map(|&(whole, part)| [whole, part]))
            .filter(|id| !by_root.contains_key(id))
            .collect();
        let beside: Vec<i64> = beside.into_iter().collect();
        let mut lines = tx.sighted(&beside).await?;
        lines.retain(EntryRow::is_live);
        if lines.is_empty() {
            break pairs;
        }
        for row in lines {
            by_root.entry(row.entry()).or_insert_with(|| row.into());
        }
    };
    let mut told = Told::default();
    for (whole, part) in pairs {
        if by_root.contains_key(&whole) && by_root.contains_key(&part) {
            told.wholes.insert(whole);
            told.parts.insert(part);
        }
    }
    let mut batches: BTreeMap<(i64, i64), usize> = BTreeMap::new();
    for row in by_root.values() {
        *batches.entry((row.statement_id, row.line)).or_default() += 1;
    }
    let of_batch = |row: &HeldRow| {
        let batch = batches.get(&(row.statement_id, row.line));
        told.is_part(row.entry()) || batch.is_some_and(|rows| 1 < *rows)
    };
    let (parts, mut rows): (Vec<HeldRow>, Vec<HeldRow>) = by_root.into_values().partition(of_batch);
    rows.extend(parts);
    Ok((rows, told))
}

/// What the transactions of one line of a file share: day, reversal, line.
type Batch = (NaiveDate, bool, u32);

/// Pairs lumps with their parts among the lines and the entries that found no equal; none if
/// anything of the lines stays alone.
///
/// The transactions of one line of a file belong together. A lump that is told in parts already
/// has no room for others.
pub fn pair(lines: &[&Coming], entries: &[HeldRow], told: &Told) -> Option<Vec<Lump>> {
    let mut ours: BTreeMap<Batch, Vec<&Coming>> = BTreeMap::new();
    for &line in lines {
        let batch = (line.day, line.reversal, line.at);
        ours.entry(batch).or_default().push(line);
    }
    let mut left: Vec<&HeldRow> = entries.iter().collect();
    left.sort_by_key(|row| (&row.public_id, row.id));
    let mut lumps = Vec::new();
    for ((day, reversal, _), batch) in ours {
        let total: i64 = batch.iter().map(|line| line.amount_minor).sum();
        let same_day = |row: &HeldRow| row.day == day && (row.reversal == 1) == reversal;
        let lump = match batch.as_slice() {
            [line] => {
                let parts = batch_of(&left, total, line, told, &same_day)?;
                Lump {
                    whole: Side::Line(line.place),
                    parts: parts.into_iter().map(Side::Entry).collect(),
                }
            }
            parts => {
                let fits = |row: &&&HeldRow| {
                    same_day(row)
                        && row.amount_minor == total
                        && !told.wholes.contains(&row.entry())
                };
                let referred = |row: &&&HeldRow| {
                    let named = row.bank_reference.as_deref();
                    let of_part =
                        |line: &&Coming| line.bank_reference.as_deref() == named && named.is_some();
                    parts.iter().any(of_part)
                };
                let by_reference = left.iter().filter(fits).find(referred);
                let whole = by_reference.or_else(|| left.iter().find(fits))?;
                Lump {
                    whole: Side::Entry(whole.entry()),
                    parts: parts.iter().map(|line| Side::Line(line.place)).collect(),
                }
            }
        };
        let taken = |row: &HeldRow| {
            let entry = Side::Entry(row.entry());
            lump.whole == entry || lump.parts.contains(&entry)
        };
        left.retain(|row| !taken(row));
        lumps.push(lump);
    }
    Some(lumps)
}

/// Entries of one batch that add up to a line.
fn batch_of(
    left: &[&HeldRow],
    total: i64,
    line: &Coming,
    told: &Told,
    same_day: &impl Fn(&HeldRow) -> bool,
) -> Option<Vec<i64>> {
    let mut batches: BTreeMap<(i64, i64), Vec<&HeldRow>> = BTreeMap::new();
    for row in left {
        if same_day(row) && !told.is_part(row.entry()) {
            let batch = batches.entry((row.statement_id, row.line)).or_default();
            batch.push(row);
        }
    }
    let sums = |batch: &&Vec<&HeldRow>| {
        batch.len() > 1 && batch.iter().map(|row| row.amount_minor).sum::<i64>() == total
    };
    let referred = |batch: &&Vec<&HeldRow>| {
        let named = line.bank_reference.as_deref();
        named.is_some()
            && batch
                .iter()
                .any(|row| row.bank_reference.as_deref() == named)
    };
    let by_reference = batches.values().filter(sums).find(referred);
    let batch = by_reference.or_else(|| batches.values().find(sums))?;
    Some(batch.iter().map(|row| row.entry()).collect())
}

/// The lumps that lines are parts of.
pub async fn told_by(tx: &mut Tx, lines: &[EntryRow]) -> Result<Vec<i64>, StoreError> {
    let roots: BTreeSet<i64> = lines.iter().map(EntryRow::entry).collect();
    let ids: Vec<i64> = roots.iter().copied().collect();
    let pairs = tx.lump_parts_around(&ids).await?;
    let wholes: BTreeSet<i64> = (pairs.into_iter())
        .filter(|(_, part)| roots.contains(part))
        .map(|(whole, _)| whole)
        .collect();
    Ok(wholes.into_iter().collect())
}

/// Whether parts of these lumps stand that are not among the lines.
pub async fn told_otherwise(
    tx: &mut Tx,
    wholes: &[i64],
    lines: &[EntryRow],
) -> Result<bool, StoreError> {
    let roots: BTreeSet<i64> = lines.iter().map(EntryRow::entry).collect();
    let pairs = tx.lump_parts_around(wholes).await?;
    let others: Vec<i64> = (pairs.into_iter())
        .filter(|(whole, part)| wholes.contains(whole) && !roots.contains(part))
        .map(|(_, part)| part)
        .collect();
    let rows = tx.sighted(&others).await?;
    Ok(rows.iter().any(EntryRow::is_live))
}

/// A lump with parts that do not add up to it, in words; `verify` asks.
pub async fn wrong_pairs(tx: &mut Tx) -> Result<Vec<(i64, String)>, StoreError> {
    let mut parts_of: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (whole, part) in tx.all_lump_parts().await? {
        parts_of.entry(whole).or_default().push(part);
    }
    let mut wrong = Vec::new();
    for (whole, parts) in parts_of {
        let lump = tx.entries(&[whole]).await?.pop();
        let Some(lump) = lump else {
            wrong.push((whole, "the lump is missing".to_owned()));
            continue;
        };
        let rows = tx.sighted(&parts).await?;
        let mut batches: BTreeMap<(i64, i64), i64> = BTreeMap::new();
        for part in &rows {
            if part.is_live() {
                *batches.entry((part.statement_id, part.line)).or_default() += part.amount_minor;
            }
            if (part.day, part.bank_account_id) != (lump.day, lump.bank_account_id) {
                let words = format!("its part {} is of another day or account", part.id);
                wrong.push((whole, words));
            }
        }
        // Another file may hold parts of a part.
        if !batches.is_empty() && !batches.values().any(|sum| *sum == lump.amount_minor) {
            let amount = lump.amount_minor;
            wrong.push((whole, format!("no parts of it give {amount}")));
        }
    }
    Ok(wrong)
}

/// The readings that hold of the parts of a lump, in the order of their lines.
pub async fn parts(tx: &mut Tx, lump: i64) -> Result<Vec<EntryRow>, StoreError> {
    let pairs = tx.lump_parts_around(&[lump]).await?;
    let parts: Vec<i64> = (pairs.into_iter())
        .filter(|&(whole, _)| whole == lump)
        .map(|(_, part)| part)
        .collect();
    let readings = called::readings(tx, &parts).await?;
    Ok(readings.into_values().collect())
}
