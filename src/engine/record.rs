//! Record: a statement file → statements that stand, wait or are quarantined.
//!
//! A statement is one transaction: its place is judged under the lock of its bank account, its new
//! lines are written, whose they are is concluded, the students it touches are marked. Those that
//! waited are judged again with it. The lines of a large one are several, see [`recording`]: all the
//! same nobody sees a part of it. A crash leaves whole statements; the same import goes on where it
//! stopped.

use super::attach::Watch;
use super::collide::retrying;
use super::coverage::{places, stands};
use super::fresh::{self, Fresh};
use super::pairing::Shared;
use super::publish::Written;
use super::reading::{self, Looked, Read, Way};
use super::source::{Named, Source};
use super::{
    EngineError, Office, coverage, fault, identify, keep, kill, policy_book, publish, recording,
};
use crate::money::Currency;
use crate::money::format_plain;
use crate::statement::chain::{Place, Rhythm, Verdict, judge};
use crate::store::statements::{NewStatement, Placed, StatementRow};
use crate::store::{Rows, StoreError, Tx};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What became of a file.
#[derive(Debug, Clone, Default)]
pub struct FileReport {
    /// Its name.
    pub file: String,
    /// Hexadecimal SHA-256 of its bytes.
    pub sha256: String,
    /// Its statements, in its order.
    pub statements: Vec<StatementReport>,
    /// Why nothing of it could be read: line and words.
    pub error: Option<(u32, String)>,
}

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementReport {
    /// The account.
    pub account: String,
    /// The number as written.
    pub sequence: Option<String>,
    /// Line of the file.
    pub line: u32,
    /// Lines of the statement.
    pub entries: usize,
    /// What became of it.
    pub outcome: Recorded,
}

/// What became of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// It stands; so many of its lines are new.
    Published(usize),
    /// It says what others said already.
    Known,
    /// The same file was recorded before; its status.
    AlreadyImported(String),
    /// It waits for others, or a person: why.
    Waiting(String),
    /// It must not be posted: why.
    Quarantined(String),
    /// It is no final statement, or not of an account of ours: why. Nothing was written.
    NotPosted(String),
}

/// Records a file that is in memory.
pub async fn file(office: &Office, name: &str, bytes: &[u8]) -> Result<FileReport, EngineError> {
    source(office, name, bytes.into()).await
}

/// Records a file. What is wrong with a statement is in the report; an error means that the
/// database failed.
pub async fn source(
    office: &Office,
    name: &str,
    source: Source,
) -> Result<FileReport, EngineError> {
    let name = name.to_owned();
    let mut reports = packed(office, vec![Named { name, source }]).await?;
    Ok(reports.pop().unwrap_or_default())
}

/// Records files that came packed as one: all of them, or none if any cannot be read.
pub async fn packed(office: &Office, files: Vec<Named>) -> Result<Vec<FileReport>, EngineError> {
    let looked = match look(office, files).await {
        Ok(looked) => looked,
        Err(report) => return Ok(vec![report]),
    };
    let mut reports = Vec::new();
    for (name, looked) in looked {
        reports.push(looked_through(office, &name, &looked).await?);
    }
    Ok(reports)
}

/// Looks files through that came packed as one, or tells which of them cannot be read.
pub(super) async fn look(
    office: &Office,
    files: Vec<Named>,
) -> Result<Vec<(String, Arc<Looked>)>, FileReport> {
    let whole = match files.len() {
        1 => "",
        _ => "; nothing of this archive was imported",
    };
    let mut all = Vec::new();
    for Named { name, source } in files {
        match reading::look(office, source, Way::Configured).await {
            Ok(looked) => all.push((name, looked)),
            Err(error) => {
                return Err(FileReport {
                    file: name,
                    error: Some((error.line, error.message + whole)),
                    ..FileReport::default()
                });
            }
        }
    }
    Ok(all)
}

/// Records a file that was looked through.
async fn looked_through(
    office: &Office,
    name: &str,
    looked: &Arc<Looked>,
) -> Result<FileReport, EngineError> {
    let mut report = FileReport {
        file: name.to_owned(),
        sha256: looked.digest.sha256.clone(),
        ..FileReport::default()
    };
    let mut kept = false;
    for read in &looked.statements {
        let outcome = if let Some(reason) = fault::not_ours(office, read) {
            Recorded::NotPosted(reason)
        } else {
            if !kept {
                keep::keep(office, name, looked).await?;
                kept = true;
            }
            statement(office, &Fresh::of(looked, read)).await?
        };
        report.statements.push(StatementReport {
            account: read.outline.account.clone(),
            sequence: read.outline.sequence.clone(),
            line: read.outline.line,
            entries: read.outline.entry_count,
            outcome,
        });
    }
    Ok(report)
}

