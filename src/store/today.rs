//! What the office sees in the morning: sums over days.

use super::row::row;
use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

/// Money that came in, by day, currency and what is concluded of it. Entries are found through the
/// statements of the days: their ids begin with the statement's.
const CREDITED: &str = "
    SELECT e.crediting_date AS day, b.currency, i.outcome,
           COUNT(DISTINCT e.id) AS count, CAST(SUM(i.amount_minor) AS BIGINT) AS amount_minor
      FROM statement s
      JOIN bank_account b ON b.id = s.bank_account_id
      JOIN entry e ON e.id >= s.id * 16777216 AND e.id < (s.id + 1) * 16777216
      JOIN identification i ON i.entry_id = e.id
     WHERE s.status IN ('published', 'known') AND s.first_day <= $2 AND s.last_day >= $1
       AND e.same_as IS NULL AND e.amount_minor > 0 AND e.reversal = 0
       AND e.crediting_date BETWEEN $1 AND $2
       AND i.outcome NOT IN ('detailed', 'reversal')
       AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
     GROUP BY e.crediting_date, b.currency, i.outcome
     ORDER BY e.crediting_date, b.currency, i.outcome";
/// What is open, by currency and how long it has been due: the first day of each bucket.
const OPEN: &str = "
    SELECT currency, bucket, COUNT(*) AS count, COUNT(DISTINCT person_id) AS persons,
           CAST(SUM(open_minor) AS BIGINT) AS amount_minor
      FROM (SELECT currency, person_id, open_minor,
                   CAST(CASE WHEN due_on >= $1 THEN 0 WHEN due_on >= $2 THEN 1 WHEN due_on >= $3 THEN 2
                             WHEN due_on >= $4 THEN 3 ELSE 4 END AS BIGINT) AS bucket
              FROM receivable_position WHERE open_minor > 0 AND visible_from <= $1) AS aged
     GROUP BY currency, bucket ORDER BY currency, bucket";
const DUE: &str = "
    SELECT due_on AS day, currency, COUNT(*) AS count, CAST(SUM(amount_minor) AS BIGINT) AS amount_minor
      FROM receivable_position
     WHERE due_on BETWEEN $1 AND $2 AND amount_minor > 0
     GROUP BY due_on, currency ORDER BY due_on, currency";
const HELD_BACK: &str = "
    SELECT COUNT(*) FROM statement WHERE status IN ('waiting', 'quarantined')";
const MESSAGES: &str = "
    SELECT state, template, COUNT(*) AS count FROM message
     WHERE state NOT IN ('sent', 'withdrawn') GROUP BY state, template ORDER BY state, template";
const HELD_STUDENTS: &str = "
    SELECT DISTINCT person_id, interlock FROM held_back
     WHERE run_id = (SELECT COALESCE(MAX(id), 0) FROM dunning_run)";

row! {
    /// A student whom the last run held back, and why.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct HeldStudentRow {
        /// The student.
        pub person_id: i64,
        /// By what: the short name of an interlock; empty where an earlier version noted none.
        pub interlock: String,
    }
}

row! {
    /// Money of a day.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct CreditedRow {
        /// The crediting date.
        pub day: NaiveDate,
        /// ISO 4217 code.
        pub currency: String,
        /// `student`, `review`, `not_student` …
        pub outcome: String,
        /// Credits.
        pub count: i64,
        /// Minor units.
        pub amount_minor: i64,
    }
}

row! {
    /// What is open for about as long.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OpenRow {
        /// ISO 4217 code.
        pub currency: String,
        /// 0 not due yet, then longer and longer.
        pub bucket: i64,
        /// Fees.
        pub count: i64,
        /// Students.
        pub persons: i64,
        /// Minor units.
        pub amount_minor: i64,
    }
}

row! {
    /// What falls due on a day.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct DueRow {
        /// The day.
        pub day: NaiveDate,
        /// ISO 4217 code.
        pub currency: String,
        /// Fees.
        pub count: i64,
        /// Minor units.
        pub amount_minor: i64,
    }
}

row! {
    /// Messages that are not at their end.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct MessagesRow {
        /// `due`, `failed` …
        pub state: String,
        /// Which.
        pub template: String,
        /// How many.
        pub count: i64,
    }
}

impl Tx {
    /// Money that came in on the days of a range.
    pub async fn credited(
        &mut self,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Vec<CreditedRow>, StoreError> {
        let args = [Arg::Day(first), Arg::Day(last)];
        self.fetch(CREDITED, &args).await
    }

    /// What is open on a day, in the buckets that begin at `edges`, the youngest first.
    pub async fn open_by_age(
        &mut self,
        today: NaiveDate,
        edges: [NaiveDate; 3],
    ) -> Result<Vec<OpenRow>, StoreError> {
        let [one, two, three] = edges.map(Arg::Day);
        self.fetch(OPEN, &[Arg::Day(today), one, two, three]).await
    }

    /// What falls due on the days of a range.
    pub async fn due(
        &mut self,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<Vec<DueRow>, StoreError> {
        self.fetch(DUE, &[Arg::Day(first), Arg::Day(last)]).await
    }

    /// How many statements are held back.
    pub async fn held_statements(&mut self) -> Result<i64, StoreError> {
        Ok(self.one::<(i64,)>(HELD_BACK, &[]).await?.0)
    }

    /// Whom the last run held back, and why; a row for each reason.
    pub async fn held_students(&mut self) -> Result<Vec<HeldStudentRow>, StoreError> {
        self.fetch(HELD_STUDENTS, &[]).await
    }

    /// Messages that are not at their end, by state.
    pub async fn unfinished_messages(&mut self) -> Result<Vec<MessagesRow>, StoreError> {
        self.fetch(MESSAGES, &[]).await
    }
}
