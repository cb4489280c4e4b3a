//! The journal of allocations, positions, marks and closed months.

use super::row::{given, row};
use super::{Arg, Rows, StoreError, Tx};
use chrono::NaiveDate;
use std::collections::BTreeSet;

const MARK: &str = given!(
    "
    INSERT INTO settle_mark (person_id)
    SELECT DISTINCT CAST(value->>0 AS BIGINT) FROM given ORDER BY 1"
);
const MARKS: &str = "
    SELECT seq, person_id FROM settle_mark
     WHERE person_id IN (SELECT DISTINCT person_id FROM settle_mark ORDER BY person_id LIMIT $1)
     ORDER BY person_id, seq";
const MARK_COUNT: &str = "SELECT COUNT(DISTINCT person_id) FROM settle_mark";
const UNMARK: &str =
    "DELETE FROM settle_mark WHERE seq IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))";
const PERSON_LOCK: &str = "
    SELECT id FROM person WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY id";
const PERSON_LOCK_PG: &str = "
    SELECT id FROM person WHERE id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1)) ORDER BY id
       FOR NO KEY UPDATE";

const BOOKED: &str = "
    SELECT credit_id, part, person_id, receivable_id, item, currency,
           CAST(SUM(amount_minor) AS BIGINT) AS amount_minor, effective_on, counts_from, cause, rule,
           policy_version
      FROM allocation
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
     GROUP BY credit_id, part, person_id, receivable_id, item, currency, effective_on, counts_from,
              cause, rule, policy_version
    HAVING SUM(amount_minor) <> 0
     ORDER BY credit_id, part, item, effective_on";
const BOOK: &str = given!("
    INSERT INTO allocation (credit_id, part, person_id, receivable_id, item, currency, amount_minor,
        effective_on, counts_from, posted_on, cause, rule, policy_version, recorded_at)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT),
           CAST(value->>3 AS BIGINT), value->>4, value->>5, CAST(value->>6 AS BIGINT), date(value->>7),
           date(value->>8), date(value->>9), value->>10, value->>11, value->>12, $2
      FROM given");
const ROWS_OF: &str = "
    SELECT seq, credit_id, part, person_id, item, currency, amount_minor, effective_on, counts_from,
           posted_on, cause, rule, policy_version, recorded_at
      FROM allocation
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
     ORDER BY seq";
const ALL_ROWS: &str = "
    SELECT seq, credit_id, part, person_id, item, currency, amount_minor, effective_on, counts_from,
           posted_on, cause, rule, policy_version, recorded_at
      FROM allocation ORDER BY seq";

const POSITIONS: &str = "
    SELECT item, receivable_id, person_id, currency, amount_minor, allocated_minor, open_minor,
           visible_from, due_on, settled_on, closed_by
      FROM receivable_position
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
     ORDER BY item";
const POSITIONS_PUT: &str = given!(
    "
    INSERT INTO receivable_position (item, receivable_id, person_id, currency, amount_minor,
        allocated_minor, open_minor, visible_from, due_on, settled_on, closed_by)
    SELECT value->>0, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT), value->>3,
           CAST(value->>4 AS BIGINT), CAST(value->>5 AS BIGINT), CAST(value->>6 AS BIGINT),
           date(value->>7), date(value->>8), date(value->>9), value->>10
      FROM given
     WHERE true
    ON CONFLICT (item) DO UPDATE SET person_id = excluded.person_id,
        amount_minor = excluded.amount_minor, allocated_minor = excluded.allocated_minor,
        open_minor = excluded.open_minor, visible_from = excluded.visible_from,
        due_on = excluded.due_on, settled_on = excluded.settled_on, closed_by = excluded.closed_by"
);
const POSITIONS_DROP: &str =
    "DELETE FROM receivable_position WHERE item IN (SELECT value->>0 FROM json_each($1))";

const HELD_LOTS: &str = "
    SELECT credit_id, part, person_id FROM held_lot
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))
     ORDER BY credit_id, part";
const ALL_HELD_LOTS: &str = "
    SELECT credit_id, part, person_id FROM held_lot ORDER BY credit_id, part";
const HELD_LOTS_PUT: &str = given!(
    "
    INSERT INTO held_lot (credit_id, part, person_id)
    SELECT CAST(value->>0 AS BIGINT), CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT)
      FROM given
     WHERE true
    ON CONFLICT (credit_id, part) DO UPDATE SET person_id = excluded.person_id"
);
const HELD_LOTS_DROP: &str = "
    DELETE FROM held_lot
     WHERE person_id IN (SELECT CAST(value->>0 AS BIGINT) FROM json_each($1))";

const UNSETTLED: &str = "
    SELECT DISTINCT person_id FROM receivable_position
     WHERE settled_on IS NULL OR settled_on > $1 ORDER BY person_id";
const SMALL_OPEN: &str = "
    SELECT DISTINCT person_id FROM receivable_position
     WHERE open_minor > 0 AND open_minor <= $1 AND due_on <= $2 ORDER BY person_id";

