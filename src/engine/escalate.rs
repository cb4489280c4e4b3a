//! Escalate: the cases that there should be, opened, refreshed and closed.
//!
//! What holds a message back until a person decides is a case, by the same plan that holds it back;
//! so nobody is blocked for ever. A case whose cause is gone closes itself and says so; one that a
//! person closed is not opened again for the same facts.

mod wanted;

use super::debtors::Spoken;
use super::desk::{is_answered, key_of};
use super::{EngineError, Office, identify, settle};
use crate::calendar::is_business_day;
use crate::cases::{AllWanted, Change, Key, Kind, Open, Queue, Wanted, reconcile};
use crate::store::cases::{NewCase, NewCaseEvent};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Who says so where no person does.
const SELF: &str = "kwestura";

/// What came of it. The order of the fields is that of the output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Escalation {
    /// Cases that were opened.
    pub opened: Vec<CaseLine>,
    /// How many have other facts behind them by now.
    pub refreshed: usize,
    /// Cases whose cause is gone.
    pub gone: Vec<i64>,
    /// Desks to which a message was written.
    pub told: Vec<&'static str>,
    /// Whether it is so now, or would be.
    pub written: bool,
}

/// A case in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseLine {
    /// What it is about.
    pub kind: &'static str,
    /// Whose desk it is on.
    pub queue: &'static str,
    /// Its subject.
    pub subject: String,
    /// The student, where it is about one.
    pub student: Option<String>,
    /// Until when somebody should have acted.
    pub deadline: NaiveDate,
    /// For whoever works on it.
    pub evidence: Vec<String>,
}

impl CaseLine {
    fn of(key: &Key, wanted: &Wanted, today: NaiveDate) -> CaseLine {
        CaseLine {
            kind: key.kind.name(),
            queue: key.kind.queue().name(),
            subject: key.subject.clone(),
            student: wanted.student.clone(),
            deadline: key.kind.deadline(today),
            evidence: wanted.causes.values().cloned().collect(),
        }
    }
}

/// Brings the cases up to date, or only shows what that would come to.
///
/// # Errors
///
/// Refused for a day that has not come, and for one that is over unless it is only tried; and while
/// accounts wait to be settled.
pub async fn run(
    office: &Office,
    as_of: NaiveDate,
    dry_run: bool,
) -> Result<Escalation, EngineError> {
    let today = office.now.today;
    if today < as_of {
        return Err(EngineError::refused(format!("{as_of} has not come")));
    }
    if as_of < today && !dry_run {
        return Err(EngineError::refused(format!(
            "{as_of} is over: cases are of today; --dry-run shows that day"
        )));
    }
    let mut tx = office.db.read().await?;
    settle::must_be_done(&mut tx).await?;
    let before = open(&mut tx).await?;
    let mut wanted = wanted::all(&mut tx, office, as_of).await?;
    tx.rollback().await?;

    let mut tx = office.db.write().await?;
    tx.lock_messages().await?;
    tx.lock_cases().await?;
    let mut open = open(&mut tx).await?;
    // What was opened, added to or ended since this run looked is left to the next one: this one does not
    // know why.
    wanted
        .cases
        .retain(|key, _| before.get(key) == open.get(key));
    open.retain(|key, case| before.get(key) == Some(case));
    let changes = reconcile(&open, &answered(&mut tx).await?, wanted);
    let mut escalation = note(&mut tx, office, &changes, as_of).await?;
    escalation.told = tell(&mut tx, office).await?;
    if dry_run {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
        escalation.written = true;
    }
    Ok(escalation)
}

/// Opens the case about what a student has just said, or adds to it, without looking at anybody else.
/// The next run finds it as it would have made it.
pub(super) async fn at_once(
    tx: &mut Tx,
    office: &Office,
    word: &Spoken,
) -> Result<(), EngineError> {
    let Some((key, cause)) = wanted::of_word(word, None) else {
        return Ok(());
    };
    tx.lock_cases().await?;
    let survivors = identify::survivors_on(tx, office.now.today).await?;
    let home = survivors.get(&word.person).copied().unwrap_or(word.person);
    let student = tx.external_ids(&[home]).await?.pop();
    let mut open = open(tx).await?;
    open.retain(|other, _| *other == key);
    let mut all = AllWanted::default();
    let before = open.values().flat_map(|case| case.causes.clone());
    for cause in before.chain([cause]) {
        all.want(key.clone(), student.as_deref(), cause);
    }
    let changes = reconcile(&open, &BTreeMap::new(), all);
    note(tx, office, &changes, office.now.today).await?;
    Ok(())
}

/// Brings the cases about logins up to date without looking at anything else: somebody has just asked
/// the office, or was linked by it.
pub(super) async fn about_sign_in(tx: &mut Tx, office: &Office) -> Result<(), EngineError> {
    let mut all = AllWanted::default();
    wanted::sign_in(&mut all, tx).await?;
    of_kind(tx, office, Kind::SignIn, all).await
}

/// Brings the cases about credits that were handed over up to date, where a decision is about one of
/// these entries: it was just handed over, or is not in question any more.
pub(super) async fn about_handed(
    tx: &mut Tx,
    office: &Office,
    entries: &[i64],
) -> Result<(), EngineError> {
    if !tx.was_handed_over(entries).await? {
        return Ok(());
    }
    let mut all = AllWanted::default();
    wanted::handed_over(&mut all, tx).await?;
    of_kind(tx, office, Kind::HandedOver, all).await
}