/// How far a statement came in one transaction.
enum Begun {
    /// To its end.
    Over(Recorded),
    /// It is there, and of its account a statement is being recorded; this was said of it.
    There(i64, i64, Option<Recorded>),
    /// Nowhere, because another statement of its account is being recorded.
    Behind(i64),
}

/// Records one statement, and judges again those that wait.
async fn statement(office: &Office, fresh: &Fresh) -> Result<Recorded, EngineError> {
    loop {
        match retrying(|| begin(office, fresh)).await? {
            Begun::Over(outcome) => return Ok(outcome),
            Begun::Behind(account) => {
                recording::go_on(office, account, None).await?;
            }
            Begun::There(account, id, said) => {
                let mut outcomes = recording::go_on(office, account, Some((id, fresh))).await?;
                return match outcomes.remove(&id).or(said) {
                    Some(outcome) => Ok(outcome),
                    None => recording::ended_by_another(office, id).await,
                };
            }
        }
    }
}

/// Row id of a bank account; none before its first statement.
pub async fn row_of(tx: &mut Tx, iban: &str) -> Result<Option<i64>, StoreError> {
    let rows = tx.bank_accounts().await?;
    Ok(rows.iter().find(|row| row.iban == iban).map(|row| row.id))
}

/// Why a statement must not be posted beside those that stand, and which these are: its lines are read
/// before anybody is kept waiting. Nothing where there is one already at its place in the file.
async fn fault_beside(
    office: &Office,
    fresh: &Fresh,
    place_in_file: i64,
) -> Result<Option<(Vec<i64>, Option<String>)>, EngineError> {
    let mut tx = office.db.read().await?;
    let known = tx.statements_of_file(fresh.sha256()).await?;
    let fault = if known.iter().any(|row| row.place_in_file == place_in_file) {
        None
    } else {
        let account = row_of(&mut tx, &fresh.read().outline.account).await?;
        let account = account.unwrap_or_default();
        let standing = tx.standing_statements(account).await?;
        Some((standing, fault::of(office, &mut tx, account, fresh).await?))
    };
    tx.rollback().await?;
    Ok(fault)
}

/// Judges a statement and writes its lines, unless they are too many for one transaction.
async fn begin(office: &Office, fresh: &Fresh) -> Result<Begun, EngineError> {
    let (read, sha256) = (fresh.read(), fresh.sha256());
    let place_in_file = i64::try_from(read.nth).unwrap_or(i64::MAX);
    let beside = fault_beside(office, fresh, place_in_file).await?;
    let mut tx = office.db.write().await?;
    let account = tx
        .bank_account(
            &read.outline.account,
            &read.outline.currency,
            office.now.millis,
        )
        .await?;
    tx.lock_bank_account(account.id).await?;
    let known = tx.statements_of_file(sha256).await?;
    if let Some(row) = known.iter().find(|row| row.place_in_file == place_in_file) {
        tx.rollback().await?;
        return Ok(match row.status.as_str() {
            "recording" => Begun::There(account.id, row.id, None),
            status => Begun::Over(Recorded::AlreadyImported(status.to_owned())),
        });
    }
    if tx.recording(account.id).await?.is_some() {
        tx.rollback().await?;
        return Ok(Begun::Behind(account.id));
    }
    let fault = match beside {
        Some((then, fault)) if then == tx.standing_statements(account.id).await? => fault,
        _ => fault::of(office, &mut tx, account.id, fresh).await?,
    };
    let added = add(
        office,
        &mut tx,
        sha256,
        place_in_file,
        account.id,
        read,
        fault.as_deref(),
    )
    .await?;
    let Some(id) = added else {
        tx.rollback().await?;
        return Ok(Begun::Over(Recorded::AlreadyImported(
            "published".to_owned(),
        )));
    };
    let outcome = if let Some(reason) = fault {
        Some(Recorded::Quarantined(reason))
    } else {
        let fresh = Some((id, fresh));
        let nothing_yet = publish::Touched::default();
        let judged = rejudge(office, &mut tx, account.id, fresh, nothing_yet).await?;
        judged.get(&id).cloned()
    };
    if tx.recording(account.id).await?.is_some() {
        tx.commit().await?;
        kill::point("record.begun");
        return Ok(Begun::There(account.id, id, outcome));
    }
    kill::point("record.before-publish");
    tx.commit().await?;
    kill::point("record.published");
    Ok(Begun::Over(outcome.unwrap_or(Recorded::Known)))
}

