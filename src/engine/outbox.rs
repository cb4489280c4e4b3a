//! The outbox as people see it: what is to be sent, what was, and what a person takes out of it.

use super::statements::Said;
use super::{EngineError, Office};
use crate::store::messages::{MessageEventRow, MessageItemRow, MessageRow};
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

async fn with_items(tx: &mut Tx, rows: Vec<MessageRow>) -> Result<Vec<Listed>, StoreError> {
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
}

/// One message.
pub async fn show(office: &Office, id: i64) -> Result<Shown, EngineError> {
    let mut tx = office.db.read().await?;
    let row = find(&mut tx, id).await?;
    let events = tx.message_events(id).await?;
    let listed = with_items(&mut tx, vec![row]).await?.pop();
    tx.rollback().await?;
    let listed = listed.ok_or_else(|| unknown(id))?;
    Ok(Shown { listed, events })
}

/// Takes a message out that was not handed over yet: its steps are taken back, and a later run may
/// decide them anew.
pub async fn withdraw(office: &Office, id: i64, said: Said<'_>) -> Result<(), EngineError> {
    said.check()?;
    let mut tx = office.db.write().await?;
    tx.lock_messages().await?;
    let row = find(&mut tx, id).await?;
    let may = matches!(row.state.as_str(), "due" | "failed" | "refused");
    let now = office.now.millis;
    if !may || !tx.move_message(id, (&row.state, "withdrawn"), now).await? {
        return Err(EngineError::refused(format!(
            "message {id} is {}; only what was not handed over can be withdrawn",
            row.state
        )));
    }
    let event = (id, "withdrawn", said.why, said.by);
    tx.add_message_events(&Rows::of([event])?, now).await?;
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
