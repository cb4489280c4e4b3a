//! What is to be said to students, what was said, and what was held back.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeMap;

const LAST_ID: &str = "SELECT COALESCE(MAX(id), 0) FROM message";
const ADD: &str = given!("
    INSERT INTO message (id, run_id, person_id, template, language, as_of, asks_for_the_number, state,
        changed_at, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), value->>3,
           value->>4, date(value->>5), CAST(value->>6 AS BIGINT), 'due', $2, $2
      FROM given");
const ITEMS_ADD: &str = given!(
    "
    INSERT INTO message_item (message_id, place, item, step, round, currency, open_minor, due_on)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, value->>3,
           CAST(value->>4 AS BIGINT), value->>5, CAST(value->>6 AS BIGINT), date(value->>7)
      FROM given"
);
const EVENTS_ADD: &str = given!(
    "
    INSERT INTO message_event (message_id, state, detail, by_whom, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), value->>1, value->>2, value->>3, $2 FROM given"
);
const HELD_ADD: &str = given!(
    "
    INSERT INTO held_back (run_id, person_id, item, step, reason, until_day, interlock)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), value->>2, value->>3, value->>4,
           date(value->>5), value->>6
      FROM given
     WHERE true ON CONFLICT DO NOTHING"
);
const WRITTEN: &str = "
    SELECT m.id AS message_id, i.item, i.step, i.round, i.due_on, m.as_of, m.state, m.sent_on,
           m.delivered_on, m.changed_at
      FROM message_item i
      JOIN message m ON m.id = i.message_id
     WHERE i.item IN (SELECT value->>0 FROM json_each($1))
     ORDER BY i.item, m.id";

/// Whoever decides what is to be said looks at what was said first, alone.
const ALONE: &str = "LOCK TABLE dunning_run IN SHARE ROW EXCLUSIVE MODE";

/// The columns of a message with its student; a query adds what it wants.
macro_rules! messages {
    ($rest:literal) => {
        concat!(
            "SELECT m.id, m.person_id, p.external_id AS student, m.queue, m.template, m.language, m.as_of,
                    m.asks_for_the_number, m.state, m.attempts, m.failed_since, m.next_attempt_at,
                    m.sent_on, m.delivered_on, m.changed_at, m.recorded_at
               FROM message m
               LEFT JOIN person p ON p.id = m.person_id ",
            $rest
        )
    };
}

const ALL: &str = messages!("ORDER BY m.id");
const IN_STATE: &str = messages!("WHERE m.state = $1 ORDER BY m.id");
/// Newest first, before one of them; of a state and about a student or an item, where they are named.
const PAGE: &str = messages!(
    "WHERE m.id < $1 AND ($2 = '' OR m.state = $2)
       AND ($3 = '' OR p.external_id = $3
            OR m.id IN (SELECT message_id FROM message_item WHERE item = $3)
            OR m.person_id IN (SELECT person_id FROM student_version WHERE album = $3))
     ORDER BY m.id DESC LIMIT $4"
);
const BY_ID: &str = messages!("WHERE m.id = $1");
const TO_STUDENT: &str =
    messages!("WHERE m.person_id = (SELECT id FROM person WHERE external_id = $1) ORDER BY m.id");
const ITEMS: &str = "
    SELECT message_id, place, item, step, round, currency, open_minor, due_on FROM message_item
     WHERE message_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
     ORDER BY message_id, place";
const EVENTS: &str = "
    SELECT message_id, state, detail, by_whom, recorded_at FROM message_event
     WHERE message_id = $1 ORDER BY id";
const SET_STATE: &str = "
    UPDATE message SET state = $3, changed_at = $4 WHERE id = $1 AND state = $2 RETURNING id";
/// The same by whoever holds it since an instant.
const SET_STATE_OF: &str = "
    UPDATE message SET state = $3, changed_at = $4
     WHERE id = $1 AND state = $2 AND changed_at = $5 RETURNING id";
const SENT: &str = "
    UPDATE message SET state = 'sent', changed_at = $2, sent_on = $3
     WHERE id = $1 AND state IN ('sending', 'uncertain') RETURNING id";
