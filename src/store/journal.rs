//! The whole history of the books, as the journal for the general ledger needs it.

use super::row::row;
use super::{StoreError, Tx};
use chrono::NaiveDate;

const LINES: &str = "
    SELECT e.id, e.same_as, e.statement_id, e.line, e.day, e.amount_minor, e.public_id, e.posted_on,
           e.recorded_at, s.file_sha256, b.iban AS bank_account, b.currency
      FROM entry e
      JOIN statement s ON s.id = e.statement_id
      JOIN bank_account b ON b.id = s.bank_account_id
     ORDER BY e.public_id, s.file_sha256, e.line, e.id";
const FALLS: &str = "
    SELECT CASE WHEN kind = 'supersede' THEN other_id ELSE statement_id END AS statement_id,
           CAST(CASE WHEN kind = 'restore' THEN 1 ELSE 0 END AS BIGINT) AS stands, recorded_at
      FROM statement_decision
     WHERE kind IN ('withdraw', 'restore') OR (kind = 'supersede' AND other_id IS NOT NULL)
     ORDER BY id";
const IDENTIFIED: &str = "
    SELECT i.entry_id, i.seq, i.part, i.outcome, p.external_id AS student, i.amount_minor,
           i.other_entry_id, q.external_id AS refunded, i.recorded_at
      FROM identification i
      LEFT JOIN person p ON p.id = i.person_id
      LEFT JOIN decision d ON d.id = i.decision_id
      LEFT JOIN person q ON q.id = d.person_id
     ORDER BY i.entry_id, i.seq, i.part";
const FEES: &str = "
    SELECT r.external_id, p.external_id AS student, r.kind, r.currency, v.as_of_day, v.as_of_millis,
           v.opening, v.amount_minor, v.posted_on, v.recorded_at
      FROM receivable_version v
      JOIN receivable r ON r.id = v.receivable_id
      JOIN person p ON p.id = r.person_id
     ORDER BY r.external_id, v.recorded_at, v.as_of_day, v.as_of_millis";
const LOADED: &str = "
    SELECT o.id, o.external_id, p.external_id AS student, o.currency, o.amount_minor, o.credited_on,
           o.posted_on
      FROM opening_credit o JOIN person p ON p.id = o.person_id ORDER BY o.external_id";
const APPLIED: &str = "
    SELECT a.credit_id, a.part, p.external_id AS payer, q.external_id AS debtor, a.item, a.currency,
           a.amount_minor, a.effective_on, a.counts_from, a.posted_on, a.cause, a.rule, a.recorded_at
      FROM allocation a
      JOIN person p ON p.id = a.person_id
      JOIN receivable r ON r.id = a.receivable_id
      JOIN person q ON q.id = r.person_id
     ORDER BY a.recorded_at, a.effective_on, a.item, a.counts_from, a.amount_minor, a.cause, a.rule, a.seq";

row! {
    /// A line of a statement, whatever became of the statement.
    #[derive(Debug, Clone)]
    pub struct LineRow {
        /// Row id.
        pub id: i64,
        /// The entry of which it is another sighting.
        pub same_as: Option<i64>,
        /// Its statement.
        pub statement_id: i64,
        /// Line of the file.
        pub line: i64,
        /// Its day.
        pub day: NaiveDate,
        /// Signed effect, minor units.
        pub amount_minor: i64,
        /// What people call it.
        pub public_id: String,
        /// The accounting day.
        pub posted_on: NaiveDate,
        /// Milliseconds.
        pub recorded_at: i64,
        /// Its file.
        pub file_sha256: String,
        /// The institution's account.
        pub bank_account: String,
        /// ISO 4217 code.
        pub currency: String,
    }
}
row! {
    /// A statement fell, or was taken back in.
    #[derive(Debug, Clone)]
    pub struct FallRow {
        /// The statement.
        pub statement_id: i64,
        /// 1 where it stands again.
        pub stands: i64,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}
row! {
    /// What was once concluded of an entry.
    #[derive(Debug, Clone)]
    pub struct HistoryRow {
        /// The entry.
        pub entry_id: i64,
        /// The highest known at an instant held then.
        pub seq: i64,
        /// Part of a split.
        pub part: i64,
        /// Outcome.
        pub outcome: String,
        /// The student.
        pub student: Option<String>,
        /// Minor units.
        pub amount_minor: i64,
        /// The credit of a reversal.
        pub other_entry_id: Option<i64>,
        /// The student of a refund.
        pub refunded: Option<String>,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}
row! {
    /// A fee as one export had it.
    #[derive(Debug, Clone)]
    pub struct RaisedRow {
        /// The fee.
        pub external_id: String,
        /// The student.
        pub student: String,
        /// Kind of fee.
        pub kind: String,
        /// ISO 4217 code.
        pub currency: String,
        /// The export's day.
        pub as_of_day: NaiveDate,
        /// Milliseconds into it.
        pub as_of_millis: i64,
        /// Loaded at go-live.
        pub opening: i64,
        /// Minor units.
        pub amount_minor: i64,
        /// The accounting day.
        pub posted_on: NaiveDate,
        /// Milliseconds.
        pub recorded_at: i64,
    }
}
row! {
    /// Money on account at go-live.
    #[derive(Debug, Clone)]
    pub struct LoadedRow {
        /// Row id; negative in the journal of allocations.
        pub id: i64,
        /// Its id in the file.
        pub external_id: String,
        /// The student.
        pub student: String,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units.
        pub amount_minor: i64,
        /// The day that counts.
        pub credited_on: NaiveDate,
        /// The accounting day.
        pub posted_on: NaiveDate,
    }
}
row! {
    /// A row of the journal of allocations, with the students' ids.
    #[derive(Debug, Clone)]
    pub struct AppliedRow {
        /// Entry; negative for money loaded at go-live.
        pub credit_id: i64,
        /// Part of a split.
        pub part: i64,
        /// Whose credit.
        pub payer: String,
        /// Whose fee.
        pub debtor: String,
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
        /// Milliseconds.
        pub recorded_at: i64,
    }
}

impl Tx {
    /// All lines of all statements, by name, file and line.
    pub async fn all_lines(&mut self) -> Result<Vec<LineRow>, StoreError> {
        self.fetch(LINES, &[]).await
    }

    /// When statements fell and stood again, oldest first.
    pub async fn falls(&mut self) -> Result<Vec<FallRow>, StoreError> {
        self.fetch(FALLS, &[]).await
    }

    /// Everything that was ever concluded of entries.
    pub async fn all_identified(&mut self) -> Result<Vec<HistoryRow>, StoreError> {
        self.fetch(IDENTIFIED, &[]).await
    }

    /// All that exports said of fees, by fee and in the order in which it became known.
    pub async fn all_fee_versions(&mut self) -> Result<Vec<RaisedRow>, StoreError> {
        self.fetch(FEES, &[]).await
    }

    /// All money loaded at go-live.
    pub async fn all_loaded(&mut self) -> Result<Vec<LoadedRow>, StoreError> {
        self.fetch(LOADED, &[]).await
    }

    /// The whole journal of allocations, in the order in which it was written.
    pub async fn all_applied(&mut self) -> Result<Vec<AppliedRow>, StoreError> {
        self.fetch(APPLIED, &[]).await
    }
}
