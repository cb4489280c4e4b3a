//! A large statement is written in chunks, each a transaction of its own, so that nobody waits for it
//! for long.
//!
//! While it is being recorded it waits, as far as anybody sees: its lines are concluded as they are
//! written and count for nothing. When all are there, one short transaction publishes it: the
//! students whom it touches are marked, reversals attached, and the others that wait are judged again.
//! No other statement of the account changes meanwhile, so that what was judged at its beginning still
//! holds at its end, and which of its lines others hold comes out the same whoever asks. Entries that it
//! only repeats are not concluded again; those of which it says more are, when it is published.
//!
//! Nobody owns it. Whoever comes to its account next goes on with it from the kept bytes, behind the
//! last line that is written: after a crash, or beside another importer, and then each of the two writes
//! the chunks to which it comes first.

use super::attach::Watch;
use super::called::readings;
use super::collide::retrying;
use super::fresh::{self, Fresh};
use super::line::Line;
use super::pairing::{Coming, OTHERWISE_SPLIT, Pairs, Shared};
use super::publish::{Touched, Writer};
use super::record::{self, Recorded};
use super::{EngineError, Office, identify, kill, statements};
use crate::store::entries::EntryRow;
use crate::store::growth::Growth;
use crate::store::statements::StatementRow;
use crate::store::{StoreError, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// What became of statements, by row id.
pub type Outcomes = BTreeMap<i64, Recorded>;

/// Refused while a statement of any account is being recorded: it may say that somebody paid.
pub(super) async fn must_be_done(tx: &mut Tx) -> Result<(), EngineError> {
    refused(under_way(tx).await?)
}

/// Refused while a statement of an account is being recorded.
pub(super) async fn must_be_done_with(
    tx: &mut Tx,
    bank_account_id: i64,
) -> Result<(), EngineError> {
    refused(under_way_of(tx, bank_account_id).await?)
}

fn refused(under_way: Option<String>) -> Result<(), EngineError> {
    under_way.map_or(Ok(()), |words| Err(EngineError::refused(words)))
}

/// What is being recorded of any account and what to do, in words.
pub(super) async fn under_way(tx: &mut Tx) -> Result<Option<String>, StoreError> {
    match tx.recordings().await?.first() {
        None => Ok(None),
        Some(&account) => under_way_of(tx, account).await,
    }
}

async fn under_way_of(tx: &mut Tx, bank_account_id: i64) -> Result<Option<String>, StoreError> {
    let Some(id) = tx.recording(bank_account_id).await? else {
        return Ok(None);
    };
    let row = tx.statement(id).await?;
    let (name, account) = row.map_or_else(Default::default, |row| {
        (statements::name(&row), row.account.clone())
    });
    Ok(Some(format!(
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
    let mut waiting = BTreeSet::new();
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
            _ => fresh::again(office, &mut tx, &row).await?,
        };
        tx.rollback().await?;
        let came = statement(office, &row, &fresh, &waiting).await?;
        if let Some(Recorded::Waiting(_)) = came.get(&row.id) {
            waiting.insert(row.id);
        }
        outcomes.extend(came);
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

/// A statement that is being recorded.
struct Recording<'a> {
    row: &'a StatementRow,
    fresh: &'a Fresh,
    shared: Shared,
    pairs: Pairs,
}

/// Writes the lines of a statement that are missing, and publishes it. Nothing where somebody else
/// came to its end. `waiting` are others that are not judged again behind it.
async fn statement(
    office: &Office,
    row: &StatementRow,
    fresh: &Fresh,
    waiting: &BTreeSet<i64>,
) -> Result<Outcomes, EngineError> {
    let mut tx = office.db.read().await?;
    let terms = tx.recording_terms(row.id).await?;
    let Some((others, days)) = terms else {
        tx.rollback().await?;
        return Ok(Outcomes::new());
    };
    let shared = Shared { others, days };
    let pairs = pairs(office, &mut tx, row, fresh, &shared).await?;
    tx.rollback().await?;
    let pairs = match pairs {
        Ok(pairs) => pairs,
        Err(why) => {
            let back = async || match locked(office, row).await? {
                Some(tx) => give_back(office, tx, (row, &shared), why, waiting).await,
                None => Ok(Outcomes::new()),
            };
            return retrying(back).await;
        }
    };
    let recording = Recording {
        row,
        fresh,
        shared,
        pairs,
    };
    let mut coming = fresh.lines(office).await?;
    let mut passed = 0;
    let mut written = 0;
    let mut growth = Growth::default();
    while let Some(lines) = coming.next().await? {
        if written < passed + lines.len() {
            match retrying(|| chunk(office, &recording, (passed, &lines))).await? {
                Some(now) => written = now,
                None => return Ok(Outcomes::new()),
            }
            growth.by(lines.len(), &office.db).await?;
        }
        passed += lines.len();
    }
    retrying(|| publish(office, &recording, passed, waiting)).await
}

/// Which lines others hold, or why the statement waits.
async fn pairs(
    office: &Office,
    tx: &mut Tx,
    row: &StatementRow,
    fresh: &Fresh,
    shared: &Shared,
) -> Result<Result<Pairs, &'static str>, EngineError> {
    if shared.is_nothing(tx, row).await? {
        return Ok(Ok(Pairs::default()));
    }
    let nothing_yet = tx.lines_written(row.id).await? == 0;
    let mut lines = Vec::new();
    let mut coming = fresh.lines(office).await?;
    while let Some(more) = coming.next().await? {
        lines.extend(Coming::of(&more, lines.len()));
    }
    let Some(pairs) = Pairs::of(tx, row, &lines, shared).await? else {
        return Ok(Err(OTHERWISE_SPLIT));
    };
    // One that has lines gets all of them first, so that it can wait with them.
    match pairs.wait(tx).await? {
        Some(why) if nothing_yet => Ok(Err(why)),
        _ => Ok(Ok(pairs)),
    }
}

/// Writes those of some lines that nobody wrote; `first` of the statement come before them. Tells how
/// many are written then; nothing where the statement is being recorded no longer.
async fn chunk(
    office: &Office,
    recording: &Recording<'_>,
    (first, lines): (usize, &[Line]),
) -> Result<Option<usize>, EngineError> {
    let Recording {
        row, fresh, pairs, ..
    } = recording;
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
    let same = pairs.same(written, missing.len());
    let entries = writer.write(&mut tx, missing, &same).await?;
    let (again, new): (Vec<EntryRow>, Vec<EntryRow>) =
        entries.into_iter().partition(|line| line.same_as.is_some());
    identify::new(&mut tx, office, new, &mut Watch::default()).await?;
    note_more(&mut tx, row, again).await?;
    kill::point("record.chunk-written");
    tx.commit().await?;
    kill::point("record.chunk-committed");
    Ok(Some(written + missing.len()))
}

/// Notes the entries of which some of their lines say more than was known.
async fn note_more(
    tx: &mut Tx,
    row: &StatementRow,
    again: Vec<EntryRow>,
) -> Result<(), StoreError> {
    let ids: Vec<i64> = again.iter().map(EntryRow::entry).collect();
    let known = readings(tx, &ids).await?;
    let more = again.into_iter().filter(|line| {
        let known = known.get(&line.entry());
        known.is_none_or(|reading| !line.repeats(reading))
    });
    let more: Vec<i64> = more.map(|line| line.entry()).collect();
    tx.note_seen(row.id, &more).await
}

/// Lets a statement stand of which all lines are written, and judges the others that wait.
async fn publish(
    office: &Office,
    recording: &Recording<'_>,
    lines: usize,
    waiting: &BTreeSet<i64>,
) -> Result<Outcomes, EngineError> {
    let Recording { row, pairs, .. } = recording;
    // Before the lock, as it takes long: others wait for that.
    let mut tx = office.db.read().await?;
    let mut watch = Watch::of_statement(&mut tx, row.bank_account_id, row.id).await?;
    tx.rollback().await?;
    let Some(mut tx) = locked(office, row).await? else {
        return Ok(Outcomes::new());
    };
    let written = tx.lines_written(row.id).await?;
    if written != lines {
        return Err(torn(row, written, lines).into());
    }
    let parts = pairs.parts(row.id);
    tx.add_lump_parts(&parts, office.now.millis).await?;
    if let Some(why) = pairs.wait(&mut tx).await? {
        // Somebody decided since its recording began: it stands with these lines when that is revoked.
        return give_back(office, tx, (row, &recording.shared), why, waiting).await;
    }
    let new = pairs.new_among(lines);
    record::call(&mut tx, row, &recording.shared, new).await?;
    tx.mark_published(row.id).await?;
    let mut entries: Vec<i64> = tx.seen(row.id).await?;
    entries.extend(parts.into_iter().map(|(whole, _)| whole));
    tx.end_recording(row.id).await?;
    if !watch.is_of_now(&mut tx).await? {
        watch = Watch::of_statement(&mut tx, row.bank_account_id, row.id).await?;
    }
    let touched = Touched {
        entries: entries.into_iter().collect(),
        watch: Some(watch),
        waiting: waiting.clone(),
        ..Touched::default()
    };
    let mut outcomes = record::rejudge(office, &mut tx, row.bank_account_id, None, touched).await?;
    outcomes.insert(row.id, record::stands_with(&recording.shared, new));
    kill::point("record.before-publish");
    tx.commit().await?;
    kill::point("record.published");
    Ok(outcomes)
}

/// Lets a statement wait that cannot stand, and judges the others. Lines of it that are written stay,
/// and are those it will stand with.
async fn give_back(
    office: &Office,
    mut tx: Tx,
    (row, shared): (&StatementRow, &Shared),
    why: &'static str,
    waiting: &BTreeSet<i64>,
) -> Result<Outcomes, EngineError> {
    let other = shared.others.first().copied();
    tx.set_statement_status(row.id, "waiting", why, other)
        .await?;
    tx.end_recording(row.id).await?;
    let mut waiting = waiting.clone();
    waiting.insert(row.id);
    let touched = Touched {
        waiting,
        ..Touched::default()
    };
    let mut outcomes = record::rejudge(office, &mut tx, row.bank_account_id, None, touched).await?;
    outcomes.insert(row.id, Recorded::Waiting(why.to_owned()));
    tx.commit().await?;
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
