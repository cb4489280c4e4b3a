//! The books as other systems read them, page by page behind a key.

use super::row::row;
use super::{Arg, StoreError, Tx};
use chrono::NaiveDate;

/// On a server whoever settles may have taken a lower number and not committed yet; the lock waits for
/// them, so that nothing appears behind a cursor.
const SETTLED_ALL: &str = "LOCK TABLE allocation IN SHARE MODE";
const SETTLEMENTS: &str = "
    SELECT a.seq, p.external_id AS student, a.item, a.credit_id, a.currency, a.amount_minor,
           a.effective_on, a.counts_from, a.posted_on, a.cause, a.rule
      FROM allocation a
      JOIN person p ON p.id = a.person_id
     WHERE a.seq > $1 ORDER BY a.seq LIMIT $2";
const RECEIVABLES: &str = "
    SELECT r.item, p.external_id AS student, r.currency, r.amount_minor, r.open_minor, r.visible_from,
           r.due_on, r.settled_on, r.closed_by
      FROM receivable_position r
      JOIN person p ON p.id = r.person_id
     WHERE r.item > $1 ORDER BY r.item LIMIT $2";
const CREDITS: &str = "
    SELECT i.entry_id, i.part, p.external_id AS student, b.currency, i.amount_minor, e.crediting_date,
           e.order_date
      FROM identification i
      JOIN person p ON p.id = i.person_id
      JOIN entry e ON e.id = i.entry_id
      JOIN statement s ON s.id = e.statement_id
      JOIN bank_account b ON b.id = s.bank_account_id
     WHERE i.outcome = 'student' AND (i.entry_id > $1 OR i.entry_id = $1 AND i.part > $2)
       AND NOT EXISTS (SELECT 1 FROM identification j WHERE j.entry_id = i.entry_id AND j.seq > i.seq)
     ORDER BY i.entry_id, i.part LIMIT $3";

row! {
    /// A change of what settles what.
    #[derive(Debug, Clone)]
    pub struct SettlementRow {
        /// Grows with every change.
        pub seq: i64,
        /// The student system's id.
        pub student: String,
        /// The fee, instalment or interest.
        pub item: String,
        /// The credit.
        pub credit_id: i64,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units; negative where it was released.
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
    }
}
row! {
    /// A receivable as it is booked.
    #[derive(Debug, Clone)]
    pub struct PositionRow {
        /// The fee, instalment or interest.
        pub item: String,
        /// The student system's id.
        pub student: String,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units.
        pub amount_minor: i64,
        /// Minor units.
        pub open_minor: i64,
        /// From this day it takes part.
        pub visible_from: NaiveDate,
        /// The due date.
        pub due_on: NaiveDate,
        /// When the last part counts.
        pub settled_on: Option<NaiveDate>,
        /// How it was closed short.
        pub closed_by: Option<String>,
    }
}
row! {
    /// A credit, or a student's part of it.
    #[derive(Debug, Clone)]
    pub struct CreditRow {
        /// The entry.
        pub entry_id: i64,
        /// The part.
        pub part: i64,
        /// The student system's id.
        pub student: String,
        /// ISO 4217 code.
        pub currency: String,
        /// Minor units.
        pub amount_minor: i64,
        /// The day that counts.
        pub crediting_date: NaiveDate,
        /// When it was ordered.
        pub order_date: Option<NaiveDate>,
    }
}

impl Tx {
    /// Waits until no change of settlements is under way that could appear behind a cursor.
    pub async fn no_settlement_under_way(&mut self) -> Result<(), StoreError> {
        self.lock_table(SETTLED_ALL).await
    }

    /// Changes of settlements behind a cursor.
    pub async fn settlements_after(
        &mut self,
        seq: i64,
        limit: i64,
    ) -> Result<Vec<SettlementRow>, StoreError> {
        self.fetch(SETTLEMENTS, &[Arg::Int(seq), Arg::Int(limit)])
            .await
    }

    /// Receivables behind one of them.
    pub async fn receivables_after(
        &mut self,
        item: &str,
        limit: i64,
    ) -> Result<Vec<PositionRow>, StoreError> {
        self.fetch(RECEIVABLES, &[Arg::Text(item), Arg::Int(limit)])
            .await
    }

    /// Credits of students behind one of them.
    pub async fn credits_after(
        &mut self,
        (entry, part): (i64, i64),
        limit: i64,
    ) -> Result<Vec<CreditRow>, StoreError> {
        let args = [Arg::Int(entry), Arg::Int(part), Arg::Int(limit)];
        self.fetch(CREDITS, &args).await
    }
}
