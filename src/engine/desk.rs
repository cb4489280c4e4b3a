//! The desk: cases as people see them, and what they do with them.

mod many;

pub use many::{Action, Chosen, Told, many};

use super::decide::{self, Answer, Request, Standing};
use super::statements::Said;
use super::{EngineError, Office};
use crate::cases::{Key, Kind, Queue};
use crate::store::cases::{CaseEventRow, CaseRow, Listed, NewCaseEvent, Place};
use crate::store::{StoreError, Tx};
use chrono::NaiveDate;
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
    /// Of these kinds; of all where there are none.
    pub kinds: Vec<Kind>,
    /// Those that ended, too.
    pub all: bool,
}

impl Wanted {
    fn has(&self, row: &CaseRow) -> bool {
        let is_its = |owner: &String| *owner == row.owner;
        (self.all || row.is_open())
            && self.queue.is_none_or(|queue| queue.name() == row.queue)
            && self.owner.as_ref().is_none_or(is_its)
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| kind.name() == row.kind))
    }
}

/// A part of the cases.
#[derive(Debug, Clone, Default)]
pub struct Looked {
    /// The cases.
    pub rows: Vec<CaseRow>,
    /// Whether there are more behind them.
    pub has_more: bool,
    /// How many there are in all.
    pub all: usize,
}

/// The cases, the most urgent first: by deadline, then by number. What waited for a day that has come
/// stands before them, what sleeps behind them.
pub async fn list(office: &Office, wanted: &Wanted) -> Result<Vec<CaseRow>, EngineError> {
    Ok(look(office, wanted, None, usize::MAX).await?.rows)
}

/// At most so many of the same, behind a case.
pub async fn look(
    office: &Office,
    wanted: &Wanted,
    behind: Option<i64>,
    count: usize,
) -> Result<Looked, EngineError> {
    let today = office.now.today;
    let kinds: Vec<&str> = wanted.kinds.iter().map(|kind| kind.name()).collect();
    let listed = Listed {
        today,
        queue: wanted.queue.map_or("", Queue::name),
        owner: wanted.owner.as_deref().unwrap_or_default(),
        kinds: &kinds,
        all: wanted.all,
    };
    let mut tx = office.db.read().await?;
    let mut place = FIRST;
    if let Some(behind) = behind
        && let Some(row) = tx.case(behind).await?
    {
        place = row.place(today);
        if !row.is_open() && !wanted.all {
            // It ended while somebody looked at it: they go on where it stood.
            place.0 = 1;
        }
    }
    let one_more = count.saturating_add(1);
    // How many there are in all, where that is known without asking.
    let (mut rows, counted) = if let Some(student) = &wanted.student {
        // Few, whatever the desks have.
        let mut rows = tx.cases_of(student).await?;
        rows.retain(|row| wanted.has(row));
        rows.sort_by_key(|row| row.place(today));
        let all = rows.len();
        rows.retain(|row| place < row.place(today));
        rows.truncate(one_more);
        (rows, Some(all))
    } else {
        let at_most = i64::try_from(one_more).unwrap_or(i64::MAX);
        let rows = tx.cases_behind(&listed, place, at_most).await?;
        let is_whole = behind.is_none() && rows.len() <= count;
        let counted = is_whole.then_some(rows.len());
        (rows, counted)
    };
    let all = match counted {
        Some(all) => all,
        None => usize::try_from(tx.cases_count(&listed).await?).unwrap_or(0),
    };
    let has_more = count < rows.len();
    rows.truncate(count);
    tx.rollback().await?;
    Ok(Looked {
        rows,
        has_more,
        all,
    })
}

/// Before every case: a year that both databases know.
const FIRST: Place = match NaiveDate::from_ymd_opt(0, 1, 1) {
    Some(day) => (0, day, 0),
    None => (0, NaiveDate::MIN, 0),
};

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
    step(office, id, &Step::Note, said, false).await
}

/// Writes to the student what they read beside what they asked, open or not; the newest stands there.
///
/// # Errors
///
/// Refused where no student asked, and where it is longer than [`ANSWER_MAX`].
pub async fn reply(office: &Office, id: i64, said: Said<'_>) -> Result<(), EngineError> {
    step(office, id, &Step::Reply, said, false).await
}

/// Somebody works on a case from now on.
pub async fn assign(
    office: &Office,
    id: i64,
    owner: &str,
    said: Said<'_>,
) -> Result<(), EngineError> {
    step(office, id, &Step::Assign(owner), said, false).await
}

/// A case sleeps until a day, on which it comes back by itself at the head of its queue.
///
/// # Errors
///
/// Refused where the day is today or before, and where the case has ended.
pub async fn wait(
    office: &Office,
    id: i64,
    until: NaiveDate,
    said: Said<'_>,
) -> Result<(), EngineError> {
    step(office, id, &Step::Wait(until), said, false).await
}

/// A case waits no longer.
pub async fn resume(office: &Office, id: i64, said: Said<'_>) -> Result<(), EngineError> {
    step(office, id, &Step::Resume, said, false).await
}

/// A person has answered a case. `outcome` names what was decided: `none` where nothing was, else the
/// kind of the decision and its number. The student who asked reads `reply`, where it is not empty.
pub async fn resolve(
    office: &Office,
    id: i64,
    (outcome, reply): (&str, &str),
    said: Said<'_>,
) -> Result<(), EngineError> {
    step(office, id, &Step::End(outcome, reply), said, false).await
}

/// Something that is done with a case.
enum Step<'a> {
    Note,
    Reply,
    Assign(&'a str),
    Wait(NaiveDate),
    Resume,
    /// With an outcome, and what the student reads of it.
    End(&'a str, &'a str),
    /// With a decision that is a fact already, and what the student reads of it.
    Answer(&'a str, &'a str),
}