/// What a reading says about a statement's place, for its row.
pub fn placed(read: &Read) -> (Placed<'_>, Option<Place>) {
    let statement = &read.outline;
    let place = read.place.as_ref().ok().cloned();
    let placed = Placed {
        profile: &read.profile.name,
        encoding: &read.encoding,
        number: place
            .as_ref()
            .and_then(|place| place.number)
            .map(|number| number.value),
        first_day: place.as_ref().map(|place| place.first_day),
        last_day: place
            .as_ref()
            .map(|place| place.last_day)
            .or(statement.closing_date),
        opening_date: statement.opening_date,
        opening_minor: statement.opening_minor,
        closing_minor: statement.closing_minor,
        by_value_date: place.as_ref().is_some_and(|place| place.by_value_date),
        entry_count: i64::try_from(statement.entry_count).unwrap_or(i64::MAX),
    };
    (placed, place)
}

async fn add(
    office: &Office,
    tx: &mut Tx,
    sha256: &str,
    place_in_file: i64,
    bank_account_id: i64,
    read: &Read,
    fault: Option<&str>,
) -> Result<Option<i64>, StoreError> {
    let (placed, place) = placed(read);
    let format = read.outline.format.to_string();
    let new = NewStatement {
        file_sha256: sha256,
        place_in_file,
        bank_account_id,
        format: &format,
        line: i64::from(read.outline.line),
        sequence: read.outline.sequence.as_deref(),
        reference: read.outline.reference.as_deref(),
        placed,
        status: if fault.is_some() {
            "quarantined"
        } else {
            "waiting"
        },
        reason: fault.unwrap_or_default(),
        other_id: None,
    };
    let Some(id) = tx.add_statement(&new, office.now.millis).await? else {
        return Ok(None);
    };
    if let Some(place) = place {
        add_days(tx, id, &place).await?;
    }
    Ok(Some(id))
}

/// Writes the days of a place.
pub async fn add_days(tx: &mut Tx, id: i64, place: &Place) -> Result<(), StoreError> {
    let days = place.days.iter().map(|slice| {
        (
            id,
            slice.day,
            slice.start_minor,
            slice.end_minor,
            slice.content.count,
            slice.content.digest_hex(),
        )
    });
    tx.add_statement_days(&Rows::of(days)?).await
}

/// Judges every waiting statement of an account and publishes those that stand now. `fresh` is a
/// statement that was just read; the others are read again from the raw bytes that were kept.
/// `touched` is what a statement that fell (withdrawn, superseded) leaves behind.
///
/// Of one whose lines are too many for a transaction the recording begins: whoever commits goes on
/// with it, and until it is published the rest is not judged.
pub async fn rejudge(
    office: &Office,
    tx: &mut Tx,
    bank_account_id: i64,
    fresh: Option<(i64, &Fresh)>,
    mut touched: publish::Touched,
) -> Result<BTreeMap<i64, Recorded>, EngineError> {
    if tx.recording(bank_account_id).await?.is_some() {
        return Ok(BTreeMap::new());
    }
    let (mut statements, days) = tx.statements_of_account(bank_account_id).await?;
    let iban = statements
        .first()
        .map(|row| row.account.clone())
        .unwrap_or_default();
    let places = places(&statements, &days);
    let rhythm = reading::rhythm(office, &iban);
    if touched.fell {
        relabel(tx, &mut statements, &places, &rhythm).await?;
    }
    let of = |wanted: fn(&StatementRow) -> bool| places_of(&statements, &places, wanted);
    let mut waiting = of(|row| row.status == "waiting");
    waiting.retain(|place| !touched.waiting.contains(&place.id));
    let verdicts = judge(&of(stands), &waiting, &rhythm);

    let rows: BTreeMap<i64, &StatementRow> = statements.iter().map(|row| (row.id, row)).collect();
    let mut outcomes = BTreeMap::new();
    for (id, verdict) in verdicts {
        let Some(row) = rows.get(&id) else { continue };
        let shared = match verdict {
            Verdict::Waits { other, reason } => {
                let currency = Currency::parse(&row.currency).unwrap_or(Currency::PLN);
                let words = reason.explain(&|minor| format_plain(minor, currency));
                tx.set_statement_status(id, "waiting", &words, Some(other))
                    .await?;
                outcomes.insert(id, Recorded::Waiting(words));
                continue;
            }
            Verdict::Same { other } => Shared::all(vec![other]),
            Verdict::Known { others } => Shared::all(others),
            Verdict::New { known_days, others } => Shared {
                others,
                days: Some(known_days),
            },
        };
        let outcome = match stand(office, tx, row, fresh, &shared, &mut touched).await? {
            Written::TooMany => break,
            Written::Not(why) => Recorded::Waiting(why.into_owned()),
            Written::New(new) => stands_with(&shared, new),
        };
        outcomes.insert(id, outcome);
    }
    conclude(office, tx, bank_account_id, &iban, touched).await?;
    Ok(outcomes)
}

fn places_of(
    statements: &[StatementRow],
    places: &BTreeMap<i64, Place>,
    wanted: fn(&StatementRow) -> bool,
) -> Vec<Place> {
    statements
        .iter()
        .filter(|row| wanted(row))
        .filter_map(|row| places.get(&row.id).cloned())
        .collect()
}

