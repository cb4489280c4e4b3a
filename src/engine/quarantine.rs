//! What a person says about a statement that is held back: it does not add up or cannot be trusted
//! (quarantined), or something that stands is in its way (waiting).
//!
//! Every word is one transaction with who and why; then everybody it touches is settled. A word that
//! does not lead where it should is refused, and nothing has happened.

use super::fresh::{self, Fresh};
use super::reading::{self, Way};
use super::record::{self, Recorded};
use super::statements::{Said, fall, find, find_locked, name, named};
use super::{EngineError, Office, coverage, fault, publish, recording, settle};
use crate::statement::chain::{Place, Verdict, WaitReason, judge};
use crate::statement::read::Profile;
use crate::statement::read::declared::Declared;
use crate::store::Tx;
use crate::store::statements::StatementRow;

/// What a word came to.
#[derive(Debug, Clone)]
pub struct Settled {
    /// The statement.
    pub name: String,
    /// What became of it.
    pub outcome: Recorded,
    /// What became of others of the account that were waiting, by name.
    pub others: Vec<(String, Recorded)>,
    /// What was settled.
    pub settled: settle::Settled,
}

/// A statement that does not add up, or bears a fault, is taken as it stands. What stands already is
/// not overruled by that: if the two contradict each other, it goes on waiting.
pub async fn accept(office: &Office, wanted: &str, said: Said<'_>) -> Result<Settled, EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = held_back(&mut tx, wanted).await?;
    if row.first_day.is_none() || row.opening_minor.is_none() || row.closing_minor.is_none() {
        return Err(EngineError::refused(format!(
            "{} has no place among the account's statements ({}); ask the bank for it again and reject this one",
            name(&row),
            row.reason
        )));
    }
    tx.add_statement_decision(row.id, "accept", None, said.by, said.why, office.now.millis)
        .await?;
    if row.status == "waiting" {
        overrule(office, &mut tx, &row).await?;
    } else {
        tx.set_statement_status(row.id, "waiting", "", None).await?;
    }
    finish(office, tx, &row, publish::Touched::default()).await
}

/// Publishes a waiting statement that nothing contradicts: it only might be another's copy, or its
/// days cannot be compared.
async fn overrule(office: &Office, tx: &mut Tx, row: &StatementRow) -> Result<(), EngineError> {
    let (statements, days) = tx.statements_of_account(row.bank_account_id).await?;
    let places = coverage::places(&statements, &days);
    let of = |status: fn(&StatementRow) -> bool| -> Vec<Place> {
        let rows = statements.iter().filter(|row| status(row));
        rows.filter_map(|row| places.get(&row.id).cloned())
            .collect()
    };
    let rhythm = reading::rhythm(office, &row.account);
    let verdicts = judge(
        &of(coverage::stands),
        &of(|row| row.status == "waiting"),
        &rhythm,
    );
    let verdict = verdicts.into_iter().find(|(id, _)| *id == row.id);
    match verdict {
        Some((_, Verdict::Waits { reason, .. }))
            if !matches!(
                reason,
                WaitReason::ValueDatesOnly | WaitReason::ProbableDuplicate { .. }
            ) =>
        {
            Err(EngineError::refused(format!(
                "{} contradicts what stands, and accepting it does not change that; supersede the other one or \
                 reject this one: {}",
                name(row),
                row.reason
            )))
        }
        Some((_, Verdict::Waits { .. })) => record::publish_whole(office, tx, row).await,
        // It stands by itself as soon as it is judged.
        _ => Ok(()),
    }
}

