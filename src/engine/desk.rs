//! The desk: cases as people see them, and what they do with them.

use super::decide::{self, Answer, Request, Standing};
use super::statements::Said;
use super::{EngineError, Office};
use crate::cases::{Key, Kind, Queue};
use crate::store::cases::{CaseEventRow, CaseRow, NewCaseEvent};
use crate::store::{StoreError, Tx};
use std::collections::BTreeMap;

/// Which cases are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// On this desk.
    pub queue: Option<Queue>,
    /// Of this owner.
    pub owner: Option<String>,
    /// About this student.
    pub student: Option<String>,
    /// Those that ended, too.
    pub all: bool,
}

/// The cases, the most urgent first: by deadline, then by number.
pub async fn list(office: &Office, wanted: &Wanted) -> Result<Vec<CaseRow>, EngineError> {
    let mut tx = office.db.read().await?;
    let mut rows = tx.cases(wanted.all).await?;
    tx.rollback().await?;
    rows.retain(|row| {
        wanted.queue.is_none_or(|queue| queue.name() == row.queue)
            && wanted
                .owner
                .as_ref()
                .is_none_or(|owner| *owner == row.owner)
            && wanted
                .student
                .as_ref()
                .is_none_or(|student| row.student.as_ref() == Some(student))
    });
    rows.sort_by_key(|row| (!row.is_open(), row.deadline, row.id));
    Ok(rows)
}

/// A case with all that happened to it.
pub async fn show(office: &Office, id: i64) -> Result<(CaseRow, Vec<CaseEventRow>), EngineError> {
    let mut tx = office.db.read().await?;
    let row = find(&mut tx, id).await?;
    let events = tx.case_events(id).await?;
    tx.rollback().await?;
    Ok((row, events))
}

/// Notes a word on a case, open or not.
pub async fn note(office: &Office, id: i64, said: Said<'_>) -> Result<(), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    find(&mut tx, id).await?;
    finish(office, tx, NewCaseEvent(id, "note", said.why, said.by)).await
}

/// Somebody works on a case from now on.
pub async fn assign(
    office: &Office,
    id: i64,
    owner: &str,
    said: Said<'_>,
) -> Result<(), EngineError> {
    said.check()?;
    let owner = owner.trim();
    if owner.is_empty() {
        return Err(EngineError::refused(
            "a case is assigned to somebody: give a name",
        ));
    }
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, id).await?;
    if !tx.assign_case(id, owner).await? {
        return Err(ended(&row));
    }
    let detail = format!("{owner}: {}", said.why);
    finish(office, tx, NewCaseEvent(id, "assigned", &detail, said.by)).await
}

/// A case waits for the student, or no longer.
pub async fn wait(
    office: &Office,
    id: i64,
    waits: bool,
    said: Said<'_>,
) -> Result<(), EngineError> {
    said.check()?;
    let state = if waits { "waiting" } else { "open" };
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, id).await?;
    if !tx.move_case(id, state).await? {
        return Err(ended(&row));
    }
    finish(office, tx, NewCaseEvent(id, state, said.why, said.by)).await
}

/// A person has answered a case. `outcome` names what was decided: `none` where nothing was, else the
/// kind of the decision and its number.
pub async fn resolve(
    office: &Office,
    id: i64,
    outcome: &str,
    said: Said<'_>,
) -> Result<(), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, id).await?;
    let (key, _) = key_of(&row)?;
    let state = if outcome == NONE {
        "closed"
    } else {
        "resolved"
    };
    if row.is_open() && outcome == NONE && key.kind.ends_by_itself_only() {
        return Err(EngineError::refused(format!(
            "case {id} closes itself when its cause is gone: {}",
            what_ends(key.kind)
        )));
    }
    if !tx.end_case(id, (state, outcome), office.now.today).await? {
        return Err(ended(&row));
    }
    let detail = format!("{outcome}: {}", said.why);
    finish(office, tx, NewCaseEvent(id, state, &detail, said.by)).await
}

/// The outcome of a case about which nothing was decided.
pub const NONE: &str = "none";

/// What ends a case that no word ends.
fn what_ends(kind: Kind) -> &'static str {
    match kind {
        Kind::Statements => {
            "import the statements, or accept the gap with `kwestura coverage accept-gap`"
        }
        Kind::NoAccount => "assign a number with `kwestura accounts import`",
        _ => "note the delivery with `kwestura letter delivered`",
    }
}

