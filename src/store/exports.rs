//! What changed in the settlement of fees, numbered for those who take it from here.

use super::row::row;
use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

/// The positions that are others than they were when they were looked at last, and those that are gone.
const NOTE: &str = "
    WITH newest AS (
            SELECT c.* FROM settlement_change c
             WHERE c.seq = (SELECT MAX(d.seq) FROM settlement_change d WHERE d.item = c.item)),
         changed AS (
            SELECT p.item, p.receivable_id, p.person_id, p.currency, p.amount_minor, p.allocated_minor,
                   p.open_minor, p.visible_from, p.due_on, p.settled_on, p.closed_by,
                   CAST(0 AS BIGINT) AS gone
              FROM receivable_position p LEFT JOIN newest n ON n.item = p.item
             WHERE n.item IS NULL OR n.gone = 1 OR n.person_id <> p.person_id
                OR n.amount_minor <> p.amount_minor OR n.allocated_minor <> p.allocated_minor
                OR n.open_minor <> p.open_minor OR n.visible_from <> p.visible_from
                OR n.due_on <> p.due_on OR n.settled_on IS DISTINCT FROM p.settled_on
                OR n.closed_by IS DISTINCT FROM p.closed_by
            UNION ALL
            SELECT n.item, n.receivable_id, n.person_id, n.currency, n.amount_minor, n.allocated_minor,
                   n.open_minor, n.visible_from, n.due_on, n.settled_on, n.closed_by,
                   CAST(1 AS BIGINT) AS gone
              FROM newest n LEFT JOIN receivable_position p ON p.item = n.item
             WHERE p.item IS NULL AND n.gone = 0)
    INSERT INTO settlement_change (seq, item, receivable_id, person_id, currency, amount_minor,
        allocated_minor, open_minor, visible_from, due_on, settled_on, closed_by, gone, recorded_at)
    SELECT (SELECT COALESCE(MAX(seq), 0) FROM settlement_change) + ROW_NUMBER() OVER (ORDER BY item),
           item, receivable_id, person_id, currency, amount_minor, allocated_minor, open_minor,
           visible_from, due_on, settled_on, closed_by, gone, $1
      FROM changed";
const BETWEEN: &str = "
    SELECT c.seq, c.item, r.external_id AS receivable, p.external_id AS student, r.kind, r.category,
           c.currency, c.amount_minor, c.allocated_minor, c.open_minor, c.visible_from, c.due_on,
           c.settled_on, c.closed_by, c.gone, c.recorded_at
      FROM settlement_change c
      JOIN receivable r ON r.id = c.receivable_id
      JOIN person p ON p.id = c.person_id
     WHERE c.seq > $1 AND c.seq <= $2 ORDER BY c.seq";
const LAST: &str = "SELECT COALESCE(MAX(seq), 0) FROM settlement_change";
const FILE_ADD: &str = "
    INSERT INTO settlement_file (number, behind_seq, through_seq, is_written, recorded_at)
    SELECT COALESCE(MAX(f.number), 0) + 1, COALESCE(MAX(f.through_seq), 0), $1, 0, $2
      FROM settlement_file f HAVING COALESCE(MAX(f.through_seq), 0) < $1";
const FILES: &str = "
    SELECT number, behind_seq, through_seq FROM settlement_file WHERE is_written = 0 ORDER BY number";
const FILE_WRITTEN: &str = "UPDATE settlement_file SET is_written = 1 WHERE number = $1";

/// One at a time numbers changes, so that a number that is seen has no gap before it.
const ALONE: &str = "LOCK TABLE settlement_change IN SHARE ROW EXCLUSIVE MODE";

row! {
    /// A change of a fee's settlement: how it stands from then on.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChangeRow {
        /// Its number, without a gap.
        pub seq: i64,
        /// The fee, instalment or interest.
        pub item: String,
        /// The fee.
        pub receivable: String,
        /// The student.
        pub student: String,
        /// Kind of the fee.
        pub kind: String,
        /// Its category.
        pub category: String,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units.
        pub amount_minor: i64,
        /// Minor units.
        pub allocated_minor: i64,
        /// Minor units.
        pub open_minor: i64,
        /// From when it takes part.
        pub visible_from: NaiveDate,
        /// When it is due.
        pub due_on: NaiveDate,
        /// When it was settled.
        pub settled_on: Option<NaiveDate>,
        /// By what, if not by money.
        pub closed_by: Option<String>,
        /// 1 where there is no such item any more.
        pub gone: i64,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}
row! {
    /// A file of changes: those behind one number, through another.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct ChangeFileRow {
        /// Its number.
        pub number: i64,
        /// The last change before it.
        pub behind_seq: i64,
        /// Its last change.
        pub through_seq: i64,
    }
}

impl Tx {
    /// Numbers what changed since it was done last; tells how many.
    pub async fn note_changes(&mut self, now: i64) -> Result<u64, StoreError> {
        self.lock_table(ALONE).await?;
        self.execute(NOTE, &[Arg::Int(now)]).await
    }

    /// The number of the last change.
    pub async fn last_change(&mut self) -> Result<i64, StoreError> {
        Ok(self.one::<(i64,)>(LAST, &[]).await?.0)
    }

    /// The changes behind a number, through another.
    pub async fn changes(
        &mut self,
        behind: i64,
        through: i64,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let args = [Arg::Int(behind), Arg::Int(through)];
        self.fetch(BETWEEN, &args).await
    }

    /// Gives the changes that are in no file yet, through one, a file.
    pub async fn add_change_file(&mut self, through: i64, now: i64) -> Result<(), StoreError> {
        let args = [Arg::Int(through), Arg::Int(now)];
        self.execute(FILE_ADD, &args).await.map(|_| ())
    }

    /// The files that are not written yet.
    pub async fn unwritten_change_files(&mut self) -> Result<Vec<ChangeFileRow>, StoreError> {
        self.fetch(FILES, &[]).await
    }

    /// A file is written.
    pub async fn change_file_written(&mut self, number: i64) -> Result<(), StoreError> {
        self.execute(FILE_WRITTEN, &[Arg::Int(number)])
            .await
            .map(|_| ())
    }
}
