//! Fees by kind and month of their due dates.

use super::row::row;
use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

/// What a plan took over stands in its instalments, which are rows of their own; interest is a kind of
/// its own.
const SUMS: &str = "
    SELECT kind, month, currency, COUNT(*) AS count, CAST(SUM(issued) AS BIGINT) AS issued_minor,
           CAST(SUM(allocated_minor) AS BIGINT) AS collected_minor,
           CAST(SUM(issued - allocated_minor - open_minor) AS BIGINT) AS waived_minor,
           CAST(SUM(open_minor) AS BIGINT) AS open_minor,
           CAST(SUM(CASE WHEN due_on < $1 THEN open_minor ELSE 0 END) AS BIGINT) AS overdue_minor
      FROM (SELECT CASE WHEN p.item LIKE '%:interest' THEN 'interest' ELSE r.kind END AS kind,
                   substr(CAST(p.due_on AS TEXT), 1, 7) AS month, p.currency, p.due_on,
                   CASE WHEN p.closed_by = 'plan' THEN p.allocated_minor ELSE p.amount_minor END AS issued,
                   p.allocated_minor, p.open_minor
              FROM receivable_position p JOIN receivable r ON r.id = p.receivable_id
             WHERE p.amount_minor > 0) AS item
     GROUP BY kind, month, currency ORDER BY month DESC, kind, currency";

/// Fees that were neither given up nor put into a plan, by the month of their due dates.
const ON_TIME: &str = "
    SELECT substr(CAST(due_on AS TEXT), 1, 7) AS month, COUNT(*) AS count,
           COUNT(CASE WHEN settled_on <= due_on THEN 1 END) AS on_time
      FROM receivable_position
     WHERE due_on >= $1 AND due_on < $2 AND amount_minor > 0 AND closed_by IS NULL
     GROUP BY substr(CAST(due_on AS TEXT), 1, 7) ORDER BY month";

row! {
    /// How many fees of a month were settled by their due date.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct OnTimeRow {
        /// `2026-10`.
        pub month: String,
        /// Fees that fell due in it.
        pub count: i64,
        /// Of them settled by their due date.
        pub on_time: i64,
    }
}

row! {
    /// The fees of a kind that fall due in a month.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct FeeSumRow {
        /// The kind; `interest` for interest on any kind.
        pub kind: String,
        /// `2026-10`.
        pub month: String,
        /// ISO 4217 code.
        pub currency: String,
        /// How many.
        pub count: i64,
        /// What was asked for, minor units.
        pub issued_minor: i64,
        /// What credits settled.
        pub collected_minor: i64,
        /// What was given up.
        pub waived_minor: i64,
        /// What is open.
        pub open_minor: i64,
        /// What is open and past its due date.
        pub overdue_minor: i64,
    }
}

impl Tx {
    /// All fees as they stand on a day.
    pub async fn fee_sums(&mut self, today: NaiveDate) -> Result<Vec<FeeSumRow>, StoreError> {
        self.fetch(SUMS, &[Arg::Day(today)]).await
    }

    /// How many of the fees that fell due from one day on and before another were settled in time.
    pub async fn on_time(
        &mut self,
        from: NaiveDate,
        before: NaiveDate,
    ) -> Result<Vec<OnTimeRow>, StoreError> {
        self.fetch(ON_TIME, &[Arg::Day(from), Arg::Day(before)])
            .await
    }
}
