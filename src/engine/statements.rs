//! Recorded statements as people name them, look at them, take them out and back in.
//!
//! A statement is named by the first signs of its file's hash and its place in the file, as
//! `3f9a2b71.1`: nothing that depends on the order in which files came. Nothing is ever deleted: a
//! statement that was withdrawn stays in the list with who and why.

use super::record::Recorded;
use super::recording::Outcomes;
use super::{EngineError, Office, coverage, identify, publish, record, recording, settle};
use crate::store::entries::EntryRow;
use crate::store::identification::IdentificationRow;
use crate::store::statements::{StatementDecisionRow, StatementRow};
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Signs of the file's hash that are shown.
const SHOWN: usize = 8;
/// The fewest that are looked up.
const LEAST: usize = 4;

/// The public name of a statement, from its file's hash and its place there, from 0.
pub fn reference(file_sha256: &str, place_in_file: i64) -> String {
    let hash = file_sha256.get(..SHOWN).unwrap_or(file_sha256);
    format!("{hash}.{}", place_in_file + 1)
}

/// The public name of a row.
pub fn name(row: &StatementRow) -> String {
    reference(&row.file_sha256, row.place_in_file)
}

/// Who says something about a statement, and why.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// Who.
    pub by: &'a str,
    /// Why.
    pub why: &'a str,
}

impl Said<'_> {
    pub(super) fn check(self) -> Result<(), EngineError> {
        if self.why.trim().is_empty() || self.by.trim().is_empty() {
            return Err(EngineError::refused(
                "say who and why: --by NAME --why TEXT",
            ));
        }
        Ok(())
    }
}

/// Finds a statement by its name; the place may be left out where the file holds one statement.
pub async fn find(tx: &mut Tx, wanted: &str) -> Result<StatementRow, EngineError> {
    let (hash, place) = match wanted.split_once('.') {
        Some((hash, place)) => (hash, Some(place.parse::<i64>().unwrap_or_default())),
        None => (wanted, None),
    };
    let hash = hash.to_ascii_lowercase();
    if hash.len() < LEAST || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(EngineError::refused(format!(
            "`{wanted}` names no statement; write it like 3f9a2b71.1, as `kwestura statement list` shows it"
        )));
    }
    let mut found = tx.statements_by_file(&hash).await?;
    found.retain(|row| place.is_none_or(|place| row.place_in_file + 1 == place));
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(EngineError::refused(format!(
            "no statement {wanted} is recorded; `kwestura statement list` shows those that are"
        ))),
        several => {
            let names: Vec<String> = several.iter().map(name).collect();
            Err(EngineError::refused(format!(
                "{wanted} may be {} statements; name one: {}",
                names.len(),
                names.join(", ")
            )))
        }
    }
}

/// A statement in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its row.
    pub row: StatementRow,
    /// The statement that its status or reason names.
    pub other: Option<String>,
}

/// The statements of these statuses, of every status where none is named; by account and period.
pub async fn list(office: &Office, statuses: &[&str]) -> Result<Vec<Listed>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.statements().await?;
    tx.rollback().await?;
    let names: BTreeMap<i64, String> = rows.iter().map(|row| (row.id, name(row))).collect();
    let wanted =
        |row: &StatementRow| statuses.is_empty() || statuses.contains(&row.status.as_str());
    let mut listed: Vec<Listed> = rows
        .into_iter()
        .filter(wanted)
        .map(|row| Listed {
            other: row.other_id.and_then(|id| names.get(&id).cloned()),
            row,
        })
        .collect();
    // Row ids, the last word of the query's order, depend on the order of the imports.
    listed.sort_by_cached_key(|listed| {
        let row = &listed.row;
        (
            row.account.clone(),
            row.last_day,
            row.number,
            row.file_sha256.clone(),
            row.place_in_file,
        )
    });
    Ok(listed)
}

/// A line of a statement and what became of it.
#[derive(Debug, Clone)]
pub struct ShownLine {
    /// The line, as it was written.
    pub entry: EntryRow,
    /// Whether another statement brought it first.
    pub seen_before: bool,
    /// What holds of it now: one conclusion, or one for each part.
    pub identified: Vec<IdentificationRow>,
}