/// Whether a decision is about what a case is about: refused where it is about something else.
pub fn must_fit(row: &CaseRow, about: &str) -> Result<(), EngineError> {
    let (_, causes) = key_of(row)?;
    let is_named = |cause: &String| cause.split(' ').next() == Some(about);
    let fits = row.subject == about
        || row.student.as_deref() == Some(about)
        || causes.keys().any(is_named);
    if fits {
        return Ok(());
    }
    Err(EngineError::refused(format!(
        "case {} is about {}, and this is about {about}; decide that apart, with `kwestura decide`",
        row.id, row.subject
    )))
}

/// Answers a case with a decision, which is made with it; or only shows what that would change. Where
/// the decision waits for a second person, so does the case.
///
/// # Errors
///
/// Refused where the case has ended, and where the decision is about something else.
pub async fn answer(
    office: &Office,
    id: i64,
    request: &Request,
    said: &decide::Said,
    preview_only: bool,
) -> Result<Answer, EngineError> {
    let case = must_be_open(office, id).await?;
    if let Some(about) = request.about() {
        must_fit(&case, about)?;
    }
    let answer = decide::decide(office, request, said, preview_only).await?;
    let words = Said {
        by: &said.by,
        why: &said.why,
    };
    match answer.standing {
        Standing::Fact | Standing::Already => {
            let numbers: Vec<String> = answer.numbers.iter().map(i64::to_string).collect();
            let outcome = format!("decision {}", numbers.join(", "));
            resolve(office, id, &outcome, words).await?;
        }
        Standing::Waits(_) => awaits_approval(office, id, &answer.numbers, words).await?,
        Standing::Preview => {}
    }
    Ok(answer)
}

/// The decision that a case was answered with waits for a second person; so does the case.
async fn awaits_approval(
    office: &Office,
    id: i64,
    numbers: &[i64],
    said: Said<'_>,
) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, id).await?;
    if !tx.move_case(id, "open").await? {
        return Err(ended(&row));
    }
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    let detail = format!(
        "decision {} waits for a second person: {}",
        numbers.join(", "),
        said.why
    );
    finish(office, tx, NewCaseEvent(id, "note", &detail, said.by)).await
}

/// Whether a case is open; refused where there is none.
async fn must_be_open(office: &Office, id: i64) -> Result<CaseRow, EngineError> {
    let (row, _) = show(office, id).await?;
    if row.is_open() {
        Ok(row)
    } else {
        Err(ended(&row))
    }
}

async fn finish(office: &Office, mut tx: Tx, event: NewCaseEvent<'_>) -> Result<(), EngineError> {
    tx.add_case_events(&[event], office.now.millis).await?;
    tx.commit().await?;
    Ok(())
}

async fn find(tx: &mut Tx, id: i64) -> Result<CaseRow, EngineError> {
    let row = tx.case(id).await?;
    row.ok_or_else(|| {
        EngineError::refused(format!(
            "there is no case {id}; `kwestura cases list --all` shows all"
        ))
    })
}

fn ended(row: &CaseRow) -> EngineError {
    EngineError::refused(format!(
        "case {} has ended: it is {}, {}",
        row.id, row.state, row.outcome
    ))
}

/// What a stored case is about, and the facts behind it, each with its line.
pub(super) fn key_of(row: &CaseRow) -> Result<(Key, BTreeMap<String, String>), StoreError> {
    let inconsistent = |what: String| StoreError::Inconsistent {
        table: "desk_case",
        what: format!("case {}: {what}", row.id),
    };
    let kind = Kind::of(&row.kind)
        .ok_or_else(|| inconsistent(format!("there is no kind {}", row.kind)))?;
    let causes =
        serde_json::from_str(&row.causes).map_err(|error| inconsistent(error.to_string()))?;
    Ok((Key::new(kind, &row.subject), causes))
}

/// Whether what a person did with a case answers the facts behind it for good.
pub(super) fn is_answered(row: &CaseRow, kind: Kind) -> bool {
    row.state == "closed" || kind.is_answered_by_decision()
}

/// For whoever works on a case, a line each.
pub fn evidence(row: &CaseRow) -> Vec<String> {
    let causes: BTreeMap<String, String> = serde_json::from_str(&row.causes).unwrap_or_default();
    causes.into_values().collect()
}
