//! What is to be said to students, what was said, and what was held back.

use super::row::row;
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;

const RUN_ADD: &str = "
    INSERT INTO dunning_run (as_of, students, messages, held_back, recorded_at)
    VALUES ($1, $2, $3, $4, $5) RETURNING id";
const LAST_RUN: &str = "
    SELECT id, as_of, students, messages, held_back, recorded_at FROM dunning_run
     WHERE messages > 0 ORDER BY id DESC LIMIT 1";
const LAST_ID: &str = "SELECT COALESCE(MAX(id), 0) FROM message";
const ADD: &str = "
    INSERT INTO message (id, run_id, person_id, template, language, as_of, asks_for_the_number, state,
        changed_at, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), value->>3,
           value->>4, date(value->>5), CAST(value->>6 AS BIGINT), 'due', $2, $2
      FROM json_each($1)";
const ITEMS_ADD: &str = "
    INSERT INTO message_item (message_id, place, item, step, round, currency, open_minor, due_on)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, value->>3,
           CAST(value->>4 AS BIGINT), value->>5, CAST(value->>6 AS BIGINT), date(value->>7)
      FROM json_each($1)";
const EVENTS_ADD: &str = "
    INSERT INTO message_event (message_id, state, detail, by_whom, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), value->>1, value->>2, value->>3, $2 FROM json_each($1)";
const HELD_ADD: &str = "
    INSERT INTO held_back (run_id, person_id, item, step, reason, until_day)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, value->>3, value->>4,
           date(value->>5)
      FROM json_each($1)
     WHERE true ON CONFLICT DO NOTHING";
const WRITTEN: &str = "
    SELECT i.item, i.step, i.round, i.due_on, m.as_of, m.state
      FROM message_item i
      JOIN message m ON m.id = i.message_id
     WHERE i.item IN (SELECT value->>0 FROM json_each($1))
     ORDER BY i.item, m.id";

/// Whoever decides what is to be said looks at what was said first, alone.
const ALONE: &str = "SELECT CAST(1 AS BIGINT)";
const ALONE_PG: &str = "LOCK TABLE dunning_run IN SHARE ROW EXCLUSIVE MODE";

/// The columns of a message with its student; a query adds what it wants.
macro_rules! messages {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.run_id, m.person_id, p.external_id AS student, m.template, m.language, m.as_of,
                    m.asks_for_the_number, m.state, m.changed_at, m.recorded_at
               FROM message m
               JOIN person p ON p.id = m.person_id ",
            $rest
        )
    };
}

const ALL: &str = messages!("ORDER BY m.id");
const IN_STATE: &str = messages!("WHERE m.state = $1 ORDER BY m.id");
const BY_ID: &str = messages!("WHERE m.id = $1");
const ITEMS: &str = "
    SELECT message_id, place, item, step, round, currency, open_minor, due_on FROM message_item
     WHERE message_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
     ORDER BY message_id, place";
const EVENTS: &str = "
    SELECT message_id, state, detail, by_whom, recorded_at FROM message_event
     WHERE message_id = $1 ORDER BY id";
const SET_STATE: &str = "
    UPDATE message SET state = $3, changed_at = $4 WHERE id = $1 AND state = $2 RETURNING id";