const FAILED: &str = "
    UPDATE message SET state = 'failed', changed_at = $2, attempts = attempts + 1,
           failed_since = COALESCE(failed_since, $2), next_attempt_at = $3
     WHERE id = $1 AND state = 'sending' AND changed_at = $4 RETURNING id";
const DELIVERED: &str = "
    UPDATE message SET delivered_on = $2 WHERE id = $1 AND delivered_on IS NULL RETURNING id";
const AT_ONCE: &str = "
    UPDATE message SET next_attempt_at = 0, attempts = 0, failed_since = NULL WHERE id = $1";
const TO_BE_SENT: &str = "
    SELECT id FROM message
     WHERE state IN ('due', 'failed') AND next_attempt_at <= $1 AND id > $2 ORDER BY id LIMIT 500";
const GIVEN_UP: &str = "
    UPDATE message SET state = 'uncertain', changed_at = $2
     WHERE state = 'sending' AND (changed_at < $1 OR changed_at > $3) RETURNING id";
/// Changes whenever something does that may bear on a message that is about to leave. Rows are
/// counted, because a server gives numbers out before they are committed.
const STAMP: &str = "
    SELECT CAST((SELECT COUNT(*) FROM statement) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM recording) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM statement_decision) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM coverage_decision) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM decision) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM desk_case WHERE closed_on IS NOT NULL) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM decision_approval) AS TEXT) || ' ' ||
           CAST((SELECT COUNT(*) FROM decision_revocation) AS TEXT) || ' ' ||
           CAST((SELECT COALESCE(MAX(id), 0) FROM policy_version) AS TEXT)";
/// Reminders about items that were settled before the message was decided; known only since.
const PROVEN_WRONG: &str = "
    SELECT DISTINCT m.person_id, i.item, i.currency, i.open_minor, i.due_on
      FROM message m
      JOIN message_item i ON i.message_id = m.id
      JOIN receivable_position p ON p.item = i.item
     WHERE (m.state IN ('sent', 'uncertain') OR m.delivered_on IS NOT NULL)
       AND i.step <> 'correction' AND i.due_on < m.as_of
       AND p.open_minor = 0 AND p.settled_on < COALESCE(m.sent_on, m.as_of)
       AND NOT EXISTS (SELECT 1 FROM message_item c JOIN message cm ON cm.id = c.message_id
                        WHERE c.item = i.item AND c.step = 'correction' AND cm.id > m.id
                          AND cm.state <> 'withdrawn')
     ORDER BY m.person_id, i.item";

const SETTLED: &str = "
    SELECT item, settled_on FROM receivable_position
     WHERE open_minor = 0 AND settled_on IS NOT NULL
       AND item IN (SELECT value->>0 FROM json_each($1))";
macro_rules! titles_where {
    ($whose:literal) => {
        concat!(
            "SELECT r.external_id, t.title_pl, t.title_en
               FROM receivable_text t
               JOIN receivable r ON r.id = t.receivable_id
              WHERE ",
            $whose,
            " ORDER BY t.receivable_id, t.as_of_day, t.as_of_millis"
        )
    };
}
const FEE_TITLES: &str = titles_where!("r.external_id IN (SELECT value->>0 FROM json_each($1))");
pub(super) const TITLES_OF: &str =
    titles_where!("r.person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))");
/// By statement first: there are few, and each has one currency.
const ALL_LAGS: &str = "
    SELECT b.currency, l.order_date, l.crediting_date, CAST(SUM(l.transfers) AS BIGINT)
      FROM (SELECT statement_id, order_date, crediting_date, COUNT(*) AS transfers FROM entry
             WHERE order_date IS NOT NULL AND crediting_date >= $1 AND amount_minor > 0 AND reversal = 0
               AND same_as IS NULL
             GROUP BY statement_id, order_date, crediting_date) AS l
      JOIN statement s ON s.id = l.statement_id
      JOIN bank_account b ON b.id = s.bank_account_id
     GROUP BY b.currency, l.order_date, l.crediting_date ORDER BY 1, 2, 3";