/// A statement with all that is known about it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The statement.
    pub listed: Listed,
    /// Its lines, once it stood, or some of them.
    pub lines: Vec<ShownLine>,
    /// How many it has in all.
    pub written: usize,
    /// Students in `lines`, by row id.
    pub students: BTreeMap<i64, String>,
    /// What people said about it, with the other statement's name.
    pub decisions: Vec<(StatementDecisionRow, Option<String>)>,
}

/// Shows a statement with all of its lines.
pub async fn show(office: &Office, wanted: &str) -> Result<Shown, EngineError> {
    shown(office, wanted, None).await
}

/// Shows a statement with those of its lines that have some places in it, a few thousand at most.
pub async fn show_some(
    office: &Office,
    wanted: &str,
    places: Range<usize>,
) -> Result<Shown, EngineError> {
    shown(office, wanted, Some(places)).await
}

async fn shown(
    office: &Office,
    wanted: &str,
    places: Option<Range<usize>>,
) -> Result<Shown, EngineError> {
    let mut tx = office.db.read().await?;
    let row = find(&mut tx, wanted).await?;
    let written = tx.lines_written(row.id).await?;
    let entries = match places {
        Some(places) => {
            let places = places.start.min(written)..places.end.min(written);
            tx.lines_of_statement(row.id, places).await?
        }
        None => tx.entries_of_statement(row.id).await?,
    };
    let roots: BTreeSet<i64> = entries.iter().map(EntryRow::entry).collect();
    let roots: Vec<i64> = roots.into_iter().collect();
    let mut identified: BTreeMap<i64, Vec<IdentificationRow>> = BTreeMap::new();
    for row in tx.identifications(&roots).await? {
        identified.entry(row.entry_id).or_default().push(row);
    }
    let students = students(&mut tx, identified.values().flatten()).await?;
    let mut decisions = Vec::new();
    for decision in tx.statement_decisions(row.id).await? {
        let other = other(&mut tx, decision.other_id).await?;
        decisions.push((decision, other));
    }
    let shown = Shown {
        lines: entries
            .into_iter()
            .map(|entry| ShownLine {
                seen_before: entry.same_as.is_some(),
                identified: identified.get(&entry.entry()).cloned().unwrap_or_default(),
                entry,
            })
            .collect(),
        listed: Listed {
            other: other(&mut tx, row.other_id).await?,
            row,
        },
        written,
        students,
        decisions,
    };
    tx.rollback().await?;
    Ok(shown)
}

async fn other(tx: &mut Tx, id: Option<i64>) -> Result<Option<String>, StoreError> {
    Ok(match id {
        Some(id) => tx.statement(id).await?.as_ref().map(name),
        None => None,
    })
}

/// The students of what is concluded, by row id.
pub(super) async fn students(
    tx: &mut Tx,
    rows: impl Iterator<Item = &IdentificationRow>,
) -> Result<BTreeMap<i64, String>, StoreError> {
    let ids: BTreeSet<i64> = rows.filter_map(|row| row.person_id).collect();
    let ids: Vec<i64> = ids.into_iter().collect();
    let rows = tx.students_by_id(&ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.id, row.external_id))
        .collect())
}

/// What a withdrawal or its reverse came to.
#[derive(Debug, Clone)]
pub struct Changed {
    /// The statement.
    pub name: String,
    /// Its lines that no standing statement holds any more, or that are back.
    pub entries: usize,
    /// What became of others of the account that were waiting, by name.
    pub others: Vec<(String, Recorded)>,
    /// What was settled again.
    pub settled: settle::Settled,
}

/// Takes a statement out that was imported by mistake: its lines are void, what they settled is
/// released.
pub async fn withdraw(
    office: &Office,
    wanted: &str,
    said: Said<'_>,
) -> Result<Changed, EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = find_locked(&mut tx, wanted).await?;
    if row.status == "withdrawn" {
        return Err(EngineError::refused(format!(
            "{} was withdrawn already",
            name(&row)
        )));
    }
    if !coverage::stands(&row) {
        return Err(EngineError::refused(format!(
            "{} does not stand, it is {}; `kwestura quarantine reject` settles it",
            name(&row),
            row.status
        )));
    }
    let (touched, dead) = fall(&mut tx, &row, "withdrawn", None).await?;
    tx.add_statement_decision(
        row.id,
        "withdraw",
        None,
        said.by,
        said.why,
        office.now.millis,
    )
    .await?;
    let others = record::rejudge(office, &mut tx, row.bank_account_id, None, touched).await?;
    let (others, settled) = committed(office, tx, &row, others).await?;
    Ok(Changed {
        name: name(&row),
        entries: dead,
        others,
        settled,
    })
}

