//! What changed in the settlement of fees, for those who take it from here: files, other systems.
//!
//! Positions are compared with what was told of them last, and what differs is numbered, without a gap
//! and for ever. A cursor is such a number with a mark of the change that bears it: whoever asks from
//! their last cursor on gets each change once, and a cursor of books that were restored since is told
//! from one of these.
//!
//! The nightly folder gets the same changes as numbered files: which changes are in a file is noted
//! before it is written, so that a run that dies writes the same file again.

use super::journal::{self, lines};
use super::whole::{self, Whole};
use super::{EngineError, Office, sheet};
use crate::store::exports::ChangeRow;
use chrono::{Datelike as _, Months, NaiveDate};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;

/// How a fee stands from a change on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its number, without a gap.
    pub change: i64,
    /// The student system's id of the student.
    pub student: String,
    /// The student system's id of the fee.
    pub receivable: String,
    /// The fee, one of its instalments, or its interest.
    pub item: String,
    /// Kind of the fee.
    pub kind: String,
    /// Its category.
    pub category: String,
    /// ISO 4217 code.
    pub currency: String,
    /// Minor units.
    pub amount_minor: i64,
    /// What money has settled of it; minor units.
    pub settled_minor: i64,
    /// Minor units.
    pub open_minor: i64,
    /// From when it takes part.
    pub visible_from: NaiveDate,
    /// When it is due.
    pub due_on: NaiveDate,
    /// The crediting date of its last part.
    pub settled_on: Option<NaiveDate>,
    /// By what it was closed, if not by money.
    pub closed_by: Option<String>,
    /// Days from the due day to the settling one; nothing while it is open.
    pub late_days: Option<i64>,
    /// There is no such item any more: a plan of instalments was taken back.
    pub is_gone: bool,
}

impl Change {
    fn of(row: ChangeRow) -> Change {
        let late = |day: NaiveDate| (day - row.due_on).num_days().max(0);
        Change {
            change: row.seq,
            student: row.student,
            receivable: row.receivable,
            item: row.item,
            kind: row.kind,
            category: row.category,
            currency: row.currency,
            amount_minor: row.amount_minor,
            settled_minor: row.allocated_minor,
            open_minor: row.open_minor,
            visible_from: row.visible_from,
            due_on: row.due_on,
            settled_on: row.settled_on,
            closed_by: row.closed_by,
            late_days: row.settled_on.map(late),
            is_gone: row.gone == 1,
        }
    }
}

/// Changes, and from where to ask the next time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes {
    /// In order.
    pub changes: Vec<Change>,
    /// For the next time; as given where nothing changed.
    pub cursor: String,
}

/// The cursor from which everything is told.
pub const BEGINNING: &str = "0";

/// What changed since a cursor.
///
/// # Errors
///
/// Refused where the cursor is none of these books.
pub async fn settlements(office: &Office, since: &str) -> Result<Changes, EngineError> {
    let mut tx = office.db.write().await?;
    tx.note_changes(office.now.millis).await?;
    tx.commit().await?;
    let mut tx = office.db.read().await?;
    let behind = match since {
        BEGINNING => 0,
        since => {
            let seq = number_of(since).unwrap_or_default();
            let named = tx.changes(seq - 1, seq).await?.pop();
            if named.map(|row| cursor(&row)).as_deref() != Some(since) {
                return Err(EngineError::refused(format!(
                    "`{since}` is no cursor of these books. Where they were restored from a backup since it \
                     was given, begin anew with --since 0: each fee is told as it stands"
                )));
            }
            seq
        }
    };
    let rows = tx.changes(behind, i64::MAX).await?;
    tx.rollback().await?;
    let cursor = rows.last().map_or_else(|| since.to_owned(), cursor);
    Ok(Changes {
        changes: rows.into_iter().map(Change::of).collect(),
        cursor,
    })
}

fn number_of(cursor: &str) -> Option<i64> {
    cursor.split_once('-')?.0.parse().ok()
}

/// `17-9b1deb4d`: the number of a change, and a mark of what it says.
fn cursor(row: &ChangeRow) -> String {
    let mut hash = Sha256::new();
    hash.update(format!(
        "{} {} {} {} {} {:?} {}",
        row.item,
        row.amount_minor,
        row.allocated_minor,
        row.open_minor,
        row.due_on,
        row.settled_on,
        row.recorded_at
    ));
    let mut mark = format!("{:x}", hash.finalize());
    mark.truncate(8);
    format!("{}-{mark}", row.seq)
}

/// As CSV.
pub fn as_csv(changes: &[Change]) -> Result<String, EngineError> {
    let head = [
        "change",
        "student",
        "receivable",
        "item",
        "kind",
        "category",
        "currency",
        "amount",
        "settled",
        "open",
        "visible_from",
        "due_on",
        "settled_on",
        "closed_by",
        "late_days",
        "is_gone",
    ];
    let rows = changes.iter().map(|one| {
        let amount = |minor| sheet::amount(minor, &one.currency);
        [
            one.change.to_string(),
            one.student.clone(),
            one.receivable.clone(),
            one.item.clone(),
            one.kind.clone(),
            one.category.clone(),
            one.currency.clone(),
            amount(one.amount_minor),
            amount(one.settled_minor),
            amount(one.open_minor),
            one.visible_from.to_string(),
            one.due_on.to_string(),
            sheet::maybe(one.settled_on),
            sheet::maybe(one.closed_by.as_ref()),
            sheet::maybe(one.late_days),
            if one.is_gone { "yes" } else { "no" }.to_owned(),
        ]
    });
    sheet::csv(head, rows)
}

/// One JSON object a line.
pub fn as_json(changes: &[Change]) -> String {
    sheet::json(changes)
}

/// Writes into a folder what changed since the last night, as `settlements-000017.csv`, and the journal
/// of this month and the last one, as `journal-2026-10.csv`. Tells the files that were written; a second
/// run writes the journals again, and changes only where there are some.
pub async fn nightly(office: &Office, folder: &Path) -> Result<Vec<Whole>, EngineError> {
    let mut written = Vec::new();
    let now = office.now.millis;
    let mut tx = office.db.write().await?;
    tx.note_changes(now).await?;
    let last = tx.last_change().await?;
    tx.add_change_file(last, now).await?;
    tx.commit().await?;
    let mut tx = office.db.read().await?;
    let files = tx.unwritten_change_files().await?;
    tx.rollback().await?;
    for file in files {
        let mut tx = office.db.read().await?;
        let rows = tx.changes(file.behind_seq, file.through_seq).await?;
        tx.rollback().await?;
        let changes: Vec<Change> = rows.into_iter().map(Change::of).collect();
        let path = folder.join(format!("settlements-{:06}.csv", file.number));
        written.push(whole::write(&path, as_csv(&changes)?.as_bytes())?);
        let mut tx = office.db.write().await?;
        tx.change_file_written(file.number).await?;
        tx.commit().await?;
    }
    let today = office.now.today;
    for month in [today - Months::new(1), today] {
        written.push(journal_of(office, folder, month).await?);
    }
    Ok(written)
}

/// The journal of a day's month.
async fn journal_of(office: &Office, folder: &Path, day: NaiveDate) -> Result<Whole, EngineError> {
    let first = day.with_day(1).unwrap_or(day);
    let last = (first + Months::new(1)).pred_opt().unwrap_or(day);
    let documents = journal::documents(office, Some(first), Some(last)).await?;
    let path = folder.join(format!("journal-{}.csv", first.format("%Y-%m")));
    whole::write(&path, lines::as_csv(&documents)?.as_bytes())
}