const LAGS_OF: &str = "
    SELECT b.currency, e.order_date, e.crediting_date, COUNT(*)
      FROM identification i
      JOIN entry e ON e.id = i.entry_id
      JOIN statement s ON s.id = e.statement_id
      JOIN bank_account b ON b.id = s.bank_account_id
     WHERE i.person_id = $1 AND i.outcome = 'student'
       AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
       AND NOT EXISTS (SELECT 1 FROM decision d WHERE d.entry_id = e.id AND d.kind = 'crediting_date'
                          AND NOT EXISTS (SELECT 1 FROM decision_revocation r WHERE r.decision_id = d.id))
       AND s.status IN ('published', 'known')
       AND e.order_date IS NOT NULL AND e.crediting_date >= $2 AND e.amount_minor > 0
     GROUP BY b.currency, e.order_date, e.crediting_date ORDER BY 1, 2, 3";

row! {
    /// What an export called a fee.
    #[derive(Debug, Clone)]
    pub struct FeeTitleRow {
        /// The fee.
        pub external_id: String,
        /// In Polish.
        pub title_pl: String,
        /// In English.
        pub title_en: String,
    }
}
row! {
    /// A message.
    #[derive(Debug, Clone)]
    pub struct MessageRow {
        /// Row id; also what people call it.
        pub id: i64,
        /// To which student; none for a message to the office.
        pub person_id: Option<i64>,
        /// The student system's id.
        pub student: Option<String>,
        /// To which desk of the office: `cos` or `bursar`.
        pub queue: Option<String>,
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
        /// How often it was tried.
        pub attempts: i64,
        /// Since when it fails; milliseconds.
        pub failed_since: Option<i64>,
        /// Not tried again before; milliseconds.
        pub next_attempt_at: i64,
        /// The day on which a server took it.
        pub sent_on: Option<NaiveDate>,
        /// The day on which a letter was delivered in its place, or beside it.
        pub delivered_on: Option<NaiveDate>,
        /// Since when it is in its state; milliseconds.
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
        /// The message.
        pub message_id: i64,
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
        /// The day on which a server took it.
        pub sent_on: Option<NaiveDate>,
        /// The day on which a letter was delivered.
        pub delivered_on: Option<NaiveDate>,
        /// Since when it is in its state; milliseconds.
        pub changed_at: i64,
    }
}
row! {
    /// What a reminder asked for although it had been paid.
    #[derive(Debug, Clone)]
    pub struct WrongRow {
        /// Of whom.
        pub person_id: i64,
        /// The item.
        pub item: String,
        /// ISO 4217 code.
        pub currency: String,
        /// What it asked for, minor units.
        pub open_minor: i64,
        /// The due date that it named.
        pub due_on: NaiveDate,
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
    /// By what: the short name of an interlock.
    pub &'static str,
);

impl Tx {
    /// One run at a time.
    pub async fn lock_messages(&mut self) -> Result<(), StoreError> {
        self.lock_table(ALONE).await
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

    /// The messages to a student.
    pub async fn messages_to(&mut self, student: &str) -> Result<Vec<MessageRow>, StoreError> {
        self.fetch(TO_STUDENT, &[Arg::Text(student)]).await
    }

    /// So many messages before one, newest first: in a state and about a student or an item, where
    /// those are not empty.
    pub async fn messages_before(
        &mut self,
        before: i64,
        (state, about): (&str, &str),
        limit: i64,
    ) -> Result<Vec<MessageRow>, StoreError> {
        let args = [
            Arg::Int(before),
            Arg::Text(state),
            Arg::Text(about),
            Arg::Int(limit),
        ];
        self.fetch(PAGE, &args).await
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

    /// A server took a message.
    pub async fn message_sent(
        &mut self,
        id: i64,
        today: NaiveDate,
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [Arg::Int(id), Arg::Int(now), Arg::Day(today)];
        let moved: Option<(i64,)> = self.first(SENT, &args).await?;
        Ok(moved.is_some())
    }

    /// A message, held since an instant, was put off by the server until another.
    pub async fn message_failed(
        &mut self,
        id: i64,
        (since, until): (i64, i64),
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Int(id),
            Arg::Int(now),
            Arg::Int(until),
            Arg::Int(since),
        ];
        let moved: Option<(i64,)> = self.first(FAILED, &args).await?;
        Ok(moved.is_some())
    }

    /// Notes the day on which a letter was delivered; false where one is noted already.
    pub async fn message_delivered(&mut self, id: i64, on: NaiveDate) -> Result<bool, StoreError> {
        let noted: Option<(i64,)> = self.first(DELIVERED, &[Arg::Int(id), Arg::Day(on)]).await?;
        Ok(noted.is_some())
    }

    /// The ids of messages that can be tried now, behind one.
    pub async fn to_be_sent(&mut self, now: i64, behind: i64) -> Result<Vec<i64>, StoreError> {
        let found: Vec<(i64,)> = self
            .fetch(TO_BE_SENT, &[Arg::Int(now), Arg::Int(behind)])
            .await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Messages whose sender was not heard of since an instant, or is further ahead than clocks are, become
    /// uncertain; tells which.
    pub async fn give_up_sending(
        &mut self,
        (since, ahead): (i64, i64),
        now: i64,
    ) -> Result<Vec<i64>, StoreError> {
        let args = [Arg::Int(since), Arg::Int(now), Arg::Int(ahead)];
        let found: Vec<(i64,)> = self.fetch(GIVEN_UP, &args).await?;
        Ok(found.into_iter().map(|(id,)| id).collect())
    }

    /// Changes whenever something does that may bear on a message.
    pub async fn stamp(&mut self) -> Result<String, StoreError> {
        let (stamp,): (String,) = self.one(STAMP, &[]).await?;
        Ok(stamp)
    }

    /// What reminders asked for although it had been paid, not corrected yet.
    pub async fn proven_wrong(&mut self) -> Result<Vec<WrongRow>, StoreError> {
        self.fetch(PROVEN_WRONG, &[]).await
    }

    /// Which of these items are settled with money, and since when.
    pub async fn settled(
        &mut self,
        items: &[String],
    ) -> Result<BTreeMap<String, NaiveDate>, StoreError> {
        let items = Rows::of(items.iter().map(|item| (item,)))?;
        let found: Vec<(String, NaiveDate)> = self.fetch(SETTLED, &[items.arg()]).await?;
        Ok(found.into_iter().collect())
    }

    /// What exports called these fees, the newest last.
    pub async fn fee_titles(&mut self, fees: &[String]) -> Result<Vec<FeeTitleRow>, StoreError> {
        let fees = Rows::of(fees.iter().map(|fee| (fee,)))?;
        self.fetch(FEE_TITLES, &[fees.arg()]).await
    }

    /// In which currency and when transfers were ordered and credited, and how many, since a day.
    pub async fn all_lags(
        &mut self,
        since: NaiveDate,
    ) -> Result<Vec<(String, NaiveDate, NaiveDate, i64)>, StoreError> {
        self.fetch(ALL_LAGS, &[Arg::Day(since)]).await
    }

    /// The same of one student.
    pub async fn lags_of(
        &mut self,
        person: i64,
        since: NaiveDate,
    ) -> Result<Vec<(String, NaiveDate, NaiveDate, i64)>, StoreError> {
        self.fetch(LAGS_OF, &[Arg::Int(person), Arg::Day(since)])
            .await
    }

    /// A message is tried as if it had never failed.
    pub async fn message_at_once(&mut self, id: i64) -> Result<(), StoreError> {
        self.execute(AT_ONCE, &[Arg::Int(id)]).await.map(|_| ())
    }

    /// Moves a message from one state to another if nothing happened to it since an instant.
    pub async fn move_message_of(
        &mut self,
        id: i64,
        (from, to): (&str, &str),
        since: i64,
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Int(id),
            Arg::Text(from),
            Arg::Text(to),
            Arg::Int(now),
            Arg::Int(since),
        ];
        let moved: Option<(i64,)> = self.first(SET_STATE_OF, &args).await?;
        Ok(moved.is_some())
    }
}
