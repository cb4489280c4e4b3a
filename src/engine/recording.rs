//! A large statement is written in chunks, each a transaction of its own, so that nobody waits for it
//! for long.
//!
//! While it is being recorded it waits, as far as anybody sees: its lines are concluded as they are
//! written and count for nothing. When all are there, one short transaction publishes it: the
//! students whom it touches are marked, reversals attached, and the others that wait are judged again.
//! No other statement of the account changes meanwhile, so that what was judged at its beginning still
//! holds at its end.
//!
//! Nobody owns it. Whoever comes to its account next goes on with it from the kept bytes, behind the
//! last line that is written: after a crash, or beside another importer, and then each of the two writes
//! the chunks to which it comes first.

use super::attach::Watch;
use super::collide::retrying;
use super::line::Line;
use super::publish::{Touched, Writer};
use super::record::{self, Fresh, Recorded};
use super::{EngineError, Office, identify, kill, statements};
use crate::store::growth::Growth;
use crate::store::statements::StatementRow;
use crate::store::{StoreError, Tx};
use std::collections::BTreeMap;

/// What became of statements, by row id.
pub type Outcomes = BTreeMap<i64, Recorded>;

/// Refused while a statement of any account is being recorded: it may say that somebody paid.
pub(super) async fn must_be_done(tx: &mut Tx) -> Result<(), EngineError> {
    match tx.recordings().await?.first() {
        None => Ok(()),
        Some(&account) => must_be_done_with(tx, account).await,
    }
}

/// Refused while a statement of an account is being recorded.
pub(super) async fn must_be_done_with(
    tx: &mut Tx,
    bank_account_id: i64,
) -> Result<(), EngineError> {
    let Some(id) = tx.recording(bank_account_id).await? else {
        return Ok(());
    };
    let row = tx.statement(id).await?;
    let (name, account) = row.map_or_else(Default::default, |row| {
        (statements::name(&row), row.account.clone())
    });
    Err(EngineError::refused(format!(
        "statement {name} of {account} is being recorded; wait for that import, or go on with it: \
         `kwestura import` of any file does. `kwestura quarantine reject {name}` gives it up"
    )))
}

/// Goes on with what is being recorded, whatever the account.
pub async fn finish(office: &Office) -> Result<(), EngineError> {
    let mut tx = office.db.read().await?;
    let accounts = tx.recordings().await?;
    tx.rollback().await?;
    for account in accounts {
        go_on(office, account, None).await?;
    }
    Ok(())
}

/// Goes on with what is being recorded of an account until nothing is. `fresh` is a statement that
/// was just read; any other is read again from the bytes that were kept.
pub async fn go_on(
    office: &Office,
    bank_account_id: i64,
    fresh: Option<(i64, &Fresh)>,
) -> Result<Outcomes, EngineError> {
    let mut outcomes = Outcomes::new();
    loop {
        let mut tx = office.db.read().await?;
        let id = tx.recording(bank_account_id).await?;
        let row = match id {
            Some(id) => tx.statement(id).await?,
            None => None,
        };
        let Some(row) = row else {
            tx.rollback().await?;
            return Ok(outcomes);
        };
        let fresh = match fresh {
            Some((id, fresh)) if id == row.id => fresh.clone(),
            _ => record::again(office, &mut tx, &row).await?,
        };
        tx.rollback().await?;
        outcomes.extend(statement(office, &row, &fresh).await?);
    }
}

/// What became of a statement that another importer recorded to its end.
pub(super) async fn ended_by_another(office: &Office, id: i64) -> Result<Recorded, EngineError> {
    let mut tx = office.db.read().await?;
    let row = tx.statement(id).await?;
    let lines = tx.lines_written(id).await?;
    tx.rollback().await?;
    Ok(match row {
        Some(row) if row.status == "published" => Recorded::Published(lines),
        Some(row) if row.status == "waiting" => Recorded::Waiting(row.reason),
        Some(row) => Recorded::AlreadyImported(row.status),
        None => Recorded::Known,
    })
}