/// Whatever stood keeps standing when another falls, but one that was known may now be the only one
/// to hold its lines: then it is called published.
async fn relabel(
    tx: &mut Tx,
    statements: &mut [StatementRow],
    places: &BTreeMap<i64, Place>,
    rhythm: &Rhythm<'_>,
) -> Result<(), EngineError> {
    let published = places_of(statements, places, |row| row.status == "published");
    let known = places_of(statements, places, |row| row.status == "known");
    for (id, verdict) in judge(&published, &known, rhythm) {
        let (status, other) = match verdict {
            Verdict::Same { other } => ("known", Some(other)),
            Verdict::Known { others } => ("known", others.first().copied()),
            Verdict::New { .. } | Verdict::Waits { .. } => ("published", None),
        };
        if let Some(row) = statements.iter_mut().find(|row| row.id == id)
            && (row.status.as_str(), row.other_id) != (status, other)
        {
            tx.set_statement_status(id, status, "", other).await?;
            status.clone_into(&mut row.status);
            row.other_id = other;
        }
    }
    Ok(())
}

/// Lets a statement stand with what others do not hold of it.
async fn stand(
    office: &Office,
    tx: &mut Tx,
    row: &StatementRow,
    fresh: Option<(i64, &Fresh)>,
    shared: &Shared,
    touched: &mut publish::Touched,
) -> Result<Written, EngineError> {
    let written = tx.entries_of_statement(row.id).await?;
    let came = if written.is_empty() {
        let fresh = match fresh {
            Some((id, fresh)) if id == row.id => fresh.clone(),
            _ => fresh::again(office, tx, row).await?,
        };
        publish::lines(office, tx, row, &fresh, shared, touched).await?
    } else {
        let refused = publish::stand_again(tx, row, &written, shared, touched).await?;
        if let Some(why) = refused {
            Written::Not(why)
        } else {
            // Everything of it is concluded again: what was noted while it waited is forgotten.
            tx.end_recording(row.id).await?;
            Written::New(shared.days.as_ref().map_or(0, |_| written.len()))
        }
    };
    match &came {
        Written::New(new) => call(tx, row, shared, *new).await?,
        Written::Not(why) => {
            let other = shared.others.first().copied();
            tx.set_statement_status(row.id, "waiting", why, other)
                .await?;
        }
        Written::TooMany => {
            let terms = (shared.others.as_slice(), shared.days.as_deref());
            tx.begin_recording(row.bank_account_id, row.id, terms)
                .await?;
        }
    }
    Ok(came)
}

/// What a statement stands as that brings so much that is new. A day that others know may bring the
/// parts of what they hold as a lump.
pub(super) fn stands_with(shared: &Shared, new: usize) -> Recorded {
    match (&shared.days, new) {
        (None, 0) => Recorded::Known,
        _ => Recorded::Published(new),
    }
}

/// Calls a statement what it stands as.
pub(super) async fn call(
    tx: &mut Tx,
    row: &StatementRow,
    shared: &Shared,
    new: usize,
) -> Result<(), StoreError> {
    let (status, other) = match stands_with(shared, new) {
        Recorded::Known => ("known", shared.others.first().copied()),
        _ => ("published", None),
    };
    tx.set_statement_status(row.id, status, "", other).await
}

/// Lets a waiting statement stand with all of its lines as new ones, because a person says so.
pub async fn publish_whole(
    office: &Office,
    tx: &mut Tx,
    row: &StatementRow,
) -> Result<(), EngineError> {
    let mut touched = publish::Touched::default();
    stand(office, tx, row, None, &Shared::nothing(), &mut touched).await?;
    conclude(office, tx, row.bank_account_id, &row.account, touched).await
}

/// What follows from new lines: whose they are, what reversals undo, and who is short by so little
/// that the tolerance may speak now.
async fn conclude(
    office: &Office,
    tx: &mut Tx,
    bank_account_id: i64,
    iban: &str,
    mut touched: publish::Touched,
) -> Result<(), EngineError> {
    if !touched.anything() {
        return Ok(());
    }
    let mut watch = match touched.watch.take() {
        Some(watch) => watch,
        None => Watch::over(tx, bank_account_id).await?,
    };
    identify::watched(tx, office, touched.entries.iter(), &mut watch).await?;
    if touched.fell {
        watch.see_all();
    }
    watch.attach(tx, office).await?;
    let book = policy_book(tx, &office.config, i64::MAX).await?;
    if book.tolerance_max() > 0
        && let Some(through) = coverage::of_account(tx, office, bank_account_id, iban)
            .await?
            .through
    {
        let short = tx.persons_short_by(book.tolerance_max(), through).await?;
        tx.mark(short).await?;
    }
    kill::point("record.entries-written");
    Ok(())
}