/// Brings the cases of one kind up to date, which should be these.
async fn of_kind(
    tx: &mut Tx,
    office: &Office,
    kind: Kind,
    all: AllWanted,
) -> Result<(), EngineError> {
    tx.lock_cases().await?;
    let mut open = open(tx).await?;
    open.retain(|key, _| key.kind == kind);
    let changes = reconcile(&open, &answered(tx).await?, all);
    note(tx, office, &changes, office.now.today).await?;
    Ok(())
}

/// The open cases.
async fn open(tx: &mut Tx) -> Result<BTreeMap<Key, Open>, StoreError> {
    let mut open = BTreeMap::new();
    for row in tx.open_cases().await? {
        let (key, causes) = key_of(&row)?;
        open.insert(key, Open { id: row.id, causes });
    }
    Ok(open)
}

/// What people answered by closing cases.
async fn answered(tx: &mut Tx) -> Result<BTreeMap<Key, BTreeSet<String>>, StoreError> {
    let mut answered: BTreeMap<Key, BTreeSet<String>> = BTreeMap::new();
    for row in tx.answered_cases().await? {
        let (key, causes) = key_of(&row)?;
        if is_answered(&row, key.kind) {
            answered.entry(key).or_default().extend(causes.into_keys());
        }
    }
    Ok(answered)
}

async fn note(
    tx: &mut Tx,
    office: &Office,
    changes: &[Change],
    as_of: NaiveDate,
) -> Result<Escalation, EngineError> {
    let now = office.now.millis;
    let mut escalation = Escalation::default();
    for change in changes {
        match change {
            Change::Open(key, wanted) => {
                let line = CaseLine::of(key, wanted, as_of);
                let causes = json(&wanted.causes);
                let new = NewCase {
                    kind: line.kind,
                    queue: line.queue,
                    subject: &line.subject,
                    student: line.student.as_deref(),
                    causes: &causes,
                    opened_on: as_of,
                    deadline: line.deadline,
                };
                let id = tx.add_case(&new, now).await?;
                let event = NewCaseEvent(id, "new", &why(wanted), SELF);
                tx.add_case_events(&[event], now).await?;
                escalation.opened.push(line);
            }
            Change::Refresh(id, wanted) => {
                tx.refresh_case(*id, &json(&wanted.causes)).await?;
                let event = NewCaseEvent(*id, "refreshed", &why(wanted), SELF);
                tx.add_case_events(&[event], now).await?;
                escalation.refreshed += 1;
            }
            Change::Gone(id) => {
                if tx.end_case(*id, ("resolved", "gone"), as_of).await? {
                    let event = NewCaseEvent(*id, "resolved", "its cause is gone", SELF);
                    tx.add_case_events(&[event], now).await?;
                    escalation.gone.push(*id);
                }
            }
        }
    }
    Ok(escalation)
}

fn json(causes: &BTreeMap<String, String>) -> String {
    serde_json::to_string(causes).unwrap_or_default()
}

/// The lines of a case in one.
fn why(wanted: &Wanted) -> String {
    wanted
        .causes
        .values()
        .cloned()
        .collect::<Vec<_>>()
        .join("; ")
}

/// Tells the desks: one digest on a business day with all that is open, and what is urgent at once.
async fn tell(tx: &mut Tx, office: &Office) -> Result<Vec<&'static str>, EngineError> {
    let Some(mail) = &office.config.mail else {
        return Ok(Vec::new());
    };
    let today = office.now.today;
    let mut told = Vec::new();
    for (queue, address) in [
        (Queue::Cos, &mail.offices.cos),
        (Queue::Bursar, &mail.offices.bursar),
    ] {
        let open = tx.open_cases().await?;
        let open: Vec<_> = open
            .into_iter()
            .filter(|row| row.queue == queue.name() && !row.is_asleep(today))
            .collect();
        let untold = tx.untold_cases(queue.name()).await?;
        let is_urgent = open.iter().any(|row| {
            untold.contains(&row.id) && key_of(row).is_ok_and(|(key, _)| key.kind.is_urgent())
        });
        let digest_is_due = is_business_day(today)
            && !open.is_empty()
            && !tx.has_office_message(queue.name(), "digest", today).await?;
        let template = match (digest_is_due, is_urgent) {
            (true, _) => "digest",
            (false, true) => "urgent",
            (false, false) => continue,
        };
        if address.is_none() {
            continue;
        }
        let language = mail.offices.language.code();
        tx.add_office_message((queue.name(), template, language), today, office.now.millis)
            .await?;
        let tells = |row: &&crate::store::cases::CaseRow| {
            let urgent = key_of(row).is_ok_and(|(key, _)| key.kind.is_urgent());
            untold.contains(&row.id) && (digest_is_due || urgent)
        };
        let events: Vec<NewCaseEvent<'_>> = (open.iter().filter(tells))
            .map(|row| NewCaseEvent(row.id, "told", template, SELF))
            .collect();
        tx.add_case_events(&events, office.now.millis).await?;
        told.push(queue.name());
    }
    Ok(told)
}