row! {
    /// A run that wrote messages.
    #[derive(Debug, Clone)]
    pub struct RunRow {
        /// Row id.
        pub id: i64,
        /// The day for which it looked.
        pub as_of: NaiveDate,
        /// How many students there were.
        pub students: i64,
        /// How many messages it wrote.
        pub messages: i64,
        /// How many items it held back.
        pub held_back: i64,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}
row! {
    /// A message.
    #[derive(Debug, Clone)]
    pub struct MessageRow {
        /// Row id; also what people call it.
        pub id: i64,
        /// The run that wrote it.
        pub run_id: i64,
        /// To whom.
        pub person_id: i64,
        /// The student system's id.
        pub student: String,
        /// Which message.
        pub template: String,
        /// `pl` or `en`.
        pub language: String,
        /// The day for which it was decided.
        pub as_of: NaiveDate,
        /// Whether it asks to check the account number.
        pub asks_for_the_number: i64,
        /// `due`, `sending`, `sent`, `failed`, `refused`, `uncertain`, `withdrawn`.
        pub state: String,
        /// Since when; milliseconds.
        pub changed_at: i64,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}
row! {
    /// An item of a message.
    #[derive(Debug, Clone)]
    pub struct MessageItemRow {
        /// The message.
        pub message_id: i64,
        /// Its place there.
        pub place: i64,
        /// The fee's id, or that of an instalment.
        pub item: String,
        /// The step of the ladder.
        pub step: String,
        /// From 1; a withdrawal opens the next.
        pub round: i64,
        /// ISO 4217 code.
        pub currency: String,
        /// What was open when it was decided, minor units.
        pub open_minor: i64,
        /// The due date.
        pub due_on: NaiveDate,
    }
}
row! {
    /// What was said about an item.
    #[derive(Debug, Clone)]
    pub struct WrittenRow {
        /// The item.
        pub item: String,
        /// The step.
        pub step: String,
        /// The round.
        pub round: i64,
        /// When it was due by then.
        pub due_on: NaiveDate,
        /// The day for which it was decided.
        pub as_of: NaiveDate,
        /// The message's state.
        pub state: String,
    }
}
row! {
    /// Something that happened to a message.
    #[derive(Debug, Clone)]
    pub struct MessageEventRow {
        /// The message.
        pub message_id: i64,
        /// Its state since.
        pub state: String,
        /// In words.
        pub detail: String,
        /// Who.
        pub by_whom: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

/// A message to be written, in the order of the columns.
#[derive(Debug, Clone, Serialize)]
pub struct NewMessage<'a>(
    /// Id.
    pub i64,
    /// Run.
    pub i64,
    /// Person.
    pub i64,
    /// Template.
    pub &'a str,
    /// Language.
    pub &'a str,
    /// The day.
    pub NaiveDate,
    /// Whether it asks to check the number.
    pub u8,
);

/// An item of it.
#[derive(Debug, Clone, Serialize)]
pub struct NewMessageItem<'a>(
    /// Message.
    pub i64,
    /// Place.
    pub i64,
    /// Item.
    pub &'a str,
    /// Step.
    pub &'a str,
    /// Round.
    pub i64,
    /// Currency.
    pub &'a str,
    /// Open.
    pub i64,
    /// Due.
    pub NaiveDate,
);

/// An item that was held back.
#[derive(Debug, Clone, Serialize)]
pub struct NewHeldBack<'a>(
    /// Run.
    pub i64,
    /// Person.
    pub i64,
    /// Item.
    pub &'a str,
    /// Step.
    pub &'a str,
    /// Why.
    pub String,
    /// Until when, where that is a day.
    pub Option<NaiveDate>,
);

impl Tx {
    /// One run at a time.
    pub async fn lock_messages(&mut self) -> Result<(), StoreError> {
        self.lock(ALONE, ALONE_PG, &[]).await.map(|_| ())
    }

    /// Notes a run.
    pub async fn add_run(
        &mut self,
        as_of: NaiveDate,
        (students, messages, held_back): (usize, usize, usize),
        now: i64,
    ) -> Result<i64, StoreError> {
        let count = |count: usize| Arg::Int(i64::try_from(count).unwrap_or(i64::MAX));
        let args = [
            Arg::Day(as_of),
            count(students),
            count(messages),
            count(held_back),
            Arg::Int(now),
        ];
        let (id,): (i64,) = self.one(RUN_ADD, &args).await?;
        Ok(id)
    }

    /// The last run that wrote to anybody.
    pub async fn last_run(&mut self) -> Result<Option<RunRow>, StoreError> {
        self.first(LAST_RUN, &[]).await
    }

    /// The highest id of a message.
    pub async fn last_message(&mut self) -> Result<i64, StoreError> {
        let (id,): (i64,) = self.one(LAST_ID, &[]).await?;
        Ok(id)
    }

    /// Writes messages with their items and first events.
    pub async fn add_messages(
        &mut self,
        messages: &Rows,
        items: &Rows,
        events: &Rows,
        now: i64,
    ) -> Result<(), StoreError> {
        self.execute(ADD, &[messages.arg(), Arg::Int(now)]).await?;
        self.execute(ITEMS_ADD, &[items.arg()]).await?;
        self.add_message_events(events, now).await
    }

    /// Notes what happened to messages: rows are (message, state, detail, by).
    pub async fn add_message_events(&mut self, events: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(EVENTS_ADD, &[events.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// Notes what was held back.
    pub async fn add_held_back(&mut self, rows: &Rows) -> Result<(), StoreError> {
        self.execute(HELD_ADD, &[rows.arg()]).await.map(|_| ())
    }

    /// What was said about these items, to whomever, oldest first; what was withdrawn is among it.
    pub async fn written_about(&mut self, items: &[String]) -> Result<Vec<WrittenRow>, StoreError> {
        let items = Rows::of(items.iter().map(|item| (item,)))?;
        self.fetch(WRITTEN, &[items.arg()]).await
    }

    /// All messages, or those in a state, oldest first.
    pub async fn messages(&mut self, state: Option<&str>) -> Result<Vec<MessageRow>, StoreError> {
        match state {
            Some(state) => self.fetch(IN_STATE, &[Arg::Text(state)]).await,
            None => self.fetch(ALL, &[]).await,
        }
    }

    /// A message.
    pub async fn message(&mut self, id: i64) -> Result<Option<MessageRow>, StoreError> {
        self.first(BY_ID, &[Arg::Int(id)]).await
    }

    /// The items of messages.
    pub async fn message_items(&mut self, ids: &[i64]) -> Result<Vec<MessageItemRow>, StoreError> {
        let ids = Rows::of(ids.iter().map(|id| (id,)))?;
        self.fetch(ITEMS, &[ids.arg()]).await
    }

    /// What happened to a message.
    pub async fn message_events(&mut self, id: i64) -> Result<Vec<MessageEventRow>, StoreError> {
        self.fetch(EVENTS, &[Arg::Int(id)]).await
    }

    /// Moves a message from one state to another; false where it was in another one.
    pub async fn move_message(
        &mut self,
        id: i64,
        (from, to): (&str, &str),
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Text(from), Arg::Text(to), Arg::Int(now)];
        let moved: Option<(i64,)> = self.first(SET_STATE, &args).await?;
        Ok(moved.is_some())
    }
}
