//! The outbox as people see it: what is to be sent, what was, and what a person takes out of it.

use super::compose::{self, Moments, Verdict};
use super::statements::Said;
use super::{EngineError, Moment, Office};
use crate::store::messages::{MessageEventRow, MessageItemRow, MessageRow};
use crate::store::texts::SaidRow;
use crate::store::{Rows, StoreError, Tx};
use std::collections::BTreeMap;

/// States of a message, in the order of its life.
pub const STATES: [&str; 7] = [
    "due",
    "sending",
    "sent",
    "failed",
    "refused",
    "uncertain",
    "withdrawn",
];

/// A message with its items.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The message.
    pub row: MessageRow,
    /// What it is about.
    pub items: Vec<MessageItemRow>,
}

/// The messages, oldest first; those in one state, where one is wanted.
pub async fn list(office: &Office, state: Option<&str>) -> Result<Vec<Listed>, EngineError> {
    if let Some(state) = state
        && !STATES.contains(&state)
    {
        return Err(EngineError::refused(format!(
            "`{state}` is no state of a message; they are {}",
            STATES.join(", ")
        )));
    }
    let mut tx = office.db.read().await?;
    let rows = tx.messages(state).await?;
    let listed = with_items(&mut tx, rows).await?;
    tx.rollback().await?;
    Ok(listed)
}

/// So many messages before one, newest first: in a state and about a student, an album or a fee,
/// where those are not empty.
pub async fn before(
    office: &Office,
    before: Option<i64>,
    (state, about): (&str, &str),
    limit: i64,
) -> Result<Vec<Listed>, EngineError> {
    let mut tx = office.db.read().await?;
    let before = before.unwrap_or(i64::MAX);
    let rows = tx.messages_before(before, (state, about), limit).await?;
    let listed = with_items(&mut tx, rows).await?;
    tx.rollback().await?;
    Ok(listed)
}

/// The messages to a student, oldest first.
pub async fn to_student(office: &Office, student: &str) -> Result<Vec<Listed>, EngineError> {
    let mut tx = office.db.read().await?;
    let rows = tx.messages_to(student).await?;
    let listed = with_items(&mut tx, rows).await?;
    tx.rollback().await?;
    Ok(listed)
}

/// Messages with their items.
pub(super) async fn with_items(
    tx: &mut Tx,
    rows: Vec<MessageRow>,
) -> Result<Vec<Listed>, StoreError> {
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let mut items: BTreeMap<i64, Vec<MessageItemRow>> = BTreeMap::new();
    for item in tx.message_items(&ids).await? {
        items.entry(item.message_id).or_default().push(item);
    }
    let listed = rows.into_iter().map(|row| Listed {
        items: items.remove(&row.id).unwrap_or_default(),
        row,
    });
    Ok(listed.collect())
}

/// A message with all that happened to it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The message.
    pub listed: Listed,
    /// What happened, oldest first.
    pub events: Vec<MessageEventRow>,
    /// What it said when it was last handed over.
    pub said: Option<SaidRow>,
}

/// One message.
pub async fn show(office: &Office, id: i64) -> Result<Shown, EngineError> {
    let mut tx = office.db.read().await?;
    let row = find(&mut tx, id).await?;
    let events = tx.message_events(id).await?;
    let said = tx.message_text(id).await?;
    let listed = with_items(&mut tx, vec![row]).await?.pop();
    tx.rollback().await?;
    let listed = listed.ok_or_else(|| unknown(id))?;
    Ok(Shown {
        listed,
        events,
        said,
    })
}

/// A message's words as they would be now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InWords {
    /// It would be said.
    Spoken {
        /// The address.
        to: String,
        /// The subject.
        subject: String,
        /// The text.
        text: String,
    },
    /// It would not, and why.
    Not(String),
}

/// What a message would say if it left now.
pub async fn in_words(office: &Office, listed: &Listed) -> Result<InWords, EngineError> {
    let mut tx = office.db.read().await?;
    let moments = Moments::fresh(None, &mut tx, office).await?;
    let verdict = compose::verdict(&mut tx, office, &moments, listed).await?;
    tx.rollback().await?;
    Ok(InWords::of(verdict))
}

impl InWords {
    pub(super) fn of(verdict: Verdict) -> InWords {
        match verdict {
            Verdict::Say(spoken) => InWords::Spoken {
                to: spoken.to,
                subject: spoken.rendered.subject,
                text: spoken.rendered.text,
            },
            Verdict::Wait(why) | Verdict::Gone(why) | Verdict::Nowhere(why) => InWords::Not(why),
        }
    }
}

/// Takes a message out that was not handed over yet: its steps are taken back, and a later run may
/// decide them anew.
pub async fn withdraw(office: &Office, id: i64, said: Said<'_>) -> Result<(), EngineError> {
    let may = |state: &str| matches!(state, "due" | "failed" | "refused");
    let refused = |state: &str| {
        format!("message {id} is {state}; only what was not handed over can be withdrawn")
    };
    change(office, id, said, may, refused, "withdrawn").await
}

/// Lets a message be tried again: one that was refused or put off, at once; one that is uncertain only
/// on a person's word, because the student may get it twice.
pub async fn retry(office: &Office, id: i64, said: Said<'_>) -> Result<(), EngineError> {
    let is_stuck = |state: &str| matches!(state, "failed" | "refused" | "uncertain");
    let refused = |state: &str| {
        format!(
            "message {id} is {state}; what failed, was refused or is uncertain can be tried again"
        )
    };
    change(office, id, said, is_stuck, refused, "due").await
}

/// A person knows that an uncertain message arrived. It left on the day on which it was handed over, whenever
/// that is known: what is credited since then does not make it wrong.
pub async fn confirm(office: &Office, id: i64, said: Said<'_>) -> Result<(), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    let row = find(&mut tx, id).await?;
    let now = office.now.millis;
    let handed_over = tx.message_text(id).await?;
    let left = handed_over.map_or(row.changed_at, |kept| kept.recorded_at);
    let left_on = Moment::of(left, office.config.institution.time_zone).today;
    if row.state != "uncertain" || !tx.message_sent(id, left_on, now).await? {
        return Err(EngineError::refused(format!(
            "message {id} is {}; only what is uncertain can be confirmed",
            row.state
        )));
    }
    let event = (id, "sent", said.why, said.by);
    tx.add_message_events(&Rows::of([event])?, now).await?;
    tx.commit().await?;
    Ok(())
}

/// Moves a message where a person may.
async fn change(
    office: &Office,
    id: i64,
    said: Said<'_>,
    may: impl Fn(&str) -> bool,
    refused: impl Fn(&str) -> String,
    to: &'static str,
) -> Result<(), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    tx.lock_messages().await?;
    let row = find(&mut tx, id).await?;
    let now = office.now.millis;
    if !may(&row.state) || !tx.move_message(id, (&row.state, to), now).await? {
        return Err(EngineError::refused(refused(&row.state)));
    }
    if to == "due" {
        tx.message_at_once(id).await?;
    }
    tx.add_message_events(&Rows::of([(id, to, said.why, said.by)])?, now)
        .await?;
    tx.commit().await?;
    Ok(())
}

async fn find(tx: &mut Tx, id: i64) -> Result<MessageRow, EngineError> {
    tx.message(id).await?.ok_or_else(|| unknown(id))
}

fn unknown(id: i64) -> EngineError {
    EngineError::refused(format!(
        "there is no message {id}; `kwestura outbox list` shows all"
    ))
}