/// Does it, or only looks whether it could be done.
async fn step(
    office: &Office,
    id: i64,
    step: &Step<'_>,
    said: Said<'_>,
    preview_only: bool,
) -> Result<(), EngineError> {
    said.check()?;
    let today = office.now.today;
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, id).await?;
    let (what, detail, is_done) = match *step {
        Step::Note => ("note", said.why.to_owned(), true),
        Step::Reply => (REPLY, to_student(&row, said.why)?, true),
        Step::Assign(owner) => {
            let owner = named(owner)?;
            let is_done = tx.assign_case(id, owner, today).await?;
            ("assigned", format!("{owner}: {}", said.why), is_done)
        }
        Step::Wait(until) => {
            must_be_to_come(until, today)?;
            let is_done = tx.move_case(id, "waiting", Some(until)).await?;
            ("waiting", format!("until {until}: {}", said.why), is_done)
        }
        Step::Resume => {
            let is_done = tx.move_case(id, "open", None).await?;
            ("open", said.why.to_owned(), is_done)
        }
        Step::End(outcome, _) => {
            let state = end_of(&row, outcome)?;
            let is_done = tx.end_case(id, (state, outcome), today).await?;
            (state, format!("{outcome}: {}", said.why), is_done)
        }
        Step::Answer(outcome, _) => {
            let is_done = tx.answer_case(id, outcome, today).await?;
            ("resolved", format!("{outcome}: {}", said.why), is_done)
        }
    };
    if !is_done {
        return Err(ended(&row));
    }
    let mut events = vec![NewCaseEvent(id, what, &detail, said.by)];
    let reply = match *step {
        Step::End(_, reply) | Step::Answer(_, reply) => to_student(&row, reply)?,
        _ => String::new(),
    };
    if !reply.is_empty() {
        events.push(NewCaseEvent(id, REPLY, &reply, said.by));
    }
    if preview_only {
        tx.rollback().await?;
        return Ok(());
    }
    finish(office, tx, &events).await
}

/// What a student is to read, without what a form adds to it; empty where nothing was written.
fn to_student(row: &CaseRow, words: &str) -> Result<String, EngineError> {
    let words = words.trim().replace("\r\n", "\n");
    if !words.is_empty() && !Kind::of(&row.kind).is_some_and(Kind::is_asked_by_student) {
        return Err(EngineError::refused(format!(
            "no student asked what case {} is about, so nobody would read an answer",
            row.id
        )));
    }
    if ANSWER_MAX < words.chars().count() {
        return Err(EngineError::refused(format!(
            "an answer to a student has {ANSWER_MAX} signs at most"
        )));
    }
    Ok(words)
}

/// The event that is written to the student; all others are for whoever works on the case.
const REPLY: &str = "reply";

/// Signs of an answer to a student.
pub const ANSWER_MAX: usize = 1_000;

fn named(owner: &str) -> Result<&str, EngineError> {
    match owner.trim() {
        "" => Err(EngineError::refused(
            "a case is assigned to somebody: give a name",
        )),
        owner => Ok(owner),
    }
}

fn must_be_to_come(until: NaiveDate, today: NaiveDate) -> Result<(), EngineError> {
    if today < until {
        return Ok(());
    }
    Err(EngineError::refused(format!(
        "a case waits for a day to come, and {until} is none"
    )))
}

/// The state in which an outcome ends a case; refused where no word ends it.
fn end_of(row: &CaseRow, outcome: &str) -> Result<&'static str, EngineError> {
    let (key, _) = key_of(row)?;
    if outcome != NONE {
        return Ok("resolved");
    }
    if row.is_open() && key.kind.ends_by_itself_only() {
        return Err(EngineError::refused(format!(
            "case {} closes itself when its cause is gone: {}",
            row.id,
            what_ends(key.kind)
        )));
    }
    Ok("closed")
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
/// the decision waits for a second person, so does the case, and what the student would read of it is
/// kept for whoever ends it. The student reads `reply`, where it is not empty.
///
/// # Errors
///
/// Refused where the case has ended, and where the decision is about something else.
pub async fn answer(
    office: &Office,
    id: i64,
    (request, reply): (&Request, &str),
    said: &decide::Said,
    preview_only: bool,
) -> Result<Answer, EngineError> {
    let case = must_be_open(office, id).await?;
    let reply = to_student(&case, reply)?;
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
            let step_taken = Step::Answer(&outcome, &reply);
            step(office, id, &step_taken, words, false).await?;
        }
        Standing::Waits(_) => {
            awaits_approval(office, id, (&answer.numbers, &reply), words).await?;
        }
        Standing::Preview => {}
    }
    Ok(answer)
}

/// The decision that a case was answered with waits for a second person; so does the case.
async fn awaits_approval(
    office: &Office,
    id: i64,
    (numbers, reply): (&[i64], &str),
    said: Said<'_>,
) -> Result<(), EngineError> {
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, id).await?;
    if !tx.move_case(id, "open", None).await? {
        return Err(ended(&row));
    }
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    let detail = format!(
        "decision {} waits for a second person: {}",
        numbers.join(", "),
        said.why
    );
    let meant = format!("for the student, once it is approved: {reply}");
    let mut events = vec![NewCaseEvent(id, "note", &detail, said.by)];
    if !reply.is_empty() {
        events.push(NewCaseEvent(id, "note", &meant, said.by));
    }
    finish(office, tx, &events).await
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

async fn finish(
    office: &Office,
    mut tx: Tx,
    events: &[NewCaseEvent<'_>],
) -> Result<(), EngineError> {
    tx.add_case_events(events, office.now.millis).await?;
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