/// A corrected statement takes the place of others: of those named, else of the one that its reason
/// names. Copies of those go with them. Common lines stay the same entries; vanished ones are void as
/// the bank's error.
pub async fn supersede(
    office: &Office,
    wanted: &str,
    olds: &[String],
    said: Said<'_>,
) -> Result<Settled, EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = held_back(&mut tx, wanted).await?;
    let mut touched = publish::Touched::default();
    for old in superseded(&mut tx, &row, olds).await? {
        let (fallen, _) = fall(&mut tx, &old, "superseded", Some(row.id)).await?;
        touched.entries.extend(fallen.entries.iter());
        touched.fell |= fallen.fell;
        let (by, why, now) = (said.by, said.why, office.now.millis);
        tx.add_statement_decision(row.id, "supersede", Some(old.id), by, why, now)
            .await?;
    }
    // A reference that stood with another amount may have been that of the superseded line.
    let fresh = fresh::again(office, &mut tx, &row).await?;
    if let Some(fault) = fault::of(office, &mut tx, row.bank_account_id, &fresh).await?
        && !accepted(&mut tx, &row).await?
    {
        return Err(EngineError::refused(format!(
            "{} cannot take another's place as it is ({fault}); accept it first, or read it again",
            name(&row)
        )));
    }
    tx.set_statement_status(row.id, "waiting", "", None).await?;
    let done = finish(office, tx, &row, touched).await?;
    Ok(done)
}

/// The statements whose place is taken, with their copies.
async fn superseded(
    tx: &mut Tx,
    row: &StatementRow,
    olds: &[String],
) -> Result<Vec<StatementRow>, EngineError> {
    let mut found = Vec::new();
    for old in olds {
        found.push(find(tx, old).await?);
    }
    if olds.is_empty() {
        let other = match row.other_id {
            Some(id) => tx.statement(id).await?,
            None => None,
        };
        found.push(other.ok_or_else(|| {
            EngineError::refused(format!(
                "{} names no other statement; say whose place it takes: --old STATEMENT",
                name(row)
            ))
        })?);
    }
    for old in &found {
        if !coverage::stands(old) || old.bank_account_id != row.bank_account_id {
            return Err(EngineError::refused(format!(
                "{} does not stand on the same account; only what stands can be superseded",
                name(old)
            )));
        }
    }
    let (all, days) = tx.statements_of_account(row.bank_account_id).await?;
    let places = coverage::places(&all, &days);
    let says = |row: &StatementRow| {
        let place = places.get(&row.id)?;
        let whole = (place.opening_minor, place.closing_minor, place.content());
        Some((place.first_day, place.last_day, whole))
    };
    let copies = all.into_iter().filter(|other| {
        coverage::stands(other)
            && says(other).is_some()
            && found.iter().all(|old| old.id != other.id)
            && found.iter().any(|old| says(old) == says(other))
    });
    let copies: Vec<StatementRow> = copies.collect();
    found.extend(copies);
    Ok(found)
}

/// Reads a statement again from its raw bytes, with today's configuration or a profile that is named.
pub async fn reread(
    office: &Office,
    wanted: &str,
    profile: Option<&str>,
    said: Said<'_>,
) -> Result<Settled, EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = held_back(&mut tx, wanted).await?;
    if tx.lines_written(row.id).await? > 0 {
        return Err(EngineError::refused(format!(
            "the lines of {} were posted once and keep their reading; reject it, and import the file that the \
             bank corrects",
            name(&row)
        )));
    }
    let fresh = reading_of(office, &mut tx, &row, profile).await?;
    let read = fresh.read();
    if (&read.outline.account, &read.outline.currency) != (&row.account, &row.currency) {
        return Err(EngineError::refused(format!(
            "read so, {} would be a statement of {} in {}; reject it and import the file again",
            name(&row),
            read.outline.account,
            read.outline.currency
        )));
    }
    let (placed, place) = record::placed(read);
    tx.drop_statement_days(row.id).await?;
    tx.set_placed(row.id, &placed).await?;
    if let Some(place) = place {
        record::add_days(&mut tx, row.id, &place).await?;
    }
    let why = format!(
        "{} (profile {}, {})",
        said.why, read.profile.name, read.encoding
    );
    tx.add_statement_decision(row.id, "reread", None, said.by, &why, office.now.millis)
        .await?;
    let fault = fault::of(office, &mut tx, row.bank_account_id, &fresh).await?;
    let status = if fault.is_some() {
        "quarantined"
    } else {
        "waiting"
    };
    tx.set_statement_status(row.id, status, fault.as_deref().unwrap_or_default(), None)
        .await?;
    finish(office, tx, &row, publish::Touched::default()).await
}