/// Takes a withdrawn statement back in. Its lines are the same entries as before.
pub async fn restore(
    office: &Office,
    wanted: &str,
    said: Said<'_>,
) -> Result<Changed, EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = find_locked(&mut tx, wanted).await?;
    if row.status != "withdrawn" {
        return Err(EngineError::refused(format!(
            "{} was not withdrawn, it is {}",
            name(&row),
            row.status
        )));
    }
    let entries = tx.lines_written(row.id).await?;
    tx.set_statement_status(row.id, "waiting", "", None).await?;
    tx.add_statement_decision(
        row.id,
        "restore",
        None,
        said.by,
        said.why,
        office.now.millis,
    )
    .await?;
    let untouched = publish::Touched::default();
    let mut others = record::rejudge(office, &mut tx, row.bank_account_id, None, untouched).await?;
    if let Some(Recorded::Waiting(words)) = others.remove(&row.id) {
        return Err(EngineError::refused(format!(
            "{} cannot come back: {words}",
            name(&row)
        )));
    }
    let (others, settled) = committed(office, tx, &row, others).await?;
    Ok(Changed {
        name: name(&row),
        entries,
        others,
        settled,
    })
}

/// Finds a statement and reads it again under the lock of its account. Refused while another of the
/// account is being recorded, whose place rests on those that stand.
pub(super) async fn find_locked(tx: &mut Tx, wanted: &str) -> Result<StatementRow, EngineError> {
    let row = find(tx, wanted).await?;
    tx.lock_bank_account(row.bank_account_id).await?;
    if tx.recording(row.bank_account_id).await? != Some(row.id) {
        recording::must_be_done_with(tx, row.bank_account_id).await?;
    }
    Ok(tx.statement(row.id).await?.unwrap_or(row))
}

/// A standing statement stands no longer. Tells what it touched and how many of its lines nobody
/// holds any more; the students who lose by it are marked.
pub(super) async fn fall(
    tx: &mut Tx,
    row: &StatementRow,
    status: &str,
    other: Option<i64>,
) -> Result<(publish::Touched, usize), EngineError> {
    tx.set_statement_status(row.id, status, "", other).await?;
    let lines = tx.entries_of_statement(row.id).await?;
    let entries: BTreeSet<i64> = lines.iter().map(EntryRow::entry).collect();
    let bearers = identify::bearers(tx, &entries).await?;
    tx.mark(bearers).await?;
    let ids: Vec<i64> = entries.iter().copied().collect();
    // A lump whose parts fall is money again.
    let wholes = tx.lump_parts_around(&ids).await?;
    let wholes = wholes.into_iter().map(|(whole, _)| whole);
    let sightings = tx.sighted(&ids).await?;
    let live: BTreeSet<i64> = (sightings.iter().filter(|row| row.is_live()))
        .map(EntryRow::entry)
        .collect();
    let dead = entries.difference(&live).count();
    Ok((
        publish::Touched {
            entries: entries.iter().copied().chain(wholes).collect(),
            fell: true,
            ..publish::Touched::default()
        },
        dead,
    ))
}

/// What became of others of an account, by name, and what was settled.
type Committed = (Vec<(String, Recorded)>, settle::Settled);

/// Commits a word about a statement, goes on with the recording that it lets begin, and settles.
async fn committed(
    office: &Office,
    tx: Tx,
    row: &StatementRow,
    mut others: Outcomes,
) -> Result<Committed, EngineError> {
    tx.commit().await?;
    others.extend(recording::go_on(office, row.bank_account_id, None).await?);
    let others = named(office, others).await?;
    Ok((others, settle::run(office, |_, _| {}).await?))
}

/// Outcomes by the names of their statements.
pub(super) async fn named(
    office: &Office,
    outcomes: Outcomes,
) -> Result<Vec<(String, Recorded)>, StoreError> {
    let mut tx = office.db.read().await?;
    let mut named = Vec::new();
    for (id, outcome) in outcomes {
        if let Some(row) = tx.statement(id).await? {
            named.push((name(&row), outcome));
        }
    }
    tx.rollback().await?;
    named.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(named)
}