const CLOSED_THROUGH: &str = "SELECT MAX(last_day) FROM period_close";
const CLOSED: &str =
    "SELECT month, last_day, by_whom, recorded_at FROM period_close ORDER BY month";
const CLOSE: &str = "
    INSERT INTO period_close (month, last_day, by_whom, recorded_at) VALUES ($1, $2, $3, $4)
    ON CONFLICT (month) DO NOTHING";

row! {
    /// The sum of the rows of the journal that say the same.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct BookedRow {
        /// Entry; negative for money loaded at go-live.
        pub credit_id: i64,
        /// Part of a split.
        pub part: i64,
        /// Whose credit it is.
        pub person_id: i64,
        /// The fee.
        pub receivable_id: i64,
        /// The fee, instalment or interest.
        pub item: String,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units.
        pub amount_minor: i64,
        /// The day of the event.
        pub effective_on: NaiveDate,
        /// The day that decides lateness.
        pub counts_from: NaiveDate,
        /// The event.
        pub cause: String,
        /// The rule.
        pub rule: String,
        /// The policy's version.
        pub policy_version: String,
    }
}
row! {
    /// A row of the journal.
    #[derive(Debug, Clone)]
    pub struct JournalRow {
        /// Its place.
        pub seq: i64,
        /// Entry; negative for money loaded at go-live.
        pub credit_id: i64,
        /// Part of a split.
        pub part: i64,
        /// Whose credit it is.
        pub person_id: i64,
        /// The fee, instalment or interest.
        pub item: String,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units; negative is a release.
        pub amount_minor: i64,
        /// The day of the event.
        pub effective_on: NaiveDate,
        /// The day that decides lateness.
        pub counts_from: NaiveDate,
        /// The accounting day.
        pub posted_on: NaiveDate,
        /// The event.
        pub cause: String,
        /// The rule.
        pub rule: String,
        /// The policy's version.
        pub policy_version: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}
row! {
    /// Money that waits for a person to say what it is for.
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    pub struct HeldLotRow {
        /// Entry; negative for money loaded at go-live.
        pub credit_id: i64,
        /// Part of a split.
        pub part: i64,
        /// Whose credit it is.
        pub person_id: i64,
    }
}
row! {
    /// The state of a receivable through all that the facts imply.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct PositionRow {
        /// The fee, instalment or interest.
        pub item: String,
        /// The fee.
        pub receivable_id: i64,
        /// Whose.
        pub person_id: i64,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units.
        pub amount_minor: i64,
        /// Minor units.
        pub allocated_minor: i64,
        /// Minor units.
        pub open_minor: i64,
        /// From this day it takes part.
        pub visible_from: NaiveDate,
        /// The day until which it is to be credited.
        pub due_on: NaiveDate,
        /// The day the last part counts.
        pub settled_on: Option<NaiveDate>,
        /// How it was closed short.
        pub closed_by: Option<String>,
    }
}
row! {
    /// A student whose facts changed.
    #[derive(Debug, Clone)]
    pub struct MarkRow {
        /// The mark.
        pub seq: i64,
        /// The student.
        pub person_id: i64,
    }
}
row! {
    /// A closed month.
    #[derive(Debug, Clone)]
    pub struct ClosedRow {
        /// `2026-10`.
        pub month: String,
        /// Its last day.
        pub last_day: NaiveDate,
        /// Who.
        pub by_whom: String,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl Tx {
    /// Marks students to be settled.
    pub async fn mark(&mut self, persons: impl IntoIterator<Item = i64>) -> Result<(), StoreError> {
        let rows = Rows::of(persons.into_iter().map(|id| (id,)))?;
        self.execute(MARK, &[rows.arg()]).await.map(|_| ())
    }

    /// The marks of up to so many students, by student.
    pub async fn marks(&mut self, students: i64) -> Result<Vec<MarkRow>, StoreError> {
        self.fetch(MARKS, &[Arg::Int(students)]).await
    }

    /// How many students wait to be settled.
    pub async fn mark_count(&mut self) -> Result<i64, StoreError> {
        Ok(self.one::<(i64,)>(MARK_COUNT, &[]).await?.0)
    }

    /// Takes marks away.
    pub async fn unmark(&mut self, marks: &[i64]) -> Result<(), StoreError> {
        let rows = Rows::of(marks.iter().map(|seq| (seq,)))?;
        self.execute(UNMARK, &[rows.arg()]).await.map(|_| ())
    }

    /// Locks students, in the order of their ids, so that two settlers never wait for each other.
    /// The lock lets rows be written that only refer to a student: a statement that is recorded
    /// beside it marks students in an order of its own, and must not have to wait for them.
    pub async fn lock_persons(&mut self, persons: &[i64]) -> Result<(), StoreError> {
        let rows = Rows::of(persons.iter().map(|id| (id,)))?;
        self.lock(PERSON_LOCK, PERSON_LOCK_PG, &[rows.arg()])
            .await
            .map(|_| ())
    }

    /// What the journal says of these students' credits, summed.
    pub async fn booked(&mut self, persons: &[i64]) -> Result<Vec<BookedRow>, StoreError> {
        let rows = Rows::of(persons.iter().map(|id| (id,)))?;
        self.fetch(BOOKED, &[rows.arg()]).await
    }

    /// Appends to the journal.
    pub async fn book(&mut self, rows: &Rows, now: i64) -> Result<(), StoreError> {
        self.execute(BOOK, &[rows.arg(), Arg::Int(now)])
            .await
            .map(|_| ())
    }

    /// The journal of these students' credits.
    pub async fn journal_of(&mut self, persons: &[i64]) -> Result<Vec<JournalRow>, StoreError> {
        let rows = Rows::of(persons.iter().map(|id| (id,)))?;
        self.fetch(ROWS_OF, &[rows.arg()]).await
    }

    /// The whole journal.
    pub async fn journal(&mut self) -> Result<Vec<JournalRow>, StoreError> {
        self.fetch(ALL_ROWS, &[]).await
    }

    /// The positions of these students.
    pub async fn positions(&mut self, persons: &[i64]) -> Result<Vec<PositionRow>, StoreError> {
        let rows = Rows::of(persons.iter().map(|id| (id,)))?;
        self.fetch(POSITIONS, &[rows.arg()]).await
    }

    /// Writes positions, and drops those of items that are no more.
    pub async fn put_positions(
        &mut self,
        put: &[PositionRow],
        drop: &[String],
    ) -> Result<(), StoreError> {
        let rows = Rows::of(put.iter().map(|row| {
            (
                &row.item,
                row.receivable_id,
                row.person_id,
                &row.currency,
                row.amount_minor,
                row.allocated_minor,
                row.open_minor,
                row.visible_from,
                row.due_on,
                row.settled_on,
                &row.closed_by,
            )
        }))?;
        if !put.is_empty() {
            self.execute(POSITIONS_PUT, &[rows.arg()]).await?;
        }
        if !drop.is_empty() {
            let rows = Rows::of(drop.iter().map(|item| (item,)))?;
            self.execute(POSITIONS_DROP, &[rows.arg()]).await?;
        }
        Ok(())
    }

    /// Money of these students that waits for a person to say what it is for.
    pub async fn held_lots(&mut self, persons: &[i64]) -> Result<Vec<HeldLotRow>, StoreError> {
        let rows = Rows::of_each(persons)?;
        self.fetch(HELD_LOTS, &[rows.arg()]).await
    }

    /// The same of everybody.
    pub async fn all_held_lots(&mut self) -> Result<Vec<HeldLotRow>, StoreError> {
        self.fetch(ALL_HELD_LOTS, &[]).await
    }

    /// Writes all money of these students that waits, in place of what was written before.
    pub async fn put_held_lots(
        &mut self,
        persons: &[i64],
        held: &BTreeSet<HeldLotRow>,
    ) -> Result<(), StoreError> {
        let persons = Rows::of_each(persons)?;
        self.execute(HELD_LOTS_DROP, &[persons.arg()]).await?;
        if !held.is_empty() {
            let rows = held.iter();
            let rows = Rows::of(rows.map(|row| (row.credit_id, row.part, row.person_id)))?;
            self.execute(HELD_LOTS_PUT, &[rows.arg()]).await?;
        }
        Ok(())
    }

    /// Students of whom something was not settled on a day: open, given up, or settled later.
    pub async fn persons_unsettled(&mut self, on: NaiveDate) -> Result<Vec<i64>, StoreError> {
        let rows: Vec<(i64,)> = self.fetch(UNSETTLED, &[Arg::Day(on)]).await?;
        Ok(rows.into_iter().map(|(person,)| person).collect())
    }

    /// Students who are short by no more than this on something due by a day.
    pub async fn persons_short_by(
        &mut self,
        at_most_minor: i64,
        due_by: NaiveDate,
    ) -> Result<Vec<i64>, StoreError> {
        let args = [Arg::Int(at_most_minor), Arg::Day(due_by)];
        Ok(self
            .fetch::<(i64,)>(SMALL_OPEN, &args)
            .await?
            .into_iter()
            .map(|(id,)| id)
            .collect())
    }

    /// The last day of the closed months.
    pub async fn closed_through(&mut self) -> Result<Option<NaiveDate>, StoreError> {
        Ok(self
            .one::<(Option<NaiveDate>,)>(CLOSED_THROUGH, &[])
            .await?
            .0)
    }

    /// The closed months.
    pub async fn closed_months(&mut self) -> Result<Vec<ClosedRow>, StoreError> {
        self.fetch(CLOSED, &[]).await
    }

    /// Closes a month; false where it was closed already.
    pub async fn close_month(
        &mut self,
        month: &str,
        last_day: NaiveDate,
        by: &str,
        now: i64,
    ) -> Result<bool, StoreError> {
        let args = [
            Arg::Text(month),
            Arg::Day(last_day),
            Arg::Text(by),
            Arg::Int(now),
        ];
        Ok(self.execute(CLOSE, &args).await? > 0)
    }
}