async fn reading_of(
    office: &Office,
    tx: &mut Tx,
    row: &StatementRow,
    profile: Option<&str>,
) -> Result<Fresh, EngineError> {
    let Some(named) = profile else {
        return fresh::by(office, tx, row, Way::Configured).await;
    };
    if Declared::dialect(&office.config.profiles, named).is_none() {
        let own = office
            .config
            .profiles
            .iter()
            .map(|profile| profile.name.as_str());
        let known: Vec<&str> = Profile::names().iter().copied().chain(own).collect();
        return Err(EngineError::refused(format!(
            "there is no profile `{named}` of statements; known are {}",
            known.join(", ")
        )));
    }
    let profile = reading::profile_named(office, &row.account, named);
    fresh::by(office, tx, row, Way::By(Box::new(profile))).await
}

/// A statement that is never posted: one that is held back, or the recording of which is given up.
pub async fn reject(office: &Office, wanted: &str, said: Said<'_>) -> Result<Settled, EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = find_locked(&mut tx, wanted).await?;
    if row.status == "recording" {
        // The lines that are written already stay, and are never posted.
        tx.end_recording(row.id).await?;
    } else {
        is_held_back(&row)?;
    }
    tx.set_statement_status(row.id, "rejected", &row.reason, row.other_id)
        .await?;
    tx.add_statement_decision(row.id, "reject", None, said.by, said.why, office.now.millis)
        .await?;
    finish(office, tx, &row, publish::Touched::default()).await
}

async fn held_back(tx: &mut Tx, wanted: &str) -> Result<StatementRow, EngineError> {
    let row = find_locked(tx, wanted).await?;
    is_held_back(&row)?;
    Ok(row)
}

fn is_held_back(row: &StatementRow) -> Result<(), EngineError> {
    match row.status.as_str() {
        "waiting" | "quarantined" => Ok(()),
        "withdrawn" => Err(EngineError::refused(format!(
            "{} was withdrawn; `kwestura statement restore` takes it back in",
            name(row)
        ))),
        status => Err(EngineError::refused(format!(
            "{} is {status}, not held back; `kwestura quarantine list` shows what is",
            name(row)
        ))),
    }
}

async fn accepted(tx: &mut Tx, row: &StatementRow) -> Result<bool, EngineError> {
    let decisions = tx.statement_decisions(row.id).await?;
    let last = decisions
        .iter()
        .rfind(|row| matches!(row.kind.as_str(), "accept" | "reread"));
    Ok(last.is_some_and(|row| row.kind == "accept"))
}

/// Judges what waits, commits, and settles. A statement that was to take another's place and still
/// finds something in its way has not taken it: nothing has happened then.
async fn finish(
    office: &Office,
    mut tx: Tx,
    row: &StatementRow,
    touched: publish::Touched,
) -> Result<Settled, EngineError> {
    let supersedes = touched.fell;
    let mut others = record::rejudge(office, &mut tx, row.bank_account_id, None, touched).await?;
    let now = tx.statement(row.id).await?.unwrap_or_else(|| row.clone());
    if supersedes && !coverage::stands(&now) && now.status != "recording" {
        let other = match now.other_id {
            Some(id) => tx.statement(id).await?.as_ref().map(name),
            None => None,
        };
        return Err(EngineError::refused(format!(
            "{} still contradicts {}: {}; if that one is wrong too, name both with --old",
            name(row),
            other.unwrap_or_default(),
            now.reason
        )));
    }
    tx.commit().await?;
    others.extend(recording::go_on(office, row.bank_account_id, None).await?);
    let outcome = others.remove(&row.id).unwrap_or(match now.status.as_str() {
        "published" => Recorded::Published(usize::try_from(now.entry_count).unwrap_or_default()),
        "quarantined" => Recorded::Quarantined(now.reason.clone()),
        "waiting" => Recorded::Waiting(now.reason.clone()),
        _ => Recorded::Known,
    });
    let others = named(office, others).await?;
    let settled = settle::run(office, |_, _| {}).await?;
    Ok(Settled {
        name: name(row),
        outcome,
        others,
        settled,
    })
}