/// Writes the lines of a statement that are missing, and publishes it. Nothing where somebody else
/// came to its end.
async fn statement(
    office: &Office,
    row: &StatementRow,
    fresh: &Fresh,
) -> Result<Outcomes, EngineError> {
    let mut coming = fresh.lines(office).await?;
    let mut passed = 0;
    let mut written = 0;
    let mut growth = Growth::default();
    while let Some(lines) = coming.next().await? {
        if written < passed + lines.len() {
            match retrying(|| chunk(office, row, fresh, (passed, &lines))).await? {
                Some(now) => written = now,
                None => return Ok(Outcomes::new()),
            }
            growth.by(lines.len(), &office.db).await?;
        }
        passed += lines.len();
    }
    retrying(|| publish(office, row, passed)).await
}

/// Writes those of some lines that nobody wrote; `first` of the statement come before them. Tells how
/// many are written then; nothing where the statement is being recorded no longer.
async fn chunk(
    office: &Office,
    row: &StatementRow,
    fresh: &Fresh,
    (first, lines): (usize, &[Line]),
) -> Result<Option<usize>, EngineError> {
    let Some(mut tx) = locked(office, row).await? else {
        return Ok(None);
    };
    let written = tx.lines_written(row.id).await?;
    let missing = match written.checked_sub(first) {
        Some(known) => lines.get(known..).unwrap_or_default(),
        None => return Err(torn(row, written, first).into()),
    };
    if missing.is_empty() {
        tx.rollback().await?;
        return Ok(Some(written));
    }
    let mut writer = Writer::behind(&mut tx, office, row, fresh, written).await?;
    let all_new = vec![None; missing.len()];
    let entries = writer.write(&mut tx, missing, &all_new).await?;
    identify::new(&mut tx, office, entries, &mut Watch::default()).await?;
    kill::point("record.chunk-written");
    tx.commit().await?;
    kill::point("record.chunk-committed");
    Ok(Some(written + missing.len()))
}

/// Lets a statement stand of which all lines are written, and judges the others that wait.
async fn publish(
    office: &Office,
    row: &StatementRow,
    lines: usize,
) -> Result<Outcomes, EngineError> {
    let Some(mut tx) = locked(office, row).await? else {
        return Ok(Outcomes::new());
    };
    let written = tx.lines_written(row.id).await?;
    if written != lines {
        return Err(torn(row, written, lines).into());
    }
    tx.set_statement_status(row.id, "published", "", None)
        .await?;
    tx.mark_published(row.id).await?;
    tx.end_recording(row.id).await?;
    let mut watch = Watch::over(&mut tx, row.bank_account_id).await?;
    watch.see_statement(&mut tx, row.id).await?;
    let touched = Touched {
        watch: Some(watch),
        ..Touched::default()
    };
    let mut outcomes = record::rejudge(office, &mut tx, row.bank_account_id, None, touched).await?;
    outcomes.insert(row.id, Recorded::Published(lines));
    kill::point("record.before-publish");
    tx.commit().await?;
    kill::point("record.published");
    Ok(outcomes)
}

/// A transaction that holds the lock of the account, where the statement is still being recorded.
async fn locked(office: &Office, row: &StatementRow) -> Result<Option<Tx>, StoreError> {
    let mut tx = office.db.write().await?;
    tx.lock_bank_account(row.bank_account_id).await?;
    if tx.recording(row.bank_account_id).await? == Some(row.id) {
        return Ok(Some(tx));
    }
    tx.rollback().await?;
    Ok(None)
}

fn torn(row: &StatementRow, written: usize, expected: usize) -> StoreError {
    StoreError::Inconsistent {
        table: "entry",
        what: format!(
            "{written} line(s) of {} are written where its file has {expected}",
            row.file
        ),
    }
}
